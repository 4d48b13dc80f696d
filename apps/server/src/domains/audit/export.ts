import { createHash } from 'node:crypto'
import {
  CODEC_ZSTD,
  decomposeLeft,
  decomposeRight,
  EXPORT_MAGIC,
  encodeBundle,
  encodeBundlePayload,
  encodeEntryPayload,
  encodeFrame,
  encodeHeader,
  encodePartPayload,
  FRAME,
  inclusionSpans,
  parseLeaf,
} from '@probity/core'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import { isZstd, packBody } from './bundle-body.ts'
import { hashSpans } from './prove.ts'
import { type Entry, openBundle, openParts, readEntriesAt } from './reader.ts'
import { BUNDLE } from './rules.ts'
import * as store from './store.ts'
import type { BundleRow } from './store-sequencer.ts'

/** What is read in one go: so many entries, or less where they are long, but one bundle. */
const STRETCH = 16 * BUNDLE
const STRETCH_BYTES = 16 * 2 ** 20

/** Runs work in a tenant-bound transaction; an export is many short ones, so that it holds no snapshot for hours. */
export type Run = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>

export interface ExportPlan {
  head: store.Head
  tenantId: string
  createdAt: number
  /** Whether sealed parts are opened into the file. */
  personal: boolean
}

/** A range of the log as one stream (docs/formats.md §6). The head is fixed before: entries never change. */
export async function* exportRange(
  run: Run,
  keys: Keys,
  plan: ExportPlan,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  yield* withTrailer(rangeFrames(run, keys, plan, start, end))
}

/** Chosen entries within bounds, ascending, each with its proof. What was not chosen is not there, and nothing proves why. */
export async function* exportSelection(
  run: Run,
  keys: Keys,
  plan: ExportPlan,
  { start, end }: { start: number; end: number },
  indexes: AsyncIterable<number[]>,
): AsyncGenerator<Uint8Array> {
  yield* withTrailer(selectionFrames(run, keys, plan, { start, end }, indexes))
}

async function* rangeFrames(
  run: Run,
  keys: Keys,
  plan: ExportPlan,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  const { head } = plan
  yield header(plan, 'range', start, end)
  yield encodeFrame(FRAME.checkpoint, Buffer.from(head.checkpoint))
  yield encodeFrame(FRAME.left, Buffer.concat(await run((tx) => hashSpans(tx, decomposeLeft(start)))))
  for (let at = start, until: number; at < end; at = until) {
    const most = Math.min(at + STRETCH - (at % STRETCH), end)
    until = wholeBundles(at, await run((tx) => store.endWithin(tx, at, most, STRETCH_BYTES)), most)
    const frames = await run(async (tx) => {
      const rows = await store.readBundles(tx, at, until)
      const leaves = rows.flatMap((row) => openBundle(row)).filter(({ index }) => index >= at && index < until)
      if (leaves.length !== until - at) throw new Error('entries of the log are missing; verify it')
      return bundleFrames(tx, keys, plan, leaves, rows)
    })
    for (const frame of frames) yield frame
  }
  yield encodeFrame(FRAME.right, Buffer.concat(await run((tx) => hashSpans(tx, decomposeRight(end, head.size)))))
}

// A bundle is one frame, however long it is.
function wholeBundles(start: number, within: number, most: number): number {
  if (within === most) return most
  return Math.min(Math.max(within - (within % BUNDLE), start + BUNDLE - (start % BUNDLE)), most)
}

async function bundleFrames(
  tx: Tx,
  keys: Keys,
  plan: ExportPlan,
  leaves: { index: number; bytes: Uint8Array; hash: Buffer }[],
  rows: readonly BundleRow[],
): Promise<Uint8Array[]> {
  const groups = [...Map.groupBy(leaves, ({ index }) => Math.floor(index / 256)).values()]
  const frames = await Promise.all(
    groups.map(async (group) => {
      const first = group[0]?.index ?? 0
      const whole = rows.find((row) => row.first_seq === first && row.entries === group.length && isZstd(row.body))
      const body = whole?.body ?? (await packBody([encodeBundle(group.map(({ bytes }) => bytes))], group.length))
      const bundle = encodeFrame(
        FRAME.bundle,
        encodeBundlePayload({
          first,
          count: group.length,
          codec: CODEC_ZSTD,
          prefixes: Buffer.concat(group.map(({ hash }) => hash.subarray(0, 8))),
          bundle: body,
        }),
      )
      const entries = group.map((leaf) => ({ ...leaf, leaf: parseLeaf(leaf.bytes) }))
      return [bundle, ...(await partFrames(tx, keys, plan, entries))]
    }),
  )
  return frames.flat()
}

async function* selectionFrames(
  run: Run,
  keys: Keys,
  plan: ExportPlan,
  { start, end }: { start: number; end: number },
  indexes: AsyncIterable<number[]>,
): AsyncGenerator<Uint8Array> {
  yield header(plan, 'selection', start, end)
  yield encodeFrame(FRAME.checkpoint, Buffer.from(plan.head.checkpoint))
  for await (const some of indexes) {
    const frames = await run(async (tx) => {
      const parts: Uint8Array[] = []
      for (const entry of await readEntriesAt(tx, some)) {
        const proof = await hashSpans(tx, inclusionSpans(entry.index, plan.head.size))
        parts.push(encodeFrame(FRAME.entry, encodeEntryPayload({ index: entry.index, proof, leaf: entry.bytes })))
        parts.push(...(await partFrames(tx, keys, plan, [entry])))
      }
      return parts
    })
    for (const frame of frames) yield frame
  }
}

async function partFrames(
  tx: Tx,
  keys: Keys,
  { personal }: ExportPlan,
  entries: readonly Entry[],
): Promise<Uint8Array[]> {
  const parts = await openParts(tx, keys, entries, personal ? 'all' : 'own')
  return parts.flatMap(({ index, part, r, text }) =>
    r && text !== undefined
      ? [encodeFrame(FRAME.part, encodePartPayload({ index, part, r, text: Buffer.from(text) }))]
      : [],
  )
}

function header(
  { head, tenantId, createdAt }: ExportPlan,
  kind: 'range' | 'selection',
  start: number,
  end: number,
): Uint8Array {
  return encodeFrame(
    FRAME.header,
    encodeHeader({ kind, origin: head.origin, tenant_id: tenantId, created_at: createdAt, start, end }),
  )
}

async function* withTrailer(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256').update(EXPORT_MAGIC)
  yield EXPORT_MAGIC
  for await (const frame of frames) {
    hash.update(frame)
    yield frame
  }
  yield encodeFrame(FRAME.trailer, hash.digest())
}
