-- Roles let people do things in Probity itself: what takes one away is told to every server (ADR 0012, 0015). Owner: access.

CREATE TRIGGER tell_callers_gone AFTER DELETE OR UPDATE ON user_roles FOR EACH ROW EXECUTE FUNCTION tell_callers_changed('tenant_id');
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON access_versions FOR EACH ROW
  WHEN (NEW.version IS DISTINCT FROM OLD.version) EXECUTE FUNCTION tell_callers_changed('tenant_id');

ALTER TABLE access_versions ADD COLUMN system_roles integer NOT NULL DEFAULT 1 CHECK (system_roles > 0);
COMMENT ON COLUMN access_versions.system_roles IS 'Which edition of the roles that every tenant has is in force here';
