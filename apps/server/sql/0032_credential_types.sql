-- Log-ins by API key, and by what a provider issued without being asked from here. Owner: identity.

ALTER TABLE api_tokens ADD COLUMN issued_by uuid;
ALTER TABLE api_tokens ADD FOREIGN KEY (tenant_id, issued_by) REFERENCES api_tokens (tenant_id, id) ON DELETE CASCADE;
CREATE INDEX api_tokens_issued ON api_tokens (tenant_id, issued_by, expires_at) WHERE issued_by IS NOT NULL;
-- Of what was issued and has ended; what somebody made is revoked and stays.
GRANT DELETE ON api_tokens TO probity_app;
COMMENT ON COLUMN api_tokens.issued_by IS 'Token that was shown at the log-in that gave this one, which ends with it; NULL: somebody made it';

-- Whoever migrates belongs to no tenant: rows of all are there for a moment, within this transaction.
ALTER TABLE identity_connections NO FORCE ROW LEVEL SECURITY;
UPDATE identity_connections SET settings = settings || '{"accepts_id_tokens": false}' WHERE kind = 'oidc';
UPDATE identity_connections SET settings = settings || '{"accepts_unsolicited": false}' WHERE kind = 'saml';
ALTER TABLE identity_connections FORCE ROW LEVEL SECURITY;

CREATE TABLE used_assertions (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  connection_id uuid NOT NULL,
  assertion_hash bytea NOT NULL CHECK (length(assertion_hash) = 32),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, connection_id, assertion_hash),
  FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX used_assertions_expired ON used_assertions (tenant_id, expires_at);
COMMENT ON TABLE used_assertions IS 'What a provider said of somebody and was taken here, so that it is good once';
COMMENT ON COLUMN used_assertions.tenant_id IS 'Tenant';
COMMENT ON COLUMN used_assertions.connection_id IS 'Provider that issued it';
COMMENT ON COLUMN used_assertions.assertion_hash IS 'SHA-256 of the signed part of an ID token, or of the ID of a SAML assertion';
COMMENT ON COLUMN used_assertions.expires_at IS 'From when on it would be refused for its age, so that the row may go';
ALTER TABLE used_assertions ENABLE ROW LEVEL SECURITY;
ALTER TABLE used_assertions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON used_assertions USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, DELETE ON used_assertions TO probity_app;
