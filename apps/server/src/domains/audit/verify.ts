import type { InvalidEntry } from '@probity/contract'
import {
  CompactRange,
  decomposeLeft,
  decomposeRight,
  equal,
  openNote,
  parseCheckpoint,
  parseVerifierKey,
  RangeHasher,
} from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import { hashSpans } from './prove.ts'
import { BUNDLE } from './rules.ts'
import * as store from './store.ts'
import { TreeEdge } from './tree.ts'
import { type Report, verifyStretch } from './verify-stretch.ts'

const MOST_FINDINGS = 100
const STRETCH = 64 * BUNDLE

/** What the stored log is held against. */
export interface Against {
  keys: Keys
  /** Verifier keys of the log. */
  trusted: readonly string[]
  /** Entries `start ≤ i < end`; `end` is at most the size of the log. */
  start: number
  end: number
  /** A checkpoint that was verified before: the log must still contain it. */
  past: string | null
}

/**
 * Verifies a stretch of the tenant's stored log: the signed head, the tree, every leaf, dense order, sealed parts
 * and that the index rows are those that the leaves lead to. Nothing found: it holds.
 */
export async function verifyStored(tx: Tx, against: Against): Promise<InvalidEntry[]> {
  const findings: InvalidEntry[] = []
  const report: Report = (index, code, message) => {
    if (findings.length < MOST_FINDINGS) findings.push({ index, code, message })
  }
  const head = await store.readHead(tx)
  if (head) {
    verifyHead(head, against.trusted, report)
    await verifyPast(tx, head, against, report)
    await verifyEntries(tx, head, against, report)
    if (against.end === head.size) await verifyNothingBeyond(tx, head.size, report)
  } else if (against.past) {
    report(0, 'LOG_MISSING', 'the log is gone, although it was verified before')
  }
  return findings.sort((a, b) => a.index - b.index)
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

async function verifyPast(tx: Tx, head: store.Head, { past, trusted }: Against, report: Report): Promise<void> {
  if (past === null) return
  try {
    const before = parseCheckpoint(open(past, trusted))
    if (before.size > head.size) {
      report(
        head.size,
        'TRUNCATED',
        `the log had ${before.size} entries when it was verified before and has ${head.size}`,
      )
      return
    }
    const range = new CompactRange(nodeCrypto.sha256, before.size, await hashSpans(tx, decomposeLeft(before.size)))
    if (!equal(range.root(), before.root)) report(0, 'FORKED', 'the log does not contain what was verified before')
  } catch {
    report(0, 'PAST_UNREADABLE', 'the tree cannot be compared with the checkpoint that was verified before')
  }
}

async function verifyEntries(tx: Tx, head: store.Head, { keys, start, end }: Against, report: Report): Promise<void> {
  const left = await spansOrNull(tx, decomposeLeft(start))
  const right = await spansOrNull(tx, decomposeRight(end, head.size))
  if (!left || !right) return report(start, 'TREE_DAMAGED', 'a tile that the proof needs is missing')
  const hasher = new RangeHasher(nodeCrypto.sha256, { start, end, size: head.size, left })
  const edge = start === 0 ? TreeEdge.restore(0, [], []) : null
  let whole = true
  for (let at = start; at < end; at += STRETCH) {
    const stretch = { start: at, end: Math.min(at + STRETCH, end) }
    const hashes = await verifyStretch(tx, keys, stretch, report)
    whole &&= hashes !== null
    for (const hash of (whole && hashes) || []) {
      hasher.append(hash)
      edge?.append(Buffer.from(hash))
    }
  }
  if (!whole) return
  if (!equal(hasher.finish(right), head.root))
    report(start, 'ROOT_MISMATCH', 'the entries do not lead to the signed root')
  if (edge) await verifyTiles(tx, edge, end === head.size, report)
}

async function verifyTiles(tx: Tx, edge: TreeEdge, complete: boolean, report: Report): Promise<void> {
  for (const { level, tile, hashes } of edge.takeChanges()) {
    const stored = await store.readTile(tx, level, tile)
    const same =
      stored !== null && (complete ? stored.equals(hashes) : stored.subarray(0, hashes.length).equals(hashes))
    const first = tile * BUNDLE ** (level + 1)
    if (!same) report(first, 'TILE_CHANGED', `tile ${level}/${tile} is not the one that its entries lead to`)
  }
}

async function verifyNothingBeyond(tx: Tx, size: number, report: Report): Promise<void> {
  const rows = await store.readBundles(tx, size, Number.MAX_SAFE_INTEGER)
  if (rows.length > 0) report(size, 'ENTRIES_BEYOND_HEAD', 'entries are stored beyond the signed size')
  const count = await store.countEntries(tx)
  if (count > size) report(size, 'INDEX_ROW_EXTRA', `the search index has ${count} rows for ${size} entries`)
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
