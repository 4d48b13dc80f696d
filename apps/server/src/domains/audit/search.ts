import type { EventQuery, ExportQuery } from '@probity/contract'
import { isUuid } from '@probity/core'
import { Breath } from '../../platform/breath.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import type { Keys } from '../keys/index.ts'
import type { Run } from './export.ts'
import { Matcher, type Wanted } from './matcher.ts'
import { type Entry, openParts } from './reader.ts'
import { parseCursor } from './rules.ts'
import * as store from './store.ts'

/** Entries that a page looks at, at most: the rest is for the next one. */
const LOOKED_AT = 32_768
/** Bundles that are fetched at once, at first and at most, and at most their bytes. */
const FETCHED = { first: 4, most: 64, bytes: 8 * 2 ** 20 }

/** A page of entries; `before`: the next one begins below this index, null: there are no more. */
export interface Found {
  entries: Entry[]
  before: number | null
  /** Whether a person was looked up by a name, in the blind index. */
  byName: boolean
}

/**
 * Finds entries, newest first. Bundles that can't hold what is looked for are not opened; of the others a page looks at
 * some 32,768 entries: it may be short or empty and still have a next one.
 */
export async function search(tx: Tx, keys: Keys, query: EventQuery, seesPeople: boolean): Promise<Found> {
  const below = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : parseCursor(query.cursor)
  if (below === null) throw new DomainError('CURSOR_INVALID')
  return searchBelow(tx, keys, query, seesPeople, Math.min(below, query.below ?? below))
}

/** The same below an index. */
export async function searchBelow(
  tx: Tx,
  keys: Keys,
  query: Asked & { text?: string | undefined; limit: number },
  seesPeople: boolean,
  below: number,
): Promise<Found> {
  const { wanted, byName } = await wantedOf(tx, keys, query, seesPeople)
  if (wanted === null) return { entries: [], before: null, byName }
  return { ...(await findBelow(tx, keys, { ...wanted, text: query.text }, query, below)), byName }
}

async function findBelow(
  tx: Tx,
  keys: Keys,
  wanted: Wanted,
  { limit, ip_address }: { limit: number; ip_address?: string | undefined },
  below: number,
): Promise<Omit<Found, 'byName'>> {
  const matcher = new Matcher(wanted)
  const breath = new Breath()
  const entries: Entry[] = []
  let looked = 0
  let before = below
  for (let fetched = FETCHED.first; looked < LOOKED_AT; fetched = Math.min(fetched * 2, FETCHED.most)) {
    const few = { limit: fetched, bytes: FETCHED.bytes }
    const { rows, isLast } = await store.searchBundles(tx, matcher.filter, before, few)
    for (const row of rows) {
      await breath.take()
      const matching = matcher.matching(row, before)
      entries.push(...(ip_address === undefined ? matching : await withAddress(tx, keys, matching, ip_address)))
      looked += row.entries
      before = row.first_seq
      // One more than the page holds: whether there is a next one is known then.
      if (entries.length > limit) return { entries: entries.slice(0, limit), before: entries[limit - 1]?.index ?? null }
    }
    if (isLast) return { entries, before: null }
  }
  return { entries, before }
}

/** Indexes of the entries below `end` that an export selects, ascending, some at a time; and whether a person was found by name. */
export async function selectIndexes(
  run: Run,
  keys: Keys,
  query: ExportQuery,
  seesPeople: boolean,
  end: number,
): Promise<{ indexes: AsyncGenerator<number[]>; byName: boolean }> {
  const { wanted, byName } = await run((tx) => wantedOf(tx, keys, query, seesPeople))
  return { indexes: selected(run, keys, wanted, query, end), byName }
}

async function* selected(
  run: Run,
  keys: Keys,
  wanted: Wanted | null,
  { start, text, ip_address }: ExportQuery,
  end: number,
): AsyncGenerator<number[]> {
  if (wanted === null) return
  const indexes: number[] = []
  for (let below: number | null = end; below !== null; ) {
    const from: number = below
    const found: Omit<Found, 'byName'> = await run((tx) =>
      findBelow(tx, keys, { ...wanted, text }, { limit: SELECTED_AT_ONCE, ip_address }, from),
    )
    indexes.push(...found.entries.map(({ index }) => index).filter((index) => index >= start))
    below = found.before !== null && found.before > start ? found.before : null
  }
  indexes.reverse()
  for (let at = 0; at < indexes.length; at += 256) yield indexes.slice(at, at + 256)
}

const SELECTED_AT_ONCE = 2_000

type Member =
  | 'user_id'
  | 'ip_address'
  | 'event_type'
  | 'start_time'
  | 'end_time'
  | 'resource'
  | 'action'
  | 'outcome'
  | 'min_risk_score'
type Asked = { [K in Member]?: EventQuery[K] | undefined }

/**
 * Wanted null: the person asked for is not known here. A UUID may be a pseudonym or somebody's name; it was used as a
 * name when it led to somebody.
 */
async function wantedOf(
  tx: Tx,
  keys: Keys,
  query: Asked,
  seesPeople: boolean,
): Promise<{ wanted: Wanted | null; byName: boolean }> {
  const { start_time, end_time, event_type, resource, action, outcome, min_risk_score } = query
  const wanted: Wanted = { start_time, end_time, event_type, resource, action, outcome, min_risk_score }
  let byName = false
  if (query.user_id !== undefined) {
    const named = seesPeople ? await keys.subjects.find(tx.tenantId, query.user_id) : []
    const subjects = isUuid(query.user_id) ? [query.user_id, ...named] : named
    byName = seesPeople && (named.length > 0 || !isUuid(query.user_id))
    if (subjects.length > 0) wanted.subjects = subjects
    else wanted.actors = [query.user_id]
  }
  if (query.ip_address !== undefined) {
    const subjects = await keys.subjects.find(tx.tenantId, query.ip_address)
    const both = wanted.subjects?.filter((subject) => subjects.includes(subject)) ?? subjects
    if (both.length === 0) return { wanted: null, byName }
    wanted.subjects = both
  }
  return { wanted, byName }
}

async function withAddress(tx: Tx, keys: Keys, entries: Entry[], address: string): Promise<Entry[]> {
  const opened = await openParts(tx, keys, entries)
  const seen = new Set(
    opened
      .filter(({ members }) => Object.values(members ?? {}).some((value) => holds(value, address)))
      .map(({ index }) => index),
  )
  return entries.filter(({ index }) => seen.has(index))
}

function holds(value: unknown, address: string): boolean {
  if (typeof value === 'string') return value.toLowerCase() === address.toLowerCase()
  return typeof value === 'object' && value !== null && Object.values(value).some((inner) => holds(inner, address))
}
