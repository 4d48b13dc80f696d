import { equal, type Leaf, leafHash, parseLeaf } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import { openBody } from './bundle-body.ts'
import { LeafRun, packLeaves, searchKeys, summarise } from './leaf-run.ts'
import { type Entry, type OpenedPart, openParts } from './reader.ts'
import * as store from './store.ts'
import { verifyIds } from './verify-ids.ts'
import type { Keyless, Report } from './verify-report.ts'

interface Bounds {
  start: number
  end: number
}

/**
 * Verifies some entries one by one; answers their leaf hashes, or null when they are not all there, and how many have
 * an id that a caller gave, or null when not each could be read, and parts that no key opens.
 */
export async function verifyStretch(
  tx: Tx,
  keys: Keys,
  bounds: Bounds,
  { entry: report, tree }: { entry: Report; tree: Report },
): Promise<{ hashes: Uint8Array[] | null; given: number | null; keyless: Keyless[] }> {
  const hashes: Uint8Array[] = []
  const entries: Entry[] = []
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
    const leaves = openRow(row, report, tree)
    if (leaves.length === 0) whole = false
    for (const { index, bytes, hash, leaf } of leaves) {
      if (index >= bounds.end || index < bounds.start) continue
      if (index < next) report(index, 'ENTRY_DOUBLED', 'the entry is stored twice')
      if (leaf && leaf.tenant_id !== tx.tenantId)
        report(index, 'TENANT_MISMATCH', 'the entry belongs to another tenant')
      if (leaf) entries.push({ index, bytes, hash: Buffer.from(hash), leaf })
      hashes.push(hash)
      next = index + 1
    }
    next = Math.max(next, Math.min(row.first_seq + row.entries, bounds.end))
  }
  missing(bounds.end)
  const keyless = await verifyParts(tx, keys, entries, report)
  const given = await verifyIds(tx, entries, report)
  const readable = whole && entries.length === hashes.length
  return { hashes: whole ? hashes : null, given: readable ? given : null, keyless }
}

function openRow(
  row: store.SummarisedRow,
  report: Report,
  tree: Report,
): { index: number; bytes: Uint8Array; hash: Uint8Array; leaf: Leaf | null }[] {
  let leaves: Uint8Array[]
  try {
    leaves = openBody(row)
  } catch {
    report(
      row.first_seq,
      'BUNDLE_DAMAGED',
      `the bundle of entries ${row.first_seq} to ${row.first_seq + row.entries - 1} cannot be read`,
    )
    return []
  }
  if (row.hashes.length !== leaves.length * 32)
    report(row.first_seq, 'TILE_CHANGED', 'the leaf hashes beside the bundle are not as many as its entries')
  let asHashed = true
  const opened = leaves.map((bytes, i) => {
    const index = row.first_seq + i
    const hash = leafHash(nodeCrypto.sha256, bytes)
    if (!equal(hash, row.hashes.subarray(i * 32, i * 32 + 32))) {
      asHashed = false
      report(index, 'LEAF_CHANGED', 'the entry is not the one that was hashed')
    }
    return { index, bytes, hash, leaf: readLeaf(bytes, index, report) }
  })
  const readable = opened.flatMap(({ leaf }) => leaf ?? [])
  if (asHashed && readable.length === opened.length) verifySummary(row, readable, tree)
  return opened
}

function readLeaf(bytes: Uint8Array, index: number, report: Report): Leaf | null {
  try {
    return parseLeaf(bytes)
  } catch {
    report(index, 'LEAF_INVALID', 'the entry is not a canonical leaf')
    return null
  }
}

// A bundle that is found by less than it holds would hide its entries from every search. One without a summary is
// opened by all of them.
function verifySummary(row: store.SummarisedRow, leaves: readonly Leaf[], report: Report): void {
  if (row.terms === null && row.max_risk === null && row.received_from === null && row.received_to === null) return
  const keys = leaves.map((leaf) => ({ bytes: NONE, hash: NO_HASH, ...searchKeys(leaf) }))
  const made = summarise([new LeafRun(packLeaves(keys))])
  const isSame =
    row.terms?.equals(made.terms) &&
    row.max_risk === made.max_risk &&
    row.received_from === made.received_from &&
    row.received_to === made.received_to
  if (!isSame) report(row.first_seq, 'INDEX_CHANGED', 'the bundle is not found by what its entries hold')
}

const NONE = new Uint8Array()
const NO_HASH = new Uint8Array(32)

async function verifyParts(tx: Tx, keys: Keys, entries: readonly Entry[], report: Report): Promise<Keyless[]> {
  const sealed = entries.filter((entry) => entry.leaf.sealed.length > 0)
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
  for (const entry of entries) {
    const parts = rows.get(entry.index) ?? []
    const said = entry.leaf.sealed
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
