-- Written by scripts/schema.ts from a migrated database; a test compares the two. Do not edit.

TABLE data_keys ROW LEVEL SECURITY ENABLED FORCED -- One data key per (tenant, subject, retention class); deleting it erases what it sealed
  tenant_id uuid NOT NULL -- Tenant
  key_id uuid NOT NULL -- Id that stands in envelopes
  subject uuid NOT NULL -- Pseudonym of the person, or the tenant's own id for what belongs to nobody
  class character varying(50) NOT NULL -- Retention class
  epoch integer NOT NULL -- Epoch of the tenant key that wraps it
  wrapped bytea NOT NULL -- AES-256-KWP (RFC 5649) of 32 bytes
  created_at timestamp with time zone NOT NULL -- When the key was made
  CONSTRAINT data_keys_pkey PRIMARY KEY (tenant_id, key_id)
  CONSTRAINT data_keys_tenant_id_subject_class_key UNIQUE (tenant_id, subject, class)
  CONSTRAINT data_keys_tenant_id_epoch_fkey FOREIGN KEY (tenant_id, epoch) REFERENCES tenant_keys(tenant_id, epoch)
CREATE INDEX data_keys_epoch ON data_keys USING btree (tenant_id, epoch)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_keys

TABLE root_epochs -- One row an epoch of the root key, to recognise a wrong or lost one before anything is written
  epoch integer NOT NULL -- Number of the epoch, from 1
  check_value bytea NOT NULL -- HMAC-SHA256 under the root key of this epoch over a fixed text
  created_at timestamp with time zone NOT NULL -- When the epoch began
  CONSTRAINT root_epochs_pkey PRIMARY KEY (epoch)
  CONSTRAINT root_epochs_check_value_check CHECK ((length(check_value) = 32))
  CONSTRAINT root_epochs_epoch_check CHECK ((epoch > 0))
GRANT DELETE, INSERT, SELECT TO probity_keys

TABLE schema_migrations
  version integer NOT NULL
  name text NOT NULL
  sha256 text NOT NULL
  applied_at timestamp with time zone NOT NULL DEFAULT now()
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (version)

TABLE signing_keys ROW LEVEL SECURITY ENABLED FORCED -- Keys that sign a tenant's checkpoints; a retired one stays listed so that old checkpoints verify
  tenant_id uuid NOT NULL -- Tenant
  key_id uuid NOT NULL -- Id of the key
  name text NOT NULL -- Key name in signed notes: the origin of the log
  algorithm character varying(20) NOT NULL -- ed25519
  public_key bytea NOT NULL -- 32 bytes
  epoch integer NOT NULL -- Epoch of the tenant key that wraps it
  wrapped bytea NOT NULL -- AES-256-KWP (RFC 5649) of the 32-byte private key
  created_at timestamp with time zone NOT NULL -- When the key was made
  retired_at timestamp with time zone -- When the next key took over; NULL: it signs
  CONSTRAINT signing_keys_pkey PRIMARY KEY (tenant_id, key_id)
  CONSTRAINT signing_keys_algorithm_check CHECK (((algorithm)::text = 'ed25519'::text))
  CONSTRAINT signing_keys_tenant_id_epoch_fkey FOREIGN KEY (tenant_id, epoch) REFERENCES tenant_keys(tenant_id, epoch)
CREATE UNIQUE INDEX signing_keys_current ON signing_keys USING btree (tenant_id) WHERE retired_at IS NULL
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_keys

TABLE subject_tokens ROW LEVEL SECURITY ENABLED FORCED -- Blind index from what names a person to the pseudonym; deleted with the person's keys
  tenant_id uuid NOT NULL -- Tenant
  token bytea NOT NULL -- First 16 bytes of HMAC-SHA256 under the epoch's index key over the normalised value
  subject uuid NOT NULL -- Pseudonym
  kind character varying(10) NOT NULL -- primary: names exactly one person; alias: may be shared; address: a network address used
  epoch integer NOT NULL -- Epoch of the tenant key that the index key is derived from
  value_sealed bytea NOT NULL -- Envelope of the value under the subject's data key, for the next epoch's token
  CONSTRAINT subject_tokens_pkey PRIMARY KEY (tenant_id, token, subject)
  CONSTRAINT subject_tokens_kind_check CHECK (((kind)::text = ANY ((ARRAY['primary'::character varying, 'alias'::character varying, 'address'::character varying])::text[])))
  CONSTRAINT subject_tokens_token_check CHECK ((length(token) = 16))
  CONSTRAINT subject_tokens_tenant_id_epoch_fkey FOREIGN KEY (tenant_id, epoch) REFERENCES tenant_keys(tenant_id, epoch)
CREATE UNIQUE INDEX subject_tokens_primary ON subject_tokens USING btree (tenant_id, token) WHERE kind::text = 'primary'::text
CREATE INDEX subject_tokens_subject ON subject_tokens USING btree (tenant_id, subject)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_keys

TABLE tenant_keys ROW LEVEL SECURITY ENABLED FORCED -- A tenant's key-encryption keys; the highest epoch is the current one, older ones are being re-wrapped away
  tenant_id uuid NOT NULL -- Tenant
  epoch integer NOT NULL -- Number of the epoch, from 1
  root_epoch integer NOT NULL -- Epoch of the root key that wraps it
  wrapped bytea NOT NULL -- AES-256-KWP (RFC 5649) of 32 bytes
  created_at timestamp with time zone NOT NULL -- When the epoch began
  CONSTRAINT tenant_keys_pkey PRIMARY KEY (tenant_id, epoch)
  CONSTRAINT tenant_keys_epoch_check CHECK ((epoch > 0))
  CONSTRAINT tenant_keys_root_epoch_fkey FOREIGN KEY (root_epoch) REFERENCES root_epochs(epoch)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_keys

TABLE witnessed_heads -- Newest anchored head of each log, by origin as a witness knows it; moves forward only, but where an operator accepts a log that was put back
  origin text NOT NULL -- Origin of the log (C2SP tlog-checkpoint)
  size bigint NOT NULL -- Entries it had
  root bytea NOT NULL -- Root hash at that size
  seen_at timestamp with time zone NOT NULL -- When it was seen
  CONSTRAINT witnessed_heads_pkey PRIMARY KEY (origin)
  CONSTRAINT witnessed_heads_root_check CHECK ((length(root) = 32))
  CONSTRAINT witnessed_heads_size_check CHECK ((size >= 0))
GRANT INSERT, SELECT, UPDATE TO probity_keys
