import type { Scope } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import { IS_SEEN, IS_THERE } from './store-users.ts'

export interface GroupRow {
  id: string
  name: string
  managed_by: string | null
  external_id: string | null
  scopes: Scope[]
  version: number
  created_at: Date
  updated_at: Date
}

const COLUMNS = 'id, name, managed_by, external_id, scopes, version, created_at, updated_at'

/** Which groups: those of one SCIM client, those that administrators keep (null), or all (undefined). */
export interface GroupQuery {
  managedBy?: string | null
  id?: string
  folded?: string
  externalId?: string
  /** Of a page; the id of the last one of the page before. */
  after?: string | null
  limit?: number
}

export async function listGroups(tx: Tx, query: GroupQuery): Promise<GroupRow[]> {
  const text = `SELECT ${COLUMNS} FROM user_groups
                WHERE tenant_id = $1 AND ($2 OR managed_by IS NOT DISTINCT FROM $3) AND ($4::uuid IS NULL OR id = $4)
                  AND ($5::text IS NULL OR name_folded = $5) AND ($6::text IS NULL OR external_id = $6)
                  AND ($7::uuid IS NULL OR id > $7) ORDER BY id LIMIT $8`
  const { managedBy, id = null, folded = null, externalId = null, after = null, limit = null } = query
  const values = [tx.tenantId, managedBy === undefined, managedBy ?? null, id, folded, externalId, after, limit]
  return (await tx.query<GroupRow>(text, values)).rows
}

/** Held until the transaction ends. */
export async function lockGroup(tx: Tx, id: string): Promise<GroupRow | null> {
  const text = `SELECT ${COLUMNS} FROM user_groups WHERE tenant_id = $1 AND id = $2 FOR UPDATE`
  return (await tx.query<GroupRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

/** False: the name, or the client's id, is taken. */
export async function insertGroup(tx: Tx, row: GroupRow, folded: string): Promise<boolean> {
  const text = `INSERT INTO user_groups (tenant_id, ${COLUMNS}, name_folded)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`
  const values = [row.id, row.name, row.managed_by, row.external_id, row.scopes, row.version, row.created_at]
  return (await tx.query(text, [tx.tenantId, ...values, row.updated_at, folded])).rowCount === 1
}

export async function updateGroup(tx: Tx, row: GroupRow, folded: string): Promise<void> {
  const text = `UPDATE user_groups SET (name, name_folded, external_id, scopes, version, updated_at) = ($3, $4, $5, $6, $7, $8)
                WHERE tenant_id = $1 AND id = $2`
  const { id, name, external_id, scopes, version, updated_at } = row
  await tx.query(text, [tx.tenantId, id, name, folded, external_id, scopes, version, updated_at])
}

/** Who is in it is forgotten with it. */
export async function deleteGroup(tx: Tx, id: string): Promise<void> {
  await tx.query('DELETE FROM user_groups WHERE tenant_id = $1 AND id = $2', [tx.tenantId, id])
}

export interface Membership {
  group_id: string
  user_id: string
}

/** Who is in which of the groups. */
export async function membersOf(tx: Tx, groups: readonly string[]): Promise<Membership[]> {
  const text = `SELECT group_id, user_id FROM group_members WHERE tenant_id = $1 AND group_id = ANY ($2) ORDER BY group_id, user_id`
  return (await tx.query<Membership>(text, [tx.tenantId, groups])).rows
}

export async function countMembers(tx: Tx, groups: readonly string[]): Promise<Map<string, number>> {
  const text = `SELECT group_id, count(*)::integer AS members FROM group_members
                WHERE tenant_id = $1 AND group_id = ANY ($2) GROUP BY group_id`
  const { rows } = await tx.query<{ group_id: string; members: number }>(text, [tx.tenantId, groups])
  return new Map(rows.map(({ group_id, members }) => [group_id, members]))
}

export async function isMember(tx: Tx, group: string, userId: string): Promise<boolean> {
  return hasMember(tx, group, [userId])
}

/** Whether one of some is. */
export async function hasMember(tx: Tx, group: string, userIds: readonly string[]): Promise<boolean> {
  const text = 'SELECT 1 FROM group_members WHERE tenant_id = $1 AND group_id = $2 AND user_id = ANY ($3) LIMIT 1'
  return (await tx.query(text, [tx.tenantId, group, userIds])).rowCount === 1
}

/** One page of who is in a group, by id. */
export async function listMembers(tx: Tx, group: string, after: string | null, limit: number): Promise<string[]> {
  const text = `SELECT user_id FROM group_members WHERE tenant_id = $1 AND group_id = $2 AND ($3::uuid IS NULL OR user_id > $3)
                ORDER BY user_id LIMIT $4`
  return (await tx.query<{ user_id: string }>(text, [tx.tenantId, group, after, limit])).rows.map((row) => row.user_id)
}

/** Adds those who are people of the tenant and not in it; answers who they are. A client adds none of those that it does not see. */
export async function addMembers(
  tx: Tx,
  { id, managed_by }: GroupRow,
  users: readonly string[],
  at: Date,
): Promise<string[]> {
  const text = `INSERT INTO group_members (tenant_id, group_id, user_id, added_at)
                SELECT $1, $2, id, $4 FROM security_users
                WHERE tenant_id = $1 AND id = ANY ($3) AND ${IS_THERE} AND ($5::uuid IS NULL OR ${IS_SEEN})
                ORDER BY id ON CONFLICT DO NOTHING RETURNING user_id`
  const { rows } = await tx.query<{ user_id: string }>(text, [tx.tenantId, id, users, at, managed_by])
  return rows.map(({ user_id }) => user_id)
}

export async function removeMembers(tx: Tx, group: string, users: readonly string[]): Promise<string[]> {
  const text = `DELETE FROM group_members WHERE tenant_id = $1 AND group_id = $2 AND user_id = ANY ($3) RETURNING user_id`
  return (await tx.query<{ user_id: string }>(text, [tx.tenantId, group, users])).rows.map((row) => row.user_id)
}

/** What the groups open that a SCIM client keeps. */
export async function scopesOpenedBy(tx: Tx, clientId: string): Promise<Scope[]> {
  const text = 'SELECT DISTINCT unnest(scopes) AS scope FROM user_groups WHERE tenant_id = $1 AND managed_by = $2'
  return (await tx.query<{ scope: Scope }>(text, [tx.tenantId, clientId])).rows.map(({ scope }) => scope)
}
