-- The anchor log: once a second the heads of all logs that moved become one entry of it. It is a log like a
-- tenant's, of the installation's own tenant, which nobody can be in. Owner: domain audit.

-- The owner is bound by row-level security like everybody.
SELECT set_config('app.tenant_id', '00000000-0000-0000-0000-000000000000', true);
INSERT INTO tenants (id, name, description, created_at, updated_at)
VALUES ('00000000-0000-0000-0000-000000000000', 'The installation itself', 'Owns the anchor log', now(), now());

CREATE TABLE audit_anchors (
  tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
  size bigint NOT NULL CHECK (size >= 0),
  root bytea NOT NULL CHECK (length(root) = 32),
  checkpoint text NOT NULL,
  path bytea NOT NULL CHECK (length(path) % 32 = 0),
  anchor bigint NOT NULL CHECK (anchor >= 0)
);
COMMENT ON TABLE audit_anchors IS 'Newest anchored head of each log: it covers every entry before it, so older ones are not kept. A crash between an anchor and its rows here leaves an anchor that no receipt names; the next one makes up for it';
COMMENT ON COLUMN audit_anchors.tenant_id IS 'Tenant';
COMMENT ON COLUMN audit_anchors.size IS 'Size of the log at the anchored checkpoint';
COMMENT ON COLUMN audit_anchors.root IS 'Root of the log at that size';
COMMENT ON COLUMN audit_anchors.checkpoint IS 'The anchored checkpoint, a signed note';
COMMENT ON COLUMN audit_anchors.path IS 'Hashes of 32 bytes from its leaf in the heads tree up';
COMMENT ON COLUMN audit_anchors.anchor IS 'Index of the entry of the anchor log that holds the root of the heads tree';
ALTER TABLE audit_anchors ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_anchors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_anchors
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY sequencer_all ON audit_anchors TO probity_sequencer USING (true) WITH CHECK (true);
GRANT SELECT ON audit_anchors TO probity_app;
GRANT SELECT, INSERT, UPDATE ON audit_anchors TO probity_sequencer;
