import { byteaArray, byteaCutter } from '../../../platform/database/bytea-array.ts'
import { millisecondOf } from '../event-id.ts'
import { type LeafBuffers, LeafRun, packLeaves } from '../leaf-run.ts'
import { type BulkRows, bulkRows } from './bulk-rows.ts'
import type { Prepared } from './prepared.ts'

const ID = 36

/**
 * Prepared events of one tenant on their way between threads: few large buffers that change hands, instead of many
 * small ones that are copied.
 */
export interface PackedBatch {
  tenantId: string
  count: number
  /** Their ids, 36 characters each. */
  ids: string
  /** Whether each id that a caller gave is another, and none is of our own form. */
  idsArePlain: boolean
  leaves: LeafBuffers
  hasContent: Uint8Array<ArrayBuffer>
  /** Of those that have one, in order: a bytea[] as PostgreSQL reads it. */
  contents: Uint8Array<ArrayBuffer>
  /** Parts of each event. */
  partCounts: Uint32Array<ArrayBuffer>
  /** Whose each part is. */
  subjects: string[][]
  /** Of all parts in order: a bytea[] as PostgreSQL reads it. */
  envelopes: Uint8Array<ArrayBuffer>
  /** What it adds to the tables when it is written as a whole; null: its events go one by one. */
  rows: BulkRows | null
}

/** Packs prepared events, to be written as a whole or one by one; `transfer` are the buffers that change hands, after which `packed` is of use no more here. */
export function packBatch(
  tenantId: string,
  batch: readonly Prepared[],
  asWhole: boolean,
): { packed: PackedBatch; transfer: ArrayBuffer[] } {
  const parts = batch.flatMap((one) => one.parts)
  const given = batch.filter(({ content }) => content !== null)
  const packed: PackedBatch = {
    tenantId,
    count: batch.length,
    ids: batch.map((one) => one.eventId).join(''),
    idsArePlain:
      new Set(given.map(({ eventId }) => eventId)).size === given.length &&
      given.every(({ eventId }) => millisecondOf(eventId) === null),
    leaves: packLeaves(batch.map(({ leaf }) => leaf)),
    hasContent: Uint8Array.from(batch, (one) => Number(one.content !== null)),
    contents: byteaArray(given.map(({ content }) => content)),
    partCounts: Uint32Array.from(batch, (one) => one.parts.length),
    subjects: parts.map((part) => part.subjects),
    envelopes: byteaArray(parts.map((part) => part.envelope)),
    rows: asWhole ? bulkRows(batch) : null,
  }
  const { hasContent, contents, partCounts, envelopes } = packed
  const buffers = [...Object.values(packed.leaves), hasContent, contents, partCounts, envelopes]
  return { packed, transfer: buffers.map(({ buffer }) => buffer as ArrayBuffer) }
}

/** Inverse of packBatch, one event at a time; the events share its buffers. */
export function* unpackBatch(packed: PackedBatch): Generator<Prepared> {
  const { tenantId, hasContent, partCounts, subjects } = packed
  const content = byteaCutter(packed.contents)
  const envelope = byteaCutter(packed.envelopes)
  const leaves = new LeafRun(packed.leaves)
  let part = 0
  for (let i = 0; i < packed.count; i++)
    yield {
      tenantId,
      eventId: idAt(packed, i),
      leaf: leaves.leafAt(i),
      content: hasContent[i] ? content() : null,
      parts: Array.from({ length: partCounts[i] as number }, () => ({
        subjects: subjects[part++] as string[],
        envelope: envelope(),
      })),
    }
}

export function idAt({ ids }: PackedBatch, i: number): string {
  return ids.slice(i * ID, (i + 1) * ID)
}
