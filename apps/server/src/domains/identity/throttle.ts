import type { PasswordLogin } from '@probity/contract'
import { ANCHOR_TENANT } from '@probity/core'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { sourceOf } from '../../platform/source-address.ts'
import type { Keys } from '../keys/index.ts'
import { countAttempt, isKnown, normalizeName, succeeded, THROTTLE } from './rules.ts'
import * as store from './store.ts'
import * as attempts from './store-attempts.ts'

const ALL_UNKNOWN = Buffer.alloc(32)
const ALL_ACCOUNTS = Buffer.alloc(32)
const EVERYBODY = { account: ALL_ACCOUNTS, source: ALL_UNKNOWN }
/** Has no row: what is written for it is written nowhere. */
const NOBODY = '00000000-0000-0000-0000-000000000000'
const DAY = 86_400_000

/** An attempt that was counted before its password is looked at. */
export interface Attempt {
  /** Null: nobody goes by that name, or there is no such tenant. */
  user: store.UserRow | null
  /** What is looked at where there is no user, or one without a password; null: nobody has one. */
  decoy: string | null
  /** Source of the address from which it is tried. */
  from: string
  /** Seconds to wait; 0: it may be tried. */
  refusedFor: number
  pair: attempts.Pair
  /** The source, on all accounts. */
  place: attempts.Pair
  /** Whether the account was logged in to from here before. */
  isKnown: boolean
  /** Whether it was tried by the name of another account than it opened: nothing is forgiven that account, and nobody known for it. */
  isAnothers?: boolean
}

/**
 * Counts attempts to log in, by account and source address, and by account for all sources from which nobody has
 * logged in to it; from such sources also by source for all accounts, and for the tenant. So guessing is slow on one
 * account and on many, from one address and from many, and a stranger locks nobody out of an address that they use. Names that nobody has are counted by the same statements.
 */
export class Throttle {
  readonly #dependencies: { database: Database; clock: Clock; keys: Keys }

  constructor(dependencies: { database: Database; clock: Clock; keys: Keys }) {
    this.#dependencies = dependencies
  }

  /** Finds the user and takes one attempt, in one transaction. `tenantId` null: there is no such tenant. */
  async begin(
    tenantId: string | null,
    input: Pick<PasswordLogin, 'tenant' | 'username'>,
    address: string,
  ): Promise<Attempt> {
    const { database, keys } = this.#dependencies
    const holder = tenantId ?? ANCHOR_TENANT
    const name = normalizeName(input.username)
    const username = await keys.blindIndex(holder, 'username', name)
    const email = await keys.blindIndex(holder, 'email', name)
    const from = sourceOf(address)
    return tenantTransaction(database.app, holder, async (tx) => {
      const [user, decoy] = await Promise.all([store.findUser(tx, username, email), store.hashNearest(tx, username)])
      const who = user ? `user:${user.id}` : `name:${tenantId ?? input.tenant}/${name}`
      const account = await keys.blindIndex(holder, 'login-account', who)
      const source = await keys.blindIndex(holder, 'login-source', `${who}\0${from}`)
      const pair = { account, source }
      const here = await keys.blindIndex(holder, 'login-source', `place\0${tenantId ?? input.tenant}\0${from}`)
      const place = { account: ALL_ACCOUNTS, source: here }
      return { user, decoy, from, pair, place, ...(await this.#take(tx, pair, place, user?.id ?? NOBODY)) }
    })
  }

  /**
   * Takes one attempt at a second factor, by who has the password: a guesser from elsewhere shuts nobody out of an address
   * that they use. Answers for how many seconds none is taken.
   */
  async beginCode(tenantId: string, attempt: Attempt): Promise<number> {
    const pair = await this.#codePair(tenantId, attempt)
    return tenantTransaction(this.#dependencies.database.app, tenantId, async (tx) => {
      const now = this.#now()
      const kept = await attempts.lockAttempts(tx, pair, new Date(now))
      const { refusedFor, next } = countAttempt(kept, THROTTLE.code, now)
      if (refusedFor === 0) await attempts.saveAttempts(tx, pair, next, new Date(now + DAY))
      return refusedFor
    })
  }

  /** The second factor was right. */
  async succeedCode(tx: Tx, attempt: Attempt): Promise<void> {
    const now = this.#now()
    const none = { count: 0, lastAt: now, refusedUntil: null, knownUntil: null }
    await attempts.saveAttempts(tx, await this.#codePair(tx.tenantId, attempt), none, new Date(now + DAY))
  }

  async #codePair(tenantId: string, { user, pair, isKnown: known }: Attempt): Promise<attempts.Pair> {
    const account = await this.#dependencies.keys.blindIndex(tenantId, 'login-account', `code:${user?.id ?? NOBODY}`)
    return { account, source: known ? pair.source : ALL_UNKNOWN }
  }

  /** The password was right: counting begins anew, and the source is known. */
  async succeed(tx: Tx, { pair, place, user, isKnown: wasKnown, isAnothers }: Attempt): Promise<void> {
    if (isAnothers) return
    const now = this.#now()
    const known = succeeded(now)
    const all = { account: pair.account, source: ALL_UNKNOWN }
    await Promise.all([
      attempts.saveAttempts(tx, pair, known, new Date(known.knownUntil ?? now)),
      attempts.saveAttempts(tx, all, { ...known, knownUntil: null }, new Date(now + DAY)),
      // Of all accounts only what failed counts: nobody's own success makes their guesses at others' forgotten.
      ...(wasKnown ? [] : [place, EVERYBODY]).map((wide) => attempts.takeBack(tx, wide)),
      attempts.showSuccess(tx, user?.id ?? NOBODY),
    ])
  }

  async #take(
    tx: Tx,
    pair: attempts.Pair,
    place: attempts.Pair,
    userId: string,
  ): Promise<{ refusedFor: number; isKnown: boolean }> {
    const now = this.#now()
    const all = { account: pair.account, source: ALL_UNKNOWN }
    // Statements that travel together are done in the order in which they are sent, and so lock in it.
    const [own, others] = await Promise.all([
      attempts.lockAttempts(tx, pair, new Date(now)),
      attempts.lockAttempts(tx, all, new Date(now)),
      attempts.dropOldAttempts(tx, new Date(now)),
    ])
    const known = isKnown(own, now)
    const mine = countAttempt(own, THROTTLE.source, now)
    const shared = known ? { refusedFor: 0, next: others } : countAttempt(others, THROTTLE.account, now)
    const wide = known ? [] : await this.#takeWide(tx, place, now)
    const refusedFor = Math.max(mine.refusedFor, shared.refusedFor, ...wide.map((one) => one.refusedFor))
    if (refusedFor > 0) return { refusedFor, isKnown: known }
    await Promise.all([
      attempts.saveAttempts(tx, pair, mine.next, new Date(Math.max(now + DAY, own.knownUntil ?? 0))),
      attempts.saveAttempts(tx, all, shared.next, new Date(now + DAY)),
      ...wide.map((one) => attempts.saveAttempts(tx, one.pair, one.next, new Date(now + DAY))),
      attempts.showAttempt(tx, userId, shared.next.refusedUntil),
    ])
    return { refusedFor: 0, isKnown: known }
  }

  async #takeWide(tx: Tx, place: attempts.Pair, now: number) {
    const [here, everybody] = await Promise.all([
      attempts.lockAttempts(tx, place, new Date(now)),
      attempts.lockAttempts(tx, EVERYBODY, new Date(now)),
    ])
    return [
      { pair: place, ...countAttempt(here, THROTTLE.place, now) },
      { pair: EVERYBODY, ...countAttempt(everybody, THROTTLE.tenant, now) },
    ]
  }

  #now(): number {
    return Math.floor(this.#dependencies.clock.now() / 1000)
  }
}
