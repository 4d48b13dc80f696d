import { HASH_LENGTH } from '@probity/core'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import { type CheckedBundle, type CheckedEntry, checkBundle } from './check-bundle.ts'
import { type Entry, type OpenedPart, openParts } from './reader.ts'
import * as store from './store.ts'
import { verifyIds } from './verify-ids.ts'
import type { Keyless, Report } from './verify-report.ts'

interface Bounds {
  start: number
  end: number
}

/** What a stretch showed. */
export interface Stretch {
  /** Leaf hashes of what each stored row has of the stretch, in order; null: they are not all there. */
  hashes: Uint8Array[] | null
  /** How many entries have an id that a caller gave; null: not each could be read. */
  given: number | null
  /** Parts that no key opens. */
  keyless: Keyless[]
}

/** Verifies some entries one by one. */
export async function verifyStretch(
  tx: Tx,
  keys: Keys,
  bounds: Bounds,
  { entry: report, tree }: { entry: Report; tree: Report },
): Promise<Stretch> {
  const hashes: Uint8Array[] = []
  const entries: CheckedEntry[] = []
  let count = 0
  let next = bounds.start
  let whole = true
  const missing = (until: number) => {
    if (until <= next) return
    whole = false
    report(next, 'ENTRIES_MISSING', `entries ${next} to ${until - 1} are missing`)
    next = until
  }
  for (const row of await store.readSummarised(tx, bounds.start, bounds.end)) {
    missing(Math.min(row.first_seq, bounds.end))
    const end = Math.min(row.first_seq + row.entries, bounds.end)
    const first = Math.max(row.first_seq, bounds.start)
    for (let index = first; index < Math.min(next, end); index++) {
      whole = false
      report(index, 'ENTRY_DOUBLED', 'the entry is stored twice')
    }
    const checked = openRow(tx.tenantId, row, bounds, report, tree)
    if (checked) {
      const [from, until] = [first - row.first_seq, end - row.first_seq]
      for (const entry of checked.entries.slice(from, until)) if (entry) entries.push(entry)
      hashes.push(checked.hashes.subarray(from * HASH_LENGTH, until * HASH_LENGTH))
      count += until - from
    } else whole = false
    next = Math.max(next, end)
  }
  missing(bounds.end)
  const sealed = entries.flatMap(({ index, sealed: one }) => (one ? { index, ...one } : []))
  const keyless = await verifyParts(tx, keys, entries, sealed, report)
  const given = await verifyIds(tx, entries, report)
  const readable = whole && entries.length === count
  return { hashes: whole ? hashes : null, given: readable ? given : null, keyless }
}

/** Null: it cannot be opened. */
function openRow(
  tenantId: string,
  row: store.SummarisedRow,
  { start, end }: Bounds,
  report: Report,
  tree: Report,
): CheckedBundle | null {
  let checked: CheckedBundle
  try {
    checked = checkBundle(row, tenantId)
  } catch {
    const last = row.first_seq + row.entries - 1
    report(row.first_seq, 'BUNDLE_DAMAGED', `the bundle of entries ${row.first_seq} to ${last} cannot be read`)
    return null
  }
  if (row.hashes.length !== row.entries * HASH_LENGTH)
    report(row.first_seq, 'TILE_CHANGED', 'the leaf hashes beside the bundle are not as many as its entries')
  const each = (indexes: readonly number[], code: string, message: string) => {
    for (const index of indexes) if (index >= start && index < end) report(index, code, message)
  }
  const invalid = checked.entries.flatMap((entry, place) => (entry ? [] : row.first_seq + place))
  each(checked.changed, 'LEAF_CHANGED', 'the entry is not the one that was hashed')
  each(invalid, 'LEAF_INVALID', 'the entry is not a canonical leaf')
  each(checked.foreign, 'TENANT_MISMATCH', 'the entry belongs to another tenant')
  // A bundle that is found by less than it holds would hide its entries from every search.
  if (checked.isFound === false)
    tree(Math.max(row.first_seq, start), 'INDEX_CHANGED', 'the bundle is not found by what its entries hold')
  return checked
}

async function verifyParts(
  tx: Tx,
  keys: Keys,
  entries: readonly CheckedEntry[],
  sealed: readonly Entry[],
  report: Report,
): Promise<Keyless[]> {
  const rows = Map.groupBy(
    await store.readParts(
      tx,
      entries.map((entry) => entry.index),
    ),
    (row) => row.seq,
  )
  const tombstones = await keys.erased(
    tx,
    sealed.flatMap(({ leaf }) => leaf.sealed.flatMap(({ subjects }) => subjects)),
  )
  const erased = new Set(await keys.tombstones.proven(tx.tenantId, tombstones))
  const forged = new Set(tombstones.map(({ subject }) => subject).filter((subject) => !erased.has(subject)))
  const saidOf = new Map(sealed.map(({ index, leaf }) => [index, leaf.sealed]))
  for (const entry of entries) {
    const parts = rows.get(entry.index) ?? []
    const said = saidOf.get(entry.index) ?? []
    const strange = parts.find((row) => said[row.part]?.subjects.join() !== row.subjects.join())
    if (strange) report(entry.index, 'SEALED_PART_CHANGED', 'a sealed part is stored that the entry does not name')
    const lost = said.filter((_, part) => !parts.some((row) => row.part === part))
    if (lost.some(({ subjects }) => !subjects.some((subject) => erased.has(subject))))
      report(entry.index, 'SEALED_PART_MISSING', 'a sealed part that the entry names is not stored')
    if (said.some(({ subjects }) => subjects.some((subject) => forged.has(subject))))
      report(entry.index, 'TOMBSTONE_FORGED', 'a person of the entry is marked as erased, and the server did not do it')
  }
  const opened = await openEach(tx, keys, sealed, report)
  return opened.filter(
    ({ state, subjects }) =>
      state === 'erased' && !subjects.some((subject) => erased.has(subject) || forged.has(subject)),
  )
}

/** Opens the parts of all entries; where that fails, of each by itself, to say of which. */
async function openEach(tx: Tx, keys: Keys, sealed: readonly Entry[], report: Report): Promise<OpenedPart[]> {
  try {
    return await openParts(tx, keys, sealed)
  } catch {
    const opened: OpenedPart[] = []
    for (const entry of sealed) {
      const parts = await openParts(tx, keys, [entry]).catch(() => {
        report(entry.index, 'SEALED_PART_CHANGED', 'a sealed part is not the one that the entry names')
        return []
      })
      opened.push(...parts)
    }
    return opened
  }
}
