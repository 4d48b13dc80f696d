import { createHash } from 'node:crypto'
import { parseToken } from '@probity/core'
import { isInPerson, type Principal, type RolePermits } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import type { BearerToken } from '../../platform/http/bearer-token.ts'
import type { KnownCallers } from '../../platform/known-callers.ts'
import { SharedLookup } from '../../platform/shared-lookup.ts'
import { isSessionAlive, isTokenAlive, type SessionLimits, scopesOf, scopesOnBehalf } from './rules.ts'
import * as store from './store.ts'
import * as sessions from './store-sessions.ts'

const TOUCH_MILLISECONDS = 60_000

export interface AuthenticatorDependencies {
  database: Database
  clock: Clock
  callers: KnownCallers<Caller>
  sessions: { usual: SessionLimits; remembered: SessionLimits }
  rolePermits: Pick<RolePermits, 'now'>
}

/**
 * Finds out who a bearer token stands for. What was revoked here is refused from then on, what was revoked by another
 * server as soon as PostgreSQL has told it (ADR 0012).
 */
export class Authenticator {
  readonly #dependencies: AuthenticatorDependencies
  readonly #lookups = new SharedLookup<Caller | null>()

  constructor(dependencies: AuthenticatorDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * The token says which tenant to ask; only its hash, found within that tenant, is proof. Throws UNAUTHENTICATED, the
   * same for unknown, expired and revoked. `isUse` false: it is only looked at, in the database, and an idle session goes
   * on being idle.
   */
  async authenticate(token: BearerToken | null, isUse = true): Promise<Principal> {
    const caller = token && ((isUse ? this.#known(token) : null) ?? (await this.#lookUp(token)))
    if (!caller) throw new DomainError('UNAUTHENTICATED')
    if (isUse) await this.#noteUse(caller)
    return caller.principal
  }

  #known({ hash }: BearerToken): Caller | null {
    const known = this.#dependencies.callers.find(hash)
    return known?.isAlive(this.#now()) ? known : null
  }

  async #lookUp({ text, hash }: BearerToken): Promise<Caller | null> {
    const parts = parseToken(text)
    if (parts === null || parts.tenantId === null) return null
    const { tenantId, kind } = parts
    if (kind !== 'at' && kind !== 'se') return null
    return this.#lookups.ask(hash, async () => {
      const remember = this.#dependencies.callers.beforeLooking(tenantId)
      const found = await this.#find(tenantId, kind, Buffer.from(hash, 'base64'))
      if (found) remember(hash, found)
      return found
    })
  }

  async #find(tenantId: string, kind: 'at' | 'se', hash: Buffer): Promise<Caller | null> {
    const { database, sessions: limits } = this.#dependencies
    const found = await tenantTransaction(
      database.app,
      tenantId,
      (tx) => (kind === 'at' ? byToken(tx, hash) : bySession(tx, hash, limits)),
      { readOnly: true, atOnce: true },
    )
    return found?.isAlive(this.#now()) ? this.#withRoles(found) : null
  }

  /** Roles count in a person's own session, and not in what a token was given, nor in what another does in their name. */
  async #withRoles(found: Caller): Promise<Caller> {
    const { tenantId, userId } = found.principal
    if (!isInPerson(found.principal)) return found
    const { permits, until } = await this.#dependencies.rolePermits.now(tenantId, userId)
    if (permits.size === 0) return found
    const end = until?.getTime() ?? Number.POSITIVE_INFINITY
    const { isAlive } = found
    return Object.assign(found, {
      isAlive: (now: number) => now < end && isAlive(now),
      principal: { ...found.principal, permits },
    })
  }

  async #noteUse(caller: Caller): Promise<void> {
    const now = this.#now()
    if (now - caller.usedAt <= TOUCH_MILLISECONDS) return
    caller.usedAt = now
    await tenantTransaction(this.#dependencies.database.app, caller.principal.tenantId, (tx) =>
      caller.touch(tx, new Date(now)),
    )
  }

  #now(): number {
    return this.#dependencies.clock.now() / 1000
  }
}

/** What is stored of a token. */
export function hashToken(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Whom a token or session stands for, since when it was not used, and how a use of it is noted. */
export interface Caller {
  principal: Principal
  /** Milliseconds since 1970. */
  usedAt: number
  /** Whether it still counts, at a time in milliseconds since 1970. */
  isAlive(now: number): boolean
  touch(tx: Tx, at: Date): Promise<void>
}

/** Whom a token stands for. */
export function principalOf(tenantId: string, token: store.UsableToken): Principal {
  return {
    kind: 'token',
    id: token.id,
    tenantId,
    userId: token.created_by,
    userKind: token.kind,
    scopes: token.scopes,
    tenantActive: token.is_active,
    ...(token.issued_by !== null && { issuedBy: token.issued_by }),
  }
}

async function byToken(tx: Tx, hash: Buffer): Promise<Caller | null> {
  const token = await store.findToken(tx, hash)
  if (!token) return null
  return {
    principal: principalOf(tx.tenantId, token),
    usedAt: token.last_used_at?.getTime() ?? 0,
    isAlive: (now) => isTokenAlive(token, now),
    touch: (later, at) => store.touchToken(later, token.id, at),
  }
}

async function bySession(
  tx: Tx,
  hash: Buffer,
  { usual, remembered }: { usual: SessionLimits; remembered: SessionLimits },
): Promise<Caller | null> {
  const session = await sessions.findSession(tx, hash)
  if (!session) return null
  const { idle } = session.is_remembered ? remembered : usual
  const found: Caller = {
    principal: {
      kind: 'session',
      id: session.id,
      tenantId: tx.tenantId,
      userId: session.user_id,
      userKind: 'person',
      scopes: session.impersonator_id === null ? scopesOf(session) : scopesOnBehalf(session),
      ...(session.bound_to !== null && { boundTo: session.bound_to }),
      ...(session.lacks_factor && { lacksFactor: true as const }),
      ...(session.impersonator_id !== null && { impersonatorId: session.impersonator_id }),
      tenantActive: session.is_active,
    },
    usedAt: session.last_activity.getTime(),
    isAlive: (now) =>
      session.good_until.getTime() > now && isSessionAlive({ ...session, last_activity: found.usedAt }, idle, now),
    touch: (later, at) => sessions.touchSession(later, session.id, at),
  }
  return found
}
