import type { Clock } from '../../platform/clock.ts'
import { microsecondsToDate } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { operatorTransaction } from '../../platform/database/transaction.ts'
import * as store from './store-witness.ts'

/** Size and root of a log. */
export interface SeenHead {
  size: number
  root: Uint8Array
}

/**
 * Remembers, in the keystore, the newest head of each log that was anchored: a main database that went back, whole or
 * for one tenant, is behind it. Knows logs by their origin, as every witness does, and nothing of what is in them.
 */
export class Witness {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Newest heads seen, by origin. */
  async seen(origins: readonly string[]): Promise<Map<string, SeenHead>> {
    const rows = await operatorTransaction(this.#database.keystore, (tx) => store.readHeads(tx, [...origins]))
    return new Map(rows.map(({ origin, size, root }) => [origin, { size, root }]))
  }

  /** Takes note of heads; one that is not newer than what was seen changes nothing. */
  async see(heads: readonly { origin: string; size: number; root: Buffer }[]): Promise<void> {
    const at = microsecondsToDate(this.#clock.now())
    await operatorTransaction(this.#database.keystore, (tx) => store.raiseHeads(tx, heads, at))
  }

  /**
   * Takes note of a head that was verified against `past`, what was seen before. Where something else was seen
   * meanwhile it changes nothing: an operator may have accepted a log that was put back.
   */
  async confirm(past: SeenHead | null, head: { origin: string; size: number; root: Buffer }): Promise<void> {
    if (past !== null && head.size <= past.size) return
    const at = microsecondsToDate(this.#clock.now())
    await operatorTransaction(this.#database.keystore, (tx) => store.raiseHeadFrom(tx, past, head, at))
  }

  /** Begins again from a head that is behind: an operator put a backup back and stands by it. */
  async accept(head: { origin: string; size: number; root: Uint8Array }): Promise<void> {
    const at = microsecondsToDate(this.#clock.now())
    await operatorTransaction(this.#database.keystore, (tx) => store.replaceHead(tx, head, at))
  }
}
