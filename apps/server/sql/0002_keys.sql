-- Tombstones of erased people. Owner: domain keys; the keys themselves stand in the keystore.

CREATE TABLE subject_tombstones (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  subject uuid NOT NULL,
  erased_at timestamptz NOT NULL,
  keys_destroyed_at timestamptz,
  key_ids uuid[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, subject)
);
COMMENT ON TABLE subject_tombstones IS 'Pseudonyms whose keys are destroyed or about to be; nothing may be sealed for them again';
COMMENT ON COLUMN subject_tombstones.tenant_id IS 'Tenant of the pseudonym';
COMMENT ON COLUMN subject_tombstones.subject IS 'The pseudonym that stands in leaves';
COMMENT ON COLUMN subject_tombstones.erased_at IS 'When erasure began: from here on no node reads or seals for it';
COMMENT ON COLUMN subject_tombstones.keys_destroyed_at IS 'When the keystore no longer held its keys; NULL: a crash came between and the job finishes it';
COMMENT ON COLUMN subject_tombstones.key_ids IS 'Ids of the destroyed data keys';
ALTER TABLE subject_tombstones ENABLE ROW LEVEL SECURITY;
ALTER TABLE subject_tombstones FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON subject_tombstones
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY sequencer_all ON subject_tombstones FOR SELECT TO probity_sequencer USING (true);
GRANT SELECT, INSERT, UPDATE ON subject_tombstones TO probity_app;
GRANT SELECT ON subject_tombstones TO probity_sequencer;
