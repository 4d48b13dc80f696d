-- Roles let people do things in Probity itself: what gives or takes one away is told to every server (ADR 0012, 0016). Owner: access.

CREATE OR REPLACE FUNCTION tell_callers_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('callers_changed', to_jsonb(coalesce(NEW, OLD)) ->> TG_ARGV[0]);
  RETURN NULL;
END $$;

CREATE TRIGGER tell_callers_changed AFTER INSERT OR DELETE OR UPDATE ON user_roles FOR EACH ROW EXECUTE FUNCTION tell_callers_changed('tenant_id');
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON access_versions FOR EACH ROW
  WHEN (NEW.version IS DISTINCT FROM OLD.version) EXECUTE FUNCTION tell_callers_changed('tenant_id');

ALTER TABLE access_versions ADD COLUMN system_roles integer NOT NULL DEFAULT 1 CHECK (system_roles > 0);
COMMENT ON COLUMN access_versions.system_roles IS 'Which edition of the roles that every tenant has is in force here';
