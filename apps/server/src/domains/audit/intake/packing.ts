import { concat } from '@probity/core'
import type { Prepared } from './prepared.ts'

const HASH = 32
const CONTENT = 16

type Row = Omit<Prepared['columns'], 'tenant_id'>
type Columns = { [K in keyof Row]: Row[K][] }

/**
 * Prepared events of one tenant on their way between threads: few large buffers that change hands, instead of many
 * small ones that are copied. `lengths` and bytes of leaves and envelopes follow each other in the events' order.
 */
export interface PackedBatch {
  tenantId: string
  eventIds: string[]
  columns: Columns
  leaves: Uint8Array<ArrayBuffer>
  lengths: Uint32Array<ArrayBuffer>
  hashes: Uint8Array<ArrayBuffer>
  /** 16 bytes an event, zeros where there is none. */
  contents: Uint8Array<ArrayBuffer>
  hasContent: boolean[]
  /** Pseudonyms of each part of each event. */
  subjects: string[][][]
  envelopes: Uint8Array<ArrayBuffer>
  envelopeLengths: Uint32Array<ArrayBuffer>
}

/** Packs a batch; what `transfer` names is gone here once it is sent. */
export function packBatch(
  tenantId: string,
  batch: readonly Prepared[],
): { packed: PackedBatch; transfer: ArrayBuffer[] } {
  const parts = batch.flatMap((one) => one.parts)
  const packed: PackedBatch = {
    tenantId,
    eventIds: batch.map((one) => one.eventId),
    columns: columnsOf(batch),
    leaves: concat(batch.map((one) => one.bytes)),
    lengths: Uint32Array.from(batch, (one) => one.bytes.length),
    hashes: concat(batch.map((one) => one.hash)),
    contents: concat(batch.map((one) => one.content ?? NONE)),
    hasContent: batch.map((one) => one.content !== null),
    subjects: batch.map((one) => one.parts.map((part) => part.subjects)),
    envelopes: concat(parts.map((part) => part.envelope)),
    envelopeLengths: Uint32Array.from(parts, (part) => part.envelope.length),
  }
  const { leaves, lengths, hashes, contents, envelopes, envelopeLengths } = packed
  return {
    packed,
    transfer: [leaves, lengths, hashes, contents, envelopes, envelopeLengths].map(({ buffer }) => buffer),
  }
}

const NONE = new Uint8Array(CONTENT)

/** Inverse of packBatch, one event at a time; the events share its buffers. */
export function* unpackBatch(packed: PackedBatch): Generator<Prepared> {
  const { tenantId, eventIds, columns, hasContent, subjects } = packed
  const leaf = cutter(packed.leaves, packed.lengths)
  const envelope = cutter(packed.envelopes, packed.envelopeLengths)
  const hashes = Buffer.from(packed.hashes.buffer)
  const contents = Buffer.from(packed.contents.buffer)
  for (const [i, eventId] of eventIds.entries())
    yield {
      tenantId,
      eventId,
      columns: { tenant_id: tenantId, ...rowAt(columns, i) },
      bytes: leaf(),
      hash: hashes.subarray(i * HASH, (i + 1) * HASH),
      content: hasContent[i] ? contents.subarray(i * CONTENT, (i + 1) * CONTENT) : null,
      parts: (subjects[i] as string[][]).map((people) => ({ subjects: people, envelope: envelope() })),
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
