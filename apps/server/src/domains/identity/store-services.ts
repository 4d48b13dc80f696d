import { randomBytes } from 'node:crypto'
import type { Tx } from '../../platform/database/transaction.ts'
import { IS_THERE } from './store-users.ts'

export interface ServiceRow {
  id: string
  name: string
  owner_id: string
  owner_is_active: boolean
  connection_id: string | null
  is_enabled: boolean
  created_at: Date
  updated_at: Date
}

/** Those of the tenant by name, or the one of an id. */
export async function listServices(tx: Tx, id: string | null = null): Promise<ServiceRow[]> {
  const text = `SELECT a.user_id AS id, a.name, a.owner_id, o.status = 'active' AS owner_is_active, a.connection_id,
                  u.status = 'active' AS is_enabled, a.created_at, a.updated_at
                FROM service_accounts a
                JOIN security_users u ON u.tenant_id = a.tenant_id AND u.id = a.user_id
                JOIN security_users o ON o.tenant_id = a.tenant_id AND o.id = a.owner_id
                WHERE a.tenant_id = $1 AND ($2::uuid IS NULL OR a.user_id = $2) ORDER BY a.name`
  return (await tx.query<ServiceRow>(text, [tx.tenantId, id])).rows
}

/** What an account keeps by SCIM, and when it last came. */
export interface KeptRow {
  people: number
  groups: number
  last_used_at: Date | null
}

/** Of each of the tenant's accounts, or of one; which keeps nothing and never came is not among them. */
export async function listKept(tx: Tx, id: string | null = null): Promise<Map<string, KeptRow>> {
  const text = `SELECT client_id AS id, sum(people)::integer AS people, sum(groups)::integer AS groups, max(used) AS last_used_at
                FROM (SELECT p.client_id, count(*) AS people, 0 AS groups, NULL::timestamptz AS used
                      FROM scim_people p JOIN security_users u ON u.tenant_id = p.tenant_id AND u.id = p.user_id
                      WHERE p.tenant_id = $1 AND ${IS_THERE} GROUP BY p.client_id
                      UNION ALL
                      SELECT managed_by, 0, count(*), NULL FROM user_groups
                      WHERE tenant_id = $1 AND managed_by IS NOT NULL GROUP BY managed_by
                      UNION ALL
                      SELECT created_by, 0, 0, max(last_used_at) FROM api_tokens WHERE tenant_id = $1 GROUP BY created_by) kept
                WHERE $2::uuid IS NULL OR client_id = $2 GROUP BY client_id`
  const { rows } = await tx.query<KeptRow & { id: string }>(text, [tx.tenantId, id])
  return new Map(rows.map(({ id: account, ...kept }) => [account, kept]))
}

/** False: the name is taken. Nothing of the account is personal: what stands for names and profile is noise or nothing. */
export async function insertService(
  tx: Tx,
  service: { id: string; name: string; ownerId: string; connectionId: string | null; at: Date },
): Promise<boolean> {
  const { id, name, ownerId, connectionId, at } = service
  await tx.query(
    `INSERT INTO security_users (tenant_id, id, kind, username_index, email_index, profile_sealed, password_hash, status, scopes,
       is_operator, created_at, updated_at)
     VALUES ($1, $2, 'service', $3, $4, '', '', 'active', '{}', false, $5, $5)`,
    [tx.tenantId, id, randomBytes(32), randomBytes(32), at],
  )
  const text = `INSERT INTO service_accounts (tenant_id, user_id, name, owner_id, connection_id, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (tenant_id, name) DO NOTHING`
  return (await tx.query(text, [tx.tenantId, id, name, ownerId, connectionId, at])).rowCount === 1
}

/** False: the name is taken by another. */
export async function updateService(
  tx: Tx,
  id: string,
  service: { name: string; owner_id: string; connection_id: string | null; is_enabled: boolean },
  at: Date,
): Promise<boolean> {
  const { name, owner_id, connection_id, is_enabled } = service
  const text = `UPDATE service_accounts SET (name, owner_id, connection_id, updated_at) = ($3, $4, $5, $6)
                WHERE tenant_id = $1 AND user_id = $2
                  AND NOT EXISTS (SELECT 1 FROM service_accounts WHERE tenant_id = $1 AND name = $3 AND user_id <> $2)`
  const { rowCount } = await tx.query(text, [tx.tenantId, id, name, owner_id, connection_id, at])
  const status = is_enabled ? 'active' : 'suspended'
  await tx.query(
    `UPDATE security_users SET status = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2 AND status <> $3`,
    [tx.tenantId, id, status, at],
  )
  return rowCount === 1
}

/** SCIM clients whose people log in through a provider. */
export async function clientsOf(tx: Tx, connectionId: string): Promise<string[]> {
  const text = 'SELECT user_id FROM service_accounts WHERE tenant_id = $1 AND connection_id = $2 ORDER BY user_id'
  return (await tx.query<{ user_id: string }>(text, [tx.tenantId, connectionId])).rows.map((row) => row.user_id)
}
