import type { Scope } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Extent } from './rules.ts'

export interface GrantRow {
  id: string
  user_id: string | null
  group_id: string | null
  role_id: string
  resource_type: string | null
  resource_id: string | null
  with_grant_option: boolean
  reason: string | null
  granted_at: Date
  granted_by: string
  expires_at: Date | null
  elevation_id: string | null
}

const COLUMNS =
  'id, user_id, group_id, role_id, resource_type, resource_id, with_grant_option, reason, granted_at, granted_by, expires_at, elevation_id'

export interface GrantPage {
  userId: string | null
  groupId: string | null
  roleId: string | null
  after: string | null
  limit: number
}

/** By id, which is the order in which they were given. */
export async function listGrants(tx: Tx, { userId, groupId, roleId, after, limit }: GrantPage): Promise<GrantRow[]> {
  const text = `SELECT ${COLUMNS} FROM user_roles
                WHERE tenant_id = $1 AND ($2::uuid IS NULL OR user_id = $2) AND ($3::uuid IS NULL OR group_id = $3)
                  AND ($4::uuid IS NULL OR role_id = $4) AND ($5::uuid IS NULL OR id > $5) ORDER BY id LIMIT $6`
  return (await tx.query<GrantRow>(text, [tx.tenantId, userId, groupId, roleId, after, limit])).rows
}

/** Gives it, or gives the same again on other terms; answers the one that is in force. */
export async function putGrant(tx: Tx, row: GrantRow): Promise<GrantRow> {
  const text = `INSERT INTO user_roles (tenant_id, ${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                ON CONFLICT (tenant_id, user_id, group_id, role_id, resource_type, resource_id, elevation_id)
                DO UPDATE SET (with_grant_option, reason, granted_at, granted_by, expires_at) = ($8, $9, $10, $11, $12)
                RETURNING ${COLUMNS}`
  const { id, user_id, group_id, role_id, resource_type, resource_id, with_grant_option, reason } = row
  const place = [id, user_id, group_id, role_id, resource_type, resource_id]
  const terms = [with_grant_option, reason, row.granted_at, row.granted_by, row.expires_at]
  return (await tx.query<GrantRow>(text, [tx.tenantId, ...place, ...terms, row.elevation_id])).rows[0] as GrantRow // it was put just now
}

export async function lockGrant(tx: Tx, id: string): Promise<GrantRow | null> {
  const text = `SELECT ${COLUMNS} FROM user_roles WHERE tenant_id = $1 AND id = $2 FOR UPDATE`
  return (await tx.query<GrantRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

/** Who has the very same already, on whatever terms; held until the transaction ends. */
export async function lockSame(tx: Tx, row: Omit<GrantRow, 'granted_by'>): Promise<GrantRow | null> {
  const text = `SELECT ${COLUMNS} FROM user_roles WHERE tenant_id = $1 AND role_id = $2 AND user_id IS NOT DISTINCT FROM $3
                  AND group_id IS NOT DISTINCT FROM $4 AND resource_type IS NOT DISTINCT FROM $5 AND resource_id IS NOT DISTINCT FROM $6
                  AND elevation_id IS NOT DISTINCT FROM $7 FOR UPDATE`
  const { role_id, user_id, group_id, resource_type, resource_id, elevation_id } = row
  const values = [tx.tenantId, role_id, user_id, group_id, resource_type, resource_id, elevation_id]
  return (await tx.query<GrantRow>(text, values)).rows[0] ?? null
}

export async function deleteGrant(tx: Tx, id: string): Promise<void> {
  await tx.query('DELETE FROM user_roles WHERE tenant_id = $1 AND id = $2', [tx.tenantId, id])
}

/** Grants by which an active person is owner of everything, themselves and without end. */
export async function listOwners(tx: Tx): Promise<{ id: string; user_id: string }[]> {
  const text = `SELECT r.id, r.user_id FROM user_roles r
                JOIN security_roles o ON o.tenant_id = r.tenant_id AND o.id = r.role_id AND o.is_system AND o.name_folded = 'owner'
                JOIN security_users u ON u.tenant_id = r.tenant_id AND u.id = r.user_id AND u.status = 'active' AND u.kind = 'person'
                WHERE r.tenant_id = $1 AND r.resource_type IS NULL AND r.expires_at IS NULL`
  return (await tx.query<{ id: string; user_id: string }>(text, [tx.tenantId])).rows
}

/** Whether one of some is in a group, active or not. */
export async function isAnyIn(tx: Tx, groupId: string, userIds: readonly string[]): Promise<boolean> {
  const text = 'SELECT 1 FROM group_members WHERE tenant_id = $1 AND group_id = $2 AND user_id = ANY ($3) LIMIT 1'
  return (await tx.query(text, [tx.tenantId, groupId, userIds])).rowCount === 1
}

/** Groups of somebody, active or not. */
export async function placesOf(tx: Tx, userId: string): Promise<string[]> {
  const text = 'SELECT group_id FROM group_members WHERE tenant_id = $1 AND user_id = $2 ORDER BY group_id'
  return (await tx.query<{ group_id: string }>(text, [tx.tenantId, userId])).rows.map(({ group_id }) => group_id)
}

export async function hasGroup(tx: Tx, id: string): Promise<boolean> {
  return (
    (await tx.query('SELECT 1 FROM user_groups WHERE tenant_id = $1 AND id = $2', [tx.tenantId, id])).rowCount === 1
  )
}

/** A grant as it reaches somebody who is active. */
export interface ReachRow {
  user_id: string
  grant_id: string
  role_id: string
  group_id: string | null
  resource_type: string | null
  resource_id: string | null
  with_grant_option: boolean
  since: Date
  expires_at: Date | null
}

const REACH = `u.id AS user_id, r.id AS grant_id, r.role_id, r.group_id, r.resource_type, r.resource_id, r.with_grant_option,
  greatest(r.granted_at, r.added_at) AS since, r.expires_at`

/**
 * What some people were given that is in force, themselves and by groups. From the people to their grants: those of everybody
 * else are not looked at.
 */
const REACHING = `FROM security_users u CROSS JOIN LATERAL (
    SELECT g.*, NULL::timestamptz AS added_at FROM user_roles g WHERE g.tenant_id = u.tenant_id AND g.user_id = u.id
    UNION ALL
    SELECT g.*, m.added_at FROM group_members m JOIN user_roles g ON g.tenant_id = m.tenant_id AND g.group_id = m.group_id
    WHERE m.tenant_id = u.tenant_id AND m.user_id = u.id) r
  WHERE u.tenant_id = $1 AND (r.expires_at IS NULL OR r.expires_at > $2) AND u.id = ANY ($3)`

/** What reaches some people, active or not, in the order in which it was given. */
export async function reachOf(tx: Tx, userIds: readonly string[], at: Date): Promise<ReachRow[]> {
  const text = `SELECT ${REACH} ${REACHING} ORDER BY r.id`
  return (await tx.query<ReachRow>(text, [tx.tenantId, at, userIds])).rows
}

/** The same of those who are active. */
export async function heldBy(tx: Tx, userIds: readonly string[], at: Date): Promise<ReachRow[]> {
  const text = `SELECT ${REACH} ${REACHING} AND u.status = 'active'`
  return (await tx.query<ReachRow>(text, [tx.tenantId, at, userIds])).rows
}

/** Groups of each of some people who may have roles: whose account is active. Who is missing is not there, or not active. */
export async function groupsOf(tx: Tx, userIds: readonly string[]): Promise<Map<string, string[]>> {
  const text = `SELECT u.id, ARRAY(SELECT m.group_id FROM group_members m WHERE m.tenant_id = u.tenant_id AND m.user_id = u.id) AS groups
                FROM security_users u WHERE u.tenant_id = $1 AND u.id = ANY ($2) AND u.status = 'active'`
  const { rows } = await tx.query<{ id: string; groups: string[] }>(text, [tx.tenantId, userIds])
  return new Map(rows.map(({ id, groups }) => [id, groups]))
}

/** Whom grants of some roles reach that count in some places, themselves or by a group, by person. */
export async function listReached(
  tx: Tx,
  asked: {
    roles: readonly string[]
    places: readonly Extent[]
    at: Date
    after: { userId: string; grantId: string } | null
    limit: number
  },
): Promise<ReachRow[]> {
  const text = `SELECT ${REACH} FROM (
                  SELECT g.*, coalesce(g.user_id, m.user_id) AS reached_id, m.added_at FROM user_roles g
                  LEFT JOIN group_members m ON m.tenant_id = g.tenant_id AND m.group_id = g.group_id) r
                JOIN security_users u ON u.tenant_id = r.tenant_id AND u.id = r.reached_id
                WHERE r.tenant_id = $1 AND (r.expires_at IS NULL OR r.expires_at > $2) AND u.status = 'active' AND r.role_id = ANY ($3)
                  AND (r.resource_type IS NULL OR EXISTS (SELECT 1 FROM unnest($4::text[], $5::text[]) AS place (type, id)
                       WHERE r.resource_type = place.type AND (r.resource_id IS NULL OR r.resource_id = place.id)))
                  AND ($6::uuid IS NULL OR (u.id, r.id) > ($6, $7::uuid))
                ORDER BY u.id, r.id LIMIT $8`
  const { roles, places, at, after, limit } = asked
  const [types, ids] = [places.map((one) => one.resource_type), places.map((one) => one.resource_id)]
  const page = [after?.userId ?? null, after?.grantId ?? null, limit]
  return (await tx.query<ReachRow>(text, [tx.tenantId, at, roles, types, ids, ...page])).rows
}

export interface AccountRow {
  status: string
  /** Their own, and those of their groups. */
  scopes: Scope[]
}

/** Null: there is no such account. */
export async function readAccount(tx: Tx, userId: string): Promise<AccountRow | null> {
  const text = `SELECT u.status, ARRAY(
                  SELECT unnest(u.scopes) UNION
                  SELECT unnest(g.scopes) FROM group_members m JOIN user_groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
                  WHERE m.tenant_id = u.tenant_id AND m.user_id = u.id ORDER BY 1) AS scopes
                FROM security_users u WHERE u.tenant_id = $1 AND u.id = $2 AND u.status NOT IN ('deleted', 'erased')`
  return (await tx.query<AccountRow>(text, [tx.tenantId, userId])).rows[0] ?? null
}

/** Those of some ids that are accounts, whatever their state. */
export async function accountsAmong(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  const text = `SELECT id FROM security_users WHERE tenant_id = $1 AND id = ANY ($2) AND status NOT IN ('deleted', 'erased')`
  return new Set((await tx.query<{ id: string }>(text, [tx.tenantId, ids])).rows.map(({ id }) => id))
}

/** Ids of accounts that are active, in their order. */
export async function listAccountIds(tx: Tx, after: string | null, limit: number): Promise<string[]> {
  const text = `SELECT id FROM security_users WHERE tenant_id = $1 AND status = 'active' AND ($2::text IS NULL OR id::text COLLATE "C" > $2)
                ORDER BY id LIMIT $3`
  return (await tx.query<{ id: string }>(text, [tx.tenantId, after, limit])).rows.map((row) => row.id)
}
