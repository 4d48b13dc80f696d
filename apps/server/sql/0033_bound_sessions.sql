-- Sessions whose tokens are good only with proof of a key. Owner: identity.

ALTER TABLE security_sessions ADD COLUMN bound_to varchar(43);
COMMENT ON COLUMN security_sessions.bound_to IS 'Thumbprint (RFC 7638) of the key by which its tokens must be proven (RFC 9449); NULL: whoever has them may use them';
