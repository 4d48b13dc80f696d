-- Wrapped keys, in a database of their own so that its backups can be short-lived. Owner: domain keys.

CREATE TABLE root_epochs (
  epoch integer PRIMARY KEY CHECK (epoch > 0),
  check_value bytea NOT NULL CHECK (length(check_value) = 32),
  created_at timestamptz NOT NULL
);
COMMENT ON TABLE root_epochs IS 'One row an epoch of the root key, to recognise a wrong or lost one before anything is written';
COMMENT ON COLUMN root_epochs.epoch IS 'Number of the epoch, from 1';
COMMENT ON COLUMN root_epochs.check_value IS 'HMAC-SHA256 under the root key of this epoch over a fixed text';
COMMENT ON COLUMN root_epochs.created_at IS 'When the epoch began';
GRANT SELECT, INSERT, DELETE ON root_epochs TO probity_keys;

CREATE TABLE tenant_keys (
  tenant_id uuid NOT NULL,
  epoch integer NOT NULL CHECK (epoch > 0),
  root_epoch integer NOT NULL REFERENCES root_epochs (epoch),
  wrapped bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, epoch)
);
COMMENT ON TABLE tenant_keys IS 'A tenant''s key-encryption keys; the highest epoch is the current one, older ones are being re-wrapped away';
COMMENT ON COLUMN tenant_keys.tenant_id IS 'Tenant';
COMMENT ON COLUMN tenant_keys.epoch IS 'Number of the epoch, from 1';
COMMENT ON COLUMN tenant_keys.root_epoch IS 'Epoch of the root key that wraps it';
COMMENT ON COLUMN tenant_keys.wrapped IS 'AES-256-KWP (RFC 5649) of 32 bytes';
COMMENT ON COLUMN tenant_keys.created_at IS 'When the epoch began';

CREATE TABLE data_keys (
  tenant_id uuid NOT NULL,
  key_id uuid NOT NULL,
  subject uuid NOT NULL,
  class varchar(50) NOT NULL,
  epoch integer NOT NULL,
  wrapped bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, key_id),
  UNIQUE (tenant_id, subject, class),
  FOREIGN KEY (tenant_id, epoch) REFERENCES tenant_keys (tenant_id, epoch)
);
CREATE INDEX data_keys_epoch ON data_keys (tenant_id, epoch);
COMMENT ON TABLE data_keys IS 'One data key per (tenant, subject, retention class); deleting it erases what it sealed';
COMMENT ON COLUMN data_keys.tenant_id IS 'Tenant';
COMMENT ON COLUMN data_keys.key_id IS 'Id that stands in envelopes';
COMMENT ON COLUMN data_keys.subject IS 'Pseudonym of the person, or the tenant''s own id for what belongs to nobody';
COMMENT ON COLUMN data_keys.class IS 'Retention class';
COMMENT ON COLUMN data_keys.epoch IS 'Epoch of the tenant key that wraps it';
COMMENT ON COLUMN data_keys.wrapped IS 'AES-256-KWP (RFC 5649) of 32 bytes';
COMMENT ON COLUMN data_keys.created_at IS 'When the key was made';

CREATE TABLE subject_tokens (
  tenant_id uuid NOT NULL,
  token bytea NOT NULL CHECK (length(token) = 16),
  subject uuid NOT NULL,
  kind varchar(10) NOT NULL CHECK (kind IN ('primary', 'alias', 'address')),
  epoch integer NOT NULL,
  value_sealed bytea NOT NULL,
  PRIMARY KEY (tenant_id, token, subject),
  FOREIGN KEY (tenant_id, epoch) REFERENCES tenant_keys (tenant_id, epoch)
);
CREATE UNIQUE INDEX subject_tokens_primary ON subject_tokens (tenant_id, token) WHERE kind = 'primary';
CREATE INDEX subject_tokens_subject ON subject_tokens (tenant_id, subject);
COMMENT ON TABLE subject_tokens IS 'Blind index from what names a person to the pseudonym; deleted with the person''s keys';
COMMENT ON COLUMN subject_tokens.tenant_id IS 'Tenant';
COMMENT ON COLUMN subject_tokens.token IS 'First 16 bytes of HMAC-SHA256 under the epoch''s index key over the normalised value';
COMMENT ON COLUMN subject_tokens.subject IS 'Pseudonym';
COMMENT ON COLUMN subject_tokens.kind IS 'primary: names exactly one person; alias: may be shared; address: a network address used';
COMMENT ON COLUMN subject_tokens.epoch IS 'Epoch of the tenant key that the index key is derived from';
COMMENT ON COLUMN subject_tokens.value_sealed IS 'Envelope of the value under the subject''s data key, for the next epoch''s token';

CREATE TABLE signing_keys (
  tenant_id uuid NOT NULL,
  key_id uuid NOT NULL,
  name text NOT NULL,
  algorithm varchar(20) NOT NULL CHECK (algorithm IN ('ed25519')),
  public_key bytea NOT NULL,
  epoch integer NOT NULL,
  wrapped bytea NOT NULL,
  created_at timestamptz NOT NULL,
  retired_at timestamptz,
  PRIMARY KEY (tenant_id, key_id),
  FOREIGN KEY (tenant_id, epoch) REFERENCES tenant_keys (tenant_id, epoch)
);
CREATE UNIQUE INDEX signing_keys_current ON signing_keys (tenant_id) WHERE retired_at IS NULL;
COMMENT ON TABLE signing_keys IS 'Keys that sign a tenant''s checkpoints; a retired one stays listed so that old checkpoints verify';
COMMENT ON COLUMN signing_keys.tenant_id IS 'Tenant';
COMMENT ON COLUMN signing_keys.key_id IS 'Id of the key';
COMMENT ON COLUMN signing_keys.name IS 'Key name in signed notes: the origin of the log';
COMMENT ON COLUMN signing_keys.algorithm IS 'ed25519';
COMMENT ON COLUMN signing_keys.public_key IS '32 bytes';
COMMENT ON COLUMN signing_keys.epoch IS 'Epoch of the tenant key that wraps it';
COMMENT ON COLUMN signing_keys.wrapped IS 'AES-256-KWP (RFC 5649) of the 32-byte private key';
COMMENT ON COLUMN signing_keys.created_at IS 'When the key was made';
COMMENT ON COLUMN signing_keys.retired_at IS 'When the next key took over; NULL: it signs';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['tenant_keys', 'data_keys', 'subject_tokens', 'signing_keys'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO probity_keys', t);
  END LOOP;
END $$;
