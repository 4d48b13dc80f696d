import type { Tx } from '../../platform/database/transaction.ts'
import type { Exclusion } from './separation.ts'

export interface ExclusionRow extends Exclusion {
  id: string
  created_at: Date
  created_by: string
}

const COLUMNS = 'id, kind, role_id, other_role_id, created_at, created_by'

/** All of the tenant. */
export async function listExclusions(tx: Tx): Promise<ExclusionRow[]> {
  const text = `SELECT ${COLUMNS} FROM role_exclusions WHERE tenant_id = $1 ORDER BY id`
  return (await tx.query<ExclusionRow>(text, [tx.tenantId])).rows
}

/** By id, which is the order in which they were made. */
export async function pageExclusions(tx: Tx, after: string | null, limit: number): Promise<ExclusionRow[]> {
  const text = `SELECT ${COLUMNS} FROM role_exclusions
                WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`
  return (await tx.query<ExclusionRow>(text, [tx.tenantId, after, limit])).rows
}

/** Makes it, or makes the one of the same roles of another kind; answers the one that is in force. */
export async function putExclusion(tx: Tx, row: ExclusionRow): Promise<ExclusionRow> {
  const text = `INSERT INTO role_exclusions (tenant_id, ${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (tenant_id, role_id, other_role_id) DO UPDATE SET (kind, created_at, created_by) = ($3, $6, $7)
                RETURNING ${COLUMNS}`
  const { id, kind, role_id, other_role_id, created_at, created_by } = row
  const values = [tx.tenantId, id, kind, role_id, other_role_id, created_at, created_by]
  return (await tx.query<ExclusionRow>(text, values)).rows[0] as ExclusionRow // it was put just now
}

/** Null: there is none. */
/** Of two roles, the lesser id first; null: they do not exclude each other. */
export async function kindOf(tx: Tx, roleId: string, otherId: string): Promise<ExclusionRow['kind'] | null> {
  const text = 'SELECT kind FROM role_exclusions WHERE tenant_id = $1 AND role_id = $2 AND other_role_id = $3'
  return (await tx.query<Pick<ExclusionRow, 'kind'>>(text, [tx.tenantId, roleId, otherId])).rows[0]?.kind ?? null
}

export async function deleteExclusion(tx: Tx, id: string): Promise<ExclusionRow | null> {
  const text = `DELETE FROM role_exclusions WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`
  return (await tx.query<ExclusionRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

/** Roles by which one comes to each of the two. */
export interface Sides {
  one: readonly string[]
  other: readonly string[]
}

/** Whose grants are looked at; both null: everybody's, and every group's. */
export interface Holder {
  user_id: string | null
  group_id: string | null
}

// Whoever is suspended or has left can come back. A group that has both would give both to whoever comes into it.
const HELD = `SELECT u.id AS holder, false AS is_group, r.role_id FROM user_roles r
    LEFT JOIN group_members m ON m.tenant_id = r.tenant_id AND m.group_id = r.group_id
    JOIN security_users u ON u.tenant_id = r.tenant_id AND u.id = coalesce(r.user_id, m.user_id)
    WHERE r.tenant_id = $1 AND (r.expires_at IS NULL OR r.expires_at > $2) AND u.status NOT IN ('deleted', 'erased')
      AND ($7::uuid IS NULL OR u.id = $7)
      AND ($8::uuid IS NULL OR u.id IN (SELECT g.user_id FROM group_members g WHERE g.tenant_id = $1 AND g.group_id = $8))
  UNION ALL SELECT r.group_id, true, r.role_id FROM user_roles r
    WHERE r.tenant_id = $1 AND (r.expires_at IS NULL OR r.expires_at > $2) AND r.group_id IS NOT NULL
      AND $7::uuid IS NULL AND ($8::uuid IS NULL OR r.group_id = $8)`

/** How many have a role of either side; those who had one of either side of `before` are left out. */
export async function countBoth(
  tx: Tx,
  { one, other }: Sides,
  { at, of, before }: { at: Date; of: Holder; before: Sides | null },
): Promise<{ people: number; groups: number }> {
  const text = `SELECT count(1) FILTER (WHERE NOT is_group)::integer AS people, count(1) FILTER (WHERE is_group)::integer AS groups
    FROM (SELECT holder, is_group FROM (${HELD}) held GROUP BY holder, is_group
          HAVING bool_or(role_id = ANY ($3::uuid[])) AND bool_or(role_id = ANY ($4::uuid[]))
            AND NOT (bool_or(role_id = ANY ($5::uuid[])) AND bool_or(role_id = ANY ($6::uuid[])))) both_of_them`
  const values = [tx.tenantId, at, one, other, before?.one ?? [], before?.other ?? [], of.user_id, of.group_id]
  const { rows } = await tx.query<{ people: number; groups: number }>(text, values)
  return rows[0] ?? { people: 0, groups: 0 }
}
