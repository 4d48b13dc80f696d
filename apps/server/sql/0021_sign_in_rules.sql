-- What a tenant asks of a log-in; codes that are sent by mail; devices that are remembered. Owner: identity.

CREATE TABLE sign_in_rules (
  tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
  requires_second_factor boolean NOT NULL,
  allows_sent_codes boolean NOT NULL,
  remembered_device_days integer NOT NULL CHECK (remembered_device_days BETWEEN 0 AND 365),
  version integer NOT NULL CHECK (version > 0),
  updated_at timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_rules IS 'What a tenant asks of a log-in; without a row the defaults';
COMMENT ON COLUMN sign_in_rules.tenant_id IS 'Tenant';
COMMENT ON COLUMN sign_in_rules.requires_second_factor IS 'Whether a session that was opened with a password alone may do nothing but add a factor';
COMMENT ON COLUMN sign_in_rules.allows_sent_codes IS 'Whether codes by mail count as second factor; NIST SP 800-63B-4 §3.1.3 has none by mail';
COMMENT ON COLUMN sign_in_rules.remembered_device_days IS 'For so long a device that was asked for a second factor is not asked again; 0: it always is';
COMMENT ON COLUMN sign_in_rules.version IS 'Grows with each change';
COMMENT ON COLUMN sign_in_rules.updated_at IS 'When it was last changed';
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON sign_in_rules FOR EACH ROW
  EXECUTE FUNCTION tell_callers_changed('tenant_id');

ALTER TABLE second_factors DROP CONSTRAINT second_factors_kind_check;
ALTER TABLE second_factors ADD CONSTRAINT second_factors_kind_check CHECK (kind IN ('totp', 'email'));
COMMENT ON COLUMN second_factors.kind IS 'totp: time-based codes; email: codes that are mailed';
COMMENT ON COLUMN second_factors.secret_sealed IS 'Envelope under the user''s data key: of the secret, or of the address that codes go to';

CREATE TABLE sent_codes (
  tenant_id uuid NOT NULL,
  factor_id uuid NOT NULL,
  code_digest bytea CHECK (length(code_digest) = 32),
  tries integer NOT NULL CHECK (tries >= 0),
  sent_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  counted_since timestamptz NOT NULL,
  sent_count integer NOT NULL CHECK (sent_count > 0),
  PRIMARY KEY (tenant_id, factor_id),
  FOREIGN KEY (tenant_id, factor_id) REFERENCES second_factors (tenant_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE sent_codes IS 'The last code that was sent for a factor';
COMMENT ON COLUMN sent_codes.tenant_id IS 'Tenant';
COMMENT ON COLUMN sent_codes.factor_id IS 'Factor that it was sent for';
COMMENT ON COLUMN sent_codes.code_digest IS 'HMAC-SHA256 of factor and code under a key of the tenant; NULL: it was taken';
COMMENT ON COLUMN sent_codes.tries IS 'How often a code was shown since it was sent';
COMMENT ON COLUMN sent_codes.sent_at IS 'When it was sent';
COMMENT ON COLUMN sent_codes.expires_at IS 'When it ends';
COMMENT ON COLUMN sent_codes.counted_since IS 'Since when codes of this factor are counted, so that nobody is flooded';
COMMENT ON COLUMN sent_codes.sent_count IS 'How many were sent since';

CREATE TABLE remembered_devices (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, token_hash),
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX remembered_devices_user ON remembered_devices (tenant_id, user_id);
COMMENT ON TABLE remembered_devices IS 'Devices that showed a second factor and are not asked for it for a while';
COMMENT ON COLUMN remembered_devices.tenant_id IS 'Tenant';
COMMENT ON COLUMN remembered_devices.id IS 'UUIDv7';
COMMENT ON COLUMN remembered_devices.user_id IS 'Whose it is';
COMMENT ON COLUMN remembered_devices.token_hash IS 'SHA-256 of the text of the token that the device keeps';
COMMENT ON COLUMN remembered_devices.created_at IS 'When it was remembered';
COMMENT ON COLUMN remembered_devices.expires_at IS 'When it is asked again';
COMMENT ON COLUMN remembered_devices.last_used_at IS 'Last log-in that was not asked';

DROP TRIGGER tell_callers_changed ON security_sessions;
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON security_sessions FOR EACH ROW
  WHEN (NEW.last_activity < OLD.last_activity OR NEW.revoked_at IS DISTINCT FROM OLD.revoked_at
        OR NEW.expires_at IS DISTINCT FROM OLD.expires_at OR NEW.session_token_hash IS DISTINCT FROM OLD.session_token_hash
        OR NEW.methods IS DISTINCT FROM OLD.methods)
  EXECUTE FUNCTION tell_callers_changed('tenant_id');

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['sign_in_rules', 'sent_codes', 'remembered_devices'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO probity_app', t);
  END LOOP;
END $$;
