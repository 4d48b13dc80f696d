import type { Tx } from '../../platform/database/transaction.ts'

export interface PasskeyRow {
  id: string
  user_id: string
  credential_id: Buffer
  public_key: Buffer
  sign_count: number
  transports: string[]
  aaguid: string
  is_backed_up: boolean
  name: string | null
  created_at: Date
  last_used_at: Date | null
}

const COLUMNS = `id, user_id, credential_id, public_key, sign_count, transports, aaguid, is_backed_up, name, created_at, last_used_at`

/** False: the credential is there already, whoever's it is. */
export async function insertPasskey(tx: Tx, row: Omit<PasskeyRow, 'last_used_at'>): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO passkeys (tenant_id, id, user_id, credential_id, public_key, sign_count, transports, aaguid, is_backed_up, name, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
    [
      tx.tenantId,
      row.id,
      row.user_id,
      row.credential_id,
      row.public_key,
      row.sign_count,
      row.transports,
      row.aaguid,
      row.is_backed_up,
      row.name,
      row.created_at,
    ],
  )
  return rowCount === 1
}

export async function listPasskeys(tx: Tx, userId: string): Promise<PasskeyRow[]> {
  const text = `SELECT ${COLUMNS} FROM passkeys WHERE tenant_id = $1 AND user_id = $2 ORDER BY id`
  return (await tx.query<PasskeyRow>(text, [tx.tenantId, userId])).rows
}

/** The passkey, held until the transaction ends. */
export async function lockPasskey(tx: Tx, credentialId: Buffer): Promise<PasskeyRow | null> {
  const text = `SELECT ${COLUMNS} FROM passkeys WHERE tenant_id = $1 AND credential_id = $2 FOR UPDATE`
  return (await tx.query<PasskeyRow>(text, [tx.tenantId, credentialId])).rows[0] ?? null
}

export async function noteUse(tx: Tx, id: string, signCount: number, isBackedUp: boolean, at: Date): Promise<void> {
  const text = `UPDATE passkeys SET sign_count = $3, is_backed_up = $4, last_used_at = $5 WHERE tenant_id = $1 AND id = $2`
  await tx.query(text, [tx.tenantId, id, signCount, isBackedUp, at])
}

export async function deletePasskey(tx: Tx, userId: string, id: string): Promise<boolean> {
  const text = 'DELETE FROM passkeys WHERE tenant_id = $1 AND user_id = $2 AND id = $3'
  return (await tx.query(text, [tx.tenantId, userId, id])).rowCount === 1
}

export async function deletePasskeys(tx: Tx, userId: string): Promise<number> {
  const text = 'DELETE FROM passkeys WHERE tenant_id = $1 AND user_id = $2'
  return (await tx.query(text, [tx.tenantId, userId])).rowCount ?? 0
}

/** Notes a challenge, and drops some that have ended. */
export async function insertChallenge(
  tx: Tx,
  challenge: { hash: Buffer; userId: string | null; at: Date; until: Date },
): Promise<void> {
  await tx.query(
    `DELETE FROM passkey_challenges WHERE tenant_id = $1 AND challenge_hash IN
       (SELECT challenge_hash FROM passkey_challenges WHERE tenant_id = $1 AND expires_at < $2 LIMIT 20 FOR UPDATE SKIP LOCKED)`,
    [tx.tenantId, challenge.at],
  )
  const text = 'INSERT INTO passkey_challenges (tenant_id, challenge_hash, user_id, expires_at) VALUES ($1, $2, $3, $4)'
  await tx.query(text, [tx.tenantId, challenge.hash, challenge.userId, challenge.until])
}

/** Takes a challenge, once; false: it is none for this user (null: for a log-in), or has ended. */
export async function takeChallenge(tx: Tx, hash: Buffer, userId: string | null, at: Date): Promise<boolean> {
  const text = `DELETE FROM passkey_challenges WHERE tenant_id = $1 AND challenge_hash = $2 AND user_id IS NOT DISTINCT FROM $3::uuid AND expires_at > $4`
  return (await tx.query(text, [tx.tenantId, hash, userId, at])).rowCount === 1
}
