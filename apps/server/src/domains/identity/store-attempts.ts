import type { Tx } from '../../platform/database/transaction.ts'
import type { Attempts } from './rules.ts'

/** Who is tried, from where: blind indexes. */
export interface Pair {
  account: Buffer
  source: Buffer
}

interface Row {
  attempts: number
  last_attempt: Date
  refused_until: Date | null
  known_until: Date | null
}

/** The attempts of a pair, none at first; the row stays locked until the transaction ends. */
export async function lockAttempts(tx: Tx, { account, source }: Pair, at: Date): Promise<Attempts> {
  const text = `INSERT INTO login_attempts (tenant_id, account, source, attempts, last_attempt, kept_until) VALUES ($1, $2, $3, 0, $4, $4)
                ON CONFLICT (tenant_id, account, source) DO UPDATE SET last_attempt = login_attempts.last_attempt
                RETURNING attempts, last_attempt, refused_until, known_until`
  const row = (await tx.query<Row>(text, [tx.tenantId, account, source, at])).rows[0]
  if (!row) throw new Error('an attempt to log in was not counted')
  return {
    count: row.attempts,
    lastAt: row.last_attempt.getTime(),
    refusedUntil: row.refused_until?.getTime() ?? null,
    knownUntil: row.known_until?.getTime() ?? null,
  }
}

export async function saveAttempts(tx: Tx, { account, source }: Pair, kept: Attempts, until: Date): Promise<void> {
  const text = `UPDATE login_attempts SET attempts = $4, last_attempt = $5, refused_until = $6, known_until = $7, kept_until = $8
                WHERE tenant_id = $1 AND account = $2 AND source = $3`
  const date = (milliseconds: number | null) => (milliseconds === null ? null : new Date(milliseconds))
  const values = [kept.count, date(kept.lastAt), date(kept.refusedUntil), date(kept.knownUntil), until]
  await tx.query(text, [tx.tenantId, account, source, ...values])
}

/** Counts one attempt less: it was none of a guesser. */
export async function takeBack(tx: Tx, { account, source }: Pair): Promise<void> {
  const text = `UPDATE login_attempts SET attempts = greatest(attempts - 1, 0), refused_until = NULL
                WHERE tenant_id = $1 AND account = $2 AND source = $3`
  await tx.query(text, [tx.tenantId, account, source])
}

/** Drops some rows whose time is over; those that others hold are left for later. */
export async function dropOldAttempts(tx: Tx, at: Date): Promise<void> {
  const text = `DELETE FROM login_attempts a USING (
                  SELECT account, source FROM login_attempts WHERE tenant_id = $1 AND kept_until < $2 LIMIT 20 FOR UPDATE SKIP LOCKED) old
                WHERE a.tenant_id = $1 AND a.account = old.account AND a.source = old.source`
  await tx.query(text, [tx.tenantId, at])
}

/** Shows an attempt in the user's own row. Without a user no row has the id, and the work is the same. */
export async function showAttempt(tx: Tx, userId: string, lockedUntil: number | null): Promise<void> {
  const text =
    'UPDATE security_users SET failed_login_attempts = failed_login_attempts + 1, locked_until = $3 WHERE tenant_id = $1 AND id = $2'
  await tx.query(text, [tx.tenantId, userId, lockedUntil === null ? null : new Date(lockedUntil)])
}

export async function showSuccess(tx: Tx, userId: string): Promise<void> {
  const text =
    'UPDATE security_users SET failed_login_attempts = 0, locked_until = NULL WHERE tenant_id = $1 AND id = $2'
  await tx.query(text, [tx.tenantId, userId])
}
