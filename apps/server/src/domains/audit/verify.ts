import type { InvalidEntry } from '@probity/contract'
import {
  decomposeLeft,
  decomposeRight,
  equal,
  HASH_LENGTH,
  openNote,
  parseCheckpoint,
  parseVerifierKey,
  RangeHasher,
} from '@probity/core'
import { nodeCrypto, rootOfSubtree } from '@probity/verifier/node'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import type { CheckStored } from './checking/threads.ts'
import { hashSpans } from './prove.ts'
import { BUNDLE } from './rules.ts'
import * as store from './store.ts'
import type { AnchorRow } from './store-anchor.ts'
import { TreeEdge } from './tree.ts'
import { verifyExtraIds } from './verify-ids.ts'
import { type Past, verifyAnchoredHead, verifyPast } from './verify-past.ts'
import type { Keyless, Report } from './verify-report.ts'
import { readAhead, type StretchAhead, verifyStretch } from './verify-stretch.ts'

const MOST_FINDINGS = 100
/** What is looked at in one go, while the next is read: so many entries, or less where they are long. */
const STRETCH = 4 * BUNDLE
const STRETCH_BYTES = 8 * 2 ** 20

/** What the stored log is held against. */
export interface Against {
  keys: Keys
  /** Looks at a stored stretch. */
  check: CheckStored
  /** Verifier keys of the log. */
  trusted: readonly string[]
  /** Entries `start ≤ i < end`; `end` is at most the size of the log. */
  start: number
  end: number
  /** What the witness saw of the log: rows beside the log say nothing here. Null: nothing is known. */
  past: Past | null
  /** The anchored head as it is stored. */
  anchor: AnchorRow | null
}

/** What a snapshot of the log showed. */
export interface Shown {
  entries: Findings
  tree: Findings
  past: Findings
  /** The first part of each group of people. Keys are in no snapshot: whoever is erased by now has lost theirs in order. */
  keyless: Map<string, Keyless>
}

/**
 * Verifies a stretch of the tenant's stored log: the signed head, the tree, every leaf, dense order, sealed parts
 * and that bundles are found by what their leaves lead to.
 */
export async function verifyStored(tx: Tx, against: Against): Promise<Shown> {
  const shown = {
    entries: new Findings(),
    tree: new Findings(),
    past: new Findings(),
    keyless: new Map<string, Keyless>(),
  }
  const { entries, past } = shown
  const head = await store.readHead(tx)
  if (head) {
    verifyHead(head, against.trusted, entries.report)
    if (against.past) await verifyPast(tx, head.size, against.past, 'before', past.report)
    if (against.anchor) await verifyAnchoredHead(tx, against.anchor, against.trusted, head.size, past.report)
    await verifyEntries(tx, head, against, shown)
    if (against.end === head.size) await verifyNothingBeyond(tx, head.size, entries.report)
  } else if (against.past && against.past.size > 0) {
    past.report(0, 'LOG_MISSING', 'the log is gone, although it had entries before')
  }
  return shown
}

/** What is wrong, now that it is known who is erased. Nothing: the log holds. */
export function invalidEntries({ entries, tree, past, keyless }: Shown, erased: ReadonlySet<string>): InvalidEntry[] {
  for (const { index, subjects } of keyless.values())
    if (!subjects.some((subject) => erased.has(subject)))
      entries.report(index, 'SEALED_PART_UNREADABLE', 'a sealed part has lost its key, and nobody of it was erased')
  return inOrder([entries.found, tree.found, past.found])
}

/** What was found, at most so many. */
class Findings {
  readonly found: InvalidEntry[] = []
  readonly report: Report = (index, code, message) => {
    if (this.found.length < MOST_FINDINGS) this.found.push({ index, code, message })
  }
}

// What is wrong with one entry also makes the tree wrong, and what is wrong with the tree also departs from the
// past: the most exact finding says where, and those that follow from it do not point before it.
function inOrder(kinds: InvalidEntry[][]): InvalidEntry[] {
  const byIndex = (a: InvalidEntry, b: InvalidEntry) => a.index - b.index
  const all: InvalidEntry[] = []
  for (const kind of kinds) {
    const first = Math.min(...all.map((one) => one.index))
    const bound = Number.isFinite(first) ? first : 0
    all.push(...kind.map((one) => ({ ...one, index: Math.max(one.index, bound) })))
  }
  return all.sort(byIndex)
}

function verifyHead(head: store.Head, trusted: readonly string[], report: Report): void {
  try {
    const checkpoint = parseCheckpoint(open(head.checkpoint, trusted))
    const same = checkpoint.origin === head.origin && checkpoint.size === head.size && equal(checkpoint.root, head.root)
    if (!same) report(0, 'HEAD_MISMATCH', 'the head of the log is not what its checkpoint says')
  } catch {
    report(0, 'CHECKPOINT_INVALID', 'the checkpoint is not signed by the key of this log')
  }
}

async function verifyEntries(
  tx: Tx,
  head: store.Head,
  { keys, check, start, end }: Against,
  shown: Shown,
): Promise<void> {
  const entry = shown.entries.report
  const tree = shown.tree.report
  const left = await spansOrNull(tx, decomposeLeft(start))
  const right = await spansOrNull(tx, decomposeRight(end, head.size))
  const hasher = left && right ? new RangeHasher(nodeCrypto.sha256, { start, end, size: head.size, left }) : null
  if (!hasher) tree(start, 'TREE_DAMAGED', 'a tile that the proof needs is missing')
  const edge = start === 0 ? TreeEdge.restore(0, [], []) : null
  let whole = true
  let given: number | null = 0
  for await (const stretch of stretchesOf(tx, check, start, end)) {
    const { hashes, given: some, keyless } = await verifyStretch(tx, keys, stretch, { entry, tree })
    given = given === null || some === null ? null : given + some
    whole &&= hashes !== null
    for (const { index, subjects } of keyless) {
      const group = subjects.join()
      if (!shown.keyless.has(group)) shown.keyless.set(group, { index, subjects })
    }
    for (const some of (whole && hashes) || []) appendHashes(some, hasher, edge)
  }
  if (!whole) return
  const countable = given !== null && start === 0 && end === head.size
  if (countable && (await store.countIds(tx)) !== given) await verifyExtraIds(tx, end, entry)
  if (!hasher || !right) return
  const differing = edge ? await differingTiles(tx, edge) : []
  const tail = end === head.size ? end - (end % BUNDLE) : start
  if (!equal(hasher.finish(right), head.root)) {
    // The stored tiles are a second record of full bundles: where they agree, the open bundle is what is left.
    const from = differing[0] ?? (start === 0 && tail < end ? tail : start)
    tree(from, 'ROOT_MISMATCH', `the entries do not lead to the signed root; what is wrong lies from entry ${from} on`)
  } else {
    for (const from of differing)
      entry(from, 'TILE_CHANGED', `the tiles are not those that the entries from ${from} on lead to`)
  }
}

async function* stretchesOf(tx: Tx, check: CheckStored, start: number, end: number): AsyncGenerator<StretchAhead> {
  const ahead = async (from: number) => {
    const until = await store.endWithin(tx, from, Math.min(from + STRETCH, end), STRETCH_BYTES)
    return readAhead(tx, check, { start: from, end: until })
  }
  for (let next = start < end ? ahead(start) : null; next; ) {
    const stretch: StretchAhead = await next
    next = stretch.end < end ? ahead(stretch.end) : null
    next?.catch(() => undefined) // it is awaited in its turn, unless this stretch fails
    yield stretch
  }
}

// A full bundle from a multiple of 256 on is appended by its root, which is found for four nodes at a time.
function appendHashes(hashes: Uint8Array, hasher: RangeHasher | null, edge: TreeEdge | null): void {
  const isAligned = (hasher?.next ?? 0) % BUNDLE === 0 && (edge?.size ?? 0) % BUNDLE === 0
  if (isAligned && hashes.length === BUNDLE * HASH_LENGTH) {
    const root = rootOfSubtree(nodeCrypto.sha256, hashes)
    hasher?.appendSubtree(root, 8)
    edge?.appendBundle(Buffer.from(root))
    return
  }
  for (let at = 0; at < hashes.length; at += HASH_LENGTH) {
    hasher?.append(hashes.slice(at, at + HASH_LENGTH))
    edge?.append(Buffer.from(hashes.subarray(at, at + HASH_LENGTH)))
  }
}

/** First entries of the subtrees whose stored hash is not the one that the entries lead to, ascending. */
async function differingTiles(tx: Tx, edge: TreeEdge): Promise<number[]> {
  const found: number[] = []
  for (const { level, tile, hashes } of edge.takeChanges()) {
    const stored = (await store.readTile(tx, level, tile)) ?? Buffer.alloc(0)
    for (let at = 0; at < hashes.length; at += HASH_LENGTH) {
      if (stored.subarray(at, at + HASH_LENGTH).equals(hashes.subarray(at, at + HASH_LENGTH))) continue
      found.push((tile * BUNDLE + at / HASH_LENGTH) * BUNDLE ** level)
      break
    }
  }
  return found.sort((a, b) => a - b)
}

async function verifyNothingBeyond(tx: Tx, size: number, report: Report): Promise<void> {
  if ((await store.firstStrayBundle(tx, size)) !== null)
    report(size, 'ENTRIES_BEYOND_HEAD', 'entries are stored beyond the signed size, or before the first')
  const part = await store.firstPartBeyond(tx, size)
  if (part !== null) report(part, 'SEALED_PART_EXTRA', 'a sealed part is stored for an entry that does not exist')
}

function open(note: string, trusted: readonly string[]): string {
  return openNote(
    note,
    trusted.map((key) => parseVerifierKey(nodeCrypto.sha256, key)),
    nodeCrypto,
  ).text
}

function spansOrNull(tx: Tx, spans: ReturnType<typeof decomposeLeft>): Promise<Uint8Array[] | null> {
  return hashSpans(tx, spans).catch(() => null)
}
