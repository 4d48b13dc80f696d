-- Providers by other protocols than OpenID Connect: what each needs stands in its settings. Owner: identity.

ALTER TABLE identity_connections ADD COLUMN kind varchar(8) NOT NULL DEFAULT 'oidc' CHECK (kind IN ('oidc', 'saml', 'ldap')),
  ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';
ALTER TABLE identity_connections ALTER kind DROP DEFAULT, ALTER settings DROP DEFAULT;
-- Whoever migrates belongs to no tenant: rows of all are there for a moment, within this transaction.
ALTER TABLE identity_connections NO FORCE ROW LEVEL SECURITY;
UPDATE identity_connections
  SET settings = jsonb_build_object('issuer', issuer, 'client_id', client_id, 'groups_claim', groups_claim);
ALTER TABLE identity_connections FORCE ROW LEVEL SECURITY;
ALTER TABLE identity_connections DROP COLUMN issuer, DROP COLUMN client_id, DROP COLUMN groups_claim;
COMMENT ON TABLE identity_connections IS 'Providers and directories through which people of a tenant may log in';
COMMENT ON COLUMN identity_connections.kind IS 'oidc: OpenID Connect; saml: SAML 2.0; ldap: LDAP or Active Directory';
COMMENT ON COLUMN identity_connections.settings IS 'What the protocol needs, by the contract''s schema of the kind; no secret';
COMMENT ON COLUMN identity_connections.client_secret_sealed IS 'Envelope of the client secret (oidc) or the password of the account that searches (ldap), under the tenant''s own key; NULL: none';
COMMENT ON COLUMN external_identities.subject_index IS 'Blind index of what the provider calls the person (claim sub, NameID, id of the LDAP entry)';
