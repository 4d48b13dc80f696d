-- Moments that decisions may be asked to be at least as new as. Owner: access.

CREATE TABLE access_moments (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  told_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX access_moments_time ON access_moments (tenant_id, told_at);
COMMENT ON TABLE access_moments IS 'A database that has such a row has all that was committed before it, also after a restore or where another took its place; kept for 30 days';
COMMENT ON COLUMN access_moments.tenant_id IS 'Tenant';
COMMENT ON COLUMN access_moments.id IS 'What stands for the moment; UUIDv7';
COMMENT ON COLUMN access_moments.told_at IS 'When it was asked for';
ALTER TABLE access_moments ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_moments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON access_moments USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, DELETE ON access_moments TO probity_app;
