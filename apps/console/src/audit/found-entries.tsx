import { Button, Text } from '@mantine/core'
import { IconListSearch } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { EmptyState } from '../components/empty-state.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { More } from '../components/more.tsx'
import { TableSkeleton } from '../components/table.tsx'
import { useText } from '../platform/text.tsx'
import { EntryRows } from './entry-rows.tsx'
import { type Filter, hashOf } from './filter.ts'
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
      <EmptyState icon={IconListSearch} title={text('nothing')} action={<LookUnderWho filter={filter} />}>
        {text(couldBeName(filter) ? 'nothing.sealed' : 'nothing.hint')}
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

/** What is searched in all entries is what stands there in the open; the names of people are sealed. */
function LookUnderWho({ filter }: { filter: Filter }) {
  const text = useText<typeof AuditTexts>('audit')
  const navigate = useNavigate()
  if (!couldBeName(filter)) return null
  const { text: name = '', ...rest } = filter
  return (
    <Button
      variant="default"
      onClick={() => void navigate({ to: '/audit', hash: hashOf({ ...rest, user_id: name }), replace: true })}
    >
      {text('nothing.under_who', { name })}
    </Button>
  )
}

function couldBeName({ text, user_id }: Filter): boolean {
  return text !== undefined && user_id === undefined
}
