import { concat, parseLeaf } from '@probity/core'
import { millisecondOf } from '../event-id.ts'
import { indexColumns } from '../rules.ts'
import { type BulkRows, bulkRows } from './bulk-rows.ts'
import type { Prepared } from './prepared.ts'

const HASH = 32
const CONTENT = 16
const ID = 36

/**
 * Prepared events of one tenant on their way between threads: few large buffers that change hands, instead of many
 * small ones that are copied. `lengths` and bytes of leaves and envelopes follow each other in the events' order.
 */
export interface PackedBatch {
  tenantId: string
  count: number
  /** Times of receipt of the first and the last, as the index has them. */
  received: [first: string, last: string]
  /** Their ids, 36 characters each. */
  ids: string
  /** Whether each id that a caller gave is another, and none is of our own form. */
  idsArePlain: boolean
  leaves: Uint8Array<ArrayBuffer>
  lengths: Uint32Array<ArrayBuffer>
  hashes: Uint8Array<ArrayBuffer>
  /** 16 bytes an event, zeros where there is none. */
  contents: Uint8Array<ArrayBuffer>
  hasContent: Uint8Array<ArrayBuffer>
  /** Parts of each event. */
  partCounts: Uint32Array<ArrayBuffer>
  /** Whose each part is. */
  subjects: string[][]
  envelopes: Uint8Array<ArrayBuffer>
  envelopeLengths: Uint32Array<ArrayBuffer>
  /** What it adds to the tables when it is written as a whole; null: its events go one by one, with these columns. */
  rows: BulkRows | null
  columns: Columns | null
}

type Row = Omit<Prepared['columns'], 'tenant_id'>
type Columns = { [K in keyof Row]: Row[K][] }

/** Packs prepared events, to be written as a whole or one by one; `transfer` are the buffers that change hands, after which `packed` is of use no more here. */
export function packBatch(
  tenantId: string,
  batch: readonly Prepared[],
  asWhole: boolean,
): { packed: PackedBatch; transfer: ArrayBuffer[] } {
  const parts = batch.flatMap((one) => one.parts)
  const given = batch.filter(({ content }) => content !== null).map(({ eventId }) => eventId)
  const packed: PackedBatch = {
    tenantId,
    count: batch.length,
    received: [batch[0]?.columns.received_at ?? '', batch.at(-1)?.columns.received_at ?? ''],
    ids: batch.map((one) => one.eventId).join(''),
    idsArePlain: new Set(given).size === given.length && given.every((id) => millisecondOf(id) === null),
    leaves: concat(batch.map((one) => one.bytes)),
    lengths: Uint32Array.from(batch, (one) => one.bytes.length),
    hashes: concat(batch.map((one) => one.hash)),
    contents: concat(batch.map((one) => one.content ?? NONE)),
    hasContent: Uint8Array.from(batch, (one) => Number(one.content !== null)),
    partCounts: Uint32Array.from(batch, (one) => one.parts.length),
    subjects: parts.map((part) => part.subjects),
    envelopes: concat(parts.map((part) => part.envelope)),
    envelopeLengths: Uint32Array.from(parts, (part) => part.envelope.length),
    rows: asWhole ? bulkRows(batch) : null,
    columns: asWhole ? null : columnsOf(batch),
  }
  const { leaves, lengths, hashes, contents, hasContent, partCounts, envelopes, envelopeLengths } = packed
  const buffers = [leaves, lengths, hashes, contents, hasContent, partCounts, envelopes, envelopeLengths]
  return { packed, transfer: buffers.map(({ buffer }) => buffer) }
}

const NONE = new Uint8Array(CONTENT)

/** Inverse of packBatch, one event at a time; the events share its buffers. */
export function* unpackBatch(packed: PackedBatch): Generator<Prepared> {
  const { tenantId, hasContent, partCounts, subjects, columns } = packed
  const envelope = cutter(packed.envelopes, packed.envelopeLengths)
  const contents = Buffer.from(packed.contents.buffer)
  let part = 0
  for (const [i, { bytes, hash }] of leavesOf(packed).entries())
    yield {
      tenantId,
      eventId: idAt(packed, i),
      columns: columns ? { tenant_id: tenantId, ...rowAt(columns, i) } : indexColumns(parseLeaf(bytes)),
      bytes,
      hash,
      content: hasContent[i] ? contents.subarray(i * CONTENT, (i + 1) * CONTENT) : null,
      parts: Array.from({ length: partCounts[i] as number }, () => ({
        subjects: subjects[part++] as string[],
        envelope: envelope(),
      })),
    }
}

function columnsOf(batch: readonly Prepared[]): Columns {
  return {
    received_at: batch.map(({ columns }) => columns.received_at),
    occurred_at: batch.map(({ columns }) => columns.occurred_at),
    event_type: batch.map(({ columns }) => columns.event_type),
    actor: batch.map(({ columns }) => columns.actor),
    session_id: batch.map(({ columns }) => columns.session_id),
    resource: batch.map(({ columns }) => columns.resource),
    action: batch.map(({ columns }) => columns.action),
    outcome: batch.map(({ columns }) => columns.outcome),
    risk_score: batch.map(({ columns }) => columns.risk_score),
  }
}

function rowAt(columns: Columns, i: number): Row {
  return {
    received_at: columns.received_at[i] as string,
    occurred_at: columns.occurred_at[i] as string,
    event_type: columns.event_type[i] as string,
    actor: columns.actor[i] as string | null,
    session_id: columns.session_id[i] as string | null,
    resource: columns.resource[i] as string | null,
    action: columns.action[i] as string | null,
    outcome: columns.outcome[i] as string,
    risk_score: columns.risk_score[i] as number | null,
  }
}

export function idAt({ ids }: PackedBatch, i: number): string {
  return ids.slice(i * ID, (i + 1) * ID)
}

/** Leaves and their hashes, as views of the batch's buffers. */
export function leavesOf(packed: PackedBatch): { bytes: Buffer; hash: Buffer }[] {
  const leaf = cutter(packed.leaves, packed.lengths)
  const hashes = Buffer.from(packed.hashes.buffer)
  return Array.from({ length: packed.count }, (_, i) => ({
    bytes: leaf(),
    hash: hashes.subarray(i * HASH, (i + 1) * HASH),
  }))
}

/** Takes one piece after the other. */
function cutter(bytes: Uint8Array<ArrayBuffer>, lengths: Uint32Array): () => Buffer {
  let next = 0
  let at = 0
  return () => {
    const length = lengths[next++] ?? 0
    at += length
    return Buffer.from(bytes.buffer, at - length, length)
  }
}
