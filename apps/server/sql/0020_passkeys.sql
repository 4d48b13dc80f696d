-- Passkeys (WebAuthn Level 3): a log-in without a password, and the second factor of one with it. Owner: identity.

CREATE TABLE passkeys (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  credential_id bytea NOT NULL CHECK (length(credential_id) BETWEEN 1 AND 1023),
  public_key bytea NOT NULL,
  sign_count bigint NOT NULL CHECK (sign_count >= 0),
  transports text[] NOT NULL,
  aaguid uuid NOT NULL,
  is_backed_up boolean NOT NULL,
  name varchar(100),
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, credential_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX passkeys_user ON passkeys (tenant_id, user_id);
COMMENT ON TABLE passkeys IS 'Passkeys of people: public keys whose private ones their devices hold';
COMMENT ON COLUMN passkeys.tenant_id IS 'Tenant';
COMMENT ON COLUMN passkeys.id IS 'UUIDv7';
COMMENT ON COLUMN passkeys.user_id IS 'Whose it is';
COMMENT ON COLUMN passkeys.credential_id IS 'As the authenticator calls it';
COMMENT ON COLUMN passkeys.public_key IS 'COSE key (RFC 9052)';
COMMENT ON COLUMN passkeys.sign_count IS 'Signatures that the authenticator counted; one that does not count says 0';
COMMENT ON COLUMN passkeys.transports IS 'How a browser reaches the authenticator';
COMMENT ON COLUMN passkeys.aaguid IS 'Kind of authenticator, as it says itself';
COMMENT ON COLUMN passkeys.is_backed_up IS 'Whether it is kept on several devices';
COMMENT ON COLUMN passkeys.name IS 'What its owner calls it';
COMMENT ON COLUMN passkeys.created_at IS 'When it was added';
COMMENT ON COLUMN passkeys.last_used_at IS 'Last log-in with it; NULL: none';

CREATE TABLE passkey_challenges (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  challenge_hash bytea NOT NULL CHECK (length(challenge_hash) = 32),
  user_id uuid,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, challenge_hash)
);
CREATE INDEX passkey_challenges_end ON passkey_challenges (tenant_id, expires_at);
COMMENT ON TABLE passkey_challenges IS 'Challenges that wait for an authenticator, good once';
COMMENT ON COLUMN passkey_challenges.tenant_id IS 'Tenant';
COMMENT ON COLUMN passkey_challenges.challenge_hash IS 'SHA-256 of the challenge in base64url';
COMMENT ON COLUMN passkey_challenges.user_id IS 'Who adds a passkey with it; NULL: somebody logs in';
COMMENT ON COLUMN passkey_challenges.expires_at IS 'When it ends';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['passkeys', 'passkey_challenges'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO probity_app', t);
  END LOOP;
END $$;
