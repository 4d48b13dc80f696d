-- Access reviews: campaigns in which somebody says of each grant whether it stays. Owner: access.

CREATE TABLE access_reviews (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  name varchar(255) NOT NULL,
  role_id uuid,
  group_id uuid,
  reviewer_ids uuid[] NOT NULL,
  due_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  created_by uuid NOT NULL,
  closed_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, created_by) REFERENCES security_users (tenant_id, id)
);
CREATE INDEX access_reviews_open ON access_reviews (tenant_id, due_at) WHERE closed_at IS NULL;
COMMENT ON TABLE access_reviews IS 'Campaigns: who says until when of which grants whether they stay';
COMMENT ON COLUMN access_reviews.tenant_id IS 'Tenant';
COMMENT ON COLUMN access_reviews.id IS 'UUIDv7';
COMMENT ON COLUMN access_reviews.name IS 'What it is called';
COMMENT ON COLUMN access_reviews.role_id IS 'Role whose grants were taken, which may be no more; NULL: of every role';
COMMENT ON COLUMN access_reviews.group_id IS 'Group whose grants were taken, which may be no more; NULL: of everybody';
COMMENT ON COLUMN access_reviews.reviewer_ids IS 'Who decides; empty: any administrator of the tenant';
COMMENT ON COLUMN access_reviews.due_at IS 'From when on nobody decides any more, and what nobody answered ends';
COMMENT ON COLUMN access_reviews.created_at IS 'When it began: grants that were in force then are its items';
COMMENT ON COLUMN access_reviews.created_by IS 'Who began it';
COMMENT ON COLUMN access_reviews.closed_at IS 'When what nobody answered was ended; NULL: it was not yet';

CREATE TABLE access_review_items (
  tenant_id uuid NOT NULL,
  review_id uuid NOT NULL,
  grant_id uuid NOT NULL,
  user_id uuid,
  group_id uuid,
  role_id uuid NOT NULL,
  resource_type varchar(100),
  resource_id varchar(255),
  granted_at timestamptz NOT NULL,
  state varchar(16) NOT NULL CHECK (state IN ('pending', 'kept', 'ended', 'unanswered', 'changed', 'protected')),
  decided_at timestamptz,
  decided_by uuid,
  reason text,
  PRIMARY KEY (tenant_id, review_id, grant_id),
  CHECK (num_nonnulls(user_id, group_id) = 1),
  CHECK ((state = 'pending') = (decided_at IS NULL)),
  CHECK ((state IN ('kept', 'ended')) = (decided_by IS NOT NULL)),
  CHECK (decided_by <> user_id),
  FOREIGN KEY (tenant_id, review_id) REFERENCES access_reviews (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES security_users (tenant_id, id),
  FOREIGN KEY (tenant_id, decided_by) REFERENCES security_users (tenant_id, id)
);
COMMENT ON TABLE access_review_items IS 'Grants as they were when a campaign began, and what was said of each';
COMMENT ON COLUMN access_review_items.tenant_id IS 'Tenant';
COMMENT ON COLUMN access_review_items.review_id IS 'Campaign';
COMMENT ON COLUMN access_review_items.grant_id IS 'Grant, which may be no more';
COMMENT ON COLUMN access_review_items.user_id IS 'Person or service account that had it; NULL: a group did';
COMMENT ON COLUMN access_review_items.group_id IS 'Group that had it, which may be no more; NULL: one user did';
COMMENT ON COLUMN access_review_items.role_id IS 'Role, which may be no more';
COMMENT ON COLUMN access_review_items.resource_type IS 'Type of the resources on which it counted; NULL: on everything';
COMMENT ON COLUMN access_review_items.resource_id IS 'The one resource on which it counted; NULL: on all of the type';
COMMENT ON COLUMN access_review_items.granted_at IS 'When it had been given: one that was given again since is another';
COMMENT ON COLUMN access_review_items.state IS 'pending; kept, ended: as a reviewer said; unanswered: nobody did, and it was ended; changed: nobody did, and it was given again or taken back since; protected: nobody did, and it stays since the tenant has no other owner';
COMMENT ON COLUMN access_review_items.decided_at IS 'When that was said, or the campaign closed';
COMMENT ON COLUMN access_review_items.decided_by IS 'Who said it; NULL: nobody';
COMMENT ON COLUMN access_review_items.reason IS 'Why, in the words of who said it';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['access_reviews', 'access_review_items'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO probity_app', t);
  END LOOP;
END $$;
