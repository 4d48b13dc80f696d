import { randomBytes } from 'node:crypto'
import type { Tx } from '../../platform/database/transaction.ts'

/** Puts random bytes where the indexes of name and address were, takes the password and ends the sessions. */
export async function closeUser(tx: Tx, id: string, status: 'deleted' | 'erased', at: Date): Promise<void> {
  await tx.query(
    `UPDATE security_users SET username_index = $3, email_index = $4, password_hash = '', status = $6, updated_at = $5, version = version + 1
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id, randomBytes(32), randomBytes(32), at, status],
  )
  const text =
    'UPDATE security_sessions SET revoked_at = $3 WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL'
  await tx.query(text, [tx.tenantId, id, at])
  for (const table of [
    'second_factors',
    'backup_codes',
    'passkeys',
    'passkey_challenges',
    'remembered_devices',
    'external_identities',
    'federation_requests',
    'group_members',
    'scim_people',
    'application_artifacts',
  ])
    await tx.query(`DELETE FROM ${table} WHERE tenant_id = $1 AND user_id = $2`, [tx.tenantId, id])
  await tx.query('DELETE FROM account_links WHERE tenant_id = $1 AND user_id = $2', [tx.tenantId, id])
}

export async function forgetAttempts(tx: Tx, accounts: Buffer[]): Promise<void> {
  await tx.query('DELETE FROM login_attempts WHERE tenant_id = $1 AND account = ANY ($2)', [tx.tenantId, accounts])
}

export interface MakerRow {
  id: string
  created_by: string | null
  created_at: Date
  readdressed_by: string | null
  readdressed_at: Date | null
  profile_sealed: Buffer
}

/** An account that is not erased, who made it, who made that one, and so on; the account first. */
export async function readMakers(tx: Tx, id: string): Promise<MakerRow[]> {
  const text = `WITH RECURSIVE made AS (
                  SELECT u.id, u.created_by, u.created_at, u.readdressed_by, u.readdressed_at, u.profile_sealed, 1 AS step FROM security_users u WHERE u.tenant_id = $1 AND u.id = $2 AND u.status <> 'erased'
                  UNION ALL
                  SELECT u.id, u.created_by, u.created_at, u.readdressed_by, u.readdressed_at, u.profile_sealed, m.step + 1 FROM made m JOIN security_users u ON u.tenant_id = $1 AND u.id = m.created_by WHERE m.step < 100)
                SELECT id, created_by, created_at, readdressed_by, readdressed_at, profile_sealed FROM made ORDER BY step`
  return (await tx.query<MakerRow>(text, [tx.tenantId, id])).rows
}

/** Somebody else gave an account another address. */
export async function noteReaddressed(tx: Tx, id: string, by: string, at: Date): Promise<void> {
  const text = 'UPDATE security_users SET (readdressed_by, readdressed_at) = ($3, $4) WHERE tenant_id = $1 AND id = $2'
  await tx.query(text, [tx.tenantId, id, by, at])
}
