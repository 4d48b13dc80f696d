-- Written by scripts/schema.ts from a migrated database; a test compares the two. Do not edit.

TABLE access_entities ROW LEVEL SECURITY ENABLED FORCED -- What an application tells of its resources and people, for decisions
  tenant_id uuid NOT NULL -- Tenant
  entity_type character varying(100) NOT NULL -- Type, as policies name it
  entity_id character varying(255) NOT NULL -- Id, as the application has it
  attributes jsonb NOT NULL -- Attributes, as Cedar writes values in JSON
  updated_at timestamp with time zone NOT NULL -- When it was last told
  CONSTRAINT access_entities_pkey PRIMARY KEY (tenant_id, entity_type, entity_id)
  CONSTRAINT access_entities_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE access_moments ROW LEVEL SECURITY ENABLED FORCED -- A database that has such a row has all that was committed before it, also after a restore or where another took its place; kept for 30 days
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- What stands for the moment; UUIDv7
  told_at timestamp with time zone NOT NULL -- When it was asked for
  CONSTRAINT access_moments_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT access_moments_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE INDEX access_moments_time ON access_moments USING btree (tenant_id, told_at)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT TO probity_app

TABLE access_relations ROW LEVEL SECURITY ENABLED FORCED -- What each entity is in: a document in its folder, a person in their team; without cycles
  tenant_id uuid NOT NULL -- Tenant
  entity_type character varying(100) NOT NULL -- Type of what is in another
  entity_id character varying(255) NOT NULL -- Its id
  parent_type character varying(100) NOT NULL -- Type of what it is in
  parent_id character varying(255) NOT NULL -- Id of that, which need not be told of itself
  CONSTRAINT access_relations_pkey PRIMARY KEY (tenant_id, entity_type, entity_id, parent_type, parent_id)
  CONSTRAINT access_relations_tenant_id_entity_type_entity_id_fkey FOREIGN KEY (tenant_id, entity_type, entity_id) REFERENCES access_entities(tenant_id, entity_type, entity_id) ON DELETE CASCADE
CREATE INDEX access_relations_parent ON access_relations USING btree (tenant_id, parent_type, parent_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT TO probity_app

TABLE access_review_items ROW LEVEL SECURITY ENABLED FORCED -- Grants as they were when a campaign began, and what was said of each
  tenant_id uuid NOT NULL -- Tenant
  review_id uuid NOT NULL -- Campaign
  grant_id uuid NOT NULL -- Grant, which may be no more
  user_id uuid -- Person or service account that had it; NULL: a group did
  group_id uuid -- Group that had it, which may be no more; NULL: one user did
  role_id uuid NOT NULL -- Role, which may be no more
  resource_type character varying(100) -- Type of the resources on which it counted; NULL: on everything
  resource_id character varying(255) -- The one resource on which it counted; NULL: on all of the type
  granted_at timestamp with time zone NOT NULL -- When it had been given: one that was given again since is another
  state character varying(16) NOT NULL -- pending; kept, ended: as a reviewer said; unanswered: nobody did, and it was ended; changed: nobody did, and it was given again or taken back since; protected: nobody did, and it stays since the tenant has no other owner; cancelled: nobody did before the review was cancelled, and it is as it was
  decided_at timestamp with time zone -- When that was said, or the campaign closed
  decided_by uuid -- Who said it; NULL: nobody
  reason text -- Why, in the words of who said it
  CONSTRAINT access_review_items_pkey PRIMARY KEY (tenant_id, review_id, grant_id)
  CONSTRAINT access_review_items_check CHECK ((num_nonnulls(user_id, group_id) = 1))
  CONSTRAINT access_review_items_check1 CHECK ((((state)::text = 'pending'::text) = (decided_at IS NULL)))
  CONSTRAINT access_review_items_check2 CHECK ((((state)::text = ANY ((ARRAY['kept'::character varying, 'ended'::character varying])::text[])) = (decided_by IS NOT NULL)))
  CONSTRAINT access_review_items_check3 CHECK ((decided_by <> user_id))
  CONSTRAINT access_review_items_state_check CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'kept'::character varying, 'ended'::character varying, 'unanswered'::character varying, 'changed'::character varying, 'protected'::character varying, 'cancelled'::character varying])::text[])))
  CONSTRAINT access_review_items_tenant_id_decided_by_fkey FOREIGN KEY (tenant_id, decided_by) REFERENCES security_users(tenant_id, id)
  CONSTRAINT access_review_items_tenant_id_review_id_fkey FOREIGN KEY (tenant_id, review_id) REFERENCES access_reviews(tenant_id, id) ON DELETE CASCADE
  CONSTRAINT access_review_items_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE access_reviews ROW LEVEL SECURITY ENABLED FORCED -- Campaigns: who says until when of which grants whether they stay
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  name character varying(255) NOT NULL -- What it is called
  role_id uuid -- Role whose grants were taken, which may be no more; NULL: of every role
  group_id uuid -- Group whose grants were taken, which may be no more; NULL: of everybody
  reviewer_ids uuid[] NOT NULL -- Who decides; empty: any administrator of the tenant
  due_at timestamp with time zone NOT NULL -- From when on nobody decides any more, and what nobody answered ends
  created_at timestamp with time zone NOT NULL -- When it began: grants that were in force then are its items
  created_by uuid NOT NULL -- Who began it
  closed_at timestamp with time zone -- When what nobody answered was ended, or the review was cancelled; NULL: it was not yet
  cancelled_by uuid -- Who cancelled it, so that nothing more was ended; NULL: nobody did
  CONSTRAINT access_reviews_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT access_reviews_check CHECK (((cancelled_by IS NULL) OR (closed_at IS NOT NULL)))
  CONSTRAINT access_reviews_tenant_id_cancelled_by_fkey FOREIGN KEY (tenant_id, cancelled_by) REFERENCES security_users(tenant_id, id)
  CONSTRAINT access_reviews_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES security_users(tenant_id, id)
CREATE INDEX access_reviews_open ON access_reviews USING btree (tenant_id, due_at) WHERE closed_at IS NULL
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE access_versions ROW LEVEL SECURITY ENABLED FORCED -- What a server may still hold of the roles and policies of a tenant: all of one version. Held by each change of them, so that two make no cycle together
  tenant_id uuid NOT NULL -- Tenant
  version bigint NOT NULL -- Grows with each change of roles, and of what policies count
  has_entities boolean NOT NULL DEFAULT false -- Whether an application ever told of an entity; without, no decision looks for any
  sampled_actions text[] NOT NULL DEFAULT '{}'::text[] -- Actions of which not every decision that allows is recorded; empty: each is
  recorded_share real NOT NULL DEFAULT 1 -- The share of those that is recorded, by chance
  system_roles integer NOT NULL DEFAULT 1 -- Which edition of the roles that every tenant has is in force here
  CONSTRAINT access_versions_pkey PRIMARY KEY (tenant_id)
  CONSTRAINT access_versions_recorded_share_check CHECK (((recorded_share >= (0)::double precision) AND (recorded_share <= (1)::double precision)))
  CONSTRAINT access_versions_system_roles_check CHECK ((system_roles > 0))
  CONSTRAINT access_versions_version_check CHECK ((version > 0))
  CONSTRAINT access_versions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON access_versions FOR EACH ROW WHEN (new.version IS DISTINCT FROM old.version) EXECUTE FUNCTION tell_callers_changed('tenant_id')
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE account_links ROW LEVEL SECURITY ENABLED FORCED -- Links that were given to people: to set the first password, or another when it is forgotten, or to show that an address is theirs
  tenant_id uuid NOT NULL -- Tenant
  token_hash bytea NOT NULL -- SHA-256 of the text of the link's token
  user_id uuid NOT NULL -- Whose account it is for
  purpose character varying(20) NOT NULL -- What it is good for
  was_mailed boolean NOT NULL -- Whether it went to the user's address and nowhere else: who uses it has that address
  created_at timestamp with time zone NOT NULL -- When it was made
  expires_at timestamp with time zone NOT NULL -- When it ends
  used_at timestamp with time zone -- When it was used, or another took its place; NULL: it is good
  CONSTRAINT account_links_pkey PRIMARY KEY (tenant_id, token_hash)
  CONSTRAINT account_links_purpose_check CHECK (((purpose)::text = ANY ((ARRAY['invitation'::character varying, 'password_reset'::character varying, 'address'::character varying])::text[])))
  CONSTRAINT account_links_token_hash_check CHECK ((length(token_hash) = 32))
  CONSTRAINT account_links_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX account_links_end ON account_links USING btree (tenant_id, expires_at)
CREATE INDEX account_links_user ON account_links USING btree (tenant_id, user_id, purpose, created_at)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE api_tokens ROW LEVEL SECURITY ENABLED FORCED -- Bearer tokens of applications
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  name character varying(255) NOT NULL -- What it is for
  secret_hash bytea NOT NULL -- SHA-256 of the token's text
  scopes text[] NOT NULL -- What it may do
  created_by uuid NOT NULL -- User who made it, or the service account that it stands for
  created_at timestamp with time zone NOT NULL -- When it was made
  expires_at timestamp with time zone -- End; NULL: none
  last_used_at timestamp with time zone -- Last use, to within a minute
  revoked_at timestamp with time zone -- When it was revoked; NULL: not
  issued_by uuid -- Token that was shown at the log-in that gave this one, which ends with it; NULL: somebody made it
  made_by uuid[] NOT NULL -- Who made it, with everybody in whose hand that call was: users
  CONSTRAINT api_tokens_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT api_tokens_tenant_id_secret_hash_key UNIQUE (tenant_id, secret_hash)
  CONSTRAINT api_tokens_made_by_check CHECK ((cardinality(made_by) > 0))
  CONSTRAINT api_tokens_scopes_check CHECK ((cardinality(scopes) > 0))
  CONSTRAINT api_tokens_secret_hash_check CHECK ((length(secret_hash) = 32))
  CONSTRAINT api_tokens_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES security_users(tenant_id, id)
  CONSTRAINT api_tokens_tenant_id_issued_by_fkey FOREIGN KEY (tenant_id, issued_by) REFERENCES api_tokens(tenant_id, id) ON DELETE CASCADE
CREATE INDEX api_tokens_issued ON api_tokens USING btree (tenant_id, issued_by, expires_at) WHERE issued_by IS NOT NULL
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON api_tokens FOR EACH ROW WHEN (new.revoked_at IS DISTINCT FROM old.revoked_at OR new.expires_at IS DISTINCT FROM old.expires_at OR new.scopes IS DISTINCT FROM old.scopes OR new.secret_hash IS DISTINCT FROM old.secret_hash) EXECUTE FUNCTION tell_callers_changed('tenant_id')
CREATE TRIGGER tell_callers_gone AFTER DELETE ON api_tokens FOR EACH ROW EXECUTE FUNCTION tell_callers_changed('tenant_id')
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE application_artifacts ROW LEVEL SECURITY ENABLED FORCED -- Codes, tokens, grants and log-ins under way of applications
  tenant_id uuid NOT NULL -- Tenant
  model character varying(40) NOT NULL -- What it is: AccessToken, AuthorizationCode, Grant and so on
  id_hash bytea NOT NULL -- SHA-256 of the token or id
  payload_sealed bytea NOT NULL -- Envelope of what it holds, under the tenant's own key
  application_id uuid -- Whose it is; NULL: of none yet
  user_id uuid -- For whom; it is good while they are active; NULL: for nobody
  grant_hash bytea -- SHA-256 of the grant that it ends with
  uid_hash bytea -- SHA-256 of what a log-in under way is found by
  user_code_hash bytea -- SHA-256 of the code that a person types for a device
  consumed_at timestamp with time zone -- When it was used, what is good once; NULL: not
  expires_at timestamp with time zone NOT NULL -- When it ends
  CONSTRAINT application_artifacts_pkey PRIMARY KEY (tenant_id, model, id_hash)
  CONSTRAINT application_artifacts_grant_hash_check CHECK ((length(grant_hash) = 32))
  CONSTRAINT application_artifacts_id_hash_check CHECK ((length(id_hash) = 32))
  CONSTRAINT application_artifacts_uid_hash_check CHECK ((length(uid_hash) = 32))
  CONSTRAINT application_artifacts_user_code_hash_check CHECK ((length(user_code_hash) = 32))
  CONSTRAINT application_artifacts_tenant_id_application_id_fkey FOREIGN KEY (tenant_id, application_id) REFERENCES applications(tenant_id, id) ON DELETE CASCADE
  CONSTRAINT application_artifacts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
  CONSTRAINT application_artifacts_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX application_artifacts_end ON application_artifacts USING btree (tenant_id, expires_at)
CREATE INDEX application_artifacts_grant ON application_artifacts USING btree (tenant_id, grant_hash)
CREATE INDEX application_artifacts_uid ON application_artifacts USING btree (tenant_id, uid_hash)
CREATE INDEX application_artifacts_user ON application_artifacts USING btree (tenant_id, user_id, application_id)
CREATE INDEX application_artifacts_user_code ON application_artifacts USING btree (tenant_id, user_code_hash)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE applications ROW LEVEL SECURITY ENABLED FORCED -- Applications of a tenant that people log in to through Probity (OAuth 2.0 clients)
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7; the client_id
  name character varying(100) NOT NULL -- What people are asked to let in
  kind character varying(10) NOT NULL -- web: keeps a secret; public: in a browser or on a device of its user; machine: acts for itself; device: has no browser
  redirect_uris text[] NOT NULL -- Where people may be sent back to, letter by letter
  scopes text[] NOT NULL -- What it may ask for
  secret_hash bytea -- SHA-256 of the client secret; NULL: it keeps none
  is_enabled boolean NOT NULL -- Whether anything of it is good
  version integer NOT NULL -- Grows with each change
  created_at timestamp with time zone NOT NULL -- When it was made
  updated_at timestamp with time zone NOT NULL -- When it was last changed
  CONSTRAINT applications_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT applications_tenant_id_name_key UNIQUE (tenant_id, name)
  CONSTRAINT applications_check CHECK (((secret_hash IS NOT NULL) = ((kind)::text = ANY ((ARRAY['web'::character varying, 'machine'::character varying])::text[]))))
  CONSTRAINT applications_kind_check CHECK (((kind)::text = ANY ((ARRAY['web'::character varying, 'public'::character varying, 'machine'::character varying, 'device'::character varying])::text[])))
  CONSTRAINT applications_secret_hash_check CHECK ((length(secret_hash) = 32))
  CONSTRAINT applications_version_check CHECK ((version > 0))
  CONSTRAINT applications_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE audit_anchors ROW LEVEL SECURITY ENABLED FORCED -- Newest anchored head of each log: it covers every entry before it, so older ones are not kept. A crash between an anchor and its rows here leaves an anchor that no receipt names; the next one makes up for it
  tenant_id uuid NOT NULL -- Tenant
  size bigint NOT NULL -- Size of the log at the anchored checkpoint
  root bytea NOT NULL -- Root of the log at that size
  checkpoint text NOT NULL -- The anchored checkpoint, a signed note
  path bytea NOT NULL -- Hashes of 32 bytes from its leaf in the heads tree up
  anchor bigint NOT NULL -- Index of the entry of the anchor log that holds the root of the heads tree
  CONSTRAINT audit_anchors_pkey PRIMARY KEY (tenant_id)
  CONSTRAINT audit_anchors_anchor_check CHECK ((anchor >= 0))
  CONSTRAINT audit_anchors_path_check CHECK (((length(path) % 32) = 0))
  CONSTRAINT audit_anchors_root_check CHECK ((length(root) = 32))
  CONSTRAINT audit_anchors_size_check CHECK ((size >= 0))
  CONSTRAINT audit_anchors_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY sequencer_all FOR ALL TO probity_sequencer USING (true) WITH CHECK (true)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT SELECT TO probity_app
GRANT INSERT, SELECT, UPDATE TO probity_sequencer

TABLE audit_bundles ROW LEVEL SECURITY ENABLED FORCED -- The leaves. A full bundle has 256 entries from a multiple of 256 on; the open tail lies in fragments, which the flush that fills the bundle replaces
  tenant_id uuid NOT NULL -- Tenant
  first_seq bigint NOT NULL -- Index of its first entry
  entries smallint NOT NULL -- How many entries it holds
  body bytea NOT NULL STORAGE e -- Zstandard frame (RFC 8878) of the C2SP tlog-tiles entry bundle; of before 2026-11 raw DEFLATE
  hashes bytea NOT NULL STORAGE e -- Leaf hashes, 32 bytes an entry: the level-0 tile
  received_from timestamp with time zone -- Least received_at of its leaves; NULL, as in the three after it: of before bundles had a summary
  received_to timestamp with time zone -- Greatest received_at of its leaves
  max_risk smallint -- Greatest risk_score of its leaves; NULL: none has one
  terms bytea STORAGE e -- Bloom filter of the leaves' event_type, actor and subjects, resource, action and outcome; verified against them
  CONSTRAINT audit_bundles_pkey PRIMARY KEY (tenant_id, first_seq)
  CONSTRAINT audit_bundles_entries_check CHECK (((entries >= 1) AND (entries <= 256)))
  CONSTRAINT audit_bundles_first_seq_check CHECK ((first_seq >= 0))
  CONSTRAINT audit_bundles_max_risk_check CHECK (((max_risk >= 0) AND (max_risk <= 100)))
  CONSTRAINT audit_bundles_terms_check CHECK (((length(terms) >= 16) AND (length(terms) <= 4096)))
CREATE INDEX audit_bundles_received ON audit_bundles USING btree (tenant_id, received_from, received_to)
POLICY sequencer_all FOR ALL TO probity_sequencer USING (true) WITH CHECK (true)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT SELECT TO probity_app
GRANT DELETE, INSERT, SELECT TO probity_sequencer

TABLE audit_event_ids ROW LEVEL SECURITY ENABLED FORCED -- Ids that callers gave, so that a repeat is known; ids of our own making carry their time and need no row
  tenant_id uuid NOT NULL -- Tenant
  event_id uuid NOT NULL -- Leaf's event_id
  seq bigint NOT NULL -- Index of the entry
  content bytea NOT NULL -- Digest of the content as sent, keyed where it is personal, so that another content under the same id is refused
  CONSTRAINT audit_event_ids_pkey PRIMARY KEY (tenant_id, event_id)
POLICY sequencer_all FOR ALL TO probity_sequencer USING (true) WITH CHECK (true)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT SELECT TO probity_app
GRANT INSERT, SELECT TO probity_sequencer

TABLE audit_inbox ROW LEVEL SECURITY ENABLED FORCED -- Durable but not yet sequenced. A crash here loses nothing: the next sequencer drains it, and event_id makes a second pass a no-op
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7: the order of draining
  event_id uuid NOT NULL -- Leaf's event_id
  leaf bytea NOT NULL -- Leaf bytes, final
  content bytea -- As in audit_event_ids; NULL where the id is of our making
  parts jsonb NOT NULL -- Array of {subjects, envelope in base64}
  CONSTRAINT audit_inbox_pkey PRIMARY KEY (tenant_id, id)
POLICY sequencer_all FOR ALL TO probity_sequencer USING (true) WITH CHECK (true)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT INSERT, SELECT TO probity_app
GRANT DELETE, INSERT, SELECT TO probity_sequencer

TABLE audit_logs ROW LEVEL SECURITY ENABLED FORCED -- Head of each tenant's log; moved by the sequencer by compare-and-set on size
  tenant_id uuid NOT NULL -- Tenant: one log each
  origin text NOT NULL -- Origin line of the checkpoint (C2SP tlog-checkpoint)
  size bigint NOT NULL -- Number of entries
  root bytea NOT NULL -- RFC 6962 root hash at this size
  checkpoint text NOT NULL -- Signed note over origin, size and root
  checkpoint_at timestamp with time zone NOT NULL -- When it was signed
  CONSTRAINT audit_logs_pkey PRIMARY KEY (tenant_id)
  CONSTRAINT audit_logs_root_check CHECK ((length(root) = 32))
  CONSTRAINT audit_logs_size_check CHECK ((size >= 0))
  CONSTRAINT audit_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY sequencer_all FOR ALL TO probity_sequencer USING (true) WITH CHECK (true)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT SELECT TO probity_app
GRANT INSERT, SELECT, UPDATE TO probity_sequencer

TABLE audit_quarantine ROW LEVEL SECURITY ENABLED FORCED -- Rows that were in audit_inbox and are no events: somebody else than the server wrote them. They stop no log, and are kept to be looked at
  tenant_id uuid NOT NULL -- Tenant of the row
  id uuid NOT NULL -- Id of the row in the inbox
  event_id uuid NOT NULL -- As the row said
  leaf bytea NOT NULL -- As the row said
  parts jsonb NOT NULL -- As the row said
  reason text NOT NULL -- What is wrong with it
  put_aside_at timestamp with time zone NOT NULL DEFAULT now() -- When the sequencer met it
  CONSTRAINT audit_quarantine_pkey PRIMARY KEY (tenant_id, id)
POLICY sequencer_all FOR ALL TO probity_sequencer USING (true) WITH CHECK (true)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT SELECT TO probity_app
GRANT INSERT, SELECT TO probity_sequencer

TABLE audit_sealed_parts ROW LEVEL SECURITY ENABLED FORCED -- Personal parts of entries, each under the keys of the people it belongs to
  tenant_id uuid NOT NULL -- Tenant
  seq bigint NOT NULL -- Index of the entry
  part smallint NOT NULL -- Place in the leaf's sealed array
  subjects uuid[] NOT NULL -- Pseudonyms, ascending; all their keys are needed to open it
  envelope bytea NOT NULL -- Envelope of r and the part; empty: physically deleted after the erasure of a person it belonged to
  CONSTRAINT audit_sealed_parts_pkey PRIMARY KEY (tenant_id, seq, part)
  CONSTRAINT audit_sealed_parts_subjects_check CHECK ((cardinality(subjects) > 0))
POLICY sequencer_all FOR ALL TO probity_sequencer USING (true) WITH CHECK (true)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT SELECT, UPDATE (envelope) TO probity_app
GRANT INSERT, SELECT TO probity_sequencer

TABLE audit_sequencers -- Lease of the one sequencer of a shard of logs; every flush compares holder and epoch, so that a paused old leader writes nothing
  shard smallint NOT NULL -- Shard of logs; 0 is the only one today
  holder uuid NOT NULL -- Process that sequences, a random id of its own
  epoch bigint NOT NULL -- Grows with every change of holder: the fence
  expires_at timestamp with time zone NOT NULL -- By the database's clock; past it another process may take over
  CONSTRAINT audit_sequencers_pkey PRIMARY KEY (shard)
  CONSTRAINT audit_sequencers_epoch_check CHECK ((epoch > 0))
GRANT INSERT, SELECT, UPDATE TO probity_sequencer

TABLE audit_tiles ROW LEVEL SECURITY ENABLED FORCED -- C2SP tlog-tiles of level 1 and above; the last of a level may be partial
  tenant_id uuid NOT NULL -- Tenant
  level smallint NOT NULL -- Tile level, from 1
  tile bigint NOT NULL -- Index of the tile in its level
  hashes bytea NOT NULL STORAGE e -- Up to 256 hashes of 32 bytes
  CONSTRAINT audit_tiles_pkey PRIMARY KEY (tenant_id, level, tile)
  CONSTRAINT audit_tiles_level_check CHECK ((level >= 1))
POLICY sequencer_all FOR ALL TO probity_sequencer USING (true) WITH CHECK (true)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT SELECT TO probity_app
GRANT INSERT, SELECT, UPDATE TO probity_sequencer

TABLE audit_verifications ROW LEVEL SECURITY ENABLED FORCED -- Every verification run by the server, with its signed result
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  verification_timestamp timestamp with time zone NOT NULL -- When it ended
  start_sequence bigint NOT NULL -- First index looked at
  end_sequence bigint NOT NULL -- Index after the last looked at
  integrity_valid boolean NOT NULL -- Whether all of it held
  verification_signature text NOT NULL -- Signed note over the result, by the log's key
  verifier_id uuid -- User who asked; NULL: the schedule, or an API token
  invalid_entries jsonb NOT NULL DEFAULT '[]'::jsonb -- Array of {index, code, message}
  checkpoint text -- Checkpoint of the log that was looked at; what a later run is compared with is the witness's to say, not this row's
  CONSTRAINT audit_verifications_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT audit_verifications_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT INSERT, SELECT TO probity_app

TABLE backup_codes ROW LEVEL SECURITY ENABLED FORCED -- Codes for when a second factor is lost, good once each
  tenant_id uuid NOT NULL -- Tenant
  user_id uuid NOT NULL -- Whose it is
  code_digest bytea NOT NULL -- HMAC-SHA256 of user and code under a key of the tenant
  created_at timestamp with time zone NOT NULL -- When it was made
  used_at timestamp with time zone -- When it was used; NULL: it is good
  CONSTRAINT backup_codes_pkey PRIMARY KEY (tenant_id, user_id, code_digest)
  CONSTRAINT backup_codes_code_digest_check CHECK ((length(code_digest) = 32))
  CONSTRAINT backup_codes_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE data_erasure_requests ROW LEVEL SECURITY ENABLED FORCED -- Requests to erase a person (GDPR Article 17) and their certificates
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  subject_id uuid NOT NULL -- Pseudonym; what named the person is not kept
  request_date timestamp with time zone NOT NULL -- When it was asked
  erasure_method character varying(100) NOT NULL -- CryptographicErasure: keys destroyed; PhysicalDeletion: sealed parts deleted as well
  legal_basis text NOT NULL -- As the caller gave it
  status character varying(50) NOT NULL DEFAULT 'Pending'::character varying -- Pending, InProgress, Completed or Failed
  completion_date timestamp with time zone -- When the keys were gone and the entry recorded
  verification_hash character varying(64) -- Hex SHA-256 of the certificate's text
  proof_of_erasure text -- The certificate: a signed note, and the receipt of the entry that records the erasure
  affected_data_count integer NOT NULL DEFAULT 0 -- Sealed parts that can no longer be opened
  unrecoverable_after timestamp with time zone -- When the last backup of the keystore that still holds the keys is gone
  requested_by uuid -- User who asked; NULL: an API token
  CONSTRAINT data_erasure_requests_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT data_erasure_requests_erasure_method_check CHECK (((erasure_method)::text = ANY ((ARRAY['CryptographicErasure'::character varying, 'PhysicalDeletion'::character varying])::text[])))
  CONSTRAINT data_erasure_requests_status_check CHECK (((status)::text = ANY ((ARRAY['Pending'::character varying, 'InProgress'::character varying, 'Completed'::character varying, 'Failed'::character varying])::text[])))
  CONSTRAINT data_erasure_requests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE INDEX data_erasure_requests_subject ON data_erasure_requests USING btree (tenant_id, subject_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT INSERT, SELECT, UPDATE TO probity_app

TABLE decided_requests ROW LEVEL SECURITY ENABLED FORCED -- What was asked at each decision, so that a policy can be tried on it; kept for 30 days
  tenant_id uuid NOT NULL -- Tenant
  decision_id uuid NOT NULL -- The decision; UUIDv7
  decided_at timestamp with time zone NOT NULL -- When it was made
  subject uuid NOT NULL -- Pseudonym of the person it was about, whose erasure closes it; the tenant's own id for who is nobody known here
  requests_sealed bytea NOT NULL -- Envelope of the requests and what each came to, under the data key of the subject
  CONSTRAINT decided_requests_pkey PRIMARY KEY (tenant_id, decision_id)
  CONSTRAINT decided_requests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE INDEX decided_requests_time ON decided_requests USING btree (tenant_id, decided_at)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT TO probity_app

TABLE external_identities ROW LEVEL SECURITY ENABLED FORCED -- Who of ours somebody at a provider is
  tenant_id uuid NOT NULL -- Tenant
  connection_id uuid NOT NULL -- Provider
  subject_index bytea NOT NULL -- Blind index of what the provider calls the person (claim sub, NameID, id of the LDAP entry)
  user_id uuid NOT NULL -- Whom of ours it is
  created_at timestamp with time zone NOT NULL -- When they were linked
  last_login_at timestamp with time zone NOT NULL -- Last log-in by it
  CONSTRAINT external_identities_pkey PRIMARY KEY (tenant_id, connection_id, subject_index)
  CONSTRAINT external_identities_subject_index_check CHECK ((length(subject_index) = 32))
  CONSTRAINT external_identities_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections(tenant_id, id) ON DELETE CASCADE
  CONSTRAINT external_identities_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX external_identities_user ON external_identities USING btree (tenant_id, user_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE federation_requests ROW LEVEL SECURITY ENABLED FORCED -- Log-ins that are under way at a provider, good once
  tenant_id uuid NOT NULL -- Tenant
  token_hash bytea NOT NULL -- SHA-256 of the token of the browser that began it; state, nonce and PKCE verifier derive from that token and stand nowhere
  connection_id uuid NOT NULL -- Provider
  user_id uuid -- Who links an identity; NULL: somebody logs in
  expires_at timestamp with time zone NOT NULL -- When it ends
  CONSTRAINT federation_requests_pkey PRIMARY KEY (tenant_id, token_hash)
  CONSTRAINT federation_requests_token_hash_check CHECK ((length(token_hash) = 32))
  CONSTRAINT federation_requests_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections(tenant_id, id) ON DELETE CASCADE
CREATE INDEX federation_requests_end ON federation_requests USING btree (tenant_id, expires_at)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE group_members ROW LEVEL SECURITY ENABLED FORCED -- Who is in a group
  tenant_id uuid NOT NULL -- Tenant
  group_id uuid NOT NULL -- Group
  user_id uuid NOT NULL -- Person
  added_at timestamp with time zone NOT NULL -- Since when
  CONSTRAINT group_members_pkey PRIMARY KEY (tenant_id, group_id, user_id)
  CONSTRAINT group_members_tenant_id_group_id_fkey FOREIGN KEY (tenant_id, group_id) REFERENCES user_groups(tenant_id, id) ON DELETE CASCADE
  CONSTRAINT group_members_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX group_members_user ON group_members USING btree (tenant_id, user_id)
CREATE TRIGGER tell_callers_gone AFTER DELETE ON group_members FOR EACH ROW EXECUTE FUNCTION tell_callers_changed('tenant_id')
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE home_realms ROW LEVEL SECURITY ENABLED FORCED -- Mail domains of tenants; one that is verified leads to its tenant, and is one tenant's alone
  tenant_id uuid NOT NULL -- Tenant
  domain character varying(253) NOT NULL -- In lower case, as DNS has it (punycode)
  connection_id uuid -- Provider that people of the domain are sent to; NULL: they log in with a password or passkey
  challenge character varying(43) NOT NULL -- What a TXT record of _probity.<domain> must hold; no secret
  created_at timestamp with time zone NOT NULL -- When it was claimed
  verified_at timestamp with time zone -- When DNS last showed that it is the tenant's; NULL: never
  CONSTRAINT home_realms_pkey PRIMARY KEY (tenant_id, domain)
  CONSTRAINT home_realms_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections(tenant_id, id) ON DELETE SET NULL (connection_id)
  CONSTRAINT home_realms_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE INDEX home_realms_verified ON home_realms USING btree (domain) WHERE verified_at IS NOT NULL
POLICY operator_read FOR SELECT TO probity_operator USING (verified_at IS NOT NULL)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app
GRANT SELECT (connection_id), SELECT (domain), SELECT (tenant_id), SELECT (verified_at) TO probity_operator

TABLE idempotency_keys ROW LEVEL SECURITY ENABLED FORCED -- Answers to POST with Idempotency-Key, kept for 24 hours
  tenant_id uuid NOT NULL -- Tenant of the caller
  principal_id uuid NOT NULL -- Token or session that called
  key character varying(255) NOT NULL -- The header's value
  request_hash bytea NOT NULL -- SHA-256 of method, path and body: the same key with another request is refused
  status smallint -- HTTP status of the answer; NULL while the first call is under way
  answer_sealed bytea -- Envelope of the answer's body, since it may hold a new secret
  created_at timestamp with time zone NOT NULL -- When the first call arrived
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, principal_id, key)
  CONSTRAINT idempotency_keys_request_hash_check CHECK ((length(request_hash) = 32))
  CONSTRAINT idempotency_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE identity_connections ROW LEVEL SECURITY ENABLED FORCED -- Providers and directories through which people of a tenant may log in
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  name character varying(100) NOT NULL -- As a log-in names it
  client_secret_sealed bytea -- Envelope of the client secret (oidc) or the password of the account that searches (ldap), under the tenant's own key; NULL: none
  group_scopes jsonb -- Scopes by group, set anew at each log-in; NULL: the provider has no say in them
  default_scopes text[] NOT NULL -- Scopes of an account that a first log-in makes, beside those of groups
  creates_accounts boolean NOT NULL -- Whether a first log-in makes an account
  trusts_second_factor boolean NOT NULL -- Whether its log-ins count as having shown a second factor, whatever they say
  is_enabled boolean NOT NULL -- Whether anybody may log in through it
  version integer NOT NULL -- Grows with each change
  created_at timestamp with time zone NOT NULL -- When it was made
  updated_at timestamp with time zone NOT NULL -- When it was last changed
  kind character varying(8) NOT NULL -- oidc: OpenID Connect; saml: SAML 2.0; ldap: LDAP or Active Directory
  settings jsonb NOT NULL -- What the protocol needs, by the contract's schema of the kind; no secret
  CONSTRAINT identity_connections_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT identity_connections_tenant_id_name_key UNIQUE (tenant_id, name)
  CONSTRAINT identity_connections_kind_check CHECK (((kind)::text = ANY ((ARRAY['oidc'::character varying, 'saml'::character varying, 'ldap'::character varying])::text[])))
  CONSTRAINT identity_connections_version_check CHECK ((version > 0))
  CONSTRAINT identity_connections_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE login_attempts ROW LEVEL SECURITY ENABLED FORCED -- Attempts to log in since the last that succeeded, by account and source
  tenant_id uuid NOT NULL -- Tenant; the installation's own where the tenant asked for does not exist
  account bytea NOT NULL -- Blind index of the user's id, or of the name that nobody has
  source bytea NOT NULL -- Blind index of account and source address (IPv6: its /64); zeros: all sources that are not known together
  attempts integer NOT NULL -- Attempts since the last that succeeded; they begin anew after a day without any
  last_attempt timestamp with time zone NOT NULL -- When the last one was counted
  refused_until timestamp with time zone -- No attempt is taken before; NULL: at once
  known_until timestamp with time zone -- Until when the source is known for the account, since a log-in from it succeeded; NULL: it is not
  kept_until timestamp with time zone NOT NULL -- When the row is dropped
  CONSTRAINT login_attempts_pkey PRIMARY KEY (tenant_id, account, source)
  CONSTRAINT login_attempts_account_check CHECK ((length(account) = 32))
  CONSTRAINT login_attempts_attempts_check CHECK ((attempts >= 0))
  CONSTRAINT login_attempts_source_check CHECK ((length(source) = 32))
  CONSTRAINT login_attempts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE INDEX login_attempts_kept ON login_attempts USING btree (tenant_id, kept_until)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE passkey_challenges ROW LEVEL SECURITY ENABLED FORCED -- Challenges that wait for an authenticator, good once
  tenant_id uuid NOT NULL -- Tenant
  challenge_hash bytea NOT NULL -- SHA-256 of the challenge in base64url
  user_id uuid -- Who adds a passkey with it; NULL: somebody logs in
  expires_at timestamp with time zone NOT NULL -- When it ends
  CONSTRAINT passkey_challenges_pkey PRIMARY KEY (tenant_id, challenge_hash)
  CONSTRAINT passkey_challenges_challenge_hash_check CHECK ((length(challenge_hash) = 32))
  CONSTRAINT passkey_challenges_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE INDEX passkey_challenges_end ON passkey_challenges USING btree (tenant_id, expires_at)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE passkeys ROW LEVEL SECURITY ENABLED FORCED -- Passkeys of people: public keys whose private ones their devices hold
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  user_id uuid NOT NULL -- Whose it is
  credential_id bytea NOT NULL -- As the authenticator calls it
  public_key bytea NOT NULL -- COSE key (RFC 9052)
  sign_count bigint NOT NULL -- Signatures that the authenticator counted; one that does not count says 0
  transports text[] NOT NULL -- How a browser reaches the authenticator
  aaguid uuid NOT NULL -- Kind of authenticator, as it says itself
  is_backed_up boolean NOT NULL -- Whether it is kept on several devices
  name character varying(100) -- What its owner calls it
  created_at timestamp with time zone NOT NULL -- When it was added
  last_used_at timestamp with time zone -- Last log-in with it; NULL: none
  CONSTRAINT passkeys_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT passkeys_tenant_id_credential_id_key UNIQUE (tenant_id, credential_id)
  CONSTRAINT passkeys_credential_id_check CHECK (((length(credential_id) >= 1) AND (length(credential_id) <= 1023)))
  CONSTRAINT passkeys_sign_count_check CHECK ((sign_count >= 0))
  CONSTRAINT passkeys_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX passkeys_user ON passkeys USING btree (tenant_id, user_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE policy_differences ROW LEVEL SECURITY ENABLED FORCED -- Decisions that a version which only warns, audits or is in shadow would have made otherwise
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  policy_id uuid NOT NULL -- Policy
  version integer NOT NULL -- The version that would have
  decision_id uuid NOT NULL -- The decision as it was made
  decided_at timestamp with time zone NOT NULL -- When it was made
  subject uuid NOT NULL -- Pseudonym of the person it was about, whose erasure closes it; the tenant's own id for who is nobody known here
  told_sealed bytea NOT NULL -- Envelope of {principal, action, resource} under the data key of the subject
  would character varying(5) NOT NULL -- What it would have been
  CONSTRAINT policy_differences_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT policy_differences_would_check CHECK (((would)::text = ANY ((ARRAY['allow'::character varying, 'deny'::character varying])::text[])))
  CONSTRAINT policy_differences_tenant_id_policy_id_version_fkey FOREIGN KEY (tenant_id, policy_id, version) REFERENCES policy_versions(tenant_id, policy_id, version)
CREATE INDEX policy_differences_version ON policy_differences USING btree (tenant_id, policy_id, version, id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT TO probity_app

TABLE policy_versions ROW LEVEL SECURITY ENABLED FORCED -- What a policy says, version by version: what it says never changes, only its state does. The newest approved one that has begun counts
  tenant_id uuid NOT NULL -- Tenant
  policy_id uuid NOT NULL -- Policy
  version integer NOT NULL -- From 1 on
  description text -- What it is for
  policy_rules jsonb NOT NULL -- The rules, in the form of the policy's type; of Access: policies of Cedar as text
  tests jsonb NOT NULL -- Requests with the decision that is expected of this version alone
  enforcement_mode character varying(50) NOT NULL -- Enforce: it decides; Warn: it tells what it would decide; Audit: only the record tells
  effective_date timestamp with time zone -- From when on it counts; NULL: from its approval on, which then writes it here
  expiration_date timestamp with time zone -- From when on it counts no more; NULL: it does not end
  is_active boolean NOT NULL -- false: once this version is approved, the policy counts no more
  state character varying(16) NOT NULL -- draft, in_review, approved or rejected
  created_by uuid NOT NULL -- Author
  created_at timestamp with time zone NOT NULL -- When it was written
  submitted_by uuid -- Who asked for its approval; NULL: nobody has
  submitted_at timestamp with time zone -- When they did
  approved_by uuid -- Who approved or rejected it: never its author, nor who submitted it; NULL: nobody has
  decided_at timestamp with time zone -- When they did
  author_mailbox bytea NOT NULL -- Blind index of where the author's mail ended when it was written, HMAC-SHA256 under a key of the tenant
  shadow_since timestamp with time zone -- Since when it is asked beside what counts; NULL: it never was
  shadow_until timestamp with time zone -- Until when
  CONSTRAINT policy_versions_pkey PRIMARY KEY (tenant_id, policy_id, version)
  CONSTRAINT policy_versions_author_mailbox_check CHECK ((length(author_mailbox) = 32))
  CONSTRAINT policy_versions_check CHECK (((approved_by IS NULL) OR ((approved_by <> created_by) AND (approved_by <> submitted_by))))
  CONSTRAINT policy_versions_check1 CHECK ((((state)::text <> 'approved'::text) OR (num_nonnulls(approved_by, decided_at, effective_date) = 3)))
  CONSTRAINT policy_versions_check2 CHECK ((expiration_date > effective_date))
  CONSTRAINT policy_versions_check3 CHECK (((shadow_since IS NULL) = (shadow_until IS NULL)))
  CONSTRAINT policy_versions_enforcement_mode_check CHECK (((enforcement_mode)::text = ANY ((ARRAY['Warn'::character varying, 'Enforce'::character varying, 'Audit'::character varying])::text[])))
  CONSTRAINT policy_versions_state_check CHECK (((state)::text = ANY ((ARRAY['draft'::character varying, 'in_review'::character varying, 'approved'::character varying, 'rejected'::character varying])::text[])))
  CONSTRAINT policy_versions_version_check CHECK ((version > 0))
  CONSTRAINT policy_versions_tenant_id_approved_by_fkey FOREIGN KEY (tenant_id, approved_by) REFERENCES security_users(tenant_id, id)
  CONSTRAINT policy_versions_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES security_users(tenant_id, id)
  CONSTRAINT policy_versions_tenant_id_policy_id_fkey FOREIGN KEY (tenant_id, policy_id) REFERENCES security_policies(tenant_id, id)
  CONSTRAINT policy_versions_tenant_id_submitted_by_fkey FOREIGN KEY (tenant_id, submitted_by) REFERENCES security_users(tenant_id, id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT INSERT, SELECT, UPDATE TO probity_app

TABLE provider_keys ROW LEVEL SECURITY ENABLED FORCED -- Keys by which ID tokens are signed: the oldest that is not retired signs, and the one after it is published before it does
  tenant_id uuid NOT NULL -- Tenant
  id character varying(43) NOT NULL -- RFC 7638 thumbprint; the kid
  key_sealed bytea NOT NULL -- Envelope of the private JWK, under the tenant's own key
  created_at timestamp with time zone NOT NULL -- When it was made
  retires_at timestamp with time zone -- Until when it is still published; NULL: it signs, or will
  CONSTRAINT provider_keys_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT provider_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE refresh_tokens ROW LEVEL SECURITY ENABLED FORCED -- Refresh tokens of sessions, used ones too, so that one that is used again is known
  tenant_id uuid NOT NULL -- Tenant
  token_hash bytea NOT NULL -- SHA-256 of the token's text
  session_id uuid NOT NULL -- Session, which is the family of its tokens
  created_at timestamp with time zone NOT NULL -- When it was given out
  used_at timestamp with time zone -- When it was first used; NULL: it is the last of its family
  kept_until timestamp with time zone NOT NULL -- When the row is dropped: the absolute end of its session
  CONSTRAINT refresh_tokens_pkey PRIMARY KEY (tenant_id, token_hash)
  CONSTRAINT refresh_tokens_token_hash_check CHECK ((length(token_hash) = 32))
  CONSTRAINT refresh_tokens_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id) REFERENCES security_sessions(tenant_id, id) ON DELETE CASCADE
CREATE INDEX refresh_tokens_kept ON refresh_tokens USING btree (tenant_id, kept_until)
CREATE INDEX refresh_tokens_session ON refresh_tokens USING btree (tenant_id, session_id, created_at)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE remembered_devices ROW LEVEL SECURITY ENABLED FORCED -- Devices that showed a second factor and are not asked for it for a while
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  user_id uuid NOT NULL -- Whose it is
  token_hash bytea NOT NULL -- SHA-256 of the text of the token that the device keeps
  created_at timestamp with time zone NOT NULL -- When it was remembered
  expires_at timestamp with time zone NOT NULL -- When it is asked again
  last_used_at timestamp with time zone NOT NULL -- Last log-in that was not asked
  CONSTRAINT remembered_devices_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT remembered_devices_tenant_id_token_hash_key UNIQUE (tenant_id, token_hash)
  CONSTRAINT remembered_devices_token_hash_check CHECK ((length(token_hash) = 32))
  CONSTRAINT remembered_devices_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX remembered_devices_user ON remembered_devices USING btree (tenant_id, user_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE role_elevations ROW LEVEL SECURITY ENABLED FORCED -- Roles that people asked for, for a while, and what became of it
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  user_id uuid NOT NULL -- Who asked, for themselves
  role_id uuid NOT NULL -- Role
  resource_type character varying(100) -- Type of the resources on which it is to count; NULL: on everything
  resource_id character varying(255) -- The one resource on which it is to count; NULL: on all of the type
  duration_seconds integer NOT NULL -- For how long, from the approval on
  reason text NOT NULL -- What for, in the words of who asked
  state character varying(16) NOT NULL -- pending: nobody has answered, and from lapses_at on nobody can; approved, denied; withdrawn: by who asked
  requested_at timestamp with time zone NOT NULL -- When it was asked for
  lapses_at timestamp with time zone NOT NULL -- From when on it can be approved no more
  decided_at timestamp with time zone -- When it was answered or withdrawn
  decided_by uuid -- Who did
  grant_id uuid -- Grant that the approval made; it may have been taken back since
  CONSTRAINT role_elevations_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT role_elevations_check CHECK (((resource_id IS NULL) OR (resource_type IS NOT NULL)))
  CONSTRAINT role_elevations_check1 CHECK (((((state)::text = 'pending'::text) = (decided_at IS NULL)) AND ((decided_at IS NULL) = (decided_by IS NULL))))
  CONSTRAINT role_elevations_check2 CHECK ((((state)::text = 'approved'::text) = (grant_id IS NOT NULL)))
  CONSTRAINT role_elevations_check3 CHECK ((((state)::text <> ALL ((ARRAY['approved'::character varying, 'denied'::character varying])::text[])) OR (decided_by <> user_id)))
  CONSTRAINT role_elevations_duration_seconds_check CHECK (((duration_seconds >= 300) AND (duration_seconds <= 86400)))
  CONSTRAINT role_elevations_state_check CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'approved'::character varying, 'denied'::character varying, 'withdrawn'::character varying])::text[])))
  CONSTRAINT role_elevations_tenant_id_decided_by_fkey FOREIGN KEY (tenant_id, decided_by) REFERENCES security_users(tenant_id, id)
  CONSTRAINT role_elevations_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES security_roles(tenant_id, id) ON DELETE CASCADE
  CONSTRAINT role_elevations_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX role_elevations_role ON role_elevations USING btree (tenant_id, role_id)
CREATE INDEX role_elevations_user ON role_elevations USING btree (tenant_id, user_id, id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE role_exclusions ROW LEVEL SECURITY ENABLED FORCED -- Pairs of roles that exclude each other, in either order one row; they change with the version of the roles (access_versions)
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  kind character varying(16) NOT NULL -- static: nobody has both; dynamic: nobody uses both at once
  role_id uuid NOT NULL -- The one role
  other_role_id uuid NOT NULL -- The other
  created_at timestamp with time zone NOT NULL -- When it was made, or made of another kind
  created_by uuid NOT NULL -- Who did
  CONSTRAINT role_exclusions_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT role_exclusions_tenant_id_role_id_other_role_id_key UNIQUE (tenant_id, role_id, other_role_id)
  CONSTRAINT role_exclusions_check CHECK ((other_role_id > role_id))
  CONSTRAINT role_exclusions_kind_check CHECK (((kind)::text = ANY ((ARRAY['static'::character varying, 'dynamic'::character varying])::text[])))
  CONSTRAINT role_exclusions_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES security_users(tenant_id, id)
  CONSTRAINT role_exclusions_tenant_id_other_role_id_fkey FOREIGN KEY (tenant_id, other_role_id) REFERENCES security_roles(tenant_id, id) ON DELETE CASCADE
  CONSTRAINT role_exclusions_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES security_roles(tenant_id, id) ON DELETE CASCADE
CREATE INDEX role_exclusions_other ON role_exclusions USING btree (tenant_id, other_role_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE role_parents ROW LEVEL SECURITY ENABLED FORCED -- Roles whose permissions a role has as well; there is no way back to itself
  tenant_id uuid NOT NULL -- Tenant
  role_id uuid NOT NULL -- Role
  parent_id uuid NOT NULL -- Whose permissions it has
  CONSTRAINT role_parents_pkey PRIMARY KEY (tenant_id, role_id, parent_id)
  CONSTRAINT role_parents_check CHECK ((parent_id <> role_id))
  CONSTRAINT role_parents_tenant_id_parent_id_fkey FOREIGN KEY (tenant_id, parent_id) REFERENCES security_roles(tenant_id, id)
  CONSTRAINT role_parents_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES security_roles(tenant_id, id) ON DELETE CASCADE
CREATE INDEX role_parents_parent ON role_parents USING btree (tenant_id, parent_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE role_permissions ROW LEVEL SECURITY ENABLED FORCED -- What each role permits
  tenant_id uuid NOT NULL -- Tenant
  role_id uuid NOT NULL -- Role
  permission_id uuid NOT NULL -- Permission
  CONSTRAINT role_permissions_pkey PRIMARY KEY (tenant_id, role_id, permission_id)
  CONSTRAINT role_permissions_tenant_id_permission_id_fkey FOREIGN KEY (tenant_id, permission_id) REFERENCES security_permissions(tenant_id, id)
  CONSTRAINT role_permissions_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES security_roles(tenant_id, id) ON DELETE CASCADE
CREATE INDEX role_permissions_permission ON role_permissions USING btree (tenant_id, permission_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE schema_migrations
  version integer NOT NULL
  name text NOT NULL
  sha256 text NOT NULL
  applied_at timestamp with time zone NOT NULL DEFAULT now()
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (version)

TABLE scim_people ROW LEVEL SECURITY ENABLED FORCED -- People whom a SCIM client keeps, and what it says of them beside their account
  tenant_id uuid NOT NULL -- Tenant
  client_id uuid NOT NULL -- Service account of the client
  user_id uuid NOT NULL -- Person
  external_index bytea -- Blind index of the client's id of the person (externalId); NULL: it gave none
  attributes_sealed bytea NOT NULL -- Envelope of the SCIM resource as the client gave it, under the person's data key
  created_at timestamp with time zone NOT NULL -- When the client first wrote to the person
  CONSTRAINT scim_people_pkey PRIMARY KEY (tenant_id, client_id, user_id)
  CONSTRAINT scim_people_tenant_id_client_id_external_index_key UNIQUE (tenant_id, client_id, external_index)
  CONSTRAINT scim_people_external_index_check CHECK ((length(external_index) = 32))
  CONSTRAINT scim_people_tenant_id_client_id_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES service_accounts(tenant_id, user_id)
  CONSTRAINT scim_people_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX scim_people_user ON scim_people USING btree (tenant_id, user_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE second_factors ROW LEVEL SECURITY ENABLED FORCED -- Second factors of people
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  user_id uuid NOT NULL -- Whose it is
  kind character varying(16) NOT NULL -- totp: time-based codes; email: codes that are mailed; sms: codes by text message
  secret_sealed bytea NOT NULL -- Envelope under the user's data key: of the secret, or of the address or number that codes go to
  created_at timestamp with time zone NOT NULL -- When it was set up
  confirmed_at timestamp with time zone -- When a code of it was first shown; NULL: not yet, and it is not asked for
  last_used_at timestamp with time zone -- When a code of it was last taken
  last_step bigint NOT NULL DEFAULT 0 -- Time step of the last code that was taken: no code of it or of one before is taken again
  CONSTRAINT second_factors_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT second_factors_kind_check CHECK (((kind)::text = ANY ((ARRAY['totp'::character varying, 'email'::character varying, 'sms'::character varying])::text[])))
  CONSTRAINT second_factors_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX second_factors_user ON second_factors USING btree (tenant_id, user_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE security_permissions ROW LEVEL SECURITY ENABLED FORCED -- What roles permit; the same permission of several roles is one row
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  resource character varying(255) NOT NULL -- A type, a type and an id with / between them, or *: everything
  action character varying(255) NOT NULL -- An action, or *: every one
  conditions jsonb NOT NULL -- What else has to hold, all of it, as the API has it
  created_at timestamp with time zone NOT NULL -- When it was first given to a role
  CONSTRAINT security_permissions_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT security_permissions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE UNIQUE INDEX security_permissions_same ON security_permissions USING btree (tenant_id, resource, action, md5(conditions::text))
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE security_policies ROW LEVEL SECURITY ENABLED FORCED -- Policies by name; what they say stands in their versions
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  policy_name character varying(255) NOT NULL -- What it is called
  name_folded character varying(255) NOT NULL -- The name as it is compared: NFKC, lower case
  policy_type character varying(100) NOT NULL -- What it is about
  version integer NOT NULL -- The newest version
  created_by uuid NOT NULL -- Who made it
  created_at timestamp with time zone NOT NULL -- When it was made
  updated_at timestamp with time zone NOT NULL -- When the newest version was made
  CONSTRAINT security_policies_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT security_policies_tenant_id_name_folded_key UNIQUE (tenant_id, name_folded)
  CONSTRAINT security_policies_policy_type_check CHECK (((policy_type)::text = ANY ((ARRAY['Access'::character varying, 'Retention'::character varying, 'Privacy'::character varying, 'Session'::character varying, 'Password'::character varying, 'Detection'::character varying])::text[])))
  CONSTRAINT security_policies_version_check CHECK ((version > 0))
  CONSTRAINT security_policies_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES security_users(tenant_id, id)
  CONSTRAINT security_policies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT INSERT, SELECT, UPDATE TO probity_app

TABLE security_roles ROW LEVEL SECURITY ENABLED FORCED -- Roles: permissions by a name
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  name character varying(255) NOT NULL -- What it is called
  name_folded character varying(255) NOT NULL -- The name as it is compared: NFKC, lower case
  description text -- What it is for
  is_system boolean NOT NULL -- Whether every tenant has it, and nobody changes it
  version integer NOT NULL -- Grows with each change
  created_at timestamp with time zone NOT NULL -- When it was made
  updated_at timestamp with time zone NOT NULL -- When it was last changed
  CONSTRAINT security_roles_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT security_roles_tenant_id_name_folded_key UNIQUE (tenant_id, name_folded)
  CONSTRAINT security_roles_version_check CHECK ((version > 0))
  CONSTRAINT security_roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE security_sessions ROW LEVEL SECURITY ENABLED FORCED -- Log-ins; the token itself is not stored
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  user_id uuid NOT NULL -- Who logged in
  session_token_hash bytea NOT NULL -- SHA-256 of the text of the access token
  client_sealed bytea -- Envelope of {ip_address, user_agent} under the user's data key
  expires_at timestamp with time zone NOT NULL -- Absolute end
  created_at timestamp with time zone NOT NULL -- When it began
  last_activity timestamp with time zone NOT NULL -- Last use, to within a minute; the idle limit counts from it
  revoked_at timestamp with time zone -- When it was ended; NULL: not
  token_expires_at timestamp with time zone NOT NULL -- End of the access token, unless the session ends sooner; infinity: of before there was refresh
  previous_token_hash bytea -- SHA-256 of the access token before the last refresh, which is good for thirty seconds more; NULL: none
  refreshed_at timestamp with time zone -- When it was last refreshed; NULL: never
  is_remembered boolean NOT NULL DEFAULT false -- Whether the person asked to be remembered: it may be idle and lives for longer
  methods text[] NOT NULL -- What the person showed when it began: values of RFC 8176
  authenticated_at timestamp with time zone -- When the person last showed all their factors; NULL: when it began
  connection_id uuid -- Provider or directory that opened it; NULL: none, or before this was noted
  provider_session_index bytea -- Blind index of the provider's own session (claim sid); NULL: it has none
  impersonator_id uuid -- Administrator who acts in it as its person; why stands in the log; NULL: it is the person's own
  bound_to character varying(43) -- Thumbprint (RFC 7638) of the key by which its tokens must be proven (RFC 9449); NULL: whoever has them may use them
  CONSTRAINT security_sessions_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT security_sessions_tenant_id_session_token_hash_key UNIQUE (tenant_id, session_token_hash)
  CONSTRAINT security_sessions_previous_token_hash_check CHECK ((length(previous_token_hash) = 32))
  CONSTRAINT security_sessions_provider_session_index_check CHECK ((length(provider_session_index) = 32))
  CONSTRAINT security_sessions_session_token_hash_check CHECK ((length(session_token_hash) = 32))
  CONSTRAINT security_sessions_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections(tenant_id, id) ON DELETE SET NULL (connection_id)
  CONSTRAINT security_sessions_tenant_id_impersonator_id_fkey FOREIGN KEY (tenant_id, impersonator_id) REFERENCES security_users(tenant_id, id)
  CONSTRAINT security_sessions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX security_sessions_impersonator ON security_sessions USING btree (tenant_id, impersonator_id) WHERE impersonator_id IS NOT NULL
CREATE UNIQUE INDEX security_sessions_previous_token ON security_sessions USING btree (tenant_id, previous_token_hash) WHERE previous_token_hash IS NOT NULL
CREATE INDEX security_sessions_provider ON security_sessions USING btree (tenant_id, connection_id, provider_session_index)
CREATE INDEX security_sessions_user ON security_sessions USING btree (tenant_id, user_id, expires_at DESC)
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON security_sessions FOR EACH ROW WHEN (new.last_activity < old.last_activity OR new.revoked_at IS DISTINCT FROM old.revoked_at OR new.expires_at IS DISTINCT FROM old.expires_at OR new.session_token_hash IS DISTINCT FROM old.session_token_hash OR new.methods IS DISTINCT FROM old.methods) EXECUTE FUNCTION tell_callers_changed('tenant_id')
CREATE TRIGGER tell_callers_gone AFTER DELETE ON security_sessions FOR EACH ROW EXECUTE FUNCTION tell_callers_changed('tenant_id')
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT INSERT, SELECT, UPDATE TO probity_app

TABLE security_users ROW LEVEL SECURITY ENABLED FORCED -- People who sign in; names are unique within a tenant
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  username_index bytea NOT NULL -- Blind index of the user name, HMAC-SHA256 under a key of the tenant
  email_index bytea NOT NULL -- Blind index of the address, likewise
  profile_sealed bytea NOT NULL -- Envelope of {username, email, display_name} under the user's data key
  password_hash character varying(255) NOT NULL -- argon2id, PHC string; its salt is within; empty: no password
  mfa_enabled boolean NOT NULL DEFAULT false -- Whether a second factor was confirmed, and hence is asked for
  failed_login_attempts integer NOT NULL DEFAULT 0 -- Attempts to log in since the last that succeeded, from all sources
  locked_until timestamp with time zone -- No log-in before from a source that is not known for this user; NULL: not locked
  is_operator boolean NOT NULL DEFAULT false -- May work across tenants: create, list, suspend, reactivate
  created_at timestamp with time zone NOT NULL -- When the user was created
  updated_at timestamp with time zone NOT NULL -- When a column last changed
  status character varying(16) NOT NULL -- invited: has no password yet; suspended: for a while; deactivated: has left; deleted: is gone, names are free, what was sealed can still be read; erased: as a person, the row stays for what refers to it
  scopes text[] NOT NULL -- What the user may do, beside platform:operate of operators
  email_verified_at timestamp with time zone -- When a link that was mailed to the address was used; NULL: never
  password_changed_at timestamp with time zone -- When the password was last set; NULL: never, or before this was noted
  last_login_at timestamp with time zone -- Last log-in that succeeded; NULL: none, or before this was noted
  version integer NOT NULL DEFAULT 1 -- Grows with each change of what is shown of the user; If-Match compares it
  is_break_glass boolean NOT NULL DEFAULT false -- Whether password and passkey open the account even where the tenant has its people log in through a provider alone
  kind character varying(16) NOT NULL DEFAULT 'person'::character varying -- person, or service: an account of an application, which has tokens and cannot log in
  created_by uuid -- Who made the account; NULL: a provider, the set-up, or before this was noted
  readdressed_by uuid -- Who last gave the account another address, where that was not its owner
  readdressed_at timestamp with time zone -- When that was
  CONSTRAINT security_users_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT security_users_tenant_id_email_index_key UNIQUE (tenant_id, email_index)
  CONSTRAINT security_users_tenant_id_username_index_key UNIQUE (tenant_id, username_index)
  CONSTRAINT security_users_email_index_check CHECK ((length(email_index) = 32))
  CONSTRAINT security_users_failed_login_attempts_check CHECK ((failed_login_attempts >= 0))
  CONSTRAINT security_users_kind_check CHECK (((kind)::text = ANY ((ARRAY['person'::character varying, 'service'::character varying])::text[])))
  CONSTRAINT security_users_status_check CHECK (((status)::text = ANY ((ARRAY['invited'::character varying, 'active'::character varying, 'suspended'::character varying, 'deactivated'::character varying, 'deleted'::character varying, 'erased'::character varying])::text[])))
  CONSTRAINT security_users_username_index_check CHECK ((length(username_index) = 32))
  CONSTRAINT security_users_version_check CHECK ((version > 0))
  CONSTRAINT security_users_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES security_users(tenant_id, id)
  CONSTRAINT security_users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON security_users FOR EACH ROW WHEN (new.is_operator IS DISTINCT FROM old.is_operator OR new.status::text IS DISTINCT FROM old.status::text OR new.scopes IS DISTINCT FROM old.scopes) EXECUTE FUNCTION tell_callers_changed('tenant_id')
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT INSERT, SELECT, UPDATE TO probity_app

TABLE sent_codes ROW LEVEL SECURITY ENABLED FORCED -- The last code that was sent for a factor
  tenant_id uuid NOT NULL -- Tenant
  factor_id uuid NOT NULL -- Factor that it was sent for
  code_digest bytea -- HMAC-SHA256 of factor and code under a key of the tenant; NULL: it was taken
  tries integer NOT NULL -- How often a code was shown since it was sent
  sent_at timestamp with time zone NOT NULL -- When it was sent
  expires_at timestamp with time zone NOT NULL -- When it ends
  counted_since timestamp with time zone NOT NULL -- Since when codes of this factor are counted, so that nobody is flooded
  sent_count integer NOT NULL -- How many were sent since
  CONSTRAINT sent_codes_pkey PRIMARY KEY (tenant_id, factor_id)
  CONSTRAINT sent_codes_code_digest_check CHECK ((length(code_digest) = 32))
  CONSTRAINT sent_codes_sent_count_check CHECK ((sent_count > 0))
  CONSTRAINT sent_codes_tries_check CHECK ((tries >= 0))
  CONSTRAINT sent_codes_tenant_id_factor_id_fkey FOREIGN KEY (tenant_id, factor_id) REFERENCES second_factors(tenant_id, id) ON DELETE CASCADE
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE service_accounts ROW LEVEL SECURITY ENABLED FORCED -- Accounts of applications
  tenant_id uuid NOT NULL -- Tenant
  user_id uuid NOT NULL -- The account
  name character varying(255) NOT NULL -- What it is for
  owner_id uuid NOT NULL -- Person who answers for it
  connection_id uuid -- Provider through which the people log in whom it provisions; NULL: none
  created_at timestamp with time zone NOT NULL -- When it was made
  updated_at timestamp with time zone NOT NULL -- When it was last changed
  CONSTRAINT service_accounts_pkey PRIMARY KEY (tenant_id, user_id)
  CONSTRAINT service_accounts_tenant_id_name_key UNIQUE (tenant_id, name)
  CONSTRAINT service_accounts_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections(tenant_id, id) ON DELETE SET NULL (connection_id)
  CONSTRAINT service_accounts_tenant_id_owner_id_fkey FOREIGN KEY (tenant_id, owner_id) REFERENCES security_users(tenant_id, id)
  CONSTRAINT service_accounts_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX service_accounts_connection ON service_accounts USING btree (tenant_id, connection_id)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE setup_links -- One-time links that make a tenant's first administrator; operators only
  secret_hash bytea NOT NULL -- SHA-256 of the whole token text
  tenant_id uuid -- The tenant it opens; NULL makes the first tenant of the installation
  created_at timestamp with time zone NOT NULL -- When the link was made
  expires_at timestamp with time zone NOT NULL -- An hour after it was made
  used_at timestamp with time zone -- Set once, by compare-and-set
  CONSTRAINT setup_links_pkey PRIMARY KEY (secret_hash)
  CONSTRAINT setup_links_secret_hash_check CHECK ((length(secret_hash) = 32))
  CONSTRAINT setup_links_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_operator

TABLE sign_in_rules ROW LEVEL SECURITY ENABLED FORCED -- What a tenant asks of a log-in; without a row the defaults
  tenant_id uuid NOT NULL -- Tenant
  requires_second_factor boolean NOT NULL -- Whether a session that was opened with a password alone may do nothing but add a factor
  allows_sent_codes boolean NOT NULL -- Whether codes by mail count as second factor; NIST SP 800-63B-4 §3.1.3 has none by mail
  remembered_device_days integer NOT NULL -- For so long a device that was asked for a second factor is not asked again; 0: it always is
  version integer NOT NULL -- Grows with each change
  updated_at timestamp with time zone NOT NULL -- When it was last changed
  requires_provider boolean NOT NULL -- Whether people log in through an identity provider alone, but for break-glass accounts
  allowed_authenticators uuid[] -- AAGUIDs of the models that may make passkeys (WebAuthn §6.5.1); NULL: any
  authenticator_roots text[] NOT NULL DEFAULT '{}'::text[] -- Certificates in PEM to one of which the attestation of a new passkey must lead; empty: none is asked for
  CONSTRAINT sign_in_rules_pkey PRIMARY KEY (tenant_id)
  CONSTRAINT sign_in_rules_remembered_device_days_check CHECK (((remembered_device_days >= 0) AND (remembered_device_days <= 365)))
  CONSTRAINT sign_in_rules_version_check CHECK ((version > 0))
  CONSTRAINT sign_in_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON sign_in_rules FOR EACH ROW EXECUTE FUNCTION tell_callers_changed('tenant_id')
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE subject_tombstones ROW LEVEL SECURITY ENABLED FORCED -- Pseudonyms whose keys are destroyed or about to be; nothing may be sealed for them again
  tenant_id uuid NOT NULL -- Tenant of the pseudonym
  subject uuid NOT NULL -- The pseudonym that stands in leaves
  erased_at timestamp with time zone NOT NULL -- When erasure began: from here on no node reads or seals for it
  keys_destroyed_at timestamp with time zone -- When the keystore no longer held its keys; NULL: a crash came between and the job finishes it
  key_ids uuid[] NOT NULL DEFAULT '{}'::uuid[] -- Ids of the destroyed data keys
  proof text NOT NULL DEFAULT ''::text -- Signed note of the log's key over the pseudonym and when: who only writes to the database cannot make data look erased, nor have keys destroyed
  CONSTRAINT subject_tombstones_pkey PRIMARY KEY (tenant_id, subject)
  CONSTRAINT subject_tombstones_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
POLICY sequencer_all FOR SELECT TO probity_sequencer USING (true)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT INSERT, SELECT, UPDATE TO probity_app
GRANT SELECT TO probity_sequencer

TABLE tenants ROW LEVEL SECURITY ENABLED FORCED -- Customers; a row is visible to its own tenant and to operators only
  id uuid NOT NULL -- UUIDv7; the tenant_id of every other table
  name character varying(255) NOT NULL -- Unique in the installation, 1 to 255 characters; seen by operators and its own members
  description text -- Free text
  security_level character varying(50) NOT NULL DEFAULT 'Standard'::character varying -- Standard, High or Critical
  compliance_requirements jsonb NOT NULL DEFAULT '[]'::jsonb -- Array of framework names the tenant answers to
  created_at timestamp with time zone NOT NULL -- When the tenant was created
  updated_at timestamp with time zone NOT NULL -- When a column last changed
  is_active boolean NOT NULL DEFAULT true -- false: suspended, hence read-only
  CONSTRAINT tenants_pkey PRIMARY KEY (id)
  CONSTRAINT tenants_name_key UNIQUE (name)
  CONSTRAINT tenants_compliance_requirements_check CHECK ((jsonb_typeof(compliance_requirements) = 'array'::text))
  CONSTRAINT tenants_name_check CHECK ((((name)::text = btrim((name)::text)) AND ((name)::text <> ''::text)))
  CONSTRAINT tenants_security_level_check CHECK (((security_level)::text = ANY ((ARRAY['Standard'::character varying, 'High'::character varying, 'Critical'::character varying])::text[])))
CREATE INDEX tenants_name_folded ON tenants USING btree (lower(name::text))
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON tenants FOR EACH ROW WHEN (new.is_active IS DISTINCT FROM old.is_active) EXECUTE FUNCTION tell_callers_changed('id')
POLICY operator_all FOR ALL TO probity_operator USING (true) WITH CHECK (true)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT SELECT TO probity_app
GRANT INSERT, SELECT, UPDATE TO probity_operator

TABLE used_assertions ROW LEVEL SECURITY ENABLED FORCED -- What a provider said of somebody and was taken here, so that it is good once
  tenant_id uuid NOT NULL -- Tenant
  connection_id uuid NOT NULL -- Provider that issued it
  assertion_hash bytea NOT NULL -- SHA-256 of the signed part of an ID token, or of the ID of a SAML assertion
  expires_at timestamp with time zone NOT NULL -- From when on it would be refused for its age, so that the row may go
  CONSTRAINT used_assertions_pkey PRIMARY KEY (tenant_id, connection_id, assertion_hash)
  CONSTRAINT used_assertions_assertion_hash_check CHECK ((length(assertion_hash) = 32))
  CONSTRAINT used_assertions_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES identity_connections(tenant_id, id) ON DELETE CASCADE
  CONSTRAINT used_assertions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
CREATE INDEX used_assertions_expired ON used_assertions USING btree (tenant_id, expires_at)
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT TO probity_app

TABLE user_groups ROW LEVEL SECURITY ENABLED FORCED -- Groups of people
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  name character varying(255) NOT NULL -- What it is called
  name_folded character varying(255) NOT NULL -- The name as it is compared: NFKC, lower case
  managed_by uuid -- SCIM client that says who is in it; NULL: administrators do
  external_id character varying(2000) -- That client's id of it (externalId)
  scopes text[] NOT NULL -- What who is in it may do, beside what each may; administrators say so, never a client
  version integer NOT NULL -- Grows with each change of it or of who is in it
  created_at timestamp with time zone NOT NULL -- When it was made
  updated_at timestamp with time zone NOT NULL -- When it was last changed
  CONSTRAINT user_groups_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT user_groups_tenant_id_managed_by_external_id_key UNIQUE (tenant_id, managed_by, external_id)
  CONSTRAINT user_groups_tenant_id_managed_by_name_folded_key UNIQUE NULLS NOT DISTINCT (tenant_id, managed_by, name_folded)
  CONSTRAINT user_groups_version_check CHECK ((version > 0))
  CONSTRAINT user_groups_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
  CONSTRAINT user_groups_tenant_id_managed_by_fkey FOREIGN KEY (tenant_id, managed_by) REFERENCES security_users(tenant_id, id)
CREATE TRIGGER tell_callers_changed AFTER UPDATE ON user_groups FOR EACH ROW WHEN (new.scopes IS DISTINCT FROM old.scopes) EXECUTE FUNCTION tell_callers_changed('tenant_id')
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

TABLE user_roles ROW LEVEL SECURITY ENABLED FORCED -- Who has which role, on what, and until when
  tenant_id uuid NOT NULL -- Tenant
  id uuid NOT NULL -- UUIDv7
  user_id uuid -- Person or service account that has it; NULL: a group does
  group_id uuid -- Group whose people have it; NULL: one user does
  role_id uuid NOT NULL -- Role
  resource_type character varying(100) -- Type of the resources on which it counts; NULL: on everything
  resource_id character varying(255) -- The one resource on which it counts; NULL: on all of the type
  with_grant_option boolean NOT NULL -- Whether who has it may give it to others, on the same and less
  reason text -- What it was given for, in the words of who gave it
  granted_at timestamp with time zone NOT NULL -- When it was given
  granted_by uuid NOT NULL -- Who gave it
  expires_at timestamp with time zone -- From when on it counts no more; NULL: it does not end
  elevation_id uuid -- What was asked for and approved, that it is by; NULL: it was given unasked
  CONSTRAINT user_roles_pkey PRIMARY KEY (tenant_id, id)
  CONSTRAINT user_roles_same UNIQUE NULLS NOT DISTINCT (tenant_id, user_id, group_id, role_id, resource_type, resource_id, elevation_id)
  CONSTRAINT user_roles_check CHECK ((num_nonnulls(user_id, group_id) = 1))
  CONSTRAINT user_roles_check1 CHECK (((resource_id IS NULL) OR (resource_type IS NOT NULL)))
  CONSTRAINT user_roles_check2 CHECK (((elevation_id IS NULL) OR (expires_at IS NOT NULL)))
  CONSTRAINT user_roles_tenant_id_elevation_id_fkey FOREIGN KEY (tenant_id, elevation_id) REFERENCES role_elevations(tenant_id, id)
  CONSTRAINT user_roles_tenant_id_granted_by_fkey FOREIGN KEY (tenant_id, granted_by) REFERENCES security_users(tenant_id, id)
  CONSTRAINT user_roles_tenant_id_group_id_fkey FOREIGN KEY (tenant_id, group_id) REFERENCES user_groups(tenant_id, id) ON DELETE CASCADE
  CONSTRAINT user_roles_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES security_roles(tenant_id, id)
  CONSTRAINT user_roles_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES security_users(tenant_id, id)
CREATE INDEX user_roles_elevation ON user_roles USING btree (tenant_id, elevation_id) WHERE elevation_id IS NOT NULL
CREATE INDEX user_roles_group ON user_roles USING btree (tenant_id, group_id) WHERE group_id IS NOT NULL
CREATE INDEX user_roles_role ON user_roles USING btree (tenant_id, role_id)
CREATE TRIGGER tell_callers_changed AFTER INSERT OR DELETE OR UPDATE ON user_roles FOR EACH ROW EXECUTE FUNCTION tell_callers_changed('tenant_id')
POLICY tenant_isolation FOR ALL TO PUBLIC USING (tenant_id = (( SELECT NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif")))
GRANT DELETE, INSERT, SELECT, UPDATE TO probity_app

FUNCTION tell_callers_changed() RETURNS trigger -- Tells every server that who a token of a tenant stands for may have changed; the argument names the column with the tenant
BEGIN
  PERFORM pg_notify('callers_changed', to_jsonb(coalesce(NEW, OLD)) ->> TG_ARGV[0]);
  RETURN NULL;
END
