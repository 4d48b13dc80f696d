-- Attempts to log in are counted by account and source, before the password is looked at, so that attempts in parallel
-- and on several servers count as well. An account that does not exist is counted like one that does. Owner: identity.

CREATE TABLE login_attempts (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  account bytea NOT NULL CHECK (length(account) = 32),
  source bytea NOT NULL CHECK (length(source) = 32),
  attempts integer NOT NULL CHECK (attempts >= 0),
  last_attempt timestamptz NOT NULL,
  refused_until timestamptz,
  known_until timestamptz,
  kept_until timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account, source)
);
CREATE INDEX login_attempts_kept ON login_attempts (tenant_id, kept_until);
COMMENT ON TABLE login_attempts IS 'Attempts to log in since the last that succeeded, by account and source';
COMMENT ON COLUMN login_attempts.tenant_id IS 'Tenant; the installation''s own where the tenant asked for does not exist';
COMMENT ON COLUMN login_attempts.account IS 'Blind index of the user''s id, or of the name that nobody has';
COMMENT ON COLUMN login_attempts.source IS 'Blind index of account and source address (IPv6: its /64); zeros: all sources that are not known together';
COMMENT ON COLUMN login_attempts.attempts IS 'Attempts since the last that succeeded; they begin anew after a day without any';
COMMENT ON COLUMN login_attempts.last_attempt IS 'When the last one was counted';
COMMENT ON COLUMN login_attempts.refused_until IS 'No attempt is taken before; NULL: at once';
COMMENT ON COLUMN login_attempts.known_until IS 'Until when the source is known for the account, since a log-in from it succeeded; NULL: it is not';
COMMENT ON COLUMN login_attempts.kept_until IS 'When the row is dropped';
ALTER TABLE login_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE login_attempts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON login_attempts
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON login_attempts TO probity_app;

COMMENT ON COLUMN security_users.failed_login_attempts IS 'Attempts to log in since the last that succeeded, from all sources';
COMMENT ON COLUMN security_users.locked_until IS 'No log-in before from a source that is not known for this user; NULL: not locked';
