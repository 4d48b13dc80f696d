-- Users, sessions and API tokens, in their first form. Owner: domain identity.

CREATE TABLE security_users (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  username_index bytea NOT NULL CHECK (length(username_index) = 32),
  email_index bytea NOT NULL CHECK (length(email_index) = 32),
  profile_sealed bytea NOT NULL,
  password_hash varchar(255) NOT NULL,
  mfa_enabled boolean NOT NULL DEFAULT false,
  mfa_secret bytea,
  failed_login_attempts integer NOT NULL DEFAULT 0 CHECK (failed_login_attempts >= 0),
  locked_until timestamptz,
  is_operator boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, username_index),
  UNIQUE (tenant_id, email_index)
);
COMMENT ON TABLE security_users IS 'People who sign in; names are unique within a tenant';
COMMENT ON COLUMN security_users.tenant_id IS 'Tenant';
COMMENT ON COLUMN security_users.id IS 'UUIDv7';
COMMENT ON COLUMN security_users.username_index IS 'Blind index of the user name, HMAC-SHA256 under a key of the tenant';
COMMENT ON COLUMN security_users.email_index IS 'Blind index of the address, likewise';
COMMENT ON COLUMN security_users.profile_sealed IS 'Envelope of {username, email} under the user''s data key';
COMMENT ON COLUMN security_users.password_hash IS 'argon2id, PHC string; its salt is within';
COMMENT ON COLUMN security_users.mfa_enabled IS 'Whether a second factor is set up';
COMMENT ON COLUMN security_users.mfa_secret IS 'Envelope of the second factor''s secret';
COMMENT ON COLUMN security_users.failed_login_attempts IS 'Wrong passwords since the last right one';
COMMENT ON COLUMN security_users.locked_until IS 'No log-in before; NULL: not locked';
COMMENT ON COLUMN security_users.is_operator IS 'May work across tenants: create, list, suspend, reactivate';
COMMENT ON COLUMN security_users.created_at IS 'When the user was created';
COMMENT ON COLUMN security_users.updated_at IS 'When a column last changed';

CREATE TABLE security_sessions (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  session_token_hash bytea NOT NULL CHECK (length(session_token_hash) = 32),
  client_sealed bytea,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  last_activity timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, session_token_hash),
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX security_sessions_user ON security_sessions (tenant_id, user_id, expires_at DESC);
COMMENT ON TABLE security_sessions IS 'Log-ins; the token itself is not stored';
COMMENT ON COLUMN security_sessions.tenant_id IS 'Tenant';
COMMENT ON COLUMN security_sessions.id IS 'UUIDv7';
COMMENT ON COLUMN security_sessions.user_id IS 'Who logged in';
COMMENT ON COLUMN security_sessions.session_token_hash IS 'SHA-256 of the token''s text';
COMMENT ON COLUMN security_sessions.client_sealed IS 'Envelope of {ip_address, user_agent} under the user''s data key';
COMMENT ON COLUMN security_sessions.expires_at IS 'Absolute end';
COMMENT ON COLUMN security_sessions.created_at IS 'When it began';
COMMENT ON COLUMN security_sessions.last_activity IS 'Last use, to within a minute; the idle limit counts from it';
COMMENT ON COLUMN security_sessions.revoked_at IS 'When it was ended; NULL: not';

CREATE TABLE api_tokens (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  name varchar(255) NOT NULL,
  secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
  scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, secret_hash),
  FOREIGN KEY (tenant_id, created_by) REFERENCES security_users (tenant_id, id)
);
COMMENT ON TABLE api_tokens IS 'Bearer tokens of applications';
COMMENT ON COLUMN api_tokens.tenant_id IS 'Tenant';
COMMENT ON COLUMN api_tokens.id IS 'UUIDv7';
COMMENT ON COLUMN api_tokens.name IS 'What it is for';
COMMENT ON COLUMN api_tokens.secret_hash IS 'SHA-256 of the token''s text';
COMMENT ON COLUMN api_tokens.scopes IS 'What it may do';
COMMENT ON COLUMN api_tokens.created_by IS 'User who made it';
COMMENT ON COLUMN api_tokens.created_at IS 'When it was made';
COMMENT ON COLUMN api_tokens.expires_at IS 'End; NULL: none';
COMMENT ON COLUMN api_tokens.last_used_at IS 'Last use, to within a minute';
COMMENT ON COLUMN api_tokens.revoked_at IS 'When it was revoked; NULL: not';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['security_users', 'security_sessions', 'api_tokens'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO probity_app', t);
  END LOOP;
END $$;
