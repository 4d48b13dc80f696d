import { bytesToUuid } from '@probity/core'
import type { Tx } from '../../platform/database/transaction.ts'
import { millisecondIn } from './event-id.ts'
import { readEntriesAt } from './reader.ts'
import * as store from './store.ts'
import type { Report } from './verify-report.ts'

const PAGE = 1000

/** What is known of an entry that could be read. */
export interface CheckedEntry {
  index: number
  /** 16 bytes. */
  eventId: Uint8Array
  /** Microseconds. */
  receivedAt: number
}

/**
 * Verifies that each entry's id is known: by a row that leads to it and to no other, or by being of our making at the
 * time of its receipt. So no id stands twice. Answers how many have a row.
 */
export async function verifyIds(tx: Tx, entries: readonly CheckedEntry[], report: Report): Promise<number> {
  const given = entries.filter((entry) => !isOurs(entry)).map((entry) => ({ ...entry, id: bytesToUuid(entry.eventId) }))
  if (given.length === 0) return 0
  const rows = await store.readIds(
    tx,
    given.map(({ id }) => id),
  )
  const places = new Map(rows.map((row) => [row.event_id, row.seq]))
  for (const { index, id } of given) {
    const place = places.get(id)
    if (place === undefined)
      report(index, 'EVENT_ID_MISSING', 'the table of event ids lacks the entry: sent again, it would be doubled')
    else if (place !== index)
      report(
        index,
        'EVENT_ID_CHANGED',
        `the table of event ids says that the entry is number ${place}, or its id stands twice`,
      )
  }
  return given.length
}

/**
 * Reports rows that lead to no entry of theirs, in a log whose `size` entries can all be read. Reads them all: for when
 * there are more than entries that need one.
 */
export async function verifyExtraIds(tx: Tx, size: number, report: Report): Promise<void> {
  for (let after: { seq: number; event_id: string } | null = null; ; ) {
    const rows: { seq: number; event_id: string }[] = await store.readIdsAfter(tx, after, PAGE)
    const entries = await readEntriesAt(
      tx,
      rows.map(({ seq }) => seq).filter((seq) => seq >= 0 && seq < size),
    )
    const ids = new Map(entries.map(({ index, leaf }) => [index, leaf.event_id]))
    for (const { seq, event_id } of rows)
      if (ids.get(seq) !== event_id)
        report(Math.max(0, seq), 'EVENT_ID_EXTRA', 'the table of event ids has a row for another event than the entry')
    after = rows.at(-1) ?? null
    if (rows.length < PAGE) return
  }
}

function isOurs({ eventId, receivedAt }: CheckedEntry): boolean {
  return millisecondIn(eventId) === Math.floor(receivedAt / 1000)
}
