-- Probity as OpenID provider of a tenant's own applications. Owner: identity.

CREATE TABLE applications (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  name varchar(100) NOT NULL,
  kind varchar(10) NOT NULL CHECK (kind IN ('web', 'public', 'machine', 'device')),
  redirect_uris text[] NOT NULL,
  scopes text[] NOT NULL,
  secret_hash bytea CHECK (length(secret_hash) = 32),
  is_enabled boolean NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name),
  CHECK ((secret_hash IS NOT NULL) = (kind IN ('web', 'machine')))
);
COMMENT ON TABLE applications IS 'Applications of a tenant that people log in to through Probity (OAuth 2.0 clients)';
COMMENT ON COLUMN applications.tenant_id IS 'Tenant';
COMMENT ON COLUMN applications.id IS 'UUIDv7; the client_id';
COMMENT ON COLUMN applications.name IS 'What people are asked to let in';
COMMENT ON COLUMN applications.kind IS 'web: keeps a secret; public: in a browser or on a device of its user; machine: acts for itself; device: has no browser';
COMMENT ON COLUMN applications.redirect_uris IS 'Where people may be sent back to, letter by letter';
COMMENT ON COLUMN applications.scopes IS 'What it may ask for';
COMMENT ON COLUMN applications.secret_hash IS 'SHA-256 of the client secret; NULL: it keeps none';
COMMENT ON COLUMN applications.is_enabled IS 'Whether anything of it is good';
COMMENT ON COLUMN applications.version IS 'Grows with each change';
COMMENT ON COLUMN applications.created_at IS 'When it was made';
COMMENT ON COLUMN applications.updated_at IS 'When it was last changed';

CREATE TABLE application_artifacts (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  model varchar(40) NOT NULL,
  id_hash bytea NOT NULL CHECK (length(id_hash) = 32),
  payload_sealed bytea NOT NULL,
  application_id uuid,
  user_id uuid,
  grant_hash bytea CHECK (length(grant_hash) = 32),
  uid_hash bytea CHECK (length(uid_hash) = 32),
  user_code_hash bytea CHECK (length(user_code_hash) = 32),
  consumed_at timestamptz,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, model, id_hash),
  FOREIGN KEY (tenant_id, application_id) REFERENCES applications (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX application_artifacts_end ON application_artifacts (tenant_id, expires_at);
CREATE INDEX application_artifacts_grant ON application_artifacts (tenant_id, grant_hash);
CREATE INDEX application_artifacts_uid ON application_artifacts (tenant_id, uid_hash);
CREATE INDEX application_artifacts_user_code ON application_artifacts (tenant_id, user_code_hash);
CREATE INDEX application_artifacts_user ON application_artifacts (tenant_id, user_id, application_id);
COMMENT ON TABLE application_artifacts IS 'Codes, tokens, grants and log-ins under way of applications';
COMMENT ON COLUMN application_artifacts.tenant_id IS 'Tenant';
COMMENT ON COLUMN application_artifacts.model IS 'What it is: AccessToken, AuthorizationCode, Grant and so on';
COMMENT ON COLUMN application_artifacts.id_hash IS 'SHA-256 of the token or id';
COMMENT ON COLUMN application_artifacts.payload_sealed IS 'Envelope of what it holds, under the tenant''s own key';
COMMENT ON COLUMN application_artifacts.application_id IS 'Whose it is; NULL: of none yet';
COMMENT ON COLUMN application_artifacts.user_id IS 'For whom; it is good while they are active; NULL: for nobody';
COMMENT ON COLUMN application_artifacts.grant_hash IS 'SHA-256 of the grant that it ends with';
COMMENT ON COLUMN application_artifacts.uid_hash IS 'SHA-256 of what a log-in under way is found by';
COMMENT ON COLUMN application_artifacts.user_code_hash IS 'SHA-256 of the code that a person types for a device';
COMMENT ON COLUMN application_artifacts.consumed_at IS 'When it was used, what is good once; NULL: not';
COMMENT ON COLUMN application_artifacts.expires_at IS 'When it ends';

CREATE TABLE provider_keys (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id varchar(43) NOT NULL,
  key_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  retires_at timestamptz,
  PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE provider_keys IS 'Keys by which ID tokens are signed: the oldest that is not retired signs, and the one after it is published before it does';
COMMENT ON COLUMN provider_keys.tenant_id IS 'Tenant';
COMMENT ON COLUMN provider_keys.id IS 'RFC 7638 thumbprint; the kid';
COMMENT ON COLUMN provider_keys.key_sealed IS 'Envelope of the private JWK, under the tenant''s own key';
COMMENT ON COLUMN provider_keys.created_at IS 'When it was made';
COMMENT ON COLUMN provider_keys.retires_at IS 'Until when it is still published; NULL: it signs, or will';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['applications', 'application_artifacts', 'provider_keys'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO probity_app', t);
  END LOOP;
END $$;
