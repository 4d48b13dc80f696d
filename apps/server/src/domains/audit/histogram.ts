import type { Histogram, HistogramQuery } from '@probity/contract'
import type { Keys } from '../keys/index.ts'
import type { Run } from './export.ts'
import type { Entry } from './reader.ts'
import { searchBelow } from './search.ts'

/** Entries that are counted, at most: the newest. */
const MOST = 200_000
const AT_ONCE = 4_096
/** Entries that are looked through for them, at most: so many take seconds. */
const MOST_LOOKED_AT = 500_000
const NOTHING = { Success: 0, Failure: 0, Warning: 0, Information: 0 }

type Counted = Pick<Entry['leaf'], 'received_at' | 'outcome'>

/** Counts the entries that match, by when they were received and their outcome. `now`: microseconds. */
export async function histogramOf(
  run: Run,
  keys: Keys,
  query: HistogramQuery,
  seesPeople: boolean,
  now: number,
): Promise<Histogram & { byName: boolean }> {
  const counted: Counted[] = []
  let byName = false
  let below: number | null = Number.MAX_SAFE_INTEGER
  let least = 0
  while (below !== null && below > least && counted.length < MOST) {
    const from: number = below
    const found = await run((tx) => searchBelow(tx, keys, { ...query, limit: AT_ONCE }, seesPeople, from))
    counted.push(...found.entries.map(({ leaf: { received_at, outcome } }) => ({ received_at, outcome })))
    byName ||= found.byName
    if (from === Number.MAX_SAFE_INTEGER) least = (found.before ?? 0) - MOST_LOOKED_AT
    below = found.before
  }
  const end = query.end_time === undefined ? now : Date.parse(query.end_time) * 1000
  const oldest = counted.at(-1)?.received_at ?? end
  const start = query.start_time === undefined ? oldest : Date.parse(query.start_time) * 1000
  return { buckets: bucketsOf(counted, start, end, query.buckets), is_complete: below === null, byName }
}

function bucketsOf(counted: readonly Counted[], start: number, end: number, count: number): Histogram['buckets'] {
  const length = Math.max(1, (end - start) / count)
  const buckets = Array.from({ length: count }, (_, i) => ({
    start_time: new Date((start + i * length) / 1000).toISOString(),
    ...NOTHING,
  }))
  for (const { received_at, outcome } of counted) {
    const bucket = buckets[Math.min(count - 1, Math.max(0, Math.floor((received_at - start) / length)))]
    if (bucket) bucket[outcome]++
  }
  return buckets
}
