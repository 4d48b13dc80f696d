-- Second factors: time-based codes (RFC 6238) and backup codes, and by what a session was authenticated. Owner: identity.

ALTER TABLE security_users DROP COLUMN mfa_secret;
COMMENT ON COLUMN security_users.mfa_enabled IS 'Whether a second factor was confirmed, and hence is asked for';

ALTER TABLE security_sessions
  ADD COLUMN methods text[] NOT NULL DEFAULT '{pwd}',
  ADD COLUMN authenticated_at timestamptz;
ALTER TABLE security_sessions ALTER methods DROP DEFAULT;
COMMENT ON COLUMN security_sessions.methods IS 'What the person showed when it began: values of RFC 8176';
COMMENT ON COLUMN security_sessions.authenticated_at IS 'When the person last showed all their factors; NULL: when it began';

CREATE TABLE second_factors (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind varchar(16) NOT NULL CHECK (kind IN ('totp')),
  secret_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  confirmed_at timestamptz,
  last_used_at timestamptz,
  last_step bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX second_factors_user ON second_factors (tenant_id, user_id);
COMMENT ON TABLE second_factors IS 'Second factors of people';
COMMENT ON COLUMN second_factors.tenant_id IS 'Tenant';
COMMENT ON COLUMN second_factors.id IS 'UUIDv7';
COMMENT ON COLUMN second_factors.user_id IS 'Whose it is';
COMMENT ON COLUMN second_factors.kind IS 'totp: time-based codes';
COMMENT ON COLUMN second_factors.secret_sealed IS 'Envelope of the secret under the user''s data key';
COMMENT ON COLUMN second_factors.created_at IS 'When it was set up';
COMMENT ON COLUMN second_factors.confirmed_at IS 'When a code of it was first shown; NULL: not yet, and it is not asked for';
COMMENT ON COLUMN second_factors.last_used_at IS 'When a code of it was last taken';
COMMENT ON COLUMN second_factors.last_step IS 'Time step of the last code that was taken: no code of it or of one before is taken again';

CREATE TABLE backup_codes (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  code_digest bytea NOT NULL CHECK (length(code_digest) = 32),
  created_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (tenant_id, user_id, code_digest),
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id)
);
COMMENT ON TABLE backup_codes IS 'Codes for when a second factor is lost, good once each';
COMMENT ON COLUMN backup_codes.tenant_id IS 'Tenant';
COMMENT ON COLUMN backup_codes.user_id IS 'Whose it is';
COMMENT ON COLUMN backup_codes.code_digest IS 'HMAC-SHA256 of user and code under a key of the tenant';
COMMENT ON COLUMN backup_codes.created_at IS 'When it was made';
COMMENT ON COLUMN backup_codes.used_at IS 'When it was used; NULL: it is good';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['second_factors', 'backup_codes'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO probity_app', t);
  END LOOP;
END $$;
