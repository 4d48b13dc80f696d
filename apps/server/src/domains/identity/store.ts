import type { Scope, UserStatus } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import { groupScopesOf } from './store-users.ts'

export interface UserRow {
  id: string
  username_index: Buffer
  email_index: Buffer
  profile_sealed: Buffer
  /** Empty: no password was set. */
  password_hash: string
  status: UserStatus | 'deleted' | 'erased'
  scopes: Scope[]
  /** What groups open, beside. */
  group_scopes: Scope[]
  is_operator: boolean
  mfa_enabled: boolean
  is_break_glass: boolean
}

export async function insertUser(
  tx: Tx,
  user: Omit<UserRow, 'mfa_enabled' | 'is_break_glass' | 'group_scopes'> & { created_by?: string },
  at: Date,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO security_users (tenant_id, id, username_index, email_index, profile_sealed, password_hash, status, scopes,
       is_operator, created_at, updated_at, password_changed_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6::text, $7, $8, $9, $10::timestamptz, $10::timestamptz, CASE WHEN $6::text <> '' THEN $10::timestamptz END, $11) ON CONFLICT DO NOTHING`,
    [
      tx.tenantId,
      user.id,
      user.username_index,
      user.email_index,
      user.profile_sealed,
      user.password_hash,
      user.status,
      user.scopes,
      user.is_operator,
      at,
      user.created_by ?? null,
    ],
  )
  return rowCount === 1
}

export async function countUsers(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    'SELECT count(*) AS count FROM security_users WHERE tenant_id = $1',
    [tx.tenantId],
  )
  return rows[0]?.count ?? 0
}

const USER_COLUMNS = `id, username_index, email_index, profile_sealed, password_hash, status, scopes,
  ${groupScopesOf('security_users')} AS group_scopes, is_operator, mfa_enabled, is_break_glass`

/** The user who goes by this name or address. */
export async function findUser(tx: Tx, usernameIndex: Buffer, emailIndex: Buffer): Promise<UserRow | null> {
  const text = `SELECT ${USER_COLUMNS} FROM security_users
                WHERE tenant_id = $1 AND (username_index = $2 OR email_index = $3) ORDER BY username_index = $2 DESC LIMIT 1`
  return (await tx.query<UserRow>(text, [tx.tenantId, usernameIndex, emailIndex])).rows[0] ?? null
}

/**
 * A password's hash to be looked at for a name that nobody has: of one of the next accounts in the order of blind indexes, which
 * is chance to whoever has no key and the same each time. So a name costs what some account costs, however that was hashed.
 */
export async function hashNearest(tx: Tx, usernameIndex: Buffer): Promise<string | null> {
  const next = (condition: string) =>
    `(SELECT password_hash FROM security_users WHERE tenant_id = $1 AND ${condition} ORDER BY username_index LIMIT 8)`
  const text = `SELECT password_hash FROM (${next('username_index >= $2')} UNION ALL ${next('username_index < $2')}) n
                WHERE password_hash <> '' LIMIT 1`
  const { rows } = await tx.query<{ password_hash: string }>(text, [tx.tenantId, usernameIndex])
  return rows[0]?.password_hash ?? null
}

/** A user by id. */
export async function readUser(tx: Tx, id: string): Promise<UserRow | null> {
  const text = `SELECT ${USER_COLUMNS} FROM security_users WHERE tenant_id = $1 AND id = $2`
  return (await tx.query<UserRow>(text, [tx.tenantId, id])).rows[0] ?? null
}

/** The password and state as they are now; the row is held until the transaction ends. */
export async function lockAccount(
  tx: Tx,
  userId: string,
): Promise<Pick<UserRow, 'password_hash' | 'status' | 'mfa_enabled'> | null> {
  const text =
    'SELECT password_hash, status, mfa_enabled FROM security_users WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE'
  return (
    (await tx.query<Pick<UserRow, 'password_hash' | 'status' | 'mfa_enabled'>>(text, [tx.tenantId, userId])).rows[0] ??
    null
  )
}

export interface TokenRow {
  id: string
  name: string
  scopes: Scope[]
  created_by: string
  created_at: Date
  expires_at: Date | null
  last_used_at: Date | null
  revoked_at: Date | null
  /** Token that was shown for it; null: somebody made it. */
  issued_by: string | null
  /** Who made it, with everybody in whose hand that call was. */
  made_by: readonly string[]
}

const TOKEN_COLUMNS =
  'a.id, a.name, a.scopes, a.created_by, a.created_at, a.expires_at, a.last_used_at, a.revoked_at, a.issued_by, a.made_by'

export async function insertToken(tx: Tx, token: TokenRow, hash: Buffer): Promise<void> {
  await tx.query(
    `INSERT INTO api_tokens (tenant_id, id, name, secret_hash, scopes, created_by, created_at, expires_at, issued_by, made_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      ...[tx.tenantId, token.id, token.name, hash, token.scopes, token.created_by, token.created_at],
      ...[token.expires_at, token.issued_by, token.made_by],
    ],
  )
}

export interface UsableToken extends TokenRow {
  is_active: boolean
  /** What its maker is. */
  kind: 'person' | 'service'
}

/** A token whose maker may still act here; what an erased person made for applications goes on. One that was issued goes with what it was issued for. */
export async function findToken(tx: Tx, hash: Buffer): Promise<UsableToken | null> {
  const text = `SELECT ${TOKEN_COLUMNS}, t.is_active, u.kind FROM api_tokens a JOIN tenants t ON t.id = a.tenant_id
                JOIN security_users u ON u.tenant_id = a.tenant_id AND u.id = a.created_by
                WHERE a.tenant_id = $1 AND a.secret_hash = $2 AND u.status IN ('active', 'erased') AND NOT EXISTS (
                  SELECT FROM api_tokens k WHERE k.tenant_id = a.tenant_id AND k.id = a.issued_by AND k.revoked_at IS NOT NULL)`
  return (await tx.query<UsableToken>(text, [tx.tenantId, hash])).rows[0] ?? null
}

/** Who made a token, with everybody in whose hand that was, and who owns the account that it stands for now. */
export async function handsOfToken(tx: Tx, id: string): Promise<string[]> {
  const text = `SELECT a.made_by || ARRAY(SELECT s.owner_id FROM service_accounts s WHERE s.tenant_id = a.tenant_id AND s.user_id = a.created_by)
                  AS hands FROM api_tokens a WHERE a.tenant_id = $1 AND a.id = $2`
  return (await tx.query<{ hands: string[] }>(text, [tx.tenantId, id])).rows[0]?.hands ?? []
}

/** Whoever owned an application's account while it had its tokens stays behind them. */
export async function noteOwner(tx: Tx, accountId: string, ownerId: string): Promise<void> {
  const text = `UPDATE api_tokens SET made_by = made_by || $3::uuid WHERE tenant_id = $1 AND created_by = $2 AND $3 <> ALL (made_by)`
  await tx.query(text, [tx.tenantId, accountId, ownerId])
}

export async function touchToken(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.query('UPDATE api_tokens SET last_used_at = $3 WHERE tenant_id = $1 AND id = $2', [tx.tenantId, id, at])
}

export async function listTokens(tx: Tx, after: string | null, limit: number): Promise<TokenRow[]> {
  const text = `SELECT ${TOKEN_COLUMNS} FROM api_tokens a WHERE a.tenant_id = $1 AND a.issued_by IS NULL AND ($2::uuid IS NULL OR a.id > $2) ORDER BY a.id LIMIT $3`
  return (await tx.query<TokenRow>(text, [tx.tenantId, after, limit])).rows
}

/** Drops what was issued for a token and has ended. */
export async function dropIssued(tx: Tx, id: string, at: Date): Promise<void> {
  const text = 'DELETE FROM api_tokens WHERE tenant_id = $1 AND issued_by = $2 AND expires_at <= $3'
  await tx.query(text, [tx.tenantId, id, at])
}

/** Null: there is no such token. */
export async function revokeToken(tx: Tx, id: string, at: Date): Promise<TokenRow | null> {
  const text = `UPDATE api_tokens a SET revoked_at = coalesce(a.revoked_at, $3) WHERE a.tenant_id = $1 AND a.id = $2 RETURNING ${TOKEN_COLUMNS}`
  return (await tx.query<TokenRow>(text, [tx.tenantId, id, at])).rows[0] ?? null
}
