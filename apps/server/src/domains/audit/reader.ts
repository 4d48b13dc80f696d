import {
  endsOfEntries,
  HASH_LENGTH,
  LENGTH_BYTES,
  type Leaf,
  parseLeaf,
  parseStrict,
  sealedCommitment,
} from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Tx } from '../../platform/database/transaction.ts'
import { type DataKey, type Keys, open } from '../keys/index.ts'
import { openBody, unpackBody } from './bundle-body.ts'
import { millisecondOf } from './event-id.ts'
import type { JsonObject } from './formats/observed-event.ts'
import { partLocation } from './rules.ts'
import * as store from './store.ts'
import type { BundleRow } from './store-sequencer.ts'

/** An entry as it stands in the log. */
export interface Entry {
  index: number
  bytes: Uint8Array
  hash: Buffer
  leaf: Leaf
}

/** Leaves of a stored stretch as they are. Throws when the stretch is damaged. */
export function openBundle(row: BundleRow): { index: number; bytes: Uint8Array; hash: Buffer }[] {
  const leaves = openBody(row)
  return leaves.map((bytes, i) => ({
    index: row.first_seq + i,
    bytes,
    hash: row.hashes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH),
  }))
}

/** Entries by index, in the order asked; one that is missing from storage is left out. */
export async function readEntriesAt(tx: Tx, indexes: readonly number[]): Promise<Entry[]> {
  if (indexes.length === 0) return []
  const wanted = new Set(indexes)
  const found = new Map<number, Entry>()
  for await (const row of bundlesOf(tx, [...wanted])) {
    const bundle = new OpenedBundle(row)
    for (let place = 0; place < row.entries; place++) {
      const index = row.first_seq + place
      if (wanted.has(index)) found.set(index, released(bundle.entryAt(place)))
    }
  }
  return indexes.flatMap((index) => found.get(index) ?? [])
}

/** Bytes of stored stretches that are read at once. */
const AT_ONCE = 8 * 2 ** 20

async function* bundlesOf(tx: Tx, indexes: readonly number[]): AsyncGenerator<BundleRow> {
  if (indexes.length === 1) return yield* await store.readBundlesOf(tx, indexes)
  const bundles = Map.groupBy(await store.sizesOfBundles(tx, indexes), ({ first_seq }) => first_seq)
  let some: number[] = []
  let left = AT_ONCE
  for (const group of bundles.values()) {
    const bytes = group[0]?.bytes ?? 0
    if (some.length > 0 && bytes > left) {
      yield* await store.readBundlesOf(tx, some)
      some = []
      left = AT_ONCE
    }
    some.push(...group.map(({ seq }) => seq))
    left -= bytes
  }
  if (some.length > 0) yield* await store.readBundlesOf(tx, some)
}

// Its bytes alone: those of the whole bundle would be held with them.
function released(entry: Entry): Entry {
  return { ...entry, bytes: Uint8Array.from(entry.bytes) }
}

/** Beyond it lies no time that a database knows. */
const MOST_MILLISECONDS = Date.UTC(9999, 0)

/** An entry and the stretch that it is stored in. */
export interface FoundEntry {
  entry: Entry
  row: BundleRow
}

/** Index of an entry by its event_id; null when there is none. */
export async function findEvent(tx: Tx, eventId: string): Promise<number | null> {
  return (await findEntry(tx, eventId))?.entry.index ?? null
}

/** An entry by its event_id; null when there is none. */
export async function findEntry(tx: Tx, eventId: string): Promise<FoundEntry | null> {
  // An id that a caller gave may have the form of our own: most that are made of a digest do not, some do.
  const own = await findOwnEntry(tx, eventId)
  if (own) return own
  const given = await store.findGivenId(tx, eventId)
  if (given === null) return null
  for (const row of await store.readBundlesOf(tx, [given])) {
    const found = foundIn(row, eventId)
    if (found?.entry.index === given) return found
  }
  throw new Error('an event id leads to another entry; verify the log')
}

/** Index of the entry whose id we made; null also for an id of another form. */
export async function findOwn(tx: Tx, eventId: string): Promise<number | null> {
  return (await findOwnEntry(tx, eventId))?.entry.index ?? null
}

async function findOwnEntry(tx: Tx, eventId: string): Promise<FoundEntry | null> {
  const millisecond = millisecondOf(eventId)
  if (millisecond === null || millisecond > MOST_MILLISECONDS) return null
  const near = await store.readBundlesNear(tx, millisecond)
  return firstIn(near, eventId) ?? firstIn(await store.readBundlesReceived(tx, millisecond), eventId)
}

function firstIn(rows: readonly BundleRow[], eventId: string): FoundEntry | null {
  for (const row of rows) {
    const found = foundIn(row, eventId)
    if (found) return found
  }
  return null
}

function foundIn(row: BundleRow, eventId: string): FoundEntry | null {
  const entry = new OpenedBundle(row).entryOf(eventId)
  return entry && { entry, row }
}

/** A stored stretch of which only some entries are wanted: nothing is made of the others. */
export class OpenedBundle {
  readonly #row: BundleRow
  readonly #bytes: Buffer
  readonly #ends: Uint32Array

  /** Throws when the stretch is damaged. */
  constructor(row: BundleRow) {
    this.#row = row
    this.#bytes = unpackBody(row)
    this.#ends = endsOfEntries(this.#bytes, row.entries)
  }

  /** Places of the entries in whose bytes a text stands, ascending. */
  holding(text: string): number[] {
    const needle = Buffer.from(text)
    const places: number[] = []
    let place = 0
    for (let at = this.#bytes.indexOf(needle); at !== -1; at = this.#bytes.indexOf(needle, at)) {
      while ((this.#ends[place] as number) <= at) place++
      const end = this.#ends[place] as number
      if (at + needle.length <= end) places.push(place)
      at = end
    }
    return places
  }

  /** The entry with an event_id; null: it is not here. Its text is looked for, so that no other leaf is parsed. */
  entryOf(eventId: string): Entry | null {
    for (const place of this.holding(`"event_id":"${eventId}"`)) {
      const entry = this.entryAt(place)
      if (entry.leaf.event_id === eventId) return entry
    }
    return null
  }

  /** The leaf's bytes. */
  bytesAt(place: number): Buffer {
    const start = place === 0 ? 0 : (this.#ends[place - 1] as number)
    return this.#bytes.subarray(start + LENGTH_BYTES, this.#ends[place])
  }

  /** Throws where the bytes are no leaf. */
  entryAt(place: number): Entry {
    const { first_seq, hashes } = this.#row
    const bytes = this.bytesAt(place)
    return {
      index: first_seq + place,
      bytes,
      hash: hashes.subarray(place * HASH_LENGTH, (place + 1) * HASH_LENGTH),
      leaf: parseLeaf(bytes),
    }
  }
}

/** What must be known of an entry to open its sealed parts. */
export interface SealedEntry {
  index: number
  leaf: Pick<Leaf, 'event_id' | 'tenant_id' | 'sealed'>
}

/** A sealed part of an entry and what can be seen of it. */
export interface OpenedPart {
  index: number
  part: number
  subjects: string[]
  state: 'opened' | 'erased' | 'missing'
  r?: Uint8Array
  text?: string
  members?: JsonObject
}

/** Whether a part is the tenant's own: data too long for the leaf, and nobody's secret within the tenant. */
export function isOwn(tenantId: string, subjects: readonly string[]): boolean {
  return subjects.length === 1 && subjects[0] === tenantId
}

/** Opens the sealed parts of entries, or only the tenant's own. A part whose commitment does not hold throws: the record was changed. */
export async function openParts(
  tx: Tx,
  keys: Keys,
  entries: readonly SealedEntry[],
  which: 'all' | 'own' = 'all',
): Promise<OpenedPart[]> {
  const wanted = ({ leaf }: SealedEntry, subjects: readonly string[]) =>
    which === 'all' || isOwn(leaf.tenant_id, subjects)
  const holding = entries.filter((entry) => entry.leaf.sealed.some(({ subjects }) => wanted(entry, subjects)))
  if (holding.length === 0) return []
  const rows = await store.readParts(
    tx,
    holding.map((entry) => entry.index),
  )
  const stored = new Map(rows.map((row) => [`${row.seq}/${row.part}`, row]))
  const living = rows.filter((row) => !row.erased).flatMap((row) => row.subjects)
  const dataKeys = await keys.subjects.keysOf(tx.tenantId, living)
  return holding.flatMap((entry) =>
    entry.leaf.sealed.flatMap(({ subjects, commit }, part): OpenedPart | [] => {
      if (!wanted(entry, subjects)) return []
      const row = stored.get(`${entry.index}/${part}`)
      const bare = { index: entry.index, part, subjects: [...subjects] }
      if (!row) return { ...bare, state: 'missing' }
      const owners = subjects.map((subject) => dataKeys.get(subject))
      if (row.erased || owners.includes(undefined)) return { ...bare, state: 'erased' }
      const plain = open(tx.tenantId, owners as DataKey[], partLocation(entry.leaf.event_id, part), row.envelope)
      const r = plain.subarray(0, 32)
      const text = plain.subarray(32).toString()
      const members = parseStrict(text) as JsonObject
      if (sealedCommitment(nodeCrypto, r, members) !== commit)
        throw new Error('a sealed part is not the one its entry names')
      return { ...bare, state: 'opened', r, text, members }
    }),
  )
}
