-- A session is a family of tokens: each refresh gives the next access and refresh token, and takes the last ones.
-- Owner: domain identity.

ALTER TABLE security_sessions
  ADD COLUMN token_expires_at timestamptz NOT NULL DEFAULT 'infinity',
  ADD COLUMN previous_token_hash bytea CHECK (length(previous_token_hash) = 32),
  ADD COLUMN refreshed_at timestamptz,
  ADD COLUMN is_remembered boolean NOT NULL DEFAULT false;
ALTER TABLE security_sessions ALTER token_expires_at DROP DEFAULT;
CREATE UNIQUE INDEX security_sessions_previous_token ON security_sessions (tenant_id, previous_token_hash)
  WHERE previous_token_hash IS NOT NULL;
COMMENT ON COLUMN security_sessions.session_token_hash IS 'SHA-256 of the text of the access token';
COMMENT ON COLUMN security_sessions.token_expires_at IS 'End of the access token, unless the session ends sooner; infinity: of before there was refresh';
COMMENT ON COLUMN security_sessions.previous_token_hash IS 'SHA-256 of the access token before the last refresh, which is good for thirty seconds more; NULL: none';
COMMENT ON COLUMN security_sessions.refreshed_at IS 'When it was last refreshed; NULL: never';
COMMENT ON COLUMN security_sessions.is_remembered IS 'Whether the person asked to be remembered: it may be idle and lives for longer';

CREATE TABLE refresh_tokens (
  tenant_id uuid NOT NULL,
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  session_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  used_at timestamptz,
  kept_until timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, token_hash),
  FOREIGN KEY (tenant_id, session_id) REFERENCES security_sessions (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (tenant_id, session_id, created_at);
CREATE INDEX refresh_tokens_kept ON refresh_tokens (tenant_id, kept_until);
COMMENT ON TABLE refresh_tokens IS 'Refresh tokens of sessions, used ones too, so that one that is used again is known';
COMMENT ON COLUMN refresh_tokens.tenant_id IS 'Tenant';
COMMENT ON COLUMN refresh_tokens.token_hash IS 'SHA-256 of the token''s text';
COMMENT ON COLUMN refresh_tokens.session_id IS 'Session, which is the family of its tokens';
COMMENT ON COLUMN refresh_tokens.created_at IS 'When it was given out';
COMMENT ON COLUMN refresh_tokens.used_at IS 'When it was first used; NULL: it is the last of its family';
COMMENT ON COLUMN refresh_tokens.kept_until IS 'When the row is dropped: the absolute end of its session';
ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON refresh_tokens
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens TO probity_app;
