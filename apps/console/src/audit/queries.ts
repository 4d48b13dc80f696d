import type { AuditEvent } from '@probity/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { probity, queries } from '../platform/client.ts'
import { pagesOf } from '../platform/lists.ts'
import { asked, type Filter } from './filter.ts'

export const PAGE = 100

/** Entries that match, the newest first, page by page. */
export function eventsQuery(filter: Filter) {
  return infiniteQueryOptions({
    ...pagesOf(['audit', 'events', filter], (page) => probity.events({ ...asked(filter), ...page, limit: PAGE })),
    refetchOnWindowFocus: false,
  })
}

/** A stretch of the whole log, by the indexes of its entries: `[page * PAGE, (page + 1) * PAGE)`. What is in the log does not change. */
export function stretchQuery(page: number, size: number) {
  const end = Math.min(size, (page + 1) * PAGE)
  return queryOptions({
    queryKey: ['audit', 'stretch', page, end],
    queryFn: async (): Promise<AuditEvent[]> => {
      const { events } = await probity.events({ below: end, limit: Math.max(1, end - page * PAGE) })
      return events.toReversed()
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** An entry that came by the tail stands behind those that were read: nothing is read again for it. */
export function addToStretch(event: AuditEvent): void {
  const page = Math.floor(event.index / PAGE)
  const isFirst = event.index === page * PAGE
  const before = isFirst ? [] : queries.getQueryData(stretchQuery(page, event.index).queryKey)
  if (before !== undefined) queries.setQueryData(stretchQuery(page, event.index + 1).queryKey, [...before, event])
}

export const sizeQuery = queryOptions({
  queryKey: ['audit', 'size'],
  queryFn: async () => (await probity.events({ limit: 1 })).total,
  staleTime: 0,
})

export function histogramQuery(filter: Filter) {
  return queryOptions({
    queryKey: ['audit', 'histogram', filter],
    queryFn: () => probity.histogram({ ...asked(filter), buckets: 60 }),
  })
}

export function eventQuery(id: string) {
  return queryOptions({ queryKey: ['audit', 'event', id], queryFn: () => probity.event(id), staleTime: 60_000 })
}

/** A receipt with the keys of the log, and the program that verifies it here. */
export function receiptQuery(id: string) {
  return queryOptions({
    queryKey: ['audit', 'receipt', id],
    queryFn: async () => {
      const [receipt, { keys }, verifier] = await Promise.all([
        probity.receipt(id),
        probity.key(),
        import('@probity/sdk/verify'),
      ])
      return { receipt, keys, verifier }
    },
    staleTime: Number.POSITIVE_INFINITY, // a receipt is good for ever
  })
}

export const verificationsQuery = pagesOf(['audit', 'verifications'], (page) => probity.verifications(page))
