import type { Tx } from '../../platform/database/transaction.ts'
import type { Extent } from './rules.ts'
import type { GrantRow } from './store-grants.ts'

export interface ReviewRow {
  id: string
  name: string
  role_id: string | null
  group_id: string | null
  reviewer_ids: string[]
  due_at: Date
  created_at: Date
  created_by: string
  closed_at: Date | null
  cancelled_by: string | null
}

export type ItemState = 'pending' | 'kept' | 'ended' | 'unanswered' | 'changed' | 'protected' | 'cancelled'

export interface ItemRow extends Extent {
  grant_id: string
  user_id: string | null
  group_id: string | null
  role_id: string
  granted_at: Date
  state: ItemState
  decided_at: Date | null
  decided_by: string | null
  reason: string | null
}

const REVIEW = 'id, name, role_id, group_id, reviewer_ids, due_at, created_at, created_by, closed_at, cancelled_by'
const ITEM = `i.grant_id, i.user_id, i.group_id, i.role_id, i.resource_type, i.resource_id, i.granted_at,
  i.state, i.decided_at, i.decided_by, i.reason`

/** Begins it, with all grants that are in force and fit; answers how many. */
export async function insertReview(tx: Tx, row: ReviewRow): Promise<number> {
  const text = `INSERT INTO access_reviews (tenant_id, ${REVIEW}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
  const of = [row.id, row.name, row.role_id, row.group_id, row.reviewer_ids]
  const life = [row.due_at, row.created_at, row.created_by, row.closed_at, row.cancelled_by]
  await tx.query(text, [tx.tenantId, ...of, ...life])
  const items = `INSERT INTO access_review_items
      (tenant_id, review_id, grant_id, user_id, group_id, role_id, resource_type, resource_id, granted_at, state)
    SELECT $1, $2, r.id, r.user_id, r.group_id, r.role_id, r.resource_type, r.resource_id, r.granted_at, 'pending'
    FROM user_roles r WHERE r.tenant_id = $1 AND (r.expires_at IS NULL OR r.expires_at > $3)
      AND ($4::uuid IS NULL OR r.role_id = $4) AND ($5::uuid IS NULL OR r.group_id = $5)`
  return (await tx.query(items, [tx.tenantId, row.id, row.created_at, row.role_id, row.group_id])).rowCount ?? 0
}

/** How many of some are active people. */
export async function countPeople(tx: Tx, ids: readonly string[]): Promise<number> {
  const text = `SELECT 1 FROM security_users WHERE tenant_id = $1 AND id = ANY ($2) AND kind = 'person' AND status = 'active'`
  return (await tx.query(text, [tx.tenantId, ids])).rowCount ?? 0
}

/** By id, which is the order in which they began; `reviewerId`: where this one decides. */
export async function listReviews(
  tx: Tx,
  { reviewerId, after, limit }: { reviewerId: string | null; after: string | null; limit: number },
): Promise<ReviewRow[]> {
  const text = `SELECT ${REVIEW} FROM access_reviews WHERE tenant_id = $1 AND ($2::uuid IS NULL OR $2 = ANY (reviewer_ids))
                  AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4`
  return (await tx.query<ReviewRow>(text, [tx.tenantId, reviewerId, after, limit])).rows
}

export async function readReview(tx: Tx, id: string): Promise<ReviewRow | null> {
  const text = `SELECT ${REVIEW} FROM access_reviews WHERE tenant_id = $1 AND id = $2`
  return (await tx.query<ReviewRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

/** Those that are due and not closed. */
export async function listDue(tx: Tx, at: Date): Promise<string[]> {
  const text = `SELECT id FROM access_reviews WHERE tenant_id = $1 AND closed_at IS NULL AND due_at <= $2 ORDER BY id`
  return (await tx.query<{ id: string }>(text, [tx.tenantId, at])).rows.map(({ id }) => id)
}

/** `by`: who cancels it; null: nobody, its end has passed. False: it was closed before. */
export async function closeReview(tx: Tx, id: string, at: Date, by: string | null = null): Promise<boolean> {
  const text = `UPDATE access_reviews SET (closed_at, cancelled_by) = ($3, $4)
                WHERE tenant_id = $1 AND id = $2 AND closed_at IS NULL`
  return (await tx.query(text, [tx.tenantId, id, at, by])).rowCount === 1
}

export interface StateCount {
  review_id: string
  state: ItemState
  count: number
}

export async function countItems(tx: Tx, reviewIds: readonly string[]): Promise<StateCount[]> {
  const text = `SELECT review_id, state, count(1)::integer AS count FROM access_review_items
                WHERE tenant_id = $1 AND review_id = ANY ($2) GROUP BY review_id, state`
  return (await tx.query<StateCount>(text, [tx.tenantId, reviewIds])).rows
}

/** In the order in which the grants were given, each with the name of its role. */
export async function listItems(
  tx: Tx,
  reviewId: string,
  { state, after, limit }: { state: string | null; after: string | null; limit: number },
): Promise<(ItemRow & { role: string | null })[]> {
  const text = `SELECT ${ITEM}, s.name AS role FROM access_review_items i
                LEFT JOIN security_roles s ON s.tenant_id = i.tenant_id AND s.id = i.role_id
                WHERE i.tenant_id = $1 AND i.review_id = $2 AND ($3::text IS NULL OR i.state = $3)
                  AND ($4::uuid IS NULL OR i.grant_id > $4) ORDER BY i.grant_id LIMIT $5`
  const values = [tx.tenantId, reviewId, state, after, limit]
  return (await tx.query<ItemRow & { role: string | null }>(text, values)).rows
}

export async function lockItem(tx: Tx, reviewId: string, grantId: string): Promise<ItemRow | null> {
  const text = `SELECT ${ITEM} FROM access_review_items i WHERE i.tenant_id = $1 AND i.review_id = $2 AND i.grant_id = $3 FOR UPDATE`
  return (await tx.query<ItemRow>(text, [tx.tenantId, reviewId, grantId])).rows[0] ?? null
}

/** Whether a grant is under review that one of some people has, themselves or by a group. */
export async function isOfAny(tx: Tx, reviewId: string, userIds: readonly string[]): Promise<boolean> {
  const text = `SELECT 1 FROM access_review_items i WHERE i.tenant_id = $1 AND i.review_id = $2 AND i.state = 'pending'
                  AND (i.user_id = ANY ($3) OR EXISTS (SELECT 1 FROM group_members m
                       WHERE m.tenant_id = $1 AND m.group_id = i.group_id AND m.user_id = ANY ($3))) LIMIT 1`
  return (await tx.query(text, [tx.tenantId, reviewId, userIds])).rowCount === 1
}

/** Says of some what became of them. */
export async function settleItems(
  tx: Tx,
  reviewId: string,
  grantIds: readonly string[],
  { state, at, by, reason }: { state: ItemState; at: Date; by: string | null; reason: string | null },
): Promise<void> {
  const text = `UPDATE access_review_items SET (state, decided_at, decided_by, reason) = ($4, $5, $6, $7)
                WHERE tenant_id = $1 AND review_id = $2 AND grant_id = ANY ($3) AND state = 'pending'`
  await tx.query(text, [tx.tenantId, reviewId, grantIds, state, at, by, reason])
}

/** Of those that nobody answered: grants that are as they were when the review began. */
export async function listUnanswered(tx: Tx, reviewId: string): Promise<Pick<GrantRow, 'id'>[]> {
  const text = `SELECT r.id FROM access_review_items i JOIN user_roles r ON r.tenant_id = i.tenant_id AND r.id = i.grant_id
                WHERE i.tenant_id = $1 AND i.review_id = $2 AND i.state = 'pending' AND r.granted_at = i.granted_at ORDER BY r.id`
  return (await tx.query<Pick<GrantRow, 'id'>>(text, [tx.tenantId, reviewId])).rows
}

/** Of those that nobody answered, what is left. */
export async function passUnanswered(
  tx: Tx,
  reviewId: string,
  { state, at }: { state: 'changed' | 'cancelled'; at: Date },
): Promise<void> {
  const text = `UPDATE access_review_items SET (state, decided_at) = ($3, $4)
                WHERE tenant_id = $1 AND review_id = $2 AND state = 'pending'`
  await tx.query(text, [tx.tenantId, reviewId, state, at])
}
