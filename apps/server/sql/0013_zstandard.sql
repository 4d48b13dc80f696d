-- Bundles are Zstandard frames from here on; what was written before stays as it is. Owner: domain audit.

COMMENT ON COLUMN audit_bundles.body IS 'Zstandard frame (RFC 8878) of the C2SP tlog-tiles entry bundle; of before 2026-11 raw DEFLATE';
