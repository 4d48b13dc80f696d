-- Service accounts, groups of people, and what SCIM 2.0 clients (RFC 7643, 7644) keep of people. Owner: identity.

ALTER TABLE security_users DROP CONSTRAINT security_users_status_check;
ALTER TABLE security_users ADD CONSTRAINT security_users_status_check
  CHECK (status IN ('invited', 'active', 'suspended', 'deactivated', 'deleted', 'erased'));
COMMENT ON COLUMN security_users.status IS 'invited: has no password yet; suspended: for a while; deactivated: has left; deleted: is gone, names are free, what was sealed can still be read; erased: as a person, the row stays for what refers to it';
ALTER TABLE security_users ADD COLUMN kind varchar(16) NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'service'));
COMMENT ON COLUMN security_users.kind IS 'person, or service: an account of an application, which has tokens and cannot log in';
COMMENT ON COLUMN api_tokens.created_by IS 'User who made it, or the service account that it stands for';
-- Whoever migrates belongs to no tenant: rows of all are there for a moment, within this transaction.
ALTER TABLE security_users NO FORCE ROW LEVEL SECURITY;
UPDATE security_users SET scopes = scopes || '{identity:provision}'
  WHERE 'tenant:admin' = ANY (scopes) AND NOT 'identity:provision' = ANY (scopes);
ALTER TABLE security_users FORCE ROW LEVEL SECURITY;

CREATE TABLE service_accounts (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  name varchar(255) NOT NULL,
  owner_id uuid NOT NULL,
  connection_id uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id),
  UNIQUE (tenant_id, name),
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id),
  FOREIGN KEY (tenant_id, owner_id) REFERENCES security_users (tenant_id, id),
  FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections (tenant_id, id) ON DELETE SET NULL (connection_id)
);
CREATE INDEX service_accounts_connection ON service_accounts (tenant_id, connection_id);
COMMENT ON TABLE service_accounts IS 'Accounts of applications';
COMMENT ON COLUMN service_accounts.tenant_id IS 'Tenant';
COMMENT ON COLUMN service_accounts.user_id IS 'The account';
COMMENT ON COLUMN service_accounts.name IS 'What it is for';
COMMENT ON COLUMN service_accounts.owner_id IS 'Person who answers for it';
COMMENT ON COLUMN service_accounts.connection_id IS 'Provider through which the people log in whom it provisions; NULL: none';
COMMENT ON COLUMN service_accounts.created_at IS 'When it was made';
COMMENT ON COLUMN service_accounts.updated_at IS 'When it was last changed';

CREATE TABLE user_groups (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  name varchar(255) NOT NULL,
  name_folded varchar(255) NOT NULL,
  managed_by uuid,
  external_id varchar(2000),
  scopes text[] NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE NULLS NOT DISTINCT (tenant_id, managed_by, name_folded),
  UNIQUE (tenant_id, managed_by, external_id),
  FOREIGN KEY (tenant_id, managed_by) REFERENCES security_users (tenant_id, id)
);
COMMENT ON TABLE user_groups IS 'Groups of people';
COMMENT ON COLUMN user_groups.tenant_id IS 'Tenant';
COMMENT ON COLUMN user_groups.id IS 'UUIDv7';
COMMENT ON COLUMN user_groups.name IS 'What it is called';
COMMENT ON COLUMN user_groups.name_folded IS 'The name as it is compared: NFKC, lower case';
COMMENT ON COLUMN user_groups.managed_by IS 'SCIM client that says who is in it; NULL: administrators do';
COMMENT ON COLUMN user_groups.external_id IS 'That client''s id of it (externalId)';
COMMENT ON COLUMN user_groups.scopes IS 'What who is in it may do, beside what each may; administrators say so, never a client';
COMMENT ON COLUMN user_groups.version IS 'Grows with each change of it or of who is in it';
COMMENT ON COLUMN user_groups.created_at IS 'When it was made';
COMMENT ON COLUMN user_groups.updated_at IS 'When it was last changed';

CREATE TABLE group_members (
  tenant_id uuid NOT NULL,
  group_id uuid NOT NULL,
  user_id uuid NOT NULL,
  added_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, group_id, user_id),
  FOREIGN KEY (tenant_id, group_id) REFERENCES user_groups (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX group_members_user ON group_members (tenant_id, user_id);
COMMENT ON TABLE group_members IS 'Who is in a group';
COMMENT ON COLUMN group_members.tenant_id IS 'Tenant';
COMMENT ON COLUMN group_members.group_id IS 'Group';
COMMENT ON COLUMN group_members.user_id IS 'Person';
COMMENT ON COLUMN group_members.added_at IS 'Since when';

CREATE TABLE scim_people (
  tenant_id uuid NOT NULL,
  client_id uuid NOT NULL,
  user_id uuid NOT NULL,
  external_index bytea CHECK (length(external_index) = 32),
  attributes_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, client_id, user_id),
  UNIQUE (tenant_id, client_id, external_index),
  FOREIGN KEY (tenant_id, client_id) REFERENCES service_accounts (tenant_id, user_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX scim_people_user ON scim_people (tenant_id, user_id);
COMMENT ON TABLE scim_people IS 'People whom a SCIM client keeps, and what it says of them beside their account';
COMMENT ON COLUMN scim_people.tenant_id IS 'Tenant';
COMMENT ON COLUMN scim_people.client_id IS 'Service account of the client';
COMMENT ON COLUMN scim_people.user_id IS 'Person';
COMMENT ON COLUMN scim_people.external_index IS 'Blind index of the client''s id of the person (externalId); NULL: it gave none';
COMMENT ON COLUMN scim_people.attributes_sealed IS 'Envelope of the SCIM resource as the client gave it, under the person''s data key';
COMMENT ON COLUMN scim_people.created_at IS 'When the client first wrote to the person';

CREATE TRIGGER tell_callers_changed AFTER UPDATE ON user_groups FOR EACH ROW
  WHEN (NEW.scopes IS DISTINCT FROM OLD.scopes) EXECUTE FUNCTION tell_callers_changed('tenant_id');
CREATE TRIGGER tell_callers_gone AFTER DELETE ON group_members FOR EACH ROW EXECUTE FUNCTION tell_callers_changed('tenant_id');

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['service_accounts', 'user_groups', 'group_members', 'scim_people'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO probity_app', t);
  END LOOP;
END $$;
