-- Links that show that an address is its user's. Owner: identity.

ALTER TABLE account_links DROP CONSTRAINT account_links_purpose_check;
ALTER TABLE account_links ADD CONSTRAINT account_links_purpose_check
  CHECK (purpose IN ('invitation', 'password_reset', 'address'));
COMMENT ON TABLE account_links IS 'Links that were given to people: to set the first password, or another when it is forgotten, or to show that an address is theirs';
