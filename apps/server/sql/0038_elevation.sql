-- Roles for a while, asked for and approved. Owner: access.

CREATE TABLE role_elevations (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  role_id uuid NOT NULL,
  resource_type varchar(100),
  resource_id varchar(255),
  duration_seconds integer NOT NULL CHECK (duration_seconds BETWEEN 300 AND 86400),
  reason text NOT NULL,
  state varchar(16) NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'withdrawn')),
  requested_at timestamptz NOT NULL,
  lapses_at timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by uuid,
  grant_id uuid,
  PRIMARY KEY (tenant_id, id),
  CHECK (resource_id IS NULL OR resource_type IS NOT NULL),
  CHECK ((state = 'pending') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
  CHECK ((state = 'approved') = (grant_id IS NOT NULL)),
  CHECK (state NOT IN ('approved', 'denied') OR decided_by <> user_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id),
  FOREIGN KEY (tenant_id, role_id) REFERENCES security_roles (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, decided_by) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX role_elevations_user ON role_elevations (tenant_id, user_id, id);
CREATE INDEX role_elevations_role ON role_elevations (tenant_id, role_id);
COMMENT ON TABLE role_elevations IS 'Roles that people asked for, for a while, and what became of it';
COMMENT ON COLUMN role_elevations.tenant_id IS 'Tenant';
COMMENT ON COLUMN role_elevations.id IS 'UUIDv7';
COMMENT ON COLUMN role_elevations.user_id IS 'Who asked, for themselves';
COMMENT ON COLUMN role_elevations.role_id IS 'Role';
COMMENT ON COLUMN role_elevations.resource_type IS 'Type of the resources on which it is to count; NULL: on everything';
COMMENT ON COLUMN role_elevations.resource_id IS 'The one resource on which it is to count; NULL: on all of the type';
COMMENT ON COLUMN role_elevations.duration_seconds IS 'For how long, from the approval on';
COMMENT ON COLUMN role_elevations.reason IS 'What for, in the words of who asked';
COMMENT ON COLUMN role_elevations.state IS 'pending: nobody has answered, and from lapses_at on nobody can; approved, denied; withdrawn: by who asked';
COMMENT ON COLUMN role_elevations.requested_at IS 'When it was asked for';
COMMENT ON COLUMN role_elevations.lapses_at IS 'From when on it can be approved no more';
COMMENT ON COLUMN role_elevations.decided_at IS 'When it was answered or withdrawn';
COMMENT ON COLUMN role_elevations.decided_by IS 'Who did';
COMMENT ON COLUMN role_elevations.grant_id IS 'Grant that the approval made; it may have been taken back since';

-- A grant by an approval is one of its own, beside what is given of the same role on the same: neither changes the other's end.
ALTER TABLE user_roles ADD COLUMN elevation_id uuid;
COMMENT ON COLUMN user_roles.elevation_id IS 'What was asked for and approved, that it is by; NULL: it was given unasked';
ALTER TABLE user_roles ADD FOREIGN KEY (tenant_id, elevation_id) REFERENCES role_elevations (tenant_id, id);
ALTER TABLE user_roles ADD CHECK (elevation_id IS NULL OR expires_at IS NOT NULL);
ALTER TABLE user_roles DROP CONSTRAINT user_roles_tenant_id_user_id_group_id_role_id_resource_type_key;
ALTER TABLE user_roles ADD CONSTRAINT user_roles_same
  UNIQUE NULLS NOT DISTINCT (tenant_id, user_id, group_id, role_id, resource_type, resource_id, elevation_id);
CREATE INDEX user_roles_elevation ON user_roles (tenant_id, elevation_id) WHERE elevation_id IS NOT NULL;

ALTER TABLE role_elevations ENABLE ROW LEVEL SECURITY;
ALTER TABLE role_elevations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON role_elevations USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON role_elevations TO probity_app;
