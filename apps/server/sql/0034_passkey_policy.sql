-- Which authenticators a tenant takes passkeys of. Owner: identity.

ALTER TABLE sign_in_rules ADD COLUMN allowed_authenticators uuid[], ADD COLUMN authenticator_roots text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN sign_in_rules.allowed_authenticators IS 'AAGUIDs of the models that may make passkeys (WebAuthn §6.5.1); NULL: any';
COMMENT ON COLUMN sign_in_rules.authenticator_roots IS 'Certificates in PEM to one of which the attestation of a new passkey must lead; empty: none is asked for';
