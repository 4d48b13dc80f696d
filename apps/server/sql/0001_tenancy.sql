-- Tenants, first-run links and stored answers. Owner: domain tenancy.

CREATE TABLE tenants (
  id uuid PRIMARY KEY,
  name varchar(255) NOT NULL UNIQUE CHECK (name = btrim(name) AND name <> ''),
  description text,
  security_level varchar(50) NOT NULL DEFAULT 'Standard' CHECK (security_level IN ('Standard', 'High', 'Critical')),
  compliance_requirements jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(compliance_requirements) = 'array'),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  is_active boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE tenants IS 'Customers; a row is visible to its own tenant and to operators only';
COMMENT ON COLUMN tenants.id IS 'UUIDv7; the tenant_id of every other table';
COMMENT ON COLUMN tenants.name IS 'Unique in the installation, 1 to 255 characters; seen by operators and its own members';
COMMENT ON COLUMN tenants.description IS 'Free text';
COMMENT ON COLUMN tenants.security_level IS 'Standard, High or Critical';
COMMENT ON COLUMN tenants.compliance_requirements IS 'Array of framework names the tenant answers to';
COMMENT ON COLUMN tenants.created_at IS 'When the tenant was created';
COMMENT ON COLUMN tenants.updated_at IS 'When a column last changed';
COMMENT ON COLUMN tenants.is_active IS 'false: suspended, hence read-only';
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenants
  USING (id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY operator_all ON tenants TO probity_operator USING (true) WITH CHECK (true);
GRANT SELECT ON tenants TO probity_app;
GRANT SELECT, INSERT, UPDATE ON tenants TO probity_operator;

CREATE TABLE setup_links (
  secret_hash bytea PRIMARY KEY CHECK (length(secret_hash) = 32),
  tenant_id uuid REFERENCES tenants (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
COMMENT ON TABLE setup_links IS 'One-time links that make a tenant''s first administrator; operators only';
COMMENT ON COLUMN setup_links.secret_hash IS 'SHA-256 of the whole token text';
COMMENT ON COLUMN setup_links.tenant_id IS 'The tenant it opens; NULL makes the first tenant of the installation';
COMMENT ON COLUMN setup_links.created_at IS 'When the link was made';
COMMENT ON COLUMN setup_links.expires_at IS 'An hour after it was made';
COMMENT ON COLUMN setup_links.used_at IS 'Set once, by compare-and-set';
GRANT SELECT, INSERT, UPDATE, DELETE ON setup_links TO probity_operator;

CREATE TABLE idempotency_keys (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  principal_id uuid NOT NULL,
  key varchar(255) NOT NULL,
  request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
  status smallint,
  answer_sealed bytea,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, principal_id, key)
);
COMMENT ON TABLE idempotency_keys IS 'Answers to POST with Idempotency-Key, kept for 24 hours';
COMMENT ON COLUMN idempotency_keys.tenant_id IS 'Tenant of the caller';
COMMENT ON COLUMN idempotency_keys.principal_id IS 'Token or session that called';
COMMENT ON COLUMN idempotency_keys.key IS 'The header''s value';
COMMENT ON COLUMN idempotency_keys.request_hash IS 'SHA-256 of method, path and body: the same key with another request is refused';
COMMENT ON COLUMN idempotency_keys.status IS 'HTTP status of the answer; NULL while the first call is under way';
COMMENT ON COLUMN idempotency_keys.answer_sealed IS 'Envelope of the answer''s body, since it may hold a new secret';
COMMENT ON COLUMN idempotency_keys.created_at IS 'When the first call arrived';
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON idempotency_keys
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO probity_app;
