-- Tenants whose people log in through their provider alone, and the accounts that open when it fails. Owner: identity.

ALTER TABLE sign_in_rules ADD COLUMN requires_provider boolean NOT NULL DEFAULT false;
ALTER TABLE sign_in_rules ALTER requires_provider DROP DEFAULT;
COMMENT ON COLUMN sign_in_rules.requires_provider IS 'Whether people log in through an identity provider alone, but for break-glass accounts';

ALTER TABLE security_users ADD COLUMN is_break_glass boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN security_users.is_break_glass IS 'Whether password and passkey open the account even where the tenant has its people log in through a provider alone';
