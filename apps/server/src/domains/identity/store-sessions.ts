import type { Scope } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import { GRACE_SECONDS } from './rules.ts'
import { groupScopesOf } from './store-users.ts'

/** A session as its end is decided by. */
export interface Ending {
  expires_at: Date
  last_activity: Date
  revoked_at: Date | null
  is_remembered: boolean
}

export interface SessionRow extends Ending {
  id: string
  user_id: string
  /** End of the access token that was shown. */
  good_until: Date
  scopes: Scope[]
  group_scopes: Scope[]
  is_operator: boolean
  is_active: boolean
  lacks_factor: boolean
  impersonator_id: string | null
  bound_to: string | null
}

/** Whether session s was opened without a second factor that the tenant (its rules are x) demands, or user u has for it (`lacksFactor` of rules.ts). */
const LACKS_FACTOR = `(coalesce(x.requires_second_factor, false) AND s.methods <@ '{pwd,fed}'
                  OR u.mfa_enabled AND s.methods = '{fed}') AS lacks_factor`

export interface NewSession {
  id: string
  userId: string
  hash: Buffer
  goodUntil: Date
  client: Buffer
  expires: Date
  isRemembered: boolean
  methods: readonly string[]
  through: { connectionId: string; session: Buffer | null } | null
  impersonatorId: string | null
  boundTo: string | null
  at: Date
}

export async function insertSession(tx: Tx, session: NewSession): Promise<void> {
  await tx.query(
    `INSERT INTO security_sessions (tenant_id, id, user_id, session_token_hash, token_expires_at, client_sealed, expires_at,
       is_remembered, methods, created_at, last_activity, connection_id, provider_session_index, impersonator_id, bound_to)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14)`,
    [
      tx.tenantId,
      session.id,
      session.userId,
      session.hash,
      session.goodUntil,
      session.client,
      session.expires,
      session.isRemembered,
      session.methods,
      session.at,
      session.through?.connectionId ?? null,
      session.through?.session ?? null,
      session.impersonatorId,
      session.boundTo,
    ],
  )
}

/** The session of an access token: of its last one, or of the one before while that is still good. */
export async function findSession(tx: Tx, hash: Buffer): Promise<SessionRow | null> {
  const text = `SELECT s.id, s.user_id, s.impersonator_id, s.bound_to, s.expires_at, s.last_activity, s.revoked_at, s.is_remembered, u.scopes, ${groupScopesOf('u')} AS group_scopes, u.is_operator,
                  t.is_active, ${LACKS_FACTOR}, least(s.expires_at, s.token_expires_at,
                    CASE WHEN s.session_token_hash <> $2 THEN s.refreshed_at + interval '${GRACE_SECONDS} seconds' END) AS good_until
                FROM security_sessions s
                JOIN security_users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
                JOIN tenants t ON t.id = s.tenant_id
                LEFT JOIN sign_in_rules x ON x.tenant_id = s.tenant_id
                WHERE s.tenant_id = $1 AND (s.session_token_hash = $2 OR s.previous_token_hash = $2) AND u.status = 'active'
                  AND (s.impersonator_id IS NULL OR EXISTS (SELECT 1 FROM security_users i
                    WHERE i.tenant_id = s.tenant_id AND i.id = s.impersonator_id AND i.status = 'active'))`
  return (await tx.query<SessionRow>(text, [tx.tenantId, hash])).rows[0] ?? null
}

export async function touchSession(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.query('UPDATE security_sessions SET last_activity = $3 WHERE tenant_id = $1 AND id = $2', [
    tx.tenantId,
    id,
    at,
  ])
}

/** When the person of a session last showed all their factors; null: never, since their device was not asked. */
export async function readAuthenticatedAt(tx: Tx, id: string): Promise<Date | null> {
  const text =
    "SELECT CASE WHEN 'remembered_device' <> ALL (methods) THEN coalesce(authenticated_at, created_at) END AS at FROM security_sessions WHERE tenant_id = $1 AND id = $2"
  return (await tx.query<{ at: Date | null }>(text, [tx.tenantId, id])).rows[0]?.at ?? null
}

/** When the person of a session last showed a second factor; null: never, or their device was remembered instead. */
export async function readSecondFactorAt(tx: Tx, id: string): Promise<Date | null> {
  const text = `SELECT CASE WHEN cardinality(methods) > 1 AND 'remembered_device' <> ALL (methods)
                       THEN coalesce(authenticated_at, created_at) END AS at
                FROM security_sessions WHERE tenant_id = $1 AND id = $2`
  return (await tx.query<{ at: Date | null }>(text, [tx.tenantId, id])).rows[0]?.at ?? null
}

export async function noteFactors(tx: Tx, id: string, methods: readonly string[], at: Date): Promise<void> {
  const text = 'UPDATE security_sessions SET methods = $3, authenticated_at = $4 WHERE tenant_id = $1 AND id = $2'
  await tx.query(text, [tx.tenantId, id, methods, at])
}

export interface ListedSession extends Ending {
  id: string
  created_at: Date
  client_sealed: Buffer | null
  impersonator_id: string | null
}

/** Sessions of a person that were not ended and have not come to their absolute end, the last used first. */
export async function listSessions(tx: Tx, userId: string, at: Date): Promise<ListedSession[]> {
  const text = `SELECT id, created_at, client_sealed, impersonator_id, expires_at, last_activity, revoked_at, is_remembered FROM security_sessions
                WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3 ORDER BY last_activity DESC, id DESC`
  return (await tx.query<ListedSession>(text, [tx.tenantId, userId, at])).rows
}

/** False: there is no such session, or it was revoked before. `userId` null: whoever's it is. */
export async function revokeSession(tx: Tx, id: string, userId: string | null, at: Date): Promise<boolean> {
  const text = `UPDATE security_sessions SET revoked_at = $4
                WHERE tenant_id = $1 AND id = $2 AND ($3::uuid IS NULL OR user_id = $3) AND revoked_at IS NULL`
  return (await tx.query(text, [tx.tenantId, id, userId, at])).rowCount === 1
}

/** Ends those that live of what a provider opened: of a person, or of one session of the provider's. */
export async function revokeSessionsOfProvider(
  tx: Tx,
  connectionId: string,
  { userId, session }: { userId: string | null; session: Buffer | null },
  at: Date,
): Promise<{ id: string; user_id: string }[]> {
  const text = `UPDATE security_sessions SET revoked_at = $5
                WHERE tenant_id = $1 AND connection_id = $2 AND (provider_session_index = $4 OR user_id = $3 AND ($4::bytea IS NULL OR provider_session_index IS NULL))
                  AND revoked_at IS NULL AND expires_at > $5
                RETURNING id, user_id`
  return (await tx.query<{ id: string; user_id: string }>(text, [tx.tenantId, connectionId, userId, session, at])).rows
}

/** Ends those that live and that no provider opened, but of break-glass accounts. */
export async function revokeSessionsPastProviders(tx: Tx, at: Date): Promise<{ id: string; user_id: string }[]> {
  const text = `UPDATE security_sessions s SET revoked_at = $2 FROM security_users u
                WHERE s.tenant_id = $1 AND u.tenant_id = s.tenant_id AND u.id = s.user_id AND NOT u.is_break_glass
                  AND s.connection_id IS NULL AND s.revoked_at IS NULL AND s.expires_at > $2
                RETURNING s.id, s.user_id`
  return (await tx.query<{ id: string; user_id: string }>(text, [tx.tenantId, at])).rows
}

/** Ends those of a person that live, but one; answers which. */
export async function revokeSessionsOf(tx: Tx, userId: string, but: string | null, at: Date): Promise<string[]> {
  const text = `UPDATE security_sessions SET revoked_at = $4
                WHERE tenant_id = $1 AND user_id = $2 AND ($3::uuid IS NULL OR id <> $3) AND revoked_at IS NULL AND expires_at > $4
                RETURNING id`
  return (await tx.query<{ id: string }>(text, [tx.tenantId, userId, but, at])).rows.map(({ id }) => id)
}

/** A refresh token with its session, both held until the transaction ends. */
export interface KeptRefreshToken extends Ending {
  session_id: string
  user_id: string
  used_at: Date | null
  scopes: Scope[]
  group_scopes: Scope[]
  is_operator: boolean
  is_active: boolean
  lacks_factor: boolean
  bound_to: string | null
}

export async function insertRefreshToken(
  tx: Tx,
  token: { hash: Buffer; sessionId: string; at: Date; until: Date },
): Promise<void> {
  await tx.query(
    `INSERT INTO refresh_tokens (tenant_id, token_hash, session_id, created_at, kept_until) VALUES ($1, $2, $3, $4, $5)`,
    [tx.tenantId, token.hash, token.sessionId, token.at, token.until],
  )
}

export async function lockRefreshToken(tx: Tx, hash: Buffer): Promise<KeptRefreshToken | null> {
  const text = `SELECT r.session_id, r.used_at, s.user_id, s.expires_at, s.last_activity, s.revoked_at, s.is_remembered, s.bound_to,
                  u.scopes, ${groupScopesOf('u')} AS group_scopes, u.is_operator, t.is_active, ${LACKS_FACTOR}
                FROM refresh_tokens r
                JOIN security_sessions s ON s.tenant_id = r.tenant_id AND s.id = r.session_id
                JOIN security_users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
                JOIN tenants t ON t.id = s.tenant_id
                LEFT JOIN sign_in_rules x ON x.tenant_id = s.tenant_id
                WHERE r.tenant_id = $1 AND r.token_hash = $2 AND u.status = 'active' FOR UPDATE OF r, s`
  return (await tx.query<KeptRefreshToken>(text, [tx.tenantId, hash])).rows[0] ?? null
}

export async function hasRefreshToken(tx: Tx, hash: Buffer): Promise<boolean> {
  const text = 'SELECT 1 FROM refresh_tokens WHERE tenant_id = $1 AND token_hash = $2'
  return (await tx.query(text, [tx.tenantId, hash])).rowCount === 1
}

/** Whether a refresh token was used; false also for one that was never given out. */
export async function isRefreshTokenUsed(tx: Tx, hash: Buffer): Promise<boolean> {
  const text = 'SELECT 1 FROM refresh_tokens WHERE tenant_id = $1 AND token_hash = $2 AND used_at IS NOT NULL'
  return (await tx.query(text, [tx.tenantId, hash])).rowCount === 1
}

/** Puts the next access token in the place of the last one. */
export async function rotateSession(
  tx: Tx,
  session: { id: string; used: Buffer; hash: Buffer; goodUntil: Date; at: Date },
): Promise<void> {
  await tx.query('UPDATE refresh_tokens SET used_at = $3 WHERE tenant_id = $1 AND token_hash = $2', [
    tx.tenantId,
    session.used,
    session.at,
  ])
  await tx.query(
    `UPDATE security_sessions SET previous_token_hash = session_token_hash, session_token_hash = $3, token_expires_at = $4,
       refreshed_at = $5, last_activity = $5
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, session.id, session.hash, session.goodUntil, session.at],
  )
}

/** Drops refresh tokens whose sessions have long ended, some at a time. */
export async function dropOldRefreshTokens(tx: Tx, at: Date): Promise<void> {
  await tx.query(
    `DELETE FROM refresh_tokens WHERE tenant_id = $1 AND token_hash IN
       (SELECT token_hash FROM refresh_tokens WHERE tenant_id = $1 AND kept_until < $2 LIMIT 100 FOR UPDATE SKIP LOCKED)`,
    [tx.tenantId, at],
  )
}
