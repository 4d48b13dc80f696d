-- What a verification found to hold is kept by the witness, in the keystore. Owner: domain audit.

COMMENT ON COLUMN audit_verifications.checkpoint IS 'Checkpoint of the log that was looked at; what a later run is compared with is the witness''s to say, not this row''s';
