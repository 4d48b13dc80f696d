import { Button, Text } from '@mantine/core'
import { IconListSearch } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import { EmptyState } from '../components/empty-state.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { useText } from '../platform/text.tsx'
import { EntryRows, MOST_ROWS } from './entry-rows.tsx'
import type AuditTexts from './messages.en.json'
import { PAGE, stretchQuery } from './queries.ts'

/** The log from its newest entry on, of which what is seen is fetched, wherever somebody scrolls to. */
export function WholeLog({ size }: { size: number }) {
  const text = useText<typeof AuditTexts>('audit')
  const [seen, setSeen] = useState<readonly [number, number]>([0, 30])
  const pages = useMemo(() => {
    const newest = size - 1 - seen[0]
    const oldest = Math.max(0, size - 1 - seen[1])
    const first = Math.floor(oldest / PAGE)
    return Array.from({ length: Math.max(0, Math.floor(newest / PAGE) - first + 1) }, (_, i) => first + i)
  }, [size, seen])
  const stretches = useQueries({ queries: pages.map((page) => stretchQuery(page, size)) })
  const onSeen = useCallback(
    (first: number, last: number) =>
      setSeen((known) => (known[0] === first && known[1] === last ? known : ([first, last] as const))),
    [],
  )
  const rowAt = (row: number) => {
    const index = size - 1 - row
    const page = Math.floor(index / PAGE)
    return stretches[pages.indexOf(page)]?.data?.[index - page * PAGE]
  }
  const error = stretches.find((one) => one.error)?.error
  if (size === 0)
    return (
      <EmptyState
        icon={IconListSearch}
        title={text('empty')}
        action={
          <Button component={Link} to="/welcome">
            {text('empty.send')}
          </Button>
        }
      >
        {text('empty.hint')}
      </EmptyState>
    )
  return (
    <>
      {error && <FailureNotice error={error} />}
      <EntryRows count={size} rowAt={rowAt} onSeen={onSeen} />
      {size > MOST_ROWS && <Text c="dimmed">{text('older', { count: MOST_ROWS })}</Text>}
    </>
  )
}
