import type { Tx } from '../../platform/database/transaction.ts'
import type { Extent } from './rules.ts'

export interface ElevationRow extends Extent {
  id: string
  user_id: string
  role_id: string
  duration_seconds: number
  reason: string
  state: 'pending' | 'approved' | 'denied' | 'withdrawn'
  requested_at: Date
  lapses_at: Date
  decided_at: Date | null
  decided_by: string | null
  grant_id: string | null
}

const COLUMNS =
  'id, user_id, role_id, resource_type, resource_id, duration_seconds, reason, state, requested_at, lapses_at, decided_at, decided_by, grant_id'

/** What somebody asks for. */
export async function insertElevation(tx: Tx, row: ElevationRow): Promise<void> {
  const text = `INSERT INTO role_elevations (tenant_id, ${COLUMNS})
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`
  const place = [row.id, row.user_id, row.role_id, row.resource_type, row.resource_id]
  const asked = [row.duration_seconds, row.reason, row.state, row.requested_at, row.lapses_at]
  await tx.query(text, [tx.tenantId, ...place, ...asked, row.decided_at, row.decided_by, row.grant_id])
}

export async function readElevation(tx: Tx, id: string): Promise<ElevationRow | null> {
  const text = `SELECT ${COLUMNS} FROM role_elevations WHERE tenant_id = $1 AND id = $2`
  return (await tx.query<ElevationRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

/** Roles that some people wait to be given. */
export async function askedFor(tx: Tx, userIds: readonly string[], at: Date): Promise<string[]> {
  const text = `SELECT DISTINCT role_id FROM role_elevations WHERE tenant_id = $1 AND user_id = ANY ($2) AND state = 'pending' AND lapses_at > $3`
  return (await tx.query<{ role_id: string }>(text, [tx.tenantId, userIds, at])).rows.map(({ role_id }) => role_id)
}

/** Answers it once. Null: somebody has, or it has lapsed. */
export async function closeElevation(
  tx: Tx,
  id: string,
  { state, by, at, grantId }: { state: ElevationRow['state']; by: string; at: Date; grantId: string | null },
): Promise<ElevationRow | null> {
  const text = `UPDATE role_elevations SET (state, decided_by, decided_at, grant_id) = ($3, $4, $5, $6)
                WHERE tenant_id = $1 AND id = $2 AND state = 'pending' AND lapses_at > $5 RETURNING ${COLUMNS}`
  return (await tx.query<ElevationRow>(text, [tx.tenantId, id, state, by, at, grantId])).rows[0] ?? null
}

/** By id, which is the order in which they were asked for; `userId`: of one person alone. */
export async function listElevations(
  tx: Tx,
  asked: { userId: string | null; state: string | null; at: Date; after: string | null; limit: number },
): Promise<ElevationRow[]> {
  const text = `SELECT ${COLUMNS} FROM role_elevations
                WHERE tenant_id = $1 AND ($2::uuid IS NULL OR user_id = $2) AND ($5::uuid IS NULL OR id > $5)
                  AND ($3::text IS NULL OR $3 = CASE WHEN state = 'pending' AND lapses_at <= $4 THEN 'lapsed' ELSE state END)
                ORDER BY id LIMIT $6`
  const { userId, state, at, after, limit } = asked
  return (await tx.query<ElevationRow>(text, [tx.tenantId, userId, state, at, after, limit])).rows
}
