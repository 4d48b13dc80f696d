-- Codes by text message. Owner: identity.

ALTER TABLE second_factors DROP CONSTRAINT second_factors_kind_check;
ALTER TABLE second_factors ADD CONSTRAINT second_factors_kind_check CHECK (kind IN ('totp', 'email', 'sms'));
COMMENT ON COLUMN second_factors.kind IS 'totp: time-based codes; email: codes that are mailed; sms: codes by text message';
COMMENT ON COLUMN second_factors.secret_sealed IS 'Envelope under the user''s data key: of the secret, or of the address or number that codes go to';
