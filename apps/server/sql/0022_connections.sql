-- Log-in through providers of others (OpenID Connect Core 1.0), and who of ours somebody there is. Owner: identity.

CREATE TABLE identity_connections (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  name varchar(100) NOT NULL,
  issuer varchar(2000) NOT NULL,
  client_id varchar(500) NOT NULL,
  client_secret_sealed bytea,
  groups_claim varchar(100) NOT NULL,
  group_scopes jsonb,
  default_scopes text[] NOT NULL,
  creates_accounts boolean NOT NULL,
  trusts_second_factor boolean NOT NULL,
  is_enabled boolean NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name)
);
COMMENT ON TABLE identity_connections IS 'OpenID providers through which people of a tenant may log in';
COMMENT ON COLUMN identity_connections.tenant_id IS 'Tenant';
COMMENT ON COLUMN identity_connections.id IS 'UUIDv7';
COMMENT ON COLUMN identity_connections.name IS 'As a log-in names it';
COMMENT ON COLUMN identity_connections.issuer IS 'Issuer identifier: whose tokens are taken, and where its configuration lies';
COMMENT ON COLUMN identity_connections.client_id IS 'Who we are there';
COMMENT ON COLUMN identity_connections.client_secret_sealed IS 'Envelope of what we prove it with, under the tenant''s own key; NULL: a public client';
COMMENT ON COLUMN identity_connections.groups_claim IS 'Claim that lists the groups of a person';
COMMENT ON COLUMN identity_connections.group_scopes IS 'Scopes by group, set anew at each log-in; NULL: the provider has no say in them';
COMMENT ON COLUMN identity_connections.default_scopes IS 'Scopes of an account that a first log-in makes, beside those of groups';
COMMENT ON COLUMN identity_connections.creates_accounts IS 'Whether a first log-in makes an account';
COMMENT ON COLUMN identity_connections.trusts_second_factor IS 'Whether its log-ins count as having shown a second factor, whatever they say';
COMMENT ON COLUMN identity_connections.is_enabled IS 'Whether anybody may log in through it';
COMMENT ON COLUMN identity_connections.version IS 'Grows with each change';
COMMENT ON COLUMN identity_connections.created_at IS 'When it was made';
COMMENT ON COLUMN identity_connections.updated_at IS 'When it was last changed';

CREATE TABLE external_identities (
  tenant_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  subject_index bytea NOT NULL CHECK (length(subject_index) = 32),
  user_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  last_login_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, connection_id, subject_index),
  FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX external_identities_user ON external_identities (tenant_id, user_id);
COMMENT ON TABLE external_identities IS 'Who of ours somebody at a provider is';
COMMENT ON COLUMN external_identities.tenant_id IS 'Tenant';
COMMENT ON COLUMN external_identities.connection_id IS 'Provider';
COMMENT ON COLUMN external_identities.subject_index IS 'Blind index of what the provider calls the person (claim sub)';
COMMENT ON COLUMN external_identities.user_id IS 'Whom of ours it is';
COMMENT ON COLUMN external_identities.created_at IS 'When they were linked';
COMMENT ON COLUMN external_identities.last_login_at IS 'Last log-in by it';

CREATE TABLE federation_requests (
  tenant_id uuid NOT NULL,
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  connection_id uuid NOT NULL,
  user_id uuid,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, token_hash),
  FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX federation_requests_end ON federation_requests (tenant_id, expires_at);
COMMENT ON TABLE federation_requests IS 'Log-ins that are under way at a provider, good once';
COMMENT ON COLUMN federation_requests.tenant_id IS 'Tenant';
COMMENT ON COLUMN federation_requests.token_hash IS 'SHA-256 of the token of the browser that began it; state, nonce and PKCE verifier derive from that token and stand nowhere';
COMMENT ON COLUMN federation_requests.connection_id IS 'Provider';
COMMENT ON COLUMN federation_requests.user_id IS 'Who links an identity; NULL: somebody logs in';
COMMENT ON COLUMN federation_requests.expires_at IS 'When it ends';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['identity_connections', 'external_identities', 'federation_requests'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO probity_app', t);
  END LOOP;
END $$;
