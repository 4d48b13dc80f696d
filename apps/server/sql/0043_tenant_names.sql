-- Who logs in may write their organisation's name in whatever case.
CREATE INDEX tenants_name_folded ON tenants (lower(name));
