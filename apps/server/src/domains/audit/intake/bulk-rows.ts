import type { Prepared } from './prepared.ts'

// Rows on their way to the database as PostgreSQL's own array literals, one a column: a thread writes them, and the
// thread that answers everybody only passes them on.

/** Columns of the search index, without `seq`, which is the place in the batch. */
export interface IndexLiterals {
  received_at: string
  occurred_at: string
  event_type: string
  actor: string
  session_id: string
  resource: string
  action: string
  outcome: string
  risk_score: string
}

/** Rows of which an entry has none, one or several; `offset` is the entry's place in the batch, from 0. */
export interface PartLiterals {
  offset: string
  part: string
  subjects: string
  envelope: string
  /** Everybody whose tombstone would be in the way, each once. */
  everybody: string
}
export interface IdLiterals {
  offset: string
  event_id: string
  content: string
}

/** What a batch adds to the tables beside its bundles. Null: no row. */
export interface BulkRows {
  index: IndexLiterals
  parts: PartLiterals | null
  ids: IdLiterals | null
}

export function bulkRows(batch: readonly Prepared[]): BulkRows {
  const column = (name: keyof IndexLiterals) => arrayLiteral(batch.map(({ columns }) => columns[name]))
  return {
    index: {
      received_at: column('received_at'),
      occurred_at: column('occurred_at'),
      event_type: column('event_type'),
      actor: column('actor'),
      session_id: column('session_id'),
      resource: column('resource'),
      action: column('action'),
      outcome: column('outcome'),
      risk_score: column('risk_score'),
    },
    parts: partLiterals(batch),
    ids: idLiterals(batch),
  }
}

function partLiterals(batch: readonly Prepared[]): PartLiterals | null {
  const rows = batch.flatMap(({ parts }, offset) => parts.map((part, i) => ({ offset, place: i, ...part })))
  if (rows.length === 0) return null
  return {
    offset: arrayLiteral(rows.map(({ offset }) => offset)),
    part: arrayLiteral(rows.map(({ place }) => place)),
    subjects: arrayLiteral(rows.map(({ subjects }) => `{${subjects.join()}}`)),
    envelope: bytesLiteral(rows.map(({ envelope }) => envelope)),
    everybody: arrayLiteral([...new Set(rows.flatMap(({ subjects }) => subjects))]),
  }
}

function idLiterals(batch: readonly Prepared[]): IdLiterals | null {
  const rows = batch.flatMap(({ content, eventId }, offset) => (content ? [{ offset, eventId, content }] : []))
  if (rows.length === 0) return null
  return {
    offset: arrayLiteral(rows.map(({ offset }) => offset)),
    event_id: arrayLiteral(rows.map(({ eventId }) => eventId)),
    content: bytesLiteral(rows.map(({ content }) => content)),
  }
}

const SPECIAL = /["\\]/

/** An array as PostgreSQL reads it (documentation of version 18, §8.15.6). */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  let text = '{'
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string | number | null
    if (i > 0) text += ','
    if (value === null) text += 'NULL'
    else if (typeof value === 'number') text += value
    else text += `"${SPECIAL.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`
  }
  return `${text}}`
}

function bytesLiteral(values: readonly Buffer[]): string {
  return `{${values.map((value) => `"\\\\x${value.toString('hex')}"`).join()}}`
}
