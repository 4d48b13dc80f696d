import type { Permission } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'

export interface RoleRow {
  id: string
  name: string
  description: string | null
  is_system: boolean
  version: number
  created_at: Date
  updated_at: Date
}

const COLUMNS = 'id, name, description, is_system, version, created_at, updated_at'

/** Begins the roles of a tenant, or another edition of those that every tenant has; false: it is in force. */
export async function beginVersions(tx: Tx, edition: number): Promise<boolean> {
  const held = await readVersion(tx)
  if (held !== null && held.system_roles >= edition) return false // an INSERT would hold the row
  const text = `INSERT INTO access_versions AS held (tenant_id, version, system_roles) VALUES ($1, 1, $2)
                ON CONFLICT (tenant_id) DO UPDATE SET (version, system_roles) = (held.version + 1, $2) WHERE held.system_roles < $2`
  return (await tx.query(text, [tx.tenantId, edition])).rowCount === 1
}

/** Those that every tenant has, by the names that they are made by. */
export async function listSystemRoles(tx: Tx): Promise<RoleRow[]> {
  const text = `SELECT ${COLUMNS} FROM security_roles WHERE tenant_id = $1 AND is_system`
  return (await tx.query<RoleRow>(text, [tx.tenantId])).rows
}

/** Holds all roles of the tenant until the transaction ends; what servers hold of them is old from its commit on. */
export async function nextVersion(tx: Tx): Promise<void> {
  await tx.query('UPDATE access_versions SET version = version + 1 WHERE tenant_id = $1', [tx.tenantId])
}

/** The same where no role changes: what servers hold of them stays good. */
export async function holdVersion(tx: Tx): Promise<void> {
  await tx.query('SELECT 1 FROM access_versions WHERE tenant_id = $1 FOR UPDATE', [tx.tenantId])
}

export interface VersionRow {
  version: number
  has_entities: boolean
  sampled_actions: string[]
  recorded_share: number
  system_roles: number
}

/** Null: the roles of the tenant have not begun. */
export async function readVersion(tx: Tx): Promise<VersionRow | null> {
  const text =
    'SELECT version, has_entities, sampled_actions, recorded_share, system_roles FROM access_versions WHERE tenant_id = $1'
  return (await tx.query<VersionRow>(text, [tx.tenantId])).rows[0] ?? null
}

/** How decisions are recorded from the next version on. */
export async function updateRecording(tx: Tx, sampled: readonly string[], share: number): Promise<void> {
  const text = 'UPDATE access_versions SET (sampled_actions, recorded_share) = ($2, $3) WHERE tenant_id = $1'
  await tx.query(text, [tx.tenantId, sampled, share])
}

/** By name. */
export async function listRoles(
  tx: Tx,
  { offset, limit }: { offset: number; limit: number | null },
): Promise<RoleRow[]> {
  const text = `SELECT ${COLUMNS} FROM security_roles WHERE tenant_id = $1 ORDER BY name_folded OFFSET $2 LIMIT $3`
  return (await tx.query<RoleRow>(text, [tx.tenantId, offset, limit])).rows
}

export async function countRoles(tx: Tx): Promise<number> {
  const text = 'SELECT count(*)::integer AS count FROM security_roles WHERE tenant_id = $1'
  return (await tx.query<{ count: number }>(text, [tx.tenantId])).rows[0]?.count ?? 0
}

export async function readRole(tx: Tx, id: string): Promise<RoleRow | null> {
  const text = `SELECT ${COLUMNS} FROM security_roles WHERE tenant_id = $1 AND id = $2`
  return (await tx.query<RoleRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

export async function readRoleNamed(tx: Tx, folded: string): Promise<RoleRow | null> {
  const text = `SELECT ${COLUMNS} FROM security_roles WHERE tenant_id = $1 AND name_folded = $2`
  return (await tx.query<RoleRow>(text, [tx.tenantId, folded])).rows[0] ?? null
}

/** False: the name is taken. */
export async function insertRole(tx: Tx, row: RoleRow, folded: string): Promise<boolean> {
  const text = `INSERT INTO security_roles (tenant_id, ${COLUMNS}, name_folded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`
  const { id, name, description, is_system, version, created_at, updated_at } = row
  const values = [tx.tenantId, id, name, description, is_system, version, created_at, updated_at, folded]
  return (await tx.query(text, values)).rowCount === 1
}

/** False: the name is taken by another. */
export async function updateRole(tx: Tx, row: RoleRow, folded: string): Promise<boolean> {
  const text = `UPDATE security_roles SET (name, name_folded, description, version, updated_at) = ($3, $4, $5, $6, $7)
                WHERE tenant_id = $1 AND id = $2
                  AND NOT EXISTS (SELECT 1 FROM security_roles WHERE tenant_id = $1 AND name_folded = $4 AND id <> $2)`
  const { id, name, description, version, updated_at } = row
  return (await tx.query(text, [tx.tenantId, id, name, folded, description, version, updated_at])).rowCount === 1
}

/** What it permits goes with it, where no other role does. */
export async function deleteRole(tx: Tx, id: string): Promise<void> {
  await tx.query('DELETE FROM security_roles WHERE tenant_id = $1 AND id = $2', [tx.tenantId, id])
  await dropUnused(tx)
}

/** Whether somebody has it, or another role has what it permits. */
export async function usesOf(tx: Tx, id: string): Promise<{ grants: number; children: number }> {
  const text = `SELECT (SELECT count(*)::integer FROM user_roles WHERE tenant_id = $1 AND role_id = $2) AS grants,
                  (SELECT count(*)::integer FROM role_parents WHERE tenant_id = $1 AND parent_id = $2) AS children`
  const { rows } = await tx.query<{ grants: number; children: number }>(text, [tx.tenantId, id])
  return rows[0] ?? { grants: 0, children: 0 }
}

export interface Parenthood {
  role_id: string
  parent_id: string
}

/** All of the tenant. */
export async function listParents(tx: Tx): Promise<Parenthood[]> {
  const text = 'SELECT role_id, parent_id FROM role_parents WHERE tenant_id = $1 ORDER BY role_id, parent_id'
  return (await tx.query<Parenthood>(text, [tx.tenantId])).rows
}

/** False: one of them is no role. */
export async function replaceParents(tx: Tx, id: string, parents: readonly string[]): Promise<boolean> {
  await tx.query('DELETE FROM role_parents WHERE tenant_id = $1 AND role_id = $2', [tx.tenantId, id])
  const text = `INSERT INTO role_parents (tenant_id, role_id, parent_id)
                SELECT $1, $2, r.id FROM security_roles r WHERE r.tenant_id = $1 AND r.id = ANY ($3)`
  return (await tx.query(text, [tx.tenantId, id, parents])).rowCount === parents.length
}

export interface PermissionRow extends Permission {
  role_id: string
  permission_id: string
}

/** Of all roles of the tenant, or of some. */
export async function listPermissions(tx: Tx, roles: readonly string[] | null = null): Promise<PermissionRow[]> {
  const text = `SELECT r.role_id, r.permission_id, p.resource, p.action, p.conditions
                FROM role_permissions r JOIN security_permissions p ON p.tenant_id = r.tenant_id AND p.id = r.permission_id
                WHERE r.tenant_id = $1 AND ($2::uuid[] IS NULL OR r.role_id = ANY ($2))
                ORDER BY r.role_id, p.resource, p.action, r.permission_id`
  return (await tx.query<PermissionRow>(text, [tx.tenantId, roles])).rows
}

/** Gives a role these and no others; `ids` are taken for those that are new. */
export async function replacePermissions(
  tx: Tx,
  roleId: string,
  { permissions, ids, at }: { permissions: readonly Permission[]; ids: readonly string[]; at: Date },
): Promise<void> {
  await tx.query('DELETE FROM role_permissions WHERE tenant_id = $1 AND role_id = $2', [tx.tenantId, roleId])
  const given = [
    permissions.map(({ resource }) => resource),
    permissions.map(({ action }) => action),
    permissions.map(({ conditions }) => JSON.stringify(conditions)),
  ]
  const insert = `INSERT INTO security_permissions (tenant_id, id, resource, action, conditions, created_at)
                  SELECT DISTINCT ON (resource, action, conditions) $1::uuid, id, resource, action, conditions, $6::timestamptz
                  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::jsonb[]) AS given (id, resource, action, conditions)
                  ON CONFLICT DO NOTHING`
  await tx.query(insert, [tx.tenantId, ids, ...given, at])
  const link = `INSERT INTO role_permissions (tenant_id, role_id, permission_id)
                SELECT DISTINCT p.tenant_id, $2::uuid, p.id FROM security_permissions p
                JOIN unnest($3::text[], $4::text[], $5::jsonb[]) AS given (resource, action, conditions)
                  ON p.resource = given.resource AND p.action = given.action AND p.conditions = given.conditions
                WHERE p.tenant_id = $1`
  await tx.query(link, [tx.tenantId, roleId, ...given])
  await dropUnused(tx)
}

/** Expressions of Cedar that are in the roles of the tenant, in each that has them. */
export async function countExpressions(tx: Tx): Promise<{ count: number; characters: number }> {
  const text = `SELECT count(*)::float8 AS count, coalesce(sum(length(c.condition ->> 'expression')), 0)::float8 AS characters
                FROM role_permissions r JOIN security_permissions p ON p.tenant_id = r.tenant_id AND p.id = r.permission_id
                CROSS JOIN LATERAL jsonb_array_elements(p.conditions) AS c (condition)
                WHERE r.tenant_id = $1 AND c.condition ->> 'type' = 'cedar'`
  const { rows } = await tx.query<{ count: number; characters: number }>(text, [tx.tenantId])
  return rows[0] ?? { count: 0, characters: 0 }
}

async function dropUnused(tx: Tx): Promise<void> {
  const text = `DELETE FROM security_permissions p WHERE p.tenant_id = $1
                AND NOT EXISTS (SELECT 1 FROM role_permissions r WHERE r.tenant_id = p.tenant_id AND r.permission_id = p.id)`
  await tx.query(text, [tx.tenantId])
}
