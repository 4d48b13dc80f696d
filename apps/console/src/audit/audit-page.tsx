import { Button, Group, Stack, Switch } from '@mantine/core'
import type { AuditEvent } from '@probity/contract'
import { IconShieldCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useState } from 'react'
import { Page } from '../components/page.tsx'
import { TableSkeleton } from '../components/table.tsx'
import { queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { ExportButton } from './export-button.tsx'
import { type Filter, filterOf, hashOf } from './filter.ts'
import { FilterBar } from './filter-bar.tsx'
import { FoundEntries } from './found-entries.tsx'
import { useTail } from './live.ts'
import type AuditTexts from './messages.en.json'
import { addToStretch, sizeQuery } from './queries.ts'
import { SavedViews } from './saved-views.tsx'
import { WholeLog } from './whole-log.tsx'

const Histogram = lazy(() => import('./histogram.tsx').then(({ Histogram }) => ({ default: Histogram })))

/** The log: all of it, or what is looked for; live, if wished. */
export function AuditPage() {
  const text = useText<typeof AuditTexts>('audit')
  const navigate = useNavigate()
  const { hash } = useLocation()
  const filter = filterOf(hash)
  const [isLive, setLive] = useState(false)
  const size = useQuery(sizeQuery).data ?? 0
  const isFiltered = Object.keys(filter).length > 0
  const onEntry = useCallback(
    (event: AuditEvent) => {
      addToStretch(event)
      queries.setQueryData(sizeQuery.queryKey, (known = 0) => Math.max(known, event.index + 1))
      if (isFiltered) void queries.invalidateQueries({ queryKey: ['audit', 'events'] }, { cancelRefetch: false })
    },
    [isFiltered],
  )
  const connection = useTail(null, isLive, onEntry)
  const change = (next: Filter) => void navigate({ to: '/audit', hash: hashOf(next), replace: true })
  return (
    <Page
      title={text('title')}
      description={text('description', { size })}
      actions={
        <>
          <Button
            component={Link}
            to="/audit/verifications"
            variant="default"
            leftSection={<IconShieldCheck size={15} />}
          >
            {text('verifications')}
          </Button>
          <ExportButton filter={filter} />
        </>
      }
    >
      <Stack gap="sm">
        <FilterBar filter={filter} onChange={change} />
        <Group justify="space-between">
          <SavedViews filter={filter} onChoose={change} />
          <Group gap="xs">
            <span role="status">{isLive ? text(`live.${connection}`) : ''}</span>
            <Switch label={text('live')} checked={isLive} onChange={(event) => setLive(event.currentTarget.checked)} />
          </Group>
        </Group>
        <Suspense fallback={<div style={{ height: 110 }} />}>
          <Histogram filter={filter} onRange={(start_time, end_time) => change({ ...filter, start_time, end_time })} />
        </Suspense>
        <Suspense fallback={<TableSkeleton rows={10} />}>
          {isFiltered ? <FoundEntries filter={filter} /> : <WholeLog size={size} />}
        </Suspense>
      </Stack>
    </Page>
  )
}
