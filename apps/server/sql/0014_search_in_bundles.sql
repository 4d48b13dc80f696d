-- The search index moves into the bundles: each says what it may be found by. The index by entry was rebuildable from
-- the leaves and goes; bundles of before are opened by every search. Owner: domain audit.

ALTER TABLE audit_bundles
  ADD COLUMN received_from timestamptz,
  ADD COLUMN received_to timestamptz,
  ADD COLUMN max_risk smallint CHECK (max_risk BETWEEN 0 AND 100),
  ADD COLUMN terms bytea CHECK (length(terms) BETWEEN 16 AND 4096),
  ADD CONSTRAINT audit_bundles_first_seq_check CHECK (first_seq >= 0);
ALTER TABLE audit_bundles ALTER terms SET STORAGE EXTERNAL;
COMMENT ON COLUMN audit_bundles.received_from IS 'Least received_at of its leaves; NULL, as in the three after it: of before bundles had a summary';
COMMENT ON COLUMN audit_bundles.received_to IS 'Greatest received_at of its leaves';
COMMENT ON COLUMN audit_bundles.max_risk IS 'Greatest risk_score of its leaves; NULL: none has one';
COMMENT ON COLUMN audit_bundles.terms IS 'Bloom filter of the leaves'' event_type, actor and subjects, resource, action and outcome; verified against them';
CREATE INDEX audit_bundles_received ON audit_bundles (tenant_id, received_from, received_to);

DROP FUNCTION audit_build_next_index(timestamptz);
DROP FUNCTION audit_ensure_partition(timestamptz);
DROP TABLE audit_entries;
