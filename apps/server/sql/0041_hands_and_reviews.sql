-- In whose hand a token of an application was made: what it gives, they give (ADR 0016). Owner: identity.
-- A review is cancelled before its end. Owner: access.

ALTER TABLE api_tokens ADD COLUMN made_by uuid[];
-- Whoever migrates belongs to no tenant: rows of all are there for a moment, within this transaction.
ALTER TABLE api_tokens NO FORCE ROW LEVEL SECURITY;
ALTER TABLE service_accounts NO FORCE ROW LEVEL SECURITY;
-- Who made the tokens of applications until now stands in the log alone: their owner does, who by default made them.
UPDATE api_tokens t SET made_by = ARRAY[t.created_by] || ARRAY(
  SELECT s.owner_id FROM service_accounts s WHERE s.tenant_id = t.tenant_id AND s.user_id = t.created_by);
ALTER TABLE api_tokens FORCE ROW LEVEL SECURITY;
ALTER TABLE service_accounts FORCE ROW LEVEL SECURITY;
ALTER TABLE api_tokens ALTER COLUMN made_by SET NOT NULL;
ALTER TABLE api_tokens ADD CHECK (cardinality(made_by) > 0);
COMMENT ON COLUMN api_tokens.made_by IS 'Who made it, with everybody in whose hand that call was: users';

ALTER TABLE access_reviews ADD COLUMN cancelled_by uuid;
ALTER TABLE access_reviews ADD FOREIGN KEY (tenant_id, cancelled_by) REFERENCES security_users (tenant_id, id);
ALTER TABLE access_reviews ADD CHECK (cancelled_by IS NULL OR closed_at IS NOT NULL);
COMMENT ON COLUMN access_reviews.cancelled_by IS 'Who cancelled it, so that nothing more was ended; NULL: nobody did';
COMMENT ON COLUMN access_reviews.closed_at IS 'When what nobody answered was ended, or the review was cancelled; NULL: it was not yet';

ALTER TABLE access_review_items DROP CONSTRAINT access_review_items_state_check;
ALTER TABLE access_review_items ADD CONSTRAINT access_review_items_state_check
  CHECK (state IN ('pending', 'kept', 'ended', 'unanswered', 'changed', 'protected', 'cancelled'));
COMMENT ON COLUMN access_review_items.state IS 'pending; kept, ended: as a reviewer said; unanswered: nobody did, and it was ended; changed: nobody did, and it was given again or taken back since; protected: nobody did, and it stays since the tenant has no other owner; cancelled: nobody did before the review was cancelled, and it is as it was';
