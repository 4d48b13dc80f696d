import { HASH_LENGTH } from '@probity/core'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import type { CheckedBundle } from './check-bundle.ts'
import type { CheckStored } from './checking/threads.ts'
import { type OpenedPart, openParts, type SealedEntry } from './reader.ts'
import * as store from './store.ts'
import { type CheckedEntry, verifyIds } from './verify-ids.ts'
import type { Keyless, Report } from './verify-report.ts'

interface Bounds {
  start: number
  end: number
}

/** Stored rows of a stretch, each on its way to be looked at. */
export interface StretchAhead extends Bounds {
  rows: { row: store.SummarisedRow; checked: Promise<CheckedBundle | null> }[]
}

/** Reads the rows of a stretch and has each looked at, while the stretch before is still verified. */
export async function readAhead(tx: Tx, check: CheckStored, { start, end }: Bounds): Promise<StretchAhead> {
  const rows = (await store.readSummarised(tx, start, end)).map((row) => {
    const checked = check(row, tx.tenantId)
    checked.catch(() => undefined) // it is awaited where the stretch is verified, unless one before it failed
    return { row, checked }
  })
  return { start, end, rows }
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
  { rows, ...bounds }: StretchAhead,
  { entry: report, tree }: { entry: Report; tree: Report },
): Promise<Stretch> {
  const hashes: Uint8Array[] = []
  const entries: CheckedEntry[] = []
  const sealed: SealedEntry[] = []
  let count = 0
  let next = bounds.start
  let whole = true
  const missing = (until: number) => {
    if (until <= next) return
    whole = false
    report(next, 'ENTRIES_MISSING', `entries ${next} to ${until - 1} are missing`)
    next = until
  }
  for (const { row, checked: looked } of rows) {
    missing(Math.min(row.first_seq, bounds.end))
    const end = Math.min(row.first_seq + row.entries, bounds.end)
    const first = Math.max(row.first_seq, bounds.start)
    for (let index = first; index < Math.min(next, end); index++) {
      whole = false
      report(index, 'ENTRY_DOUBLED', 'the entry is stored twice')
    }
    const checked = await looked
    reportRow(row, checked, bounds, report, tree)
    if (checked) {
      const [from, until] = [first - row.first_seq, end - row.first_seq]
      entries.push(...entriesOf(checked, row.first_seq, from, until))
      sealed.push(...checked.sealed.filter(({ index }) => index >= first && index < end))
      hashes.push(checked.hashes.subarray(from * HASH_LENGTH, until * HASH_LENGTH))
      count += until - from
    } else whole = false
    next = Math.max(next, end)
  }
  missing(bounds.end)
  const keyless = await verifyParts(tx, keys, bounds, { entries, sealed }, report)
  const given = await verifyIds(tx, entries, report)
  const readable = whole && entries.length === count
  return { hashes: whole ? hashes : null, given: readable ? given : null, keyless }
}

/** Those at some places of a row that could be read. */
function entriesOf(
  { eventIds, receivedAt }: CheckedBundle,
  first: number,
  from: number,
  until: number,
): CheckedEntry[] {
  const entries: CheckedEntry[] = []
  for (let place = from; place < until; place++) {
    const at = receivedAt[place] as number
    if (Number.isNaN(at)) continue
    entries.push({ index: first + place, eventId: eventIds.subarray(place * 16, place * 16 + 16), receivedAt: at })
  }
  return entries
}

function reportRow(
  row: store.SummarisedRow,
  checked: CheckedBundle | null,
  { start, end }: Bounds,
  report: Report,
  tree: Report,
): void {
  if (checked === null) {
    const last = row.first_seq + row.entries - 1
    report(row.first_seq, 'BUNDLE_DAMAGED', `the bundle of entries ${row.first_seq} to ${last} cannot be read`)
    return
  }
  if (row.hashes.length !== row.entries * HASH_LENGTH)
    report(row.first_seq, 'TILE_CHANGED', 'the leaf hashes beside the bundle are not as many as its entries')
  const each = (indexes: readonly number[], code: string, message: string) => {
    for (const index of indexes) if (index >= start && index < end) report(index, code, message)
  }
  const invalid = [...checked.receivedAt.keys()].filter((place) => Number.isNaN(checked.receivedAt[place]))
  each(checked.changed, 'LEAF_CHANGED', 'the entry is not the one that was hashed')
  each(
    invalid.map((place) => row.first_seq + place),
    'LEAF_INVALID',
    'the entry is not a canonical leaf',
  )
  each(checked.foreign, 'TENANT_MISMATCH', 'the entry belongs to another tenant')
  // A bundle that is found by less than it holds would hide its entries from every search.
  if (checked.isFound === false)
    tree(Math.max(row.first_seq, start), 'INDEX_CHANGED', 'the bundle is not found by what its entries hold')
}

async function verifyParts(
  tx: Tx,
  keys: Keys,
  { start, end }: Bounds,
  { entries, sealed }: { entries: readonly CheckedEntry[]; sealed: readonly SealedEntry[] },
  report: Report,
): Promise<Keyless[]> {
  const rows = Map.groupBy(await store.readPartsFrom(tx, start, end), (row) => row.seq)
  if (rows.size === 0 && sealed.length === 0) return []
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
async function openEach(tx: Tx, keys: Keys, sealed: readonly SealedEntry[], report: Report): Promise<OpenedPart[]> {
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
