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

/** Who made each of some accounts that are not erased, and when. */
export async function readMakers(
  tx: Tx,
  ids: readonly string[],
): Promise<{ id: string; created_by: string | null; created_at: Date; profile_sealed: Buffer }[]> {
  const text = `SELECT id, created_by, created_at, profile_sealed FROM security_users
                WHERE tenant_id = $1 AND id = ANY ($2) AND status <> 'erased' ORDER BY id`
  return (
    await tx.query<{ id: string; created_by: string | null; created_at: Date; profile_sealed: Buffer }>(text, [
      tx.tenantId,
      ids,
    ])
  ).rows
}
