-- Secondary indexes of months that are over. The open month carries only its primary key, which is what ingest can
-- afford; nothing is written to a month that is over, so its indexes are built once. Owner: domain audit.

CREATE FUNCTION audit_close_partitions(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  name text;
  wanted text;
  built integer := 0;
BEGIN
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'audit_entries'::regclass
      AND c.relname < 'audit_entries_' || to_char(before AT TIME ZONE 'UTC', 'YYYYMM')
    ORDER BY c.relname
  LOOP
    FOREACH wanted IN ARRAY ARRAY['actor', 'event_type', 'resource'] LOOP
      CONTINUE WHEN to_regclass(name || '_' || wanted) IS NOT NULL;
      EXECUTE format('CREATE INDEX %I ON %I (tenant_id, %I, received_at DESC, seq DESC)', name || '_' || wanted, name, wanted);
      built := built + 1;
    END LOOP;
  END LOOP;
  RETURN built;
END $$;
COMMENT ON FUNCTION audit_close_partitions(timestamptz) IS 'Builds the secondary indexes of the months of audit_entries before a time that lack them; answers how many it built';
REVOKE ALL ON FUNCTION audit_close_partitions(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_close_partitions(timestamptz) TO probity_sequencer;
