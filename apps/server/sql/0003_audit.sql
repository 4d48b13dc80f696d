-- The audit log. Owner: domain audit. Only probity_sequencer writes it; the application reads it, and deletes the
-- sealed parts of erased people where physical deletion was asked for.

CREATE TABLE audit_sequencers (
  shard smallint PRIMARY KEY,
  holder uuid NOT NULL,
  epoch bigint NOT NULL CHECK (epoch > 0),
  expires_at timestamptz NOT NULL
);
COMMENT ON TABLE audit_sequencers IS 'Lease of the one sequencer of a shard of logs; every flush compares holder and epoch, so that a paused old leader writes nothing';
COMMENT ON COLUMN audit_sequencers.shard IS 'Shard of logs; 0 is the only one today';
COMMENT ON COLUMN audit_sequencers.holder IS 'Process that sequences, a random id of its own';
COMMENT ON COLUMN audit_sequencers.epoch IS 'Grows with every change of holder: the fence';
COMMENT ON COLUMN audit_sequencers.expires_at IS 'By the database''s clock; past it another process may take over';
GRANT SELECT, INSERT, UPDATE ON audit_sequencers TO probity_sequencer;

CREATE TABLE audit_logs (
  tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
  origin text NOT NULL,
  size bigint NOT NULL CHECK (size >= 0),
  root bytea NOT NULL CHECK (length(root) = 32),
  checkpoint text NOT NULL,
  checkpoint_at timestamptz NOT NULL
);
COMMENT ON TABLE audit_logs IS 'Head of each tenant''s log; moved by the sequencer by compare-and-set on size';
COMMENT ON COLUMN audit_logs.tenant_id IS 'Tenant: one log each';
COMMENT ON COLUMN audit_logs.origin IS 'Origin line of the checkpoint (C2SP tlog-checkpoint)';
COMMENT ON COLUMN audit_logs.size IS 'Number of entries';
COMMENT ON COLUMN audit_logs.root IS 'RFC 6962 root hash at this size';
COMMENT ON COLUMN audit_logs.checkpoint IS 'Signed note over origin, size and root';
COMMENT ON COLUMN audit_logs.checkpoint_at IS 'When it was signed';

CREATE TABLE audit_bundles (
  tenant_id uuid NOT NULL,
  first_seq bigint NOT NULL,
  entries smallint NOT NULL CHECK (entries BETWEEN 1 AND 256),
  body bytea NOT NULL,
  hashes bytea NOT NULL,
  PRIMARY KEY (tenant_id, first_seq)
);
ALTER TABLE audit_bundles ALTER body SET STORAGE EXTERNAL, ALTER hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE audit_bundles IS 'The leaves. A full bundle has 256 entries from a multiple of 256 on; the open tail lies in fragments, which the flush that fills the bundle replaces';
COMMENT ON COLUMN audit_bundles.tenant_id IS 'Tenant';
COMMENT ON COLUMN audit_bundles.first_seq IS 'Index of its first entry';
COMMENT ON COLUMN audit_bundles.entries IS 'How many entries it holds';
COMMENT ON COLUMN audit_bundles.body IS 'Raw DEFLATE of the C2SP tlog-tiles entry bundle';
COMMENT ON COLUMN audit_bundles.hashes IS 'Leaf hashes, 32 bytes an entry: the level-0 tile';

CREATE TABLE audit_tiles (
  tenant_id uuid NOT NULL,
  level smallint NOT NULL CHECK (level >= 1),
  tile bigint NOT NULL,
  hashes bytea NOT NULL,
  PRIMARY KEY (tenant_id, level, tile)
);
ALTER TABLE audit_tiles ALTER hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE audit_tiles IS 'C2SP tlog-tiles of level 1 and above; the last of a level may be partial';
COMMENT ON COLUMN audit_tiles.tenant_id IS 'Tenant';
COMMENT ON COLUMN audit_tiles.level IS 'Tile level, from 1';
COMMENT ON COLUMN audit_tiles.tile IS 'Index of the tile in its level';
COMMENT ON COLUMN audit_tiles.hashes IS 'Up to 256 hashes of 32 bytes';

CREATE TABLE audit_entries (
  tenant_id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  seq bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  event_type varchar(255) NOT NULL,
  actor text,
  session_id text,
  resource text,
  action text,
  outcome varchar(50) NOT NULL CHECK (outcome IN ('Success', 'Failure', 'Warning', 'Information')),
  risk_score smallint CHECK (risk_score BETWEEN 0 AND 100),
  PRIMARY KEY (tenant_id, received_at, seq)
) PARTITION BY RANGE (received_at);
COMMENT ON TABLE audit_entries IS 'Narrow index over the leaves, rebuildable from them and verified against them';
COMMENT ON COLUMN audit_entries.tenant_id IS 'Tenant';
COMMENT ON COLUMN audit_entries.received_at IS 'Leaf''s received_at; partition key';
COMMENT ON COLUMN audit_entries.seq IS 'Index of the entry in its log, dense from 0';
COMMENT ON COLUMN audit_entries.occurred_at IS 'Leaf''s occurred_at';
COMMENT ON COLUMN audit_entries.event_type IS 'Leaf''s event_type';
COMMENT ON COLUMN audit_entries.actor IS 'Leaf''s actor id: a pseudonym, or the name of a service';
COMMENT ON COLUMN audit_entries.session_id IS 'Leaf''s session';
COMMENT ON COLUMN audit_entries.resource IS 'Leaf''s resource';
COMMENT ON COLUMN audit_entries.action IS 'Leaf''s action';
COMMENT ON COLUMN audit_entries.outcome IS 'Leaf''s outcome';
COMMENT ON COLUMN audit_entries.risk_score IS 'Leaf''s risk_score';

CREATE TABLE audit_event_ids (
  tenant_id uuid NOT NULL,
  event_id uuid NOT NULL,
  seq bigint NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (tenant_id, event_id)
);
COMMENT ON TABLE audit_event_ids IS 'Ids that callers gave, so that a repeat is known; ids of our own making carry their time and need no row';
COMMENT ON COLUMN audit_event_ids.tenant_id IS 'Tenant';
COMMENT ON COLUMN audit_event_ids.event_id IS 'Leaf''s event_id';
COMMENT ON COLUMN audit_event_ids.seq IS 'Index of the entry';
COMMENT ON COLUMN audit_event_ids.content IS 'Digest of the content as sent, keyed where it is personal, so that another content under the same id is refused';

CREATE TABLE audit_sealed_parts (
  tenant_id uuid NOT NULL,
  seq bigint NOT NULL,
  part smallint NOT NULL,
  subjects uuid[] NOT NULL CHECK (cardinality(subjects) > 0),
  envelope bytea NOT NULL,
  PRIMARY KEY (tenant_id, seq, part)
);
CREATE INDEX audit_sealed_parts_subject ON audit_sealed_parts (tenant_id, (subjects[1]), seq);
COMMENT ON TABLE audit_sealed_parts IS 'Personal parts of entries, each under the keys of the people it belongs to';
COMMENT ON COLUMN audit_sealed_parts.tenant_id IS 'Tenant';
COMMENT ON COLUMN audit_sealed_parts.seq IS 'Index of the entry';
COMMENT ON COLUMN audit_sealed_parts.part IS 'Place in the leaf''s sealed array';
COMMENT ON COLUMN audit_sealed_parts.subjects IS 'Pseudonyms, ascending; all their keys are needed to open it';
COMMENT ON COLUMN audit_sealed_parts.envelope IS 'Envelope of r and the part';

CREATE TABLE audit_inbox (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  leaf bytea NOT NULL,
  content bytea,
  parts jsonb NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE audit_inbox IS 'Durable but not yet sequenced. A crash here loses nothing: the next sequencer drains it, and event_id makes a second pass a no-op';
COMMENT ON COLUMN audit_inbox.tenant_id IS 'Tenant';
COMMENT ON COLUMN audit_inbox.id IS 'UUIDv7: the order of draining';
COMMENT ON COLUMN audit_inbox.event_id IS 'Leaf''s event_id';
COMMENT ON COLUMN audit_inbox.leaf IS 'Leaf bytes, final';
COMMENT ON COLUMN audit_inbox.content IS 'As in audit_event_ids; NULL where the id is of our making';
COMMENT ON COLUMN audit_inbox.parts IS 'Array of {subjects, envelope in base64}';

CREATE TABLE audit_verifications (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  verification_timestamp timestamptz NOT NULL,
  start_sequence bigint NOT NULL,
  end_sequence bigint NOT NULL,
  integrity_valid boolean NOT NULL,
  verification_signature text NOT NULL,
  verifier_id uuid,
  invalid_entries jsonb NOT NULL DEFAULT '[]',
  checkpoint text,
  PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE audit_verifications IS 'Every verification run by the server, with its signed result';
COMMENT ON COLUMN audit_verifications.tenant_id IS 'Tenant';
COMMENT ON COLUMN audit_verifications.id IS 'UUIDv7';
COMMENT ON COLUMN audit_verifications.verification_timestamp IS 'When it ended';
COMMENT ON COLUMN audit_verifications.start_sequence IS 'First index looked at';
COMMENT ON COLUMN audit_verifications.end_sequence IS 'Index after the last looked at';
COMMENT ON COLUMN audit_verifications.integrity_valid IS 'Whether all of it held';
COMMENT ON COLUMN audit_verifications.verification_signature IS 'Signed note over the result, by the log''s key';
COMMENT ON COLUMN audit_verifications.verifier_id IS 'User who asked; NULL: the schedule, or an API token';
COMMENT ON COLUMN audit_verifications.invalid_entries IS 'Array of {index, code, message}';
COMMENT ON COLUMN audit_verifications.checkpoint IS 'Checkpoint it was verified against; the next run must be consistent with it';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['audit_logs', 'audit_bundles', 'audit_tiles', 'audit_entries', 'audit_event_ids',
                           'audit_sealed_parts', 'audit_inbox', 'audit_verifications'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT ON %I TO probity_app', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['audit_logs', 'audit_bundles', 'audit_tiles', 'audit_entries', 'audit_event_ids',
                           'audit_sealed_parts', 'audit_inbox'] LOOP
    EXECUTE format('CREATE POLICY sequencer_all ON %I TO probity_sequencer USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO probity_sequencer', t);
  END LOOP;
END $$;
GRANT UPDATE ON audit_logs, audit_tiles TO probity_sequencer;
GRANT DELETE ON audit_bundles, audit_inbox TO probity_sequencer;
GRANT INSERT ON audit_inbox, audit_verifications TO probity_app;
GRANT DELETE ON audit_sealed_parts TO probity_app;

-- Makes the monthly partition that holds the given time. The owner's rights are needed to create a table, so it
-- is a function; it takes a time and nothing else.
CREATE FUNCTION audit_ensure_partition(at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first timestamptz := date_trunc('month', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
  next timestamptz := (date_trunc('month', at AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
  name text := 'audit_entries_' || to_char(at AT TIME ZONE 'UTC', 'YYYYMM');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('audit_ensure_partition'));
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF audit_entries FOR VALUES FROM (%L) TO (%L)', name, first, next);
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
  EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', name);
END $$;
COMMENT ON FUNCTION audit_ensure_partition(timestamptz) IS 'Creates the month''s partition of audit_entries when it is missing';
REVOKE ALL ON FUNCTION audit_ensure_partition(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_ensure_partition(timestamptz) TO probity_sequencer;
