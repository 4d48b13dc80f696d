import type { CreateTenant } from '@probity/contract'
import type { OperatorTx } from '../../platform/database/transaction.ts'

export interface TenantRow {
  id: string
  name: string
  description: string | null
  security_level: 'Standard' | 'High' | 'Critical'
  compliance_requirements: string[]
  created_at: Date
  updated_at: Date
  is_active: boolean
}

// The installation's own tenant, which owns the anchor log, is nobody's to see or to be in.
const VISIBLE = `id <> '00000000-0000-0000-0000-000000000000'`
const COLUMNS = 'id, name, description, security_level, compliance_requirements, created_at, updated_at, is_active'

/** False: the name is taken. */
export async function insertTenant(tx: OperatorTx, id: string, tenant: CreateTenant, at: Date): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO tenants (id, name, description, security_level, compliance_requirements, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (name) DO NOTHING`,
    [
      id,
      tenant.name,
      tenant.description ?? null,
      tenant.security_level,
      JSON.stringify(tenant.compliance_requirements),
      at,
    ],
  )
  return rowCount === 1
}

export async function readTenant(tx: OperatorTx, id: string): Promise<TenantRow | null> {
  return (
    (await tx.query<TenantRow>(`SELECT ${COLUMNS} FROM tenants WHERE id = $1 AND ${VISIBLE}`, [id])).rows[0] ?? null
  )
}

export async function readTenantByName(tx: OperatorTx, name: string): Promise<TenantRow | null> {
  return (
    (await tx.query<TenantRow>(`SELECT ${COLUMNS} FROM tenants WHERE name = $1 AND ${VISIBLE}`, [name])).rows[0] ?? null
  )
}

/** Whom somebody means by a name: who has exactly it, or is the only one that has it in another case. */
export async function findTenantNamed(tx: OperatorTx, name: string): Promise<TenantRow | null> {
  const text = `SELECT ${COLUMNS} FROM tenants WHERE lower(name) = lower($1) AND ${VISIBLE} ORDER BY name = $1 DESC LIMIT 2`
  const [first, second] = (await tx.query<TenantRow>(text, [name])).rows
  return first && (first.name === name || !second) ? first : null
}

export async function listTenants(tx: OperatorTx, after: string | null, limit: number): Promise<TenantRow[]> {
  const text = `SELECT ${COLUMNS} FROM tenants WHERE ${VISIBLE} AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2`
  return (await tx.query<TenantRow>(text, [after, limit])).rows
}

/** All that have a log, the installation's own among them. */
export async function listTenantIds(tx: OperatorTx): Promise<string[]> {
  return (await tx.query<{ id: string }>('SELECT id FROM tenants ORDER BY id', [])).rows.map((row) => row.id)
}

export async function setActive(tx: OperatorTx, id: string, active: boolean, at: Date): Promise<void> {
  await tx.query('UPDATE tenants SET is_active = $2, updated_at = $3 WHERE id = $1', [id, active, at])
}

export async function insertSetupLink(
  tx: OperatorTx,
  link: { hash: Buffer; tenantId: string | null; at: Date; expires: Date },
): Promise<void> {
  const text = 'INSERT INTO setup_links (secret_hash, tenant_id, created_at, expires_at) VALUES ($1, $2, $3, $4)'
  await tx.query(text, [link.hash, link.tenantId, link.at, link.expires])
}

/** Links to the first tenant that were never used; a new one replaces them. */
/** Whether a link of the tenant was used: then it has its first administrator. */
export async function hasUsedLink(tx: OperatorTx, tenantId: string): Promise<boolean> {
  const text = 'SELECT 1 FROM setup_links WHERE tenant_id = $1 AND used_at IS NOT NULL LIMIT 1'
  return (await tx.query(text, [tenantId])).rowCount === 1
}

/** Ends the tenant's links that were not used. */
export async function dropLinks(tx: OperatorTx, tenantId: string): Promise<void> {
  await tx.query('DELETE FROM setup_links WHERE tenant_id = $1 AND used_at IS NULL', [tenantId])
}

export async function dropFirstLinks(tx: OperatorTx): Promise<void> {
  await tx.query('DELETE FROM setup_links WHERE tenant_id IS NULL AND used_at IS NULL', [])
}

/** Uses a link up, once; null: unknown, used or expired. */
export async function useSetupLink(
  tx: OperatorTx,
  hash: Buffer,
  at: Date,
): Promise<{ tenant_id: string | null } | null> {
  const text = `UPDATE setup_links SET used_at = $2 WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING tenant_id`
  return (await tx.query<{ tenant_id: string | null }>(text, [hash, at])).rows[0] ?? null
}

export async function releaseSetupLink(tx: OperatorTx, hash: Buffer, tenantId: string): Promise<void> {
  await tx.query('UPDATE setup_links SET used_at = NULL, tenant_id = $2 WHERE secret_hash = $1', [hash, tenantId])
}

/** One at a time makes a tenant from the first link. */
export async function lockFirstTenant(tx: OperatorTx): Promise<boolean> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtext('probity first tenant'))`, [])
  return (await tx.query(`SELECT 1 FROM tenants WHERE ${VISIBLE} LIMIT 1`, [])).rowCount === 0
}
