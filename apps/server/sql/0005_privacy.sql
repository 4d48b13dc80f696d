-- Erasure requests, in their first form. Owner: domain privacy.

CREATE TABLE data_erasure_requests (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  subject_id uuid NOT NULL,
  request_date timestamptz NOT NULL,
  erasure_method varchar(100) NOT NULL CHECK (erasure_method IN ('CryptographicErasure', 'PhysicalDeletion')),
  legal_basis text NOT NULL,
  status varchar(50) NOT NULL DEFAULT 'Pending' CHECK (status IN ('Pending', 'InProgress', 'Completed', 'Failed')),
  completion_date timestamptz,
  verification_hash varchar(64),
  proof_of_erasure text,
  affected_data_count integer NOT NULL DEFAULT 0,
  unrecoverable_after timestamptz,
  requested_by uuid,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX data_erasure_requests_subject ON data_erasure_requests (tenant_id, subject_id);
COMMENT ON TABLE data_erasure_requests IS 'Requests to erase a person (GDPR Article 17) and their certificates';
COMMENT ON COLUMN data_erasure_requests.tenant_id IS 'Tenant';
COMMENT ON COLUMN data_erasure_requests.id IS 'UUIDv7';
COMMENT ON COLUMN data_erasure_requests.subject_id IS 'Pseudonym; what named the person is not kept';
COMMENT ON COLUMN data_erasure_requests.request_date IS 'When it was asked';
COMMENT ON COLUMN data_erasure_requests.erasure_method IS 'CryptographicErasure: keys destroyed; PhysicalDeletion: sealed parts deleted as well';
COMMENT ON COLUMN data_erasure_requests.legal_basis IS 'As the caller gave it';
COMMENT ON COLUMN data_erasure_requests.status IS 'Pending, InProgress, Completed or Failed';
COMMENT ON COLUMN data_erasure_requests.completion_date IS 'When the keys were gone and the entry recorded';
COMMENT ON COLUMN data_erasure_requests.verification_hash IS 'Hex SHA-256 of the certificate''s text';
COMMENT ON COLUMN data_erasure_requests.proof_of_erasure IS 'The certificate: a signed note, and the receipt of the entry that records the erasure';
COMMENT ON COLUMN data_erasure_requests.affected_data_count IS 'Sealed parts that can no longer be opened';
COMMENT ON COLUMN data_erasure_requests.unrecoverable_after IS 'When the last backup of the keystore that still holds the keys is gone';
COMMENT ON COLUMN data_erasure_requests.requested_by IS 'User who asked; NULL: an API token';
ALTER TABLE data_erasure_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE data_erasure_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON data_erasure_requests
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON data_erasure_requests TO probity_app;
