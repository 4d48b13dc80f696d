-- Mail domains of tenants, by which a log-in finds its tenant and provider. Owner: identity.

CREATE TABLE home_realms (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  domain varchar(253) NOT NULL,
  connection_id uuid,
  challenge varchar(43) NOT NULL,
  created_at timestamptz NOT NULL,
  verified_at timestamptz,
  PRIMARY KEY (tenant_id, domain),
  FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections (tenant_id, id) ON DELETE SET NULL (connection_id)
);
CREATE INDEX home_realms_verified ON home_realms (domain) WHERE verified_at IS NOT NULL;
COMMENT ON TABLE home_realms IS 'Mail domains of tenants; one that is verified leads to its tenant, and is one tenant''s alone';
COMMENT ON COLUMN home_realms.tenant_id IS 'Tenant';
COMMENT ON COLUMN home_realms.domain IS 'In lower case, as DNS has it (punycode)';
COMMENT ON COLUMN home_realms.connection_id IS 'Provider that people of the domain are sent to; NULL: they log in with a password or passkey';
COMMENT ON COLUMN home_realms.challenge IS 'What a TXT record of _probity.<domain> must hold; no secret';
COMMENT ON COLUMN home_realms.created_at IS 'When it was claimed';
COMMENT ON COLUMN home_realms.verified_at IS 'When DNS last showed that it is the tenant''s; NULL: never';
ALTER TABLE home_realms ENABLE ROW LEVEL SECURITY;
ALTER TABLE home_realms FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON home_realms USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY operator_read ON home_realms FOR SELECT TO probity_operator USING (verified_at IS NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON home_realms TO probity_app;
GRANT SELECT (tenant_id, domain, connection_id, verified_at) ON home_realms TO probity_operator;
