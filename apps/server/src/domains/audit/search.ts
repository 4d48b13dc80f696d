import type { EventQuery, ExportQuery } from '@probity/contract'
import { decodeUtf8, isUuid } from '@probity/core'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import type { Keys } from '../keys/index.ts'
import type { Run } from './export.ts'
import { type Entry, openParts, readEntriesAt } from './reader.ts'
import { type Position, parseCursor } from './rules.ts'
import * as store from './store.ts'

const SCANNED_AT_ONCE = 2_000

/** A page of positions; `next` null: there are no more. */
export interface Found {
  positions: Position[]
  next: Position | null
  /** Whether a person was looked up by a name, in the blind index. */
  byName: boolean
}

/**
 * Finds entries, newest first. What the index can't answer (text, an address) is looked for in the entries
 * themselves, at most 2,000 a page: a page may be short or empty and still have a next one.
 */
export async function search(tx: Tx, keys: Keys, query: EventQuery, seesPeople: boolean): Promise<Found> {
  const cursor = query.cursor === undefined ? null : parseCursor(query.cursor)
  if (query.cursor !== undefined && cursor === null) throw new DomainError('CURSOR_INVALID')
  const { filter, byName } = await filterOf(tx, keys, query, seesPeople)
  if (filter === null) return { positions: [], next: null, byName }
  const scans = query.text !== undefined || query.ip_address !== undefined
  const limit = scans ? SCANNED_AT_ONCE : query.limit
  const candidates = await store.searchEntries(tx, filter, cursor, limit + 1)
  const looked = candidates.slice(0, limit)
  const kept = scans ? await matching(tx, keys, query, looked) : looked
  const positions = kept.slice(0, query.limit)
  const more = candidates.length > limit || kept.length > query.limit
  const last = kept.length > query.limit ? positions.at(-1) : looked.at(-1)
  return { positions, next: more ? (last ?? null) : null, byName }
}

/** Indexes of the entries below `end` that an export selects, ascending, some at a time. */
export async function* selectIndexes(run: Run, keys: Keys, query: ExportQuery, end: number): AsyncGenerator<number[]> {
  const { filter } = await run((tx) =>
    filterOf(tx, keys, { user_id: query.user_id, event_type: query.event_type }, query.personal),
  )
  if (filter === null) return
  const indexes: number[] = []
  for (let position: Position | null = null; ; ) {
    const found: Position[] = await run((tx) => store.searchEntries(tx, filter, position, SCANNED_AT_ONCE))
    indexes.push(...found.map(({ seq }) => seq).filter((seq) => seq >= query.start && seq < end))
    position = found.at(-1) ?? null
    if (found.length < SCANNED_AT_ONCE) break
  }
  indexes.sort((a, b) => a - b)
  for (let at = 0; at < indexes.length; at += 256) yield indexes.slice(at, at + 256)
}

type Wanted = Partial<
  Pick<
    EventQuery,
    | 'user_id'
    | 'ip_address'
    | 'event_type'
    | 'start_time'
    | 'end_time'
    | 'resource'
    | 'action'
    | 'outcome'
    | 'min_risk_score'
  >
>

/**
 * Filter null: the person asked for is not known here. A UUID may be a pseudonym or somebody's name; it was used as a
 * name when it led to somebody.
 */
async function filterOf(
  tx: Tx,
  keys: Keys,
  query: { [K in keyof Wanted]: Wanted[K] | undefined },
  seesPeople: boolean,
): Promise<{ filter: store.Filter | null; byName: boolean }> {
  const { start_time, end_time, event_type, resource, action, outcome, min_risk_score } = query
  const filter: store.Filter = { start_time, end_time, event_type, resource, action, outcome, min_risk_score }
  let byName = false
  if (query.user_id !== undefined) {
    const named = seesPeople ? await keys.subjects.find(tx.tenantId, query.user_id) : []
    const subjects = isUuid(query.user_id) ? [query.user_id, ...named] : named
    byName = seesPeople && (named.length > 0 || !isUuid(query.user_id))
    if (subjects.length > 0) filter.subjects = subjects
    else filter.actors = [query.user_id]
  }
  if (query.ip_address !== undefined) {
    const subjects = await keys.subjects.find(tx.tenantId, query.ip_address)
    const both = filter.subjects?.filter((subject) => subjects.includes(subject)) ?? subjects
    if (both.length === 0) return { filter: null, byName }
    filter.subjects = both
  }
  return { filter, byName }
}

async function matching(tx: Tx, keys: Keys, query: EventQuery, positions: readonly Position[]): Promise<Position[]> {
  const entries = await readEntriesAt(
    tx,
    positions.map(({ seq }) => seq),
  )
  const text = query.text?.toLowerCase()
  let kept: Entry[] =
    text === undefined ? entries : entries.filter((entry) => decodeUtf8(entry.bytes).toLowerCase().includes(text))
  if (query.ip_address !== undefined) {
    const address = query.ip_address
    const opened = await openParts(tx, keys, kept)
    const seen = new Set(
      opened
        .filter(({ members }) => Object.values(members ?? {}).some((value) => holds(value, address)))
        .map(({ index }) => index),
    )
    kept = kept.filter((entry) => seen.has(entry.index))
  }
  const indexes = new Set(kept.map((entry) => entry.index))
  return positions.filter(({ seq }) => indexes.has(seq))
}

function holds(value: unknown, address: string): boolean {
  if (typeof value === 'string') return value.toLowerCase() === address.toLowerCase()
  return typeof value === 'object' && value !== null && Object.values(value).some((inner) => holds(inner, address))
}
