import { Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { IconListSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { OwnAccess } from '../access/own-access.tsx'
import { Amount } from '../components/amount.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Moment } from '../components/moment.tsx'
import { Page } from '../components/page.tsx'
import { Table, TableSkeleton } from '../components/table.tsx'
import { useMay, useMe } from '../identity/me.ts'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { FirstSteps } from './first-steps.tsx'
import type OverviewTexts from './messages.en.json'
import { Waiting } from './waiting.tsx'

const NEWEST = 8

/** What somebody looks at first: what is left to set up, and what happened of late. */
export function OverviewPage() {
  const text = useText<typeof OverviewTexts>('overview')
  const me = useMe()
  const may = useMay()
  return (
    <Page title={text('home.title', { name: me.display_name ?? me.username })} description={me.tenant.name}>
      <Stack gap="lg">
        <Waiting />
        {may('audit_entry:read') && may('user:write') && <FirstSteps />}
        {may('audit_entry:read') ? (
          <Newest />
        ) : (
          <EmptyState icon={IconListSearch} title={text('home.nothing')}>
            {text('home.nothing_hint')}
          </EmptyState>
        )}
        {!may('grant:read') && <OwnAccess />}
      </Stack>
    </Page>
  )
}

function Newest() {
  const text = useText<typeof OverviewTexts>('overview')
  const query = useQuery({
    queryKey: ['audit', 'newest'],
    queryFn: async () => await probity.events({ limit: NEWEST }),
  })
  if (query.error) return <FailureNotice error={query.error} retry={() => void query.refetch()} />
  if (query.data === undefined) return <TableSkeleton />
  const { events, total } = query.data
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }}>
        <Card>
          <Text c="dimmed">{text('home.entries')}</Text>
          <Text fz={26} fw={600}>
            <Amount of={total} />
          </Text>
        </Card>
        <Card>
          <Text c="dimmed">{text('home.last')}</Text>
          <Text fz={26} fw={600}>
            {events[0] === undefined ? '—' : <Moment at={events[0].received_at} />}
          </Text>
        </Card>
      </SimpleGrid>
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2}>{text('home.newest')}</Title>
          <Button component={Link} to="/audit" variant="subtle" size="compact-sm">
            {text('home.all')}
          </Button>
        </Group>
        <Table
          label={text('home.newest')}
          rows={events}
          rowKey={({ id }) => id}
          empty={
            <EmptyState
              icon={IconListSearch}
              title={text('home.empty')}
              action={
                <Button component={Link} to="/welcome">
                  {text('home.first_event')}
                </Button>
              }
            >
              {text('home.empty_hint')}
            </EmptyState>
          }
          columns={[
            {
              id: 'when',
              header: text('home.when'),
              accessorKey: 'received_at',
              cell: ({ row }) => <Moment at={row.original.received_at} />,
            },
            { id: 'what', header: text('home.what'), accessorKey: 'event_type' },
            {
              id: 'resource',
              header: text('home.resource'),
              accessorFn: ({ resource }) => resource ?? '—',
              cell: ({ getValue }) => <span className="mono">{String(getValue())}</span>,
            },
            { id: 'outcome', header: text('home.outcome'), accessorKey: 'outcome' },
          ]}
        />
      </Stack>
    </>
  )
}
