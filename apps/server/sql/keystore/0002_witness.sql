-- The newest head seen of each log: what a main database that went back is behind of. Owner: domain keys.

CREATE TABLE witnessed_heads (
  origin text PRIMARY KEY,
  size bigint NOT NULL CHECK (size >= 0),
  root bytea NOT NULL CHECK (length(root) = 32),
  seen_at timestamptz NOT NULL
);
COMMENT ON TABLE witnessed_heads IS 'Newest anchored head of each log, by origin as a witness knows it; moves forward only, but where an operator accepts a log that was put back';
COMMENT ON COLUMN witnessed_heads.origin IS 'Origin of the log (C2SP tlog-checkpoint)';
COMMENT ON COLUMN witnessed_heads.size IS 'Entries it had';
COMMENT ON COLUMN witnessed_heads.root IS 'Root hash at that size';
COMMENT ON COLUMN witnessed_heads.seen_at IS 'When it was seen';
GRANT SELECT, INSERT, UPDATE ON witnessed_heads TO probity_keys;
