-- Rows of the inbox that no entry can be made of, and proofs of erasure. Owners: domains audit and keys.

CREATE TABLE audit_quarantine (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  leaf bytea NOT NULL,
  parts jsonb NOT NULL,
  reason text NOT NULL,
  put_aside_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE audit_quarantine IS 'Rows that were in audit_inbox and are no events: somebody else than the server wrote them. They stop no log, and are kept to be looked at';
COMMENT ON COLUMN audit_quarantine.tenant_id IS 'Tenant of the row';
COMMENT ON COLUMN audit_quarantine.id IS 'Id of the row in the inbox';
COMMENT ON COLUMN audit_quarantine.event_id IS 'As the row said';
COMMENT ON COLUMN audit_quarantine.leaf IS 'As the row said';
COMMENT ON COLUMN audit_quarantine.parts IS 'As the row said';
COMMENT ON COLUMN audit_quarantine.reason IS 'What is wrong with it';
COMMENT ON COLUMN audit_quarantine.put_aside_at IS 'When the sequencer met it';
ALTER TABLE audit_quarantine ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_quarantine FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_quarantine
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY sequencer_all ON audit_quarantine TO probity_sequencer USING (true) WITH CHECK (true);
GRANT SELECT ON audit_quarantine TO probity_app;
GRANT SELECT, INSERT ON audit_quarantine TO probity_sequencer;

ALTER TABLE subject_tombstones ADD COLUMN proof text NOT NULL DEFAULT '';
COMMENT ON COLUMN subject_tombstones.proof IS 'Signed note of the log''s key over the pseudonym and when: who only writes to the database cannot make data look erased, nor have keys destroyed';
