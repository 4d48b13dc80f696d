import { Text } from '@mantine/core'
import { IconListSearch } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { EmptyState } from '../components/empty-state.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { More } from '../components/more.tsx'
import { TableSkeleton } from '../components/table.tsx'
import { useText } from '../platform/text.tsx'
import { EntryRows } from './entry-rows.tsx'
import type { Filter } from './filter.ts'
import type AuditTexts from './messages.en.json'
import { eventsQuery } from './queries.ts'

/** Entries that match, read on as somebody scrolls. */
export function FoundEntries({ filter }: { filter: Filter }) {
  const text = useText<typeof AuditTexts>('audit')
  const query = useInfiniteQuery(eventsQuery(filter))
  if (query.error) return <FailureNotice error={query.error} retry={() => void query.refetch()} />
  if (query.data === undefined) return <TableSkeleton rows={10} />
  const events = query.data.pages.flatMap((page) => page.events)
  const readOn = (_: number, last: number) => {
    if (last >= events.length - 20 && query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage()
  }
  if (events.length === 0 && !query.hasNextPage)
    return (
      <EmptyState icon={IconListSearch} title={text('nothing')}>
        {text('nothing.hint')}
      </EmptyState>
    )
  return (
    <>
      <EntryRows count={events.length} rowAt={(row) => events[row]} onSeen={readOn} />
      <Text c="dimmed" role="status">
        {text(query.hasNextPage ? 'found.more' : 'found', { count: events.length })}
      </Text>
      <More query={query} />
    </>
  )
}
