-- Separation of duties: roles that exclude each other. Owner: access.

CREATE TABLE role_exclusions (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  kind varchar(16) NOT NULL CHECK (kind IN ('static', 'dynamic')),
  role_id uuid NOT NULL,
  other_role_id uuid NOT NULL CHECK (other_role_id > role_id),
  created_at timestamptz NOT NULL,
  created_by uuid NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, role_id, other_role_id),
  FOREIGN KEY (tenant_id, role_id) REFERENCES security_roles (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, other_role_id) REFERENCES security_roles (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, created_by) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX role_exclusions_other ON role_exclusions (tenant_id, other_role_id);
COMMENT ON TABLE role_exclusions IS 'Pairs of roles that exclude each other, in either order one row; they change with the version of the roles (access_versions)';
COMMENT ON COLUMN role_exclusions.tenant_id IS 'Tenant';
COMMENT ON COLUMN role_exclusions.id IS 'UUIDv7';
COMMENT ON COLUMN role_exclusions.kind IS 'static: nobody has both; dynamic: nobody uses both at once';
COMMENT ON COLUMN role_exclusions.role_id IS 'The one role';
COMMENT ON COLUMN role_exclusions.other_role_id IS 'The other';
COMMENT ON COLUMN role_exclusions.created_at IS 'When it was made, or made of another kind';
COMMENT ON COLUMN role_exclusions.created_by IS 'Who did';

ALTER TABLE role_exclusions ENABLE ROW LEVEL SECURITY;
ALTER TABLE role_exclusions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON role_exclusions USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON role_exclusions TO probity_app;
