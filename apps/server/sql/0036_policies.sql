-- Policies with their life, and what decisions rest on beside roles: entities that applications tell of, requests to replay.
-- Owners: policies (security_policies, policy_versions, policy_differences), access (the rest).

CREATE TABLE security_policies (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  policy_name varchar(255) NOT NULL,
  name_folded varchar(255) NOT NULL,
  policy_type varchar(100) NOT NULL CHECK (policy_type IN ('Access', 'Retention', 'Privacy', 'Session', 'Password', 'Detection')),
  version integer NOT NULL CHECK (version > 0),
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name_folded),
  FOREIGN KEY (tenant_id, created_by) REFERENCES security_users (tenant_id, id)
);
COMMENT ON TABLE security_policies IS 'Policies by name; what they say stands in their versions';
COMMENT ON COLUMN security_policies.tenant_id IS 'Tenant';
COMMENT ON COLUMN security_policies.id IS 'UUIDv7';
COMMENT ON COLUMN security_policies.policy_name IS 'What it is called';
COMMENT ON COLUMN security_policies.name_folded IS 'The name as it is compared: NFKC, lower case';
COMMENT ON COLUMN security_policies.policy_type IS 'What it is about';
COMMENT ON COLUMN security_policies.version IS 'The newest version';
COMMENT ON COLUMN security_policies.created_by IS 'Who made it';
COMMENT ON COLUMN security_policies.created_at IS 'When it was made';
COMMENT ON COLUMN security_policies.updated_at IS 'When the newest version was made';

CREATE TABLE policy_versions (
  tenant_id uuid NOT NULL,
  policy_id uuid NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  description text,
  policy_rules jsonb NOT NULL,
  tests jsonb NOT NULL,
  enforcement_mode varchar(50) NOT NULL CHECK (enforcement_mode IN ('Warn', 'Enforce', 'Audit')),
  effective_date timestamptz,
  expiration_date timestamptz,
  is_active boolean NOT NULL,
  state varchar(16) NOT NULL CHECK (state IN ('draft', 'in_review', 'approved', 'rejected')),
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL,
  submitted_by uuid,
  submitted_at timestamptz,
  approved_by uuid,
  decided_at timestamptz,
  author_mailbox bytea NOT NULL CHECK (length(author_mailbox) = 32),
  shadow_since timestamptz,
  shadow_until timestamptz,
  PRIMARY KEY (tenant_id, policy_id, version),
  CHECK (approved_by IS NULL OR approved_by <> created_by AND approved_by <> submitted_by),
  CHECK (state <> 'approved' OR num_nonnulls(approved_by, decided_at, effective_date) = 3),
  CHECK (expiration_date > effective_date),
  CHECK ((shadow_since IS NULL) = (shadow_until IS NULL)),
  FOREIGN KEY (tenant_id, policy_id) REFERENCES security_policies (tenant_id, id),
  FOREIGN KEY (tenant_id, created_by) REFERENCES security_users (tenant_id, id),
  FOREIGN KEY (tenant_id, submitted_by) REFERENCES security_users (tenant_id, id),
  FOREIGN KEY (tenant_id, approved_by) REFERENCES security_users (tenant_id, id)
);
COMMENT ON TABLE policy_versions IS 'What a policy says, version by version: what it says never changes, only its state does. The newest approved one that has begun counts';
COMMENT ON COLUMN policy_versions.tenant_id IS 'Tenant';
COMMENT ON COLUMN policy_versions.policy_id IS 'Policy';
COMMENT ON COLUMN policy_versions.version IS 'From 1 on';
COMMENT ON COLUMN policy_versions.description IS 'What it is for';
COMMENT ON COLUMN policy_versions.policy_rules IS 'The rules, in the form of the policy''s type; of Access: policies of Cedar as text';
COMMENT ON COLUMN policy_versions.tests IS 'Requests with the decision that is expected of this version alone';
COMMENT ON COLUMN policy_versions.enforcement_mode IS 'Enforce: it decides; Warn: it tells what it would decide; Audit: only the record tells';
COMMENT ON COLUMN policy_versions.effective_date IS 'From when on it counts; NULL: from its approval on, which then writes it here';
COMMENT ON COLUMN policy_versions.expiration_date IS 'From when on it counts no more; NULL: it does not end';
COMMENT ON COLUMN policy_versions.is_active IS 'false: once this version is approved, the policy counts no more';
COMMENT ON COLUMN policy_versions.state IS 'draft, in_review, approved or rejected';
COMMENT ON COLUMN policy_versions.created_by IS 'Author';
COMMENT ON COLUMN policy_versions.created_at IS 'When it was written';
COMMENT ON COLUMN policy_versions.submitted_by IS 'Who asked for its approval; NULL: nobody has';
COMMENT ON COLUMN policy_versions.submitted_at IS 'When they did';
COMMENT ON COLUMN policy_versions.approved_by IS 'Who approved or rejected it: never its author, nor who submitted it; NULL: nobody has';
COMMENT ON COLUMN policy_versions.decided_at IS 'When they did';
COMMENT ON COLUMN policy_versions.author_mailbox IS 'Blind index of where the author''s mail ended when it was written, HMAC-SHA256 under a key of the tenant';
COMMENT ON COLUMN policy_versions.shadow_since IS 'Since when it is asked beside what counts; NULL: it never was';
COMMENT ON COLUMN policy_versions.shadow_until IS 'Until when';

CREATE TABLE policy_differences (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  policy_id uuid NOT NULL,
  version integer NOT NULL,
  decision_id uuid NOT NULL,
  decided_at timestamptz NOT NULL,
  subject uuid NOT NULL,
  told_sealed bytea NOT NULL,
  would varchar(5) NOT NULL CHECK (would IN ('allow', 'deny')),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, policy_id, version) REFERENCES policy_versions (tenant_id, policy_id, version)
);
CREATE INDEX policy_differences_version ON policy_differences (tenant_id, policy_id, version, id);
COMMENT ON TABLE policy_differences IS 'Decisions that a version which only warns, audits or is in shadow would have made otherwise';
COMMENT ON COLUMN policy_differences.tenant_id IS 'Tenant';
COMMENT ON COLUMN policy_differences.id IS 'UUIDv7';
COMMENT ON COLUMN policy_differences.policy_id IS 'Policy';
COMMENT ON COLUMN policy_differences.version IS 'The version that would have';
COMMENT ON COLUMN policy_differences.decision_id IS 'The decision as it was made';
COMMENT ON COLUMN policy_differences.decided_at IS 'When it was made';
COMMENT ON COLUMN policy_differences.subject IS 'Pseudonym of the person it was about, whose erasure closes it; the tenant''s own id for who is nobody known here';
COMMENT ON COLUMN policy_differences.told_sealed IS 'Envelope of {principal, action, resource} under the data key of the subject';
COMMENT ON COLUMN policy_differences.would IS 'What it would have been';

CREATE TABLE access_entities (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  entity_type varchar(100) COLLATE "C" NOT NULL,
  entity_id varchar(255) COLLATE "C" NOT NULL,
  attributes jsonb NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, entity_type, entity_id)
);
COMMENT ON TABLE access_entities IS 'What an application tells of its resources and people, for decisions';
COMMENT ON COLUMN access_entities.tenant_id IS 'Tenant';
COMMENT ON COLUMN access_entities.entity_type IS 'Type, as policies name it';
COMMENT ON COLUMN access_entities.entity_id IS 'Id, as the application has it';
COMMENT ON COLUMN access_entities.attributes IS 'Attributes, as Cedar writes values in JSON';
COMMENT ON COLUMN access_entities.updated_at IS 'When it was last told';

CREATE TABLE access_relations (
  tenant_id uuid NOT NULL,
  entity_type varchar(100) COLLATE "C" NOT NULL,
  entity_id varchar(255) COLLATE "C" NOT NULL,
  parent_type varchar(100) COLLATE "C" NOT NULL,
  parent_id varchar(255) COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, entity_type, entity_id, parent_type, parent_id),
  FOREIGN KEY (tenant_id, entity_type, entity_id) REFERENCES access_entities (tenant_id, entity_type, entity_id) ON DELETE CASCADE
);
CREATE INDEX access_relations_parent ON access_relations (tenant_id, parent_type, parent_id);
COMMENT ON TABLE access_relations IS 'What each entity is in: a document in its folder, a person in their team; without cycles';
COMMENT ON COLUMN access_relations.tenant_id IS 'Tenant';
COMMENT ON COLUMN access_relations.entity_type IS 'Type of what is in another';
COMMENT ON COLUMN access_relations.entity_id IS 'Its id';
COMMENT ON COLUMN access_relations.parent_type IS 'Type of what it is in';
COMMENT ON COLUMN access_relations.parent_id IS 'Id of that, which need not be told of itself';

CREATE TABLE decided_requests (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  decision_id uuid NOT NULL,
  decided_at timestamptz NOT NULL,
  subject uuid NOT NULL,
  requests_sealed bytea NOT NULL,
  PRIMARY KEY (tenant_id, decision_id)
);
CREATE INDEX decided_requests_time ON decided_requests (tenant_id, decided_at);
COMMENT ON TABLE decided_requests IS 'What was asked at each decision, so that a policy can be tried on it; kept for 30 days';
COMMENT ON COLUMN decided_requests.tenant_id IS 'Tenant';
COMMENT ON COLUMN decided_requests.decision_id IS 'The decision; UUIDv7';
COMMENT ON COLUMN decided_requests.decided_at IS 'When it was made';
COMMENT ON COLUMN decided_requests.subject IS 'Pseudonym of the person it was about, whose erasure closes it; the tenant''s own id for who is nobody known here';
COMMENT ON COLUMN decided_requests.requests_sealed IS 'Envelope of the requests and what each came to, under the data key of the subject';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['security_policies', 'policy_versions', 'policy_differences', 'access_entities', 'access_relations', 'decided_requests'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON security_policies, policy_versions TO probity_app;
GRANT SELECT, INSERT, DELETE ON policy_differences, access_relations, decided_requests TO probity_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON access_entities TO probity_app;

-- Nobody approves by a second account that they made for it.
ALTER TABLE security_users ADD COLUMN created_by uuid, ADD COLUMN readdressed_by uuid, ADD COLUMN readdressed_at timestamptz;
ALTER TABLE security_users ADD FOREIGN KEY (tenant_id, created_by) REFERENCES security_users (tenant_id, id);
COMMENT ON COLUMN security_users.created_by IS 'Who made the account; NULL: a provider, the set-up, or before this was noted';
COMMENT ON COLUMN security_users.readdressed_by IS 'Who last gave the account another address, where that was not its owner';
COMMENT ON COLUMN security_users.readdressed_at IS 'When that was';
COMMENT ON TABLE access_versions IS 'What a server may still hold of the roles and policies of a tenant: all of one version. Held by each change of them, so that two make no cycle together';
COMMENT ON COLUMN access_versions.version IS 'Grows with each change of roles, and of what policies count';

ALTER TABLE access_versions ADD COLUMN has_entities boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN access_versions.has_entities IS 'Whether an application ever told of an entity; without, no decision looks for any';
ALTER TABLE access_versions ADD COLUMN sampled_actions text[] NOT NULL DEFAULT '{}', ADD COLUMN recorded_share real NOT NULL DEFAULT 1 CHECK (recorded_share BETWEEN 0 AND 1);
COMMENT ON COLUMN access_versions.sampled_actions IS 'Actions of which not every decision that allows is recorded; empty: each is';
COMMENT ON COLUMN access_versions.recorded_share IS 'The share of those that is recorded, by chance';
