import type { Leaf } from '@probity/core'
import { microsecondsToText } from '../../platform/clock.ts'
import type { EntryRow } from './store-sequencer.ts'

/** Entries of one bundle (C2SP tlog-tiles). */
export const BUNDLE = 256

/** What the search index has of a leaf. */
export type IndexColumns = Omit<EntryRow, 'seq'>

/** The index columns that a leaf leads to: the only way they are made, so that verification can compare. */
export function indexColumns(leaf: Omit<Leaf, 'data'>): IndexColumns {
  return {
    tenant_id: leaf.tenant_id,
    received_at: microsecondsToText(leaf.received_at),
    occurred_at: microsecondsToText(leaf.occurred_at),
    event_type: leaf.event_type,
    actor: forColumn(leaf.actor?.id ?? null),
    session_id: forColumn(leaf.session),
    resource: forColumn(leaf.resource),
    action: forColumn(leaf.action),
    outcome: leaf.outcome,
    risk_score: leaf.risk_score,
  }
}

/** Text as a column takes it: PostgreSQL refuses NUL, and an index needs no more than 2,048 characters. */
export function forColumn(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\u0000', '\ufffd').slice(0, 2048)
}

/** The field of sealed parts; each field has a key of its own (docs/formats.md §8). */
export const PART_FIELD = { table: 'audit_sealed_parts', column: 'envelope' }

/** Where the sealed part `part` of an event stands: the row of its envelope's associated data. */
export function partLocation(eventId: string, part: number) {
  return { ...PART_FIELD, row: `${eventId}/${part}` }
}

/** Position in a list: newest first, `seq` breaks ties. */
export interface Position {
  received_at: string
  seq: number
}

export function formatCursor(position: Position): string {
  return Buffer.from(`${position.received_at}/${position.seq}`).toString('base64url')
}

/** Null: not a cursor of ours, which is one that is written the same again and names a day that there is. */
export function parseCursor(text: string): Position | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})(\d{3}Z)\/(\d{1,15})$/.exec(
    Buffer.from(text, 'base64url').toString(),
  )
  if (!match) return null
  const [, milliseconds = '', rest = '', seq] = match
  const at = Date.parse(`${milliseconds}Z`)
  if (!(at >= 0) || new Date(at).toISOString() !== `${milliseconds}Z`) return null
  const position = { received_at: milliseconds + rest, seq: Number(seq) }
  return formatCursor(position) === text ? position : null
}

/**
 * Takes up to `limit` items from queues in turn, and at most `each` of one, so that a flood in one keeps no other
 * waiting. Queues that are empty go.
 */
export function takeFairly<T>(queues: Map<string, T[]>, limit: number, each = limit): T[] {
  const taken: T[] = []
  const left = new Map([...queues.keys()].map((key) => [key, each]))
  while (taken.length < limit && left.size > 0) {
    const share = Math.max(1, Math.floor((limit - taken.length) / left.size))
    for (const [key, mayTake] of left) {
      const queue = queues.get(key) ?? []
      const some = queue.splice(0, Math.min(share, mayTake, limit - taken.length))
      taken.push(...some)
      if (queue.length === 0) queues.delete(key)
      if (queue.length === 0 || mayTake === some.length) left.delete(key)
      else left.set(key, mayTake - some.length)
      if (taken.length >= limit) break
    }
  }
  return taken
}
