import type { Tx } from '../../platform/database/transaction.ts'

/** Showing a code is allowed so often. */
const MOST_TRIES = 5
/** So many codes of a factor are sent within an hour. */
const MOST_SENT = 6
const PAUSE = "interval '30 seconds'"
const HOUR = "interval '1 hour'"

/** Puts a code in the place of the one before; false: too many were sent of late. */
export async function putCode(
  tx: Tx,
  code: { factorId: string; digest: Buffer; at: Date; until: Date },
): Promise<boolean> {
  const text = `INSERT INTO sent_codes AS c (tenant_id, factor_id, code_digest, tries, sent_at, expires_at, counted_since, sent_count)
                VALUES ($1, $2, $3, 0, $4, $5, $4, 1)
                ON CONFLICT (tenant_id, factor_id) DO UPDATE SET
                  code_digest = $3, tries = 0, sent_at = $4, expires_at = $5,
                  counted_since = CASE WHEN c.counted_since < $4::timestamptz - ${HOUR} THEN $4 ELSE c.counted_since END,
                  sent_count = CASE WHEN c.counted_since < $4::timestamptz - ${HOUR} THEN 1 ELSE c.sent_count + 1 END
                WHERE c.sent_at <= $4::timestamptz - ${PAUSE} AND (c.sent_count < ${MOST_SENT} OR c.counted_since < $4::timestamptz - ${HOUR})`
  return (await tx.query(text, [tx.tenantId, code.factorId, code.digest, code.at, code.until])).rowCount === 1
}

/** Counts one try at the code of a factor, and answers what it must be; null: there is none that may be tried. */
export async function tryCode(tx: Tx, factorId: string, at: Date): Promise<Buffer | null> {
  const text = `UPDATE sent_codes SET tries = tries + 1
                WHERE tenant_id = $1 AND factor_id = $2 AND code_digest IS NOT NULL AND expires_at > $3 AND tries < ${MOST_TRIES}
                RETURNING code_digest`
  return (await tx.query<{ code_digest: Buffer }>(text, [tx.tenantId, factorId, at])).rows[0]?.code_digest ?? null
}

/** Takes a code, once. */
export async function takeCode(tx: Tx, factorId: string, digest: Buffer): Promise<boolean> {
  const text = 'UPDATE sent_codes SET code_digest = NULL WHERE tenant_id = $1 AND factor_id = $2 AND code_digest = $3'
  return (await tx.query(text, [tx.tenantId, factorId, digest])).rowCount === 1
}
