import { randomBytes } from 'node:crypto'
import type { ConnectionKind, Scope, Session } from '@probity/contract'
import { formatToken, parseToken } from '@probity/core'
import type { Principal } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { type DataKey, type Keys, keyedDigest, open, seal } from '../keys/index.ts'
import { hashToken } from './authenticate.ts'
import { keyOfPerson } from './profile.ts'
import { isRecent, isSessionAlive, judgeRefresh, RECENT_SECONDS, type SessionLimits, scopesOf } from './rules.ts'
import * as store from './store-sessions.ts'
import { readPerson } from './store-users.ts'

export interface SessionSettings {
  usual: SessionLimits
  remembered: SessionLimits
  accessSeconds: number
  mostPerUser: number
}

export interface SessionDependencies {
  work: Work
  clock: Clock
  keys: Keys
  record: RecordEvent
  sessions: SessionSettings
}

/** How a token of a session is shown: with a proof of the key that it is bound to, or by itself (RFC 9449 §5). */
export function tokenTypeOf(boundTo: string | null): 'Bearer' | 'DPoP' {
  return boundTo === null ? 'Bearer' : 'DPoP'
}

/** Where a request came from. */
export interface Place {
  ip_address: string
  user_agent: string | null
}

export interface Client extends Place {
  /** Thumbprint of the key that it proves; null: none. */
  provenKey: string | null
}

export interface SessionUser {
  id: string
  scopes: readonly Scope[]
  is_operator: boolean
  /** Whether the tenant demands a second factor that was not shown. */
  lacks_factor?: boolean
}

export interface Through {
  connectionId: string
  kind: ConnectionKind
  /** Blind index of the provider's session; null: it names none. */
  session: Buffer | null
}

/** Who logs in. */
export interface Opening {
  user: SessionUser
  client: Client
  isRemembered: boolean
  /** What was shown: values of RFC 8176. */
  methods: readonly string[]
  /** Which provider or directory says who it is, and its own session; null: none. */
  through: Through | null
  /** Goes before the session in its transaction; what it throws undoes all of it. */
  before(tx: Tx): Promise<void>
}

/**
 * Sessions of people. Each is a family of tokens: a refresh token is good once and leads to one successor, which is
 * derived from it, so that two who refresh at once get the same. One that is used again later ends the session: its
 * holder or its thief has the successor, and nobody can tell who is who (RFC 9700 §4.14.2).
 */
export class Sessions {
  readonly #dependencies: SessionDependencies
  readonly #work: Work

  constructor(dependencies: SessionDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  async start(tenantId: string, { user, client, isRemembered, methods, through, before }: Opening) {
    const { clock, keys, sessions } = this.#dependencies
    const id = newId(clock.now())
    const at = this.#work.now()
    const expires = secondsAfter(at, (isRemembered ? sessions.remembered : sessions.usual).absolute)
    const tokens = { access: newToken('se', tenantId), refresh: newToken('re', tenantId) }
    const key = await keyOfPerson(keys, tenantId, user.id)
    const sealed = seal(tenantId, [key], locationOf(id), Buffer.from(JSON.stringify(placeOf(client))))
    await this.#work.change(tenantId, async (tx) => {
      await before(tx)
      await Promise.all([store.dropOldRefreshTokens(tx, at), this.#endBeyondLimit(tx, user.id, at)])
      const [hash, goodUntil] = [hashToken(tokens.access), this.#goodUntil(at, expires)]
      await Promise.all([
        store.insertSession(tx, {
          ...{ id, userId: user.id, hash, goodUntil, client: sealed, expires, isRemembered, methods, through },
          ...{ impersonatorId: null, boundTo: client.provenKey, at },
        }),
        store.insertRefreshToken(tx, { hash: hashToken(tokens.refresh), sessionId: id, at, until: expires }),
        this.#record(tx, user.id, id, {
          ...{ event_type: 'session.started', action: 'login', personal: placeOf(client) },
          data: {
            credential_type: through?.kind ?? (methods.includes('pwd') ? 'username_password' : 'passkey'),
            ...{ remembered: isRemembered, methods },
          },
        }),
      ])
    })
    return this.#answer(tokens, { id, expires, user, at, boundTo: client.provenKey })
  }

  /** The next tokens of a session. Throws UNAUTHENTICATED, the same whatever is wrong, and TENANT_SUSPENDED. */
  async refresh(refreshToken: string, client: Client) {
    const parts = parseToken(refreshToken)
    if (parts?.kind !== 're' || parts.tenantId === null) throw new DomainError('UNAUTHENTICATED')
    const { tenantId } = parts
    const used = hashToken(refreshToken)
    if (!(await this.#work.run(tenantId, (tx) => store.hasRefreshToken(tx, used))))
      throw new DomainError('UNAUTHENTICATED')
    const tokens = await this.#successors(tenantId, used)
    const refreshed = await this.#work.change(tenantId, (tx) => this.#rotate(tx, used, tokens, client))
    if (refreshed === null) throw new DomainError('UNAUTHENTICATED')
    return this.#answer(tokens, refreshed)
  }

  /** Those of who asks, the last used first. */
  async list(principal: Principal): Promise<{ sessions: Session[] }> {
    const own = ownSession(principal)
    return { sessions: await this.#listed(principal.tenantId, principal.userId, own) }
  }

  /** Those of somebody of the tenant. Throws NOT_FOUND. */
  async ofPerson(principal: Principal, userId: string): Promise<{ sessions: Session[] }> {
    const { tenantId, id } = principal
    if (!(await this.#work.run(tenantId, (tx) => readPerson(tx, userId)))) throw new DomainError('NOT_FOUND')
    return { sessions: await this.#listed(tenantId, userId, id) }
  }

  /** Ends the session that asks. */
  async end(principal: Principal): Promise<void> {
    await this.#work.change(principal.tenantId, async (tx) => {
      if (principal.kind !== 'session' || !(await store.revokeSession(tx, principal.id, null, this.#work.now())))
        throw new DomainError('NOT_FOUND')
      await this.#ended(tx, principal.userId, principal.id, 'logout')
    })
  }

  /** Ends one of one's own. */
  async endOwn(principal: Principal, id: string): Promise<void> {
    ownSession(principal)
    await this.#work.change(principal.tenantId, async (tx) => {
      if (!(await store.revokeSession(tx, id, principal.userId, this.#work.now()))) throw new DomainError('NOT_FOUND')
      await this.#ended(tx, principal.userId, id, 'revoke')
    })
  }

  /** Ends all of one's own but the one that asks. */
  async endOthers(principal: Principal): Promise<{ ended: number }> {
    const own = ownSession(principal)
    const ended = await this.#work.change(principal.tenantId, (tx) => this.endAll(tx, principal.userId, own))
    return { ended }
  }

  /** Ends any session of the tenant. */
  async revoke(principal: Principal, id: string): Promise<void> {
    await this.#work.change(principal.tenantId, async (tx) => {
      if (!(await store.revokeSession(tx, id, null, this.#work.now()))) throw new DomainError('NOT_FOUND')
      await this.#record(tx, principal.userId, id, { event_type: 'session.revoked', action: 'revoke' })
    })
  }

  /** Ends a person's sessions, but one; answers how many. The transaction tells that callers changed. */
  async endAll(tx: Tx, userId: string, but: string | null): Promise<number> {
    const ended = await store.revokeSessionsOf(tx, userId, but, this.#work.now())
    for (const id of ended) await this.#ended(tx, userId, id, 'revoke')
    return ended.length
  }

  /** Ends those that a provider opened, of a person or, where it is named, of one session there (and of those that it never named); answers how many. The transaction tells that callers changed. */
  async endOfProvider(
    tx: Tx,
    connectionId: string,
    which: { userId: string | null; session: Buffer | null },
  ): Promise<number> {
    const ended = await store.revokeSessionsOfProvider(tx, connectionId, which, this.#work.now())
    return this.#allEnded(tx, ended, 'provider_logout')
  }

  /** Ends those that no provider opened, but of break-glass accounts; answers how many. The transaction tells that callers changed. */
  async endPastProviders(tx: Tx): Promise<number> {
    return this.#allEnded(tx, await store.revokeSessionsPastProviders(tx, this.#work.now()), 'provider_required')
  }

  /** Throws STEP_UP_REQUIRED where the person did not show their factors of late, SESSION_REQUIRED for an API token. */
  async requireRecent(principal: Principal): Promise<void> {
    const own = ownSession(principal)
    const at = await this.#work.run(principal.tenantId, (tx) => store.readAuthenticatedAt(tx, own))
    if (at === null || !isRecent(at, +this.#work.now()))
      throw new DomainError('STEP_UP_REQUIRED', { max_age_seconds: RECENT_SECONDS })
  }

  /** When who calls last showed a second factor; null: never, or no person does, or somebody who acts as them. */
  async secondFactorAt({ kind, tenantId, id, impersonatorId }: Principal): Promise<Date | null> {
    if (kind !== 'session' || impersonatorId !== undefined) return null
    return this.#work.run(tenantId, (tx) => store.readSecondFactorAt(tx, id), { readOnly: true })
  }

  /** The person of a session showed these again just now. */
  noteFactors(tx: Tx, id: string, methods: readonly string[]): Promise<void> {
    return store.noteFactors(tx, id, methods, this.#work.now())
  }

  /** Null: there is no session to go on with. What that shows of misuse is written with the same transaction. */
  async #rotate(tx: Tx, used: Buffer, tokens: Tokens, client: Client): Promise<Refreshed | null> {
    const kept = await store.lockRefreshToken(tx, used)
    const at = this.#work.now()
    if (!kept || !isSessionAlive({ ...kept, last_activity: kept.last_activity.getTime() }, this.#idleOf(kept), +at))
      return null
    if (kept.bound_to !== null && kept.bound_to !== client.provenKey) return null // it is of use to who has the key alone
    const successor = hashToken(tokens.refresh)
    const isSuccessorUsed = await store.isRefreshTokenUsed(tx, successor)
    const verdict = judgeRefresh({ usedAt: kept.used_at, isSuccessorUsed }, +at)
    if (verdict === 'reused') {
      await this.#endReused(tx, kept, client, at)
      return null
    }
    if (!kept.is_active) throw new DomainError('TENANT_SUSPENDED')
    const { session_id: id, expires_at: expires, user_id } = kept
    if (verdict === 'rotate') {
      const goodUntil = this.#goodUntil(at, expires)
      await store.rotateSession(tx, { id, used, hash: hashToken(tokens.access), goodUntil, at })
      await store.insertRefreshToken(tx, { hash: successor, sessionId: id, at, until: expires })
      await this.#record(tx, user_id, id, {
        event_type: 'session.refreshed',
        action: 'refresh',
        personal: placeOf(client),
      })
    }
    return { id, expires, at: kept.used_at ?? at, user: { ...kept, id: user_id }, boundTo: kept.bound_to }
  }

  async #endReused(tx: Tx, kept: store.KeptRefreshToken, client: Client, at: Date): Promise<void> {
    await store.revokeSession(tx, kept.session_id, null, at)
    await this.#record(tx, kept.user_id, kept.session_id, {
      event_type: 'session.refresh_reused',
      action: 'refresh',
      outcome: 'Failure',
      risk_score: 90,
      personal: placeOf(client),
    })
  }

  // Who was refreshed with a token can derive nothing: the key is the tenant's own.
  async #successors(tenantId: string, used: Buffer): Promise<Tokens> {
    const own = await this.#dependencies.keys.subjects.ownKey(tenantId)
    const next = (kind: 'se' | 're') =>
      formatToken({ kind, tenantId, secret: keyedDigest(own, `session successor ${kind} ${used.toString('hex')}`) })
    return { access: next('se'), refresh: next('re') }
  }

  async #endBeyondLimit(tx: Tx, userId: string, at: Date): Promise<void> {
    const living = (await store.listSessions(tx, userId, at)).filter((row) =>
      isSessionAlive({ ...row, last_activity: row.last_activity.getTime() }, this.#idleOf(row), +at),
    )
    for (const { id } of living.slice(this.#dependencies.sessions.mostPerUser - 1)) {
      await store.revokeSession(tx, id, userId, at)
      await this.#ended(tx, userId, id, 'limit')
    }
  }

  async #listed(tenantId: string, userId: string, current: string | null): Promise<Session[]> {
    const now = this.#work.now()
    const rows = await this.#work.run(tenantId, (tx) => store.listSessions(tx, userId, now))
    const { subjects } = this.#dependencies.keys
    const [key] = (await subjects.keysOf(tenantId, await subjects.find(tenantId, userId))).values()
    return rows
      .filter((row) => isSessionAlive({ ...row, last_activity: row.last_activity.getTime() }, this.#idleOf(row), +now))
      .map((row) => {
        const isOwn = row.impersonator_id === null // what is sealed of another is the other's
        const client =
          key && row.client_sealed && isOwn ? opened(tenantId, key, row.id, row.client_sealed) : NOT_READABLE
        return {
          id: row.id,
          is_current: row.id === current,
          is_remembered: row.is_remembered,
          impersonated: row.impersonator_id !== null,
          created_at: row.created_at.toISOString(),
          last_activity: row.last_activity.toISOString(),
          expires_at: row.expires_at.toISOString(),
          ...client,
        }
      })
  }

  #answer({ access, refresh }: Tokens, { id, expires, user, at, boundTo }: Refreshed) {
    const permissions = [...scopesOf(user)]
    return {
      access_token: access,
      refresh_token: refresh,
      token_type: tokenTypeOf(boundTo),
      expires_in: Math.floor((this.#goodUntil(at, expires).getTime() - at.getTime()) / 1000),
      scope: permissions.join(' '),
      user_id: user.id,
      session_id: id,
      mfa_required: false as const,
      must_add_factor: user.lacks_factor ?? false,
      permissions,
    }
  }

  #goodUntil(at: Date, expires: Date): Date {
    return new Date(Math.min(+secondsAfter(at, this.#dependencies.sessions.accessSeconds), +expires))
  }

  #idleOf({ is_remembered }: { is_remembered: boolean }): number {
    const { remembered, usual } = this.#dependencies.sessions
    return (is_remembered ? remembered : usual).idle
  }

  /** Answers how many. */
  async #allEnded(tx: Tx, ended: readonly { id: string; user_id: string }[], action: string): Promise<number> {
    for (const { id, user_id } of ended) await this.#ended(tx, user_id, id, action)
    return ended.length
  }

  #ended(tx: Tx, userId: string, id: string, action: string): Promise<void> {
    return this.#record(tx, userId, id, { event_type: 'session.ended', action })
  }

  #record(tx: Tx, userId: string, id: string, happened: Omit<Parameters<typeof recordOf>[3], 'resource'>) {
    return recordOf(this.#dependencies.record, tx, userId, { ...happened, resource: `session/${id}` })
  }
}

interface Tokens {
  access: string
  refresh: string
}

interface Refreshed {
  id: string
  expires: Date
  /** When its tokens were given out. */
  at: Date
  user: SessionUser
  /** Thumbprint of the key that its calls must prove; null: none. */
  boundTo: string | null
}

/** The session that asks. Throws SESSION_REQUIRED for an API token: an application is no person. */
export function anySession({ kind, id }: Principal): string {
  if (kind !== 'session') throw new DomainError('SESSION_REQUIRED')
  return id
}

/** The same, of the person themselves. Throws IMPERSONATING for who acts as them: what is personal is not theirs. */
export function ownSession(principal: Principal): string {
  if (principal.impersonatorId !== undefined) throw new DomainError('IMPERSONATING')
  return anySession(principal)
}

const NOT_READABLE = { ip_address: null, user_agent: null }

function opened(tenantId: string, key: DataKey, id: string, sealed: Buffer): Place {
  return JSON.parse(open(tenantId, [key], locationOf(id), sealed).toString()) // it was written here
}

/** What is known of a client, without its key. */
export function placeOf({ ip_address, user_agent }: Client): Place & Record<string, unknown> {
  return { ip_address, user_agent }
}

/** The text of another token; nothing but its hash is stored. */
export function newToken(kind: 'se' | 're', tenantId: string): string {
  return formatToken({ kind, tenantId, secret: randomBytes(32) })
}

/** Where what is known of a session's client is sealed. */
export function locationOf(row: string) {
  return { table: 'security_sessions', column: 'client_sealed', row }
}

function secondsAfter(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1000)
}
