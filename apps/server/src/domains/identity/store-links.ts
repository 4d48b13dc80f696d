import type { Tx } from '../../platform/database/transaction.ts'

export type Purpose = 'invitation' | 'password_reset' | 'address'

export interface NewLink {
  hash: Buffer
  userId: string
  purpose: Purpose
  wasMailed: boolean
  at: Date
  expires: Date
}

/** Makes a link; others of the user for the same purpose are no longer good. */
export async function insertLink(tx: Tx, link: NewLink): Promise<void> {
  await endLinks(tx, link.userId, link.purpose, link.at)
  await tx.query(
    `INSERT INTO account_links (tenant_id, token_hash, user_id, purpose, was_mailed, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [tx.tenantId, link.hash, link.userId, link.purpose, link.wasMailed, link.at, link.expires],
  )
}

export async function endLinks(tx: Tx, userId: string, purpose: Purpose, at: Date): Promise<void> {
  const text = `UPDATE account_links SET used_at = $4 WHERE tenant_id = $1 AND user_id = $2 AND purpose = $3 AND used_at IS NULL`
  await tx.query(text, [tx.tenantId, userId, purpose, at])
}

/** Ends all of a user: they went to an address that is no longer theirs. */
export async function endAllLinks(tx: Tx, userId: string, at: Date): Promise<void> {
  const text = 'UPDATE account_links SET used_at = $3 WHERE tenant_id = $1 AND user_id = $2 AND used_at IS NULL'
  await tx.query(text, [tx.tenantId, userId, at])
}

export interface LinkRow {
  user_id: string
  was_mailed: boolean
}

/** A link that is good for this purpose now. */
export async function findLink(tx: Tx, hash: Buffer, purpose: Purpose, at: Date): Promise<LinkRow | null> {
  const text = `SELECT user_id, was_mailed FROM account_links
                WHERE tenant_id = $1 AND token_hash = $2 AND purpose = $3 AND used_at IS NULL AND expires_at > $4`
  return (await tx.query<LinkRow>(text, [tx.tenantId, hash, purpose, at])).rows[0] ?? null
}

/** Uses it up; false: somebody was quicker, or it has ended. */
export async function useLink(tx: Tx, hash: Buffer, at: Date): Promise<boolean> {
  const text = `UPDATE account_links SET used_at = $3 WHERE tenant_id = $1 AND token_hash = $2 AND used_at IS NULL AND expires_at > $3`
  return (await tx.query(text, [tx.tenantId, hash, at])).rowCount === 1
}

/** Links for a purpose that a user was given since. */
export async function countLinksSince(tx: Tx, userId: string, purpose: Purpose, since: Date): Promise<number> {
  const text = `SELECT count(*) AS count FROM account_links WHERE tenant_id = $1 AND user_id = $2 AND purpose = $3 AND created_at > $4`
  const { rows } = await tx.query<{ count: number }>(text, [tx.tenantId, userId, purpose, since])
  return rows[0]?.count ?? 0
}

/** Drops what has long ended, some at a time. */
export async function dropOldLinks(tx: Tx, before: Date): Promise<void> {
  await tx.query(
    `DELETE FROM account_links WHERE tenant_id = $1 AND token_hash IN
       (SELECT token_hash FROM account_links WHERE tenant_id = $1 AND expires_at < $2 LIMIT 100 FOR UPDATE SKIP LOCKED)`,
    [tx.tenantId, before],
  )
}
