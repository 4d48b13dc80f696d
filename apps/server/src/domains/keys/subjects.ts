import { randomBytes, randomUUID } from 'node:crypto'
import { BoundedMap } from '../../platform/bounded-map.ts'
import { type Clock, microsecondsToDate } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { newId } from '../../platform/ids.ts'
import { hmacSha256, openField, sealField, unwrapKey, wrapKey } from './ciphers.ts'
import { type DataKey, fieldKey } from './data-key.ts'
import { chooseSubject, DEFAULT_CLASS, normalizeIdentifier } from './rules.ts'
import * as store from './store.ts'
import type { TenantKey, TenantKeys } from './tenant-keys.ts'

const RESOLVE_TRIES = 5

/** What names a person: `id` leads to one person, aliases may be shared. */
export interface Identity {
  id: string
  aliases: readonly string[]
  /** Network addresses the person was seen at. */
  addresses: readonly string[]
}

/**
 * People and their data keys. Owns two bounded caches: data keys by (tenant, subject), and which pseudonym an
 * identifier leads to. Erasure evicts here at once; on another node the tombstone, read in the transaction that
 * uses the key, keeps a cached key from being used.
 */
export class Subjects {
  readonly #keys = new BoundedMap<string, DataKey>(50_000)
  readonly #tokens = new BoundedMap<string, string>(200_000)
  /** Whose keys are being read, a set a reading; who is erased meanwhile is taken out. */
  readonly #readings = new Set<Set<string>>()
  readonly #database: Database
  readonly #tenantKeys: TenantKeys
  readonly #clock: Clock

  constructor(database: Database, tenantKeys: TenantKeys, clock: Clock) {
    this.#database = database
    this.#tenantKeys = tenantKeys
    this.#clock = clock
  }

  /**
   * Pseudonym and data key of each identity, in order; people not met before get both, durable when it returns.
   * New aliases and addresses of known people are noted.
   */
  async resolve(tenantId: string, identities: readonly Identity[]): Promise<DataKey[]> {
    const known = identities.map((identity) => this.#cached(tenantId, identity))
    if (known.every((key) => key !== null)) return known
    for (let tries = 1; ; tries++) {
      try {
        return await this.#resolveStored(tenantId, identities)
      } catch (error) {
        if (tries === RESOLVE_TRIES) throw error
        // Another node turned the epoch while we made keys under the old one, or somebody was erased just now.
        if (isForeignKeyViolation(error) || error instanceof EpochTurned) this.#tenantKeys.forget(tenantId)
        else if (!(error instanceof KeyGone)) throw error
      }
    }
  }

  /** Pseudonyms that a name or address leads to. */
  async find(tenantId: string, value: string): Promise<string[]> {
    const epochs = await this.#tenantKeys.all(tenantId)
    const tokens = epochs.map((epoch) => tokenOf(epoch, value))
    const rows = await this.#transaction(tenantId, (tx) => store.readTokens(tx, tokens))
    return [...new Set(rows.map((row) => row.subject))].sort()
  }

  /** Data keys of pseudonyms; one that is missing here is erased. */
  async keysOf(tenantId: string, subjects: readonly string[]): Promise<Map<string, DataKey>> {
    const found = new Map<string, DataKey>()
    const unknown: string[] = []
    for (const subject of new Set(subjects)) {
      const key = this.#keys.get(`${tenantId}/${subject}`)
      if (key) found.set(subject, key)
      else unknown.push(subject)
    }
    if (unknown.length === 0) return found
    const reading = new Set(unknown)
    this.#readings.add(reading)
    try {
      const rows = await this.#transaction(tenantId, (tx) => store.readDataKeys(tx, unknown, DEFAULT_CLASS))
      for (const row of rows) {
        const key = await this.#unwrap(tenantId, row)
        found.set(row.subject, key)
        if (reading.has(row.subject)) this.#keys.set(`${tenantId}/${row.subject}`, key)
      }
    } finally {
      this.#readings.delete(reading)
    }
    return found
  }

  /** The tenant's own data key, for what belongs to nobody. */
  async ownKey(tenantId: string): Promise<DataKey> {
    const found = (await this.keysOf(tenantId, [tenantId])).get(tenantId)
    if (found) return found
    const epoch = await this.#tenantKeys.current(tenantId)
    await this.#transaction(tenantId, (tx) => this.#insertKeys(tx, epoch, [tenantId]))
    const made = (await this.keysOf(tenantId, [tenantId])).get(tenantId)
    if (!made) throw new Error('the tenant has no data key')
    return made
  }

  /** Destroys the keys and tokens in the keystore; the tombstone must be durable before. */
  async destroy(tenantId: string, subjects: string[]): Promise<void> {
    this.evict(tenantId, subjects)
    await this.#transaction(tenantId, (tx) => store.deleteSubjects(tx, subjects))
    this.evict(tenantId, subjects)
  }

  /** What each of these people was first met under, where it can be opened. */
  async names(tenantId: string, subjects: string[]): Promise<string[]> {
    const rows = await this.#transaction(tenantId, (tx) => store.readTokensOf(tx, subjects))
    const keys = await this.keysOf(tenantId, subjects)
    return rows.flatMap((row) => {
      const key = keys.get(row.subject)
      const value = row.kind === 'primary' && key ? openOrNull(tenantId, key, row) : null
      return value === null ? [] : [value]
    })
  }

  /** Ids of the data keys of each pseudonym. */
  async keyIds(tenantId: string, subjects: string[]): Promise<Map<string, string[]>> {
    const rows = await this.#transaction(tenantId, (tx) => store.readKeyIds(tx, subjects))
    const of = Map.groupBy(rows, (row) => row.subject)
    return new Map(subjects.map((subject) => [subject, (of.get(subject) ?? []).map((row) => row.key_id)]))
  }

  evict(tenantId: string, subjects: readonly string[]): void {
    const gone = new Set(subjects)
    for (const subject of gone) {
      this.#keys.delete(`${tenantId}/${subject}`)
      for (const reading of this.#readings) reading.delete(subject)
    }
    this.#tokens.deleteWhere((_, subject) => gone.has(subject))
  }

  /** Re-wraps up to `limit` people of older epochs into the given one; answers how many. */
  async rewrap(tenantId: string, next: TenantKey, limit: number): Promise<number> {
    return this.#transaction(tenantId, async (tx) => {
      const rows = await store.readDataKeysBefore(tx, next.epoch, limit)
      if (rows.length === 0) return 0
      const keys = new Map<string, DataKey>()
      for (const row of rows) keys.set(row.subject, await this.#unwrap(tenantId, row))
      await store.rewrapDataKeys(
        tx,
        rows.map((row) => ({ key_id: row.key_id, wrapped: wrapKey(next.key, keyIn(keys, row.subject).key) })),
        next.epoch,
      )
      const tokens = await store.readTokensOf(tx, [...keys.keys()])
      await store.replaceTokensOf(
        tx,
        [...keys.keys()],
        tokens.map((row) => retoken(tenantId, next, keyIn(keys, row.subject), row)),
      )
      return rows.length
    })
  }

  #cached(tenantId: string, identity: Identity): DataKey | null {
    const subject = this.#tokens.get(cacheKey(tenantId, identity.id))
    if (subject === undefined) return null
    for (const value of [...identity.aliases, ...identity.addresses]) {
      if (this.#tokens.get(cacheKey(tenantId, value, subject)) === undefined) return null
    }
    return this.#keys.get(`${tenantId}/${subject}`) ?? null
  }

  async #resolveStored(tenantId: string, identities: readonly Identity[]): Promise<DataKey[]> {
    // Before the transaction: who holds a connection must not wait for another.
    const epochs = await this.#tenantKeys.all(tenantId)
    const [epoch] = epochs
    if (!epoch) throw new Error('the tenant has no keys')
    const subjects = await this.#transaction(tenantId, async (tx) => {
      if ((await store.holdEpoch(tx)) !== epoch.epoch) throw new EpochTurned('another node turned the epoch')
      const chosen = await this.#choose(tx, epochs, identities)
      const missing = unique(identities.filter((identity) => !chosen.has(normalizeIdentifier(identity.id))))
      const made = missing.map(() => randomUUID())
      await this.#insertKeys(tx, epoch, made)
      const fresh = await this.#readKeys(tx, epochs, made)
      await store.insertTokens(
        tx,
        missing.map((identity, i) => tokenRow(tenantId, epoch, keyIn(fresh, made[i]), 'primary', identity.id)),
      )
      // Another node may have been first: what stands in the index is what counts.
      const now = missing.length === 0 ? chosen : await this.#choose(tx, epochs, identities)
      const keys = await this.#readKeys(tx, epochs, [...now.values()])
      const others = identities.flatMap((identity) => {
        const key = keys.get(now.get(normalizeIdentifier(identity.id)) ?? '')
        if (!key) return []
        return [
          ...identity.aliases.map((value) => tokenRow(tenantId, epoch, key, 'alias', value)),
          ...identity.addresses.map((value) => tokenRow(tenantId, epoch, key, 'address', value)),
        ]
      })
      if (others.length > 0) await store.insertTokens(tx, others)
      return now
    })
    const keys = await this.keysOf(tenantId, [...subjects.values()])
    return identities.map((identity) => {
      const subject = subjects.get(normalizeIdentifier(identity.id)) ?? ''
      const key = keyIn(keys, subject)
      if (!this.#keys.get(`${tenantId}/${subject}`)) return key // erased meanwhile: no name of theirs is kept
      this.#tokens.set(cacheKey(tenantId, identity.id), subject)
      for (const value of [...identity.aliases, ...identity.addresses]) {
        this.#tokens.set(cacheKey(tenantId, value, subject), subject)
      }
      return key
    })
  }

  async #choose(tx: Tx, epochs: readonly TenantKey[], identities: readonly Identity[]): Promise<Map<string, string>> {
    const ids = [...new Set(identities.map((identity) => normalizeIdentifier(identity.id)))]
    const rows = await store.readTokens(
      tx,
      ids.flatMap((id) => epochs.map((epoch) => tokenOf(epoch, id))),
    )
    const chosen = new Map<string, string>()
    for (const id of ids) {
      const tokens = epochs.map((epoch) => tokenOf(epoch, id).toString('hex'))
      const subject = chooseSubject(rows.filter((row) => tokens.includes(row.token.toString('hex'))))
      if (subject !== null) chosen.set(id, subject)
    }
    return chosen
  }

  async #insertKeys(tx: Tx, epoch: TenantKey, subjects: string[]): Promise<void> {
    if (subjects.length === 0) return
    const now = this.#clock.now()
    const rows = subjects.map((subject) => ({
      key_id: newId(now),
      subject,
      class: DEFAULT_CLASS,
      epoch: epoch.epoch,
      wrapped: wrapKey(epoch.key, randomBytes(32)),
    }))
    await store.insertDataKeys(tx, rows, microsecondsToDate(now))
  }

  async #readKeys(tx: Tx, epochs: readonly TenantKey[], subjects: string[]): Promise<Map<string, DataKey>> {
    const rows = await store.readDataKeys(tx, subjects, DEFAULT_CLASS)
    return new Map(
      rows.map((row) => {
        const epoch = epochs.find((one) => one.epoch === row.epoch)
        if (!epoch) throw new EpochTurned('a key is wrapped under an epoch that is not known here')
        return [row.subject, openKey(epoch, row)]
      }),
    )
  }

  async #unwrap(tenantId: string, row: store.DataKeyRow): Promise<DataKey> {
    return openKey(await this.#tenantKeys.ofEpoch(tenantId, row.epoch), row)
  }

  #transaction<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return tenantTransaction(this.#database.keystore, tenantId, work)
  }
}

/** A row that is referred to, or refers to one that is gone (SQLSTATE 23503). */
export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23503'
}

class EpochTurned extends Error {}

function openKey({ key }: TenantKey, { key_id, subject, epoch, wrapped }: store.DataKeyRow): DataKey {
  return { id: key_id, subject, epoch, key: unwrapKey(key, wrapped), fields: new Map() }
}

/** A data key that was there a moment ago: its person was erased meanwhile. */
class KeyGone extends Error {}

function keyIn(keys: Map<string, DataKey>, subject: string | undefined): DataKey {
  const key = keys.get(subject ?? '')
  if (!key) throw new KeyGone('a data key that was just read is gone')
  return key
}

function unique(identities: readonly Identity[]): Identity[] {
  return [...new Map(identities.map((identity) => [normalizeIdentifier(identity.id), identity])).values()]
}

function cacheKey(tenantId: string, value: string, subject = ''): string {
  return `${tenantId}/${subject}/${normalizeIdentifier(value)}`
}

function tokenOf(epoch: TenantKey, value: string): Buffer {
  return hmacSha256(epoch.indexKey, normalizeIdentifier(value)).subarray(0, 16)
}

function tokenContext(tenantId: string, subject: string, kind: string) {
  return { tenant: tenantId, table: 'subject_tokens', column: 'value_sealed', row: kind, subject, class: DEFAULT_CLASS }
}

function tokenRow(
  tenantId: string,
  epoch: TenantKey,
  key: DataKey,
  kind: store.TokenRow['kind'],
  value: string,
): store.TokenRow {
  const context = tokenContext(tenantId, key.subject, kind)
  const value_sealed = sealField(fieldKey(key, context), key, context, Buffer.from(value))
  return { token: tokenOf(epoch, value), subject: key.subject, kind, epoch: epoch.epoch, value_sealed }
}

function retoken(tenantId: string, next: TenantKey, key: DataKey, row: store.TokenRow): store.TokenRow {
  return { ...row, token: tokenOf(next, openValue(tenantId, key, row)), epoch: next.epoch }
}

function openOrNull(tenantId: string, key: DataKey, row: store.TokenRow): string | null {
  try {
    return openValue(tenantId, key, row)
  } catch {
    return null // damaged: the person is erased all the same
  }
}

function openValue(tenantId: string, key: DataKey, row: store.TokenRow): string {
  const context = tokenContext(tenantId, row.subject, row.kind)
  return openField(fieldKey(key, context), context, row.value_sealed).toString()
}
