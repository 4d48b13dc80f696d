import type { Prepared } from './prepared.ts'

// Rows on their way to the database as PostgreSQL's own array literals, one a column: a thread writes them, and the
// thread that answers everybody only passes them on. Bytes go beside them: see bytea-array.ts.

/** Rows of which an entry has none, one or several; `offset` is the entry's place in the batch, from 0. */
export interface PartLiterals {
  offset: string
  part: string
  subjects: string
  /** Everybody whose tombstone would be in the way, each once. */
  everybody: string
}
export interface IdLiterals {
  offset: string
  event_id: string
}

/** What a batch adds to the tables beside its bundles. Null: no row. */
export interface BulkRows {
  parts: PartLiterals | null
  ids: IdLiterals | null
}

export function bulkRows(batch: readonly Prepared[]): BulkRows {
  return { parts: partLiterals(batch), ids: idLiterals(batch) }
}

function partLiterals(batch: readonly Prepared[]): PartLiterals | null {
  const rows = batch.flatMap(({ parts }, offset) => parts.map(({ subjects }, part) => ({ offset, part, subjects })))
  if (rows.length === 0) return null
  return {
    offset: literal(rows.map(({ offset }) => offset)),
    part: literal(rows.map(({ part }) => part)),
    subjects: literal(rows.map(({ subjects }) => `"${literal(subjects)}"`)),
    everybody: literal([...new Set(rows.flatMap(({ subjects }) => subjects))]),
  }
}

function idLiterals(batch: readonly Prepared[]): IdLiterals | null {
  const rows = batch.flatMap(({ content, eventId }, offset) => (content ? [{ offset, eventId }] : []))
  if (rows.length === 0) return null
  return {
    offset: literal(rows.map(({ offset }) => offset)),
    event_id: literal(rows.map(({ eventId }) => eventId)),
  }
}

/** Of values that need no quotes, or have them. */
function literal(values: readonly (string | number)[]): string {
  return `{${values.join()}}`
}
