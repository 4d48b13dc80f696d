import { createHash } from 'node:crypto'
import { parseToken } from '@probity/core'
import type { Principal } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
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
  async authenticate(text: string | null, isUse = true): Promise<Principal> {
    const parts = text === null ? null : parseToken(text)
    if (text === null || parts === null || parts.tenantId === null || parts.kind === 'su')
      throw new DomainError('UNAUTHENTICATED')
    const hash = hashToken(text)
    const { tenantId, kind } = parts
    const principal = await this.#lookups.ask(`${kind}/${tenantId}/${hash.toString('base64')}/${isUse}`, () =>
      this.#find(kind, tenantId, hash, isUse),
    )
    if (!principal) throw new DomainError('UNAUTHENTICATED')
    return principal
  }

  #find(kind: string, tenantId: string, hash: Buffer, isUse: boolean): Promise<Principal | null> {
    const { database, clock, sessionIdleSeconds } = this.#dependencies
    const now = clock.now() / 1000
    const find = kind === 'at' ? byToken : bySession(sessionIdleSeconds)
    return tenantTransaction(database.app, tenantId, (tx) => find(tx, hash, now, isUse))
  }
}

/** What is stored of a token. */
export function hashToken(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

async function byToken(tx: Tx, hash: Buffer, now: number, isUse: boolean): Promise<Principal | null> {
  const token = await store.findToken(tx, hash)
  if (!token || !isTokenAlive(token, now)) return null
  if (isUse && now - (token.last_used_at?.getTime() ?? 0) > TOUCH_MILLISECONDS)
    await store.touchToken(tx, token.id, new Date(now))
  return {
    kind: 'token',
    id: token.id,
    tenantId: tx.tenantId,
    userId: token.created_by,
    scopes: token.scopes,
    tenantActive: token.is_active,
  }
}

function bySession(idleSeconds: number) {
  return async (tx: Tx, hash: Buffer, now: number, isUse: boolean): Promise<Principal | null> => {
    const session = await store.findSession(tx, hash)
    if (!session || !isSessionAlive(session, idleSeconds, now)) return null
    if (isUse && now - session.last_activity.getTime() > TOUCH_MILLISECONDS)
      await store.touchSession(tx, session.id, new Date(now))
    return {
      kind: 'session',
      id: session.id,
      tenantId: tx.tenantId,
      userId: session.user_id,
      scopes: scopesOf(session.is_operator),
      tenantActive: session.is_active,
    }
  }
}
