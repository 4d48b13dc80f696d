-- Servers remember for a moment who a token stands for (ADR 0012). Whatever ends that, by whomever it is done, is told
-- to all of them when it is committed: channel callers_changed, with the tenant. Owner: domain identity.

CREATE FUNCTION tell_callers_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('callers_changed', to_jsonb(OLD) ->> TG_ARGV[0]);
  RETURN NULL;
END $$;
COMMENT ON FUNCTION tell_callers_changed() IS 'Tells every server that who a token of a tenant stands for may have changed; the argument names the column with the tenant';
REVOKE ALL ON FUNCTION tell_callers_changed() FROM PUBLIC;

CREATE TRIGGER tell_callers_changed AFTER UPDATE ON tenants FOR EACH ROW
  WHEN (NEW.is_active IS DISTINCT FROM OLD.is_active) EXECUTE FUNCTION tell_callers_changed('id');
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON security_users FOR EACH ROW
  WHEN (NEW.is_operator IS DISTINCT FROM OLD.is_operator) EXECUTE FUNCTION tell_callers_changed('tenant_id');
-- A use of a session moves its last_activity on, once a minute at most: that ends nothing.
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON security_sessions FOR EACH ROW
  WHEN (NEW.last_activity < OLD.last_activity OR NEW.revoked_at IS DISTINCT FROM OLD.revoked_at
        OR NEW.expires_at IS DISTINCT FROM OLD.expires_at OR NEW.session_token_hash IS DISTINCT FROM OLD.session_token_hash)
  EXECUTE FUNCTION tell_callers_changed('tenant_id');
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON api_tokens FOR EACH ROW
  WHEN (NEW.revoked_at IS DISTINCT FROM OLD.revoked_at OR NEW.expires_at IS DISTINCT FROM OLD.expires_at
        OR NEW.scopes IS DISTINCT FROM OLD.scopes OR NEW.secret_hash IS DISTINCT FROM OLD.secret_hash)
  EXECUTE FUNCTION tell_callers_changed('tenant_id');
-- Tenants and users go after these, by their foreign keys.
CREATE TRIGGER tell_callers_gone AFTER DELETE ON security_sessions FOR EACH ROW EXECUTE FUNCTION tell_callers_changed('tenant_id');
CREATE TRIGGER tell_callers_gone AFTER DELETE ON api_tokens FOR EACH ROW EXECUTE FUNCTION tell_callers_changed('tenant_id');
