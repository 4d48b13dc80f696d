-- Which provider opened a session, so that its log-out there ends it here (OpenID Connect Back-Channel Logout 1.0). Owner: identity.

ALTER TABLE security_sessions
  ADD COLUMN connection_id uuid,
  ADD COLUMN provider_session_index bytea CHECK (length(provider_session_index) = 32),
  ADD FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections (tenant_id, id) ON DELETE SET NULL (connection_id);
CREATE INDEX security_sessions_provider ON security_sessions (tenant_id, connection_id, provider_session_index);
COMMENT ON COLUMN security_sessions.connection_id IS 'Provider or directory that opened it; NULL: none, or before this was noted';
COMMENT ON COLUMN security_sessions.provider_session_index IS 'Blind index of the provider''s own session (claim sid); NULL: it has none';
