-- Physical deletion empties an erased person's parts and leaves their rows: the log still knows that the entry held
-- something of an erased person, so that the same event sent again is a repeat and brings nobody back.
REVOKE DELETE ON audit_sealed_parts FROM probity_app;
GRANT UPDATE (envelope) ON audit_sealed_parts TO probity_app;
COMMENT ON COLUMN audit_sealed_parts.envelope IS 'Envelope of r and the part; empty: physically deleted after the erasure of a person it belonged to';
