-- Sessions in which an administrator acts as somebody else. Owner: identity.

ALTER TABLE security_sessions ADD COLUMN impersonator_id uuid,
  ADD FOREIGN KEY (tenant_id, impersonator_id) REFERENCES security_users (tenant_id, id);
CREATE INDEX security_sessions_impersonator ON security_sessions (tenant_id, impersonator_id) WHERE impersonator_id IS NOT NULL;
COMMENT ON COLUMN security_sessions.impersonator_id IS 'Administrator who acts in it as its person; why stands in the log; NULL: it is the person''s own';
