import { type Clock, microsecondsToDate } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import {
  type OperatorTx,
  operatorTransaction,
  type Tx,
  tenantTransaction,
} from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { hmacSha256, unwrapKey, wrapKey } from './ciphers.ts'
import { fieldKey } from './data-key.ts'
import { currentEpoch, type RootKey, RootKeyError } from './root.ts'
import * as store from './store.ts'
import { isForeignKeyViolation, Subjects } from './subjects.ts'
import { TenantKeys } from './tenant-keys.ts'
import { Tombstones } from './tombstones.ts'
import { Witness } from './witness.ts'

const REWRAP_BATCH = 500

/** The door to keys: signing, blind indexes, erasure and rotation. */
export class Keys {
  readonly tenants: TenantKeys
  readonly subjects: Subjects
  readonly witness: Witness
  readonly tombstones: Tombstones
  readonly root: RootKey
  readonly #database: Database
  readonly #clock: Clock

  /** `overlapDays`: how long a signing key signs beside its successor. */
  constructor(database: Database, root: RootKey, clock: Clock, overlapDays = 30) {
    this.#database = database
    this.#clock = clock
    this.root = root
    this.tenants = new TenantKeys(database, root, clock, overlapDays)
    this.witness = new Witness(database, clock)
    this.tombstones = new Tombstones(this.tenants)
    this.subjects = new Subjects(database, this.tenants, clock)
  }

  /** Throws RootKeyError when this is not the root key of this keystore; a new keystore takes it. */
  async checkRoot(): Promise<void> {
    await operatorTransaction(this.#database.keystore, (tx) => checkRootKey(tx, this.root, this.#clock))
  }

  /** Blind index of what belongs to the tenant's own records; the same in every epoch. */
  async blindIndex(tenantId: string, purpose: string, value: string): Promise<Buffer> {
    const key = await this.subjects.ownKey(tenantId)
    return hmacSha256(fieldKey(key, { table: 'blind-index', column: purpose }), value)
  }

  /**
   * Destroys people's keys. First the tombstones, then the keys; a crash between leaves tombstones that
   * `finishErasures` completes. Answers the ids of the destroyed keys, whoever destroyed them.
   */
  async erase(tenantId: string, subjects: string[]): Promise<string[]> {
    const at = microsecondsToDate(this.#clock.now())
    const ids = await this.subjects.keyIds(tenantId, subjects)
    const rows = await Promise.all(
      subjects.map(async (subject) => {
        const proof = await this.tombstones.prove(tenantId, subject, at)
        return { subject, proof, keyIds: ids.get(subject) ?? [] }
      }),
    )
    await tenantTransaction(this.#database.app, tenantId, (tx) => store.insertTombstones(tx, rows, at))
    return this.#destroy(tenantId, subjects)
  }

  /** Completes erasures that a crash interrupted; answers how many. A tombstone without its proof destroys nothing. */
  async finishErasures(tenantId: string): Promise<number> {
    const open = await tenantTransaction(this.#database.app, tenantId, (tx) => store.readOpenTombstones(tx))
    const proven = await this.tombstones.proven(tenantId, open)
    if (proven.length > 0) await this.#destroy(tenantId, proven)
    return proven.length
  }

  /**
   * These tombstones were met although the keys are still there: ends what began, in the keystore alone, so that it can
   * be waited for inside a transaction of the main database; that it is done is noted by `finishErasures`. Throws
   * UNAVAILABLE where a tombstone is without proof: somebody wrote it who is not the server.
   */
  async finishErasuresOf(tenantId: string, tombstones: readonly store.TombstoneRow[]): Promise<void> {
    const proven = await this.tombstones.proven(tenantId, tombstones)
    if (proven.length < tombstones.length)
      throw new DomainError('UNAVAILABLE', {
        reason: 'a person in it is marked as erased without proof; verify the log',
        retry_after: 60,
      })
    if (proven.length > 0) await this.subjects.destroy(tenantId, proven)
  }

  /** Tombstones of these pseudonyms; read in the transaction that reads what they sealed. */
  async erased(tx: Tx, subjects: string[]): Promise<store.TombstoneRow[]> {
    return store.readTombstones(tx, subjects)
  }

  async #destroy(tenantId: string, subjects: string[]): Promise<string[]> {
    const at = microsecondsToDate(this.#clock.now())
    await this.subjects.destroy(tenantId, subjects)
    return tenantTransaction(this.#database.app, tenantId, async (tx) => {
      await store.completeTombstones(tx, subjects, at)
      return store.readDestroyedKeys(tx, subjects)
    })
  }

  /**
   * The next epoch for every tenant: re-wraps what is left and destroys the old epoch, at the root as well where
   * the adapter can. Killed at any point, it goes on at the next call.
   */
  async rotate(
    tenantIds: readonly string[],
    progress: (done: number) => void = () => {},
  ): Promise<{ epoch: number; rewrapped: number }> {
    const epoch = await this.#rootEpochToReach(tenantIds)
    let rewrapped = 0
    for (const tenantId of tenantIds) {
      rewrapped += await this.#rotateTenant(tenantId, () => progress(rewrapped))
      progress(rewrapped)
    }
    for (const old of this.root.epochs().filter((one) => one < epoch)) await this.#destroyRootEpoch(old)
    return { epoch, rewrapped }
  }

  // First in the keystore, where a tenant that still needs the epoch keeps it (its foreign key), then at the root.
  async #destroyRootEpoch(epoch: number): Promise<void> {
    const needed = await operatorTransaction(this.#database.keystore, (tx) => store.deleteRootCheck(tx, epoch)).then(
      () => false,
      (error: unknown) => {
        if (isForeignKeyViolation(error)) return true
        throw error
      },
    )
    if (!needed) await this.root.destroy(epoch)
  }

  async #rootEpochToReach(tenantIds: readonly string[]): Promise<number> {
    const unfinished = await Promise.all(tenantIds.map((id) => this.#isBehind(id)))
    const epoch = unfinished.some(Boolean) ? currentEpoch(this.root) : await this.root.turn()
    const check = await this.root.checkValue(epoch)
    const at = microsecondsToDate(this.#clock.now())
    await operatorTransaction(this.#database.keystore, (tx) => store.insertRootCheck(tx, epoch, check, at))
    return epoch
  }

  async #isBehind(tenantId: string): Promise<boolean> {
    const rows = await tenantTransaction(this.#database.keystore, tenantId, (tx) => store.readTenantKeys(tx))
    return rows.some((row) => row.root_epoch < currentEpoch(this.root)) || rows.length > 1
  }

  async #rotateTenant(tenantId: string, progress: () => void): Promise<number> {
    const next = await this.tenants.turn(tenantId)
    let total = 0
    for (;;) {
      const done = await this.subjects.rewrap(tenantId, next, REWRAP_BATCH)
      total += done
      progress()
      if (done < REWRAP_BATCH) break
    }
    await tenantTransaction(this.#database.keystore, tenantId, async (tx) => {
      for (const row of await store.readSigningKeys(tx)) {
        const { key } = await this.tenants.ofEpoch(tenantId, row.epoch)
        await store.rewrapSigningKey(tx, row.key_id, wrapKey(next.key, unwrapKey(key, row.wrapped)), next.epoch)
      }
      await store.deleteTenantKeysBefore(tx, next.epoch)
    })
    this.tenants.forget(tenantId)
    return total
  }
}

/**
 * Compares the root key with what the keystore was made with, before anything is written. A crash within a
 * rotation leaves an epoch that the keystore does not know: one to begin, or one already destroyed there.
 */
async function checkRootKey(tx: OperatorTx, root: RootKey, clock: Clock): Promise<void> {
  const rows = await store.readRootChecks(tx)
  const lost = rows.find((row) => !root.epochs().includes(row.epoch))
  if (lost)
    throw new RootKeyError(
      `the root key's epochs in ${root.place} lack epoch ${lost.epoch}; put them back from your copy`,
    )
  for (const row of rows) {
    if (!(await root.checkValue(row.epoch)).equals(row.check_value))
      throw new RootKeyError('the root key is not the one that this keystore was made with; put the right one back')
  }
  const newest = rows.at(-1)?.epoch ?? 0
  if (newest === 0 && root.epochs().length === 0) await root.turn()
  const current = currentEpoch(root)
  if (current > newest)
    await store.insertRootCheck(tx, current, await root.checkValue(current), microsecondsToDate(clock.now()))
  const known = new Set([...rows.map((row) => row.epoch), current])
  for (const epoch of root.epochs().filter((one) => !known.has(one))) await root.destroy(epoch)
}
