import type { Application } from '@probity/contract'
import type { Tx } from '../../../platform/database/transaction.ts'

export interface ApplicationRow {
  id: string
  name: string
  kind: Application['kind']
  redirect_uris: string[]
  scopes: Application['scopes']
  secret_hash: Buffer | null
  is_enabled: boolean
  version: number
  created_at: Date
  updated_at: Date
}

const COLUMNS = 'id, name, kind, redirect_uris, scopes, secret_hash, is_enabled, version, created_at, updated_at'

/** All of the tenant by name, or the one of an id. */
export async function listApplications(tx: Tx, id: string | null = null): Promise<ApplicationRow[]> {
  const text = `SELECT ${COLUMNS} FROM applications WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id = $2) ORDER BY name`
  return (await tx.query<ApplicationRow>(text, [tx.tenantId, id])).rows
}

/** One that is enabled, of a tenant that is active. */
export async function findUsable(tx: Tx, id: string): Promise<ApplicationRow | null> {
  const text = `SELECT ${COLUMNS} FROM applications
                WHERE tenant_id = $1 AND id = $2 AND is_enabled AND (SELECT is_active FROM tenants WHERE id = $1)`
  return (await tx.query<ApplicationRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

export async function lockApplication(tx: Tx, id: string): Promise<ApplicationRow | null> {
  const text = `SELECT ${COLUMNS} FROM applications WHERE tenant_id = $1 AND id = $2 FOR UPDATE`
  return (await tx.query<ApplicationRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

/** False: the name is taken. */
export async function insertApplication(tx: Tx, row: ApplicationRow): Promise<boolean> {
  const text = `INSERT INTO applications (tenant_id, ${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                ON CONFLICT (tenant_id, name) DO NOTHING`
  const { id, name, kind, redirect_uris, scopes, secret_hash, is_enabled, version, created_at, updated_at } = row
  const values = [id, name, kind, redirect_uris, scopes, secret_hash, is_enabled, version, created_at, updated_at]
  return (await tx.query(text, [tx.tenantId, ...values])).rowCount === 1
}

/** False: the name is taken by another. */
export async function updateApplication(tx: Tx, row: ApplicationRow): Promise<boolean> {
  const text = `UPDATE applications SET (name, redirect_uris, scopes, secret_hash, is_enabled, version, updated_at) = ($3, $4, $5, $6, $7, $8, $9)
                WHERE tenant_id = $1 AND id = $2
                  AND NOT EXISTS (SELECT 1 FROM applications WHERE tenant_id = $1 AND name = $3 AND id <> $2)`
  const { id, name, redirect_uris, scopes, secret_hash, is_enabled, version, updated_at } = row
  const values = [id, name, redirect_uris, scopes, secret_hash, is_enabled, version, updated_at]
  return (await tx.query(text, [tx.tenantId, ...values])).rowCount === 1
}

/** What was given to it goes with it. */
export async function deleteApplication(tx: Tx, id: string): Promise<boolean> {
  return (await tx.query('DELETE FROM applications WHERE tenant_id = $1 AND id = $2', [tx.tenantId, id])).rowCount === 1
}

export interface KeyRow {
  id: string
  key_sealed: Buffer
  retires_at: Date | null
}

/** Those that are published: the one that signs, the one that will next, and those that signed before. */
export async function listKeys(tx: Tx, at: Date): Promise<KeyRow[]> {
  const text = `SELECT id, key_sealed, retires_at FROM provider_keys
                WHERE tenant_id = $1 AND (retires_at IS NULL OR retires_at > $2)
                ORDER BY retires_at IS NOT NULL, created_at, id`
  return (await tx.query<KeyRow>(text, [tx.tenantId, at])).rows
}

/** Keys are made and turned by one at a time. */
export async function lockKeys(tx: Tx): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('provider_keys ' || $1, 0))", [tx.tenantId])
}

export async function insertKey(tx: Tx, id: string, sealed: Buffer, at: Date): Promise<void> {
  const text = 'INSERT INTO provider_keys (tenant_id, id, key_sealed, created_at) VALUES ($1, $2, $3, $4)'
  await tx.query(text, [tx.tenantId, id, sealed, at])
}

/** The one that signs does so no more, and is published until then; those whose time is over go. */
export async function retireKey(tx: Tx, at: Date, until: Date): Promise<void> {
  await tx.query('DELETE FROM provider_keys WHERE tenant_id = $1 AND retires_at <= $2', [tx.tenantId, at])
  const text = `UPDATE provider_keys SET retires_at = $2 WHERE tenant_id = $1 AND id =
                  (SELECT id FROM provider_keys WHERE tenant_id = $1 AND retires_at IS NULL ORDER BY created_at, id LIMIT 1)`
  await tx.query(text, [tx.tenantId, until])
}
