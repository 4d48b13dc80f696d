import { createHash } from 'node:crypto'
import { parseToken } from '@probity/core'
import type { Principal } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import type { BearerToken } from '../../platform/http/bearer-token.ts'
import { SharedLookup } from '../../platform/shared-lookup.ts'
import { isSessionAlive, isTokenAlive, scopesOf } from './rules.ts'
import * as store from './store.ts'

const TOUCH_MILLISECONDS = 60_000

/** Finds out who a bearer token stands for, at the time of each call: what was revoked before it is refused. */
export class Authenticator {
  readonly #dependencies: { database: Database; clock: Clock; sessionIdleSeconds: number }
  readonly #lookups = new SharedLookup<Principal | null>()

  constructor(dependencies: { database: Database; clock: Clock; sessionIdleSeconds: number }) {
    this.#dependencies = dependencies
  }

  /**
   * The token says which tenant to ask; only its hash, found within that tenant, is proof. Throws UNAUTHENTICATED, the
   * same for unknown, expired and revoked. `isUse` false: it is only looked at, and an idle session goes on being idle.
   */
  async authenticate(token: BearerToken | null, isUse = true): Promise<Principal> {
    const principal = token && (await this.#lookups.ask(`${token.hash}/${isUse}`, async () => this.#find(token, isUse)))
    if (!principal) throw new DomainError('UNAUTHENTICATED')
    return principal
  }

  async #find({ text, hash }: BearerToken, isUse: boolean): Promise<Principal | null> {
    const parts = parseToken(text)
    if (parts === null || parts.tenantId === null || parts.kind === 'su') return null
    const { database, clock, sessionIdleSeconds } = this.#dependencies
    const stored = Buffer.from(hash, 'base64')
    const now = clock.now() / 1000
    const found = await tenantTransaction(
      database.app,
      parts.tenantId,
      (tx) => (parts.kind === 'at' ? byToken(tx, stored, now) : bySession(tx, stored, now, sessionIdleSeconds)),
      { readOnly: true, atOnce: true },
    )
    if (!found) return null
    if (isUse && now - found.usedAt > TOUCH_MILLISECONDS)
      await tenantTransaction(database.app, parts.tenantId, (tx) => found.touch(tx, new Date(now)))
    return found.principal
  }
}

/** What is stored of a token. */
export function hashToken(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Whom a token or session stands for, since when it was not used, and how a use of it is noted. */
interface Found {
  principal: Principal
  /** Milliseconds since 1970. */
  usedAt: number
  touch(tx: Tx, at: Date): Promise<void>
}

async function byToken(tx: Tx, hash: Buffer, now: number): Promise<Found | null> {
  const token = await store.findToken(tx, hash)
  if (!token || !isTokenAlive(token, now)) return null
  return {
    principal: {
      kind: 'token',
      id: token.id,
      tenantId: tx.tenantId,
      userId: token.created_by,
      scopes: token.scopes,
      tenantActive: token.is_active,
    },
    usedAt: token.last_used_at?.getTime() ?? 0,
    touch: (later, at) => store.touchToken(later, token.id, at),
  }
}

async function bySession(tx: Tx, hash: Buffer, now: number, idleSeconds: number): Promise<Found | null> {
  const session = await store.findSession(tx, hash)
  if (!session || !isSessionAlive(session, idleSeconds, now)) return null
  return {
    principal: {
      kind: 'session',
      id: session.id,
      tenantId: tx.tenantId,
      userId: session.user_id,
      scopes: scopesOf(session.is_operator),
      tenantActive: session.is_active,
    },
    usedAt: session.last_activity.getTime(),
    touch: (later, at) => store.touchSession(later, session.id, at),
  }
}
