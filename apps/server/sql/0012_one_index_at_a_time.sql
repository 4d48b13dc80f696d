-- Indexes of months that are over are built one a transaction: what is built stays, and who is interrupted goes on with
-- the next. Owner: domain audit.

DROP FUNCTION audit_close_partitions(timestamptz);

CREATE FUNCTION audit_build_next_index(before timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  month text;
  wanted text;
BEGIN
  SELECT c.relname, w.name INTO month, wanted
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  CROSS JOIN (VALUES (1, 'actor'), (2, 'event_type'), (3, 'resource')) AS w (place, name)
  WHERE i.inhparent = 'audit_entries'::regclass
    AND c.relname < 'audit_entries_' || to_char(before AT TIME ZONE 'UTC', 'YYYYMM')
    AND to_regclass(c.relname || '_' || w.name) IS NULL
  ORDER BY c.relname, w.place LIMIT 1;
  IF NOT FOUND THEN RETURN NULL; END IF;
  EXECUTE format('CREATE INDEX %I ON %I (tenant_id, %I, received_at DESC, seq DESC)', month || '_' || wanted, month, wanted);
  RETURN month || '_' || wanted;
END $$;
COMMENT ON FUNCTION audit_build_next_index(timestamptz) IS 'Builds the first missing secondary index of the months of audit_entries before a time; answers its name, NULL when none is missing';
REVOKE ALL ON FUNCTION audit_build_next_index(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_build_next_index(timestamptz) TO probity_sequencer;
