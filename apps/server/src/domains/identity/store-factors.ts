import type { Tx } from '../../platform/database/transaction.ts'

export interface FactorRow {
  id: string
  user_id: string
  kind: 'totp' | 'email' | 'sms'
  secret_sealed: Buffer
  created_at: Date
  confirmed_at: Date | null
  last_used_at: Date | null
}

const COLUMNS = 'id, user_id, kind, secret_sealed, created_at, confirmed_at, last_used_at'

/** Puts one that is to be confirmed in the place of others that never were. */
export async function insertFactor(
  tx: Tx,
  factor: { id: string; userId: string; kind: FactorRow['kind']; secret: Buffer; at: Date },
): Promise<void> {
  const drop = 'DELETE FROM second_factors WHERE tenant_id = $1 AND user_id = $2 AND confirmed_at IS NULL'
  await tx.query(drop, [tx.tenantId, factor.userId])
  await tx.query(
    `INSERT INTO second_factors (tenant_id, id, user_id, kind, secret_sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [tx.tenantId, factor.id, factor.userId, factor.kind, factor.secret, factor.at],
  )
}

/** Those of a person, confirmed or not. */
export async function readFactors(tx: Tx, userId: string): Promise<FactorRow[]> {
  const text = `SELECT ${COLUMNS} FROM second_factors WHERE tenant_id = $1 AND user_id = $2 ORDER BY id`
  return (await tx.query<FactorRow>(text, [tx.tenantId, userId])).rows
}

/** Takes a code's time step, once; false: that step or a later one was taken before. */
export async function takeStep(tx: Tx, id: string, step: number, at: Date): Promise<boolean> {
  const text = `UPDATE second_factors SET last_step = $3, last_used_at = $4, confirmed_at = coalesce(confirmed_at, $4)
                WHERE tenant_id = $1 AND id = $2 AND last_step < $3`
  return (await tx.query(text, [tx.tenantId, id, step, at])).rowCount === 1
}

/** A code of it was taken that has no time step. */
export async function noteFactorUse(tx: Tx, id: string, at: Date): Promise<void> {
  const text = `UPDATE second_factors SET last_used_at = $3, confirmed_at = coalesce(confirmed_at, $3) WHERE tenant_id = $1 AND id = $2`
  await tx.query(text, [tx.tenantId, id, at])
}

/** Answers what it was; null: there is none. */
export async function deleteFactor(tx: Tx, userId: string, id: string): Promise<FactorRow['kind'] | null> {
  const text = 'DELETE FROM second_factors WHERE tenant_id = $1 AND user_id = $2 AND id = $3 RETURNING kind'
  return (await tx.query<Pick<FactorRow, 'kind'>>(text, [tx.tenantId, userId, id])).rows[0]?.kind ?? null
}

export async function deleteFactors(tx: Tx, userId: string): Promise<number> {
  const text = 'DELETE FROM second_factors WHERE tenant_id = $1 AND user_id = $2'
  return (await tx.query(text, [tx.tenantId, userId])).rowCount ?? 0
}

/** Says whether a second factor is asked for: where one is confirmed; answers it. */
export async function settleEnabled(tx: Tx, userId: string, at: Date): Promise<boolean> {
  const text = `UPDATE security_users u SET updated_at = $3, version = u.version + 1, mfa_enabled = EXISTS (
                  SELECT 1 FROM second_factors f WHERE f.tenant_id = $1 AND f.user_id = $2 AND f.confirmed_at IS NOT NULL
                  UNION ALL SELECT 1 FROM passkeys p WHERE p.tenant_id = $1 AND p.user_id = $2)
                WHERE u.tenant_id = $1 AND u.id = $2 RETURNING u.mfa_enabled`
  return (await tx.query<{ mfa_enabled: boolean }>(text, [tx.tenantId, userId, at])).rows[0]?.mfa_enabled ?? false
}

/** Puts new backup codes in the place of all that there were. */
export async function replaceCodes(tx: Tx, userId: string, digests: readonly Buffer[], at: Date): Promise<void> {
  await tx.query('DELETE FROM backup_codes WHERE tenant_id = $1 AND user_id = $2', [tx.tenantId, userId])
  const text = `INSERT INTO backup_codes (tenant_id, user_id, code_digest, created_at) VALUES ($1, $2, $3, $4)`
  for (const digest of digests) await tx.query(text, [tx.tenantId, userId, digest, at])
}

export async function useCode(tx: Tx, userId: string, digest: Buffer, at: Date): Promise<boolean> {
  const text = `UPDATE backup_codes SET used_at = $4 WHERE tenant_id = $1 AND user_id = $2 AND code_digest = $3 AND used_at IS NULL`
  return (await tx.query(text, [tx.tenantId, userId, digest, at])).rowCount === 1
}

export async function countCodes(tx: Tx, userId: string): Promise<number> {
  const text = 'SELECT count(*) AS count FROM backup_codes WHERE tenant_id = $1 AND user_id = $2 AND used_at IS NULL'
  return (await tx.query<{ count: number }>(text, [tx.tenantId, userId])).rows[0]?.count ?? 0
}
