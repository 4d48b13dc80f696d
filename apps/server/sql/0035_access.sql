-- Who may do what: roles, what they permit, and who has them where. Owner: access.

CREATE TABLE access_versions (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  version bigint NOT NULL CHECK (version > 0),
  PRIMARY KEY (tenant_id)
);
COMMENT ON TABLE access_versions IS 'What a server may still hold of the roles of a tenant: all of one version. Held by each change of them, so that two make no cycle together';
COMMENT ON COLUMN access_versions.tenant_id IS 'Tenant';
COMMENT ON COLUMN access_versions.version IS 'Grows with each change of roles';

CREATE TABLE security_roles (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  name varchar(255) NOT NULL,
  name_folded varchar(255) NOT NULL,
  description text,
  is_system boolean NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name_folded)
);
COMMENT ON TABLE security_roles IS 'Roles: permissions by a name';
COMMENT ON COLUMN security_roles.tenant_id IS 'Tenant';
COMMENT ON COLUMN security_roles.id IS 'UUIDv7';
COMMENT ON COLUMN security_roles.name IS 'What it is called';
COMMENT ON COLUMN security_roles.name_folded IS 'The name as it is compared: NFKC, lower case';
COMMENT ON COLUMN security_roles.description IS 'What it is for';
COMMENT ON COLUMN security_roles.is_system IS 'Whether every tenant has it, and nobody changes it';
COMMENT ON COLUMN security_roles.version IS 'Grows with each change';
COMMENT ON COLUMN security_roles.created_at IS 'When it was made';
COMMENT ON COLUMN security_roles.updated_at IS 'When it was last changed';

CREATE TABLE role_parents (
  tenant_id uuid NOT NULL,
  role_id uuid NOT NULL,
  parent_id uuid NOT NULL CHECK (parent_id <> role_id),
  PRIMARY KEY (tenant_id, role_id, parent_id),
  FOREIGN KEY (tenant_id, role_id) REFERENCES security_roles (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, parent_id) REFERENCES security_roles (tenant_id, id)
);
CREATE INDEX role_parents_parent ON role_parents (tenant_id, parent_id);
COMMENT ON TABLE role_parents IS 'Roles whose permissions a role has as well; there is no way back to itself';
COMMENT ON COLUMN role_parents.tenant_id IS 'Tenant';
COMMENT ON COLUMN role_parents.role_id IS 'Role';
COMMENT ON COLUMN role_parents.parent_id IS 'Whose permissions it has';

CREATE TABLE security_permissions (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  resource varchar(255) NOT NULL,
  action varchar(255) NOT NULL,
  conditions jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX security_permissions_same ON security_permissions (tenant_id, resource, action, md5(conditions::text));
COMMENT ON TABLE security_permissions IS 'What roles permit; the same permission of several roles is one row';
COMMENT ON COLUMN security_permissions.tenant_id IS 'Tenant';
COMMENT ON COLUMN security_permissions.id IS 'UUIDv7';
COMMENT ON COLUMN security_permissions.resource IS 'A type, a type and an id with / between them, or *: everything';
COMMENT ON COLUMN security_permissions.action IS 'An action, or *: every one';
COMMENT ON COLUMN security_permissions.conditions IS 'What else has to hold, all of it, as the API has it';
COMMENT ON COLUMN security_permissions.created_at IS 'When it was first given to a role';

CREATE TABLE role_permissions (
  tenant_id uuid NOT NULL,
  role_id uuid NOT NULL,
  permission_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, role_id, permission_id),
  FOREIGN KEY (tenant_id, role_id) REFERENCES security_roles (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, permission_id) REFERENCES security_permissions (tenant_id, id)
);
CREATE INDEX role_permissions_permission ON role_permissions (tenant_id, permission_id);
COMMENT ON TABLE role_permissions IS 'What each role permits';
COMMENT ON COLUMN role_permissions.tenant_id IS 'Tenant';
COMMENT ON COLUMN role_permissions.role_id IS 'Role';
COMMENT ON COLUMN role_permissions.permission_id IS 'Permission';

CREATE TABLE user_roles (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid,
  group_id uuid,
  role_id uuid NOT NULL,
  resource_type varchar(100),
  resource_id varchar(255),
  with_grant_option boolean NOT NULL,
  reason text,
  granted_at timestamptz NOT NULL,
  granted_by uuid NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE NULLS NOT DISTINCT (tenant_id, user_id, group_id, role_id, resource_type, resource_id),
  CHECK (num_nonnulls(user_id, group_id) = 1),
  CHECK (resource_id IS NULL OR resource_type IS NOT NULL),
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id),
  FOREIGN KEY (tenant_id, group_id) REFERENCES user_groups (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, role_id) REFERENCES security_roles (tenant_id, id),
  FOREIGN KEY (tenant_id, granted_by) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX user_roles_group ON user_roles (tenant_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX user_roles_role ON user_roles (tenant_id, role_id);
COMMENT ON TABLE user_roles IS 'Who has which role, on what, and until when';
COMMENT ON COLUMN user_roles.tenant_id IS 'Tenant';
COMMENT ON COLUMN user_roles.id IS 'UUIDv7';
COMMENT ON COLUMN user_roles.user_id IS 'Person or service account that has it; NULL: a group does';
COMMENT ON COLUMN user_roles.group_id IS 'Group whose people have it; NULL: one user does';
COMMENT ON COLUMN user_roles.role_id IS 'Role';
COMMENT ON COLUMN user_roles.resource_type IS 'Type of the resources on which it counts; NULL: on everything';
COMMENT ON COLUMN user_roles.resource_id IS 'The one resource on which it counts; NULL: on all of the type';
COMMENT ON COLUMN user_roles.with_grant_option IS 'Whether who has it may give it to others, on the same and less';
COMMENT ON COLUMN user_roles.reason IS 'What it was given for, in the words of who gave it';
COMMENT ON COLUMN user_roles.granted_at IS 'When it was given';
COMMENT ON COLUMN user_roles.granted_by IS 'Who gave it';
COMMENT ON COLUMN user_roles.expires_at IS 'From when on it counts no more; NULL: it does not end';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['access_versions', 'security_roles', 'role_parents', 'security_permissions', 'role_permissions', 'user_roles'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO probity_app', t);
  END LOOP;
END $$;

-- Who administers a tenant may give what there is to give.
ALTER TABLE security_users NO FORCE ROW LEVEL SECURITY;
UPDATE security_users SET scopes = array_append(scopes, 'access:decide')
  WHERE 'tenant:admin' = ANY (scopes) AND NOT 'access:decide' = ANY (scopes);
ALTER TABLE security_users FORCE ROW LEVEL SECURITY;
