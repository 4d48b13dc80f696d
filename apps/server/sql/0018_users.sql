-- People of a tenant beside its first administrator: invited by link, suspended, deactivated, named, with what each may
-- do until there are roles. Owner: domain identity.

ALTER TABLE security_users
  ADD COLUMN status varchar(16) NOT NULL DEFAULT 'active'
    CHECK (status IN ('invited', 'active', 'suspended', 'deactivated', 'erased')),
  ADD COLUMN scopes text[] NOT NULL
    DEFAULT '{audit:write,audit:read,audit:read_personal,audit:verify,subject:erase,tenant:admin}',
  ADD COLUMN email_verified_at timestamptz,
  ADD COLUMN password_changed_at timestamptz,
  ADD COLUMN last_login_at timestamptz,
  ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version > 0);
ALTER TABLE security_users ALTER status DROP DEFAULT, ALTER scopes DROP DEFAULT;
COMMENT ON COLUMN security_users.status IS 'invited: has no password yet; suspended: for a while; deactivated: has left; erased: as a person, the row stays for what refers to it';
COMMENT ON COLUMN security_users.scopes IS 'What the user may do, beside platform:operate of operators';
COMMENT ON COLUMN security_users.email_verified_at IS 'When a link that was mailed to the address was used; NULL: never';
COMMENT ON COLUMN security_users.password_changed_at IS 'When the password was last set; NULL: never, or before this was noted';
COMMENT ON COLUMN security_users.last_login_at IS 'Last log-in that succeeded; NULL: none, or before this was noted';
COMMENT ON COLUMN security_users.version IS 'Grows with each change of what is shown of the user; If-Match compares it';
COMMENT ON COLUMN security_users.profile_sealed IS 'Envelope of {username, email, display_name} under the user''s data key';
COMMENT ON COLUMN security_users.password_hash IS 'argon2id, PHC string; its salt is within; empty: no password';

CREATE TABLE account_links (
  tenant_id uuid NOT NULL,
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  user_id uuid NOT NULL,
  purpose varchar(20) NOT NULL CHECK (purpose IN ('invitation', 'password_reset')),
  was_mailed boolean NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (tenant_id, token_hash),
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX account_links_user ON account_links (tenant_id, user_id, purpose, created_at);
CREATE INDEX account_links_end ON account_links (tenant_id, expires_at);
COMMENT ON TABLE account_links IS 'Links that were given to people: to set the first password, or another when it is forgotten';
COMMENT ON COLUMN account_links.tenant_id IS 'Tenant';
COMMENT ON COLUMN account_links.token_hash IS 'SHA-256 of the text of the link''s token';
COMMENT ON COLUMN account_links.user_id IS 'Whose account it is for';
COMMENT ON COLUMN account_links.purpose IS 'What it is good for';
COMMENT ON COLUMN account_links.was_mailed IS 'Whether it went to the user''s address and nowhere else: who uses it has that address';
COMMENT ON COLUMN account_links.created_at IS 'When it was made';
COMMENT ON COLUMN account_links.expires_at IS 'When it ends';
COMMENT ON COLUMN account_links.used_at IS 'When it was used, or another took its place; NULL: it is good';
ALTER TABLE account_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_links FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON account_links
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON account_links TO probity_app;

DROP TRIGGER tell_callers_changed ON security_users;
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON security_users FOR EACH ROW
  WHEN (NEW.is_operator IS DISTINCT FROM OLD.is_operator OR NEW.status IS DISTINCT FROM OLD.status
        OR NEW.scopes IS DISTINCT FROM OLD.scopes)
  EXECUTE FUNCTION tell_callers_changed('tenant_id');
