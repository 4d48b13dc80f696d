import { Alert, Badge, Card, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { OperationsState } from '@probity/contract'
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Amount } from '../components/amount.tsx'
import { Fields } from '../components/fields.tsx'
import { Moment } from '../components/moment.tsx'
import { Page } from '../components/page.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useMay } from '../identity/me.ts'
import { useText } from '../platform/text.tsx'
import { Bytes } from './bytes.tsx'
import type OperationsTexts from './messages.en.json'
import { healthQuery, operationsQuery } from './queries.ts'
import { useScheduleText } from './schedule-text.ts'

/** Whether the server works; for who operates it also its jobs, and what its data takes. */
export function HealthPage() {
  const text = useText<typeof OperationsTexts>('operations')
  const may = useMay()
  const query = useQuery(healthQuery)
  return (
    <Page title={text('health')} description={text('health.description')}>
      <Stack>
        <QueryState query={query}>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <Sign isWell={query.data?.lives === true} name={text('health.lives')} />
            <Sign isWell={query.data?.ready === true} name={text('health.ready')} />
          </SimpleGrid>
        </QueryState>
        {may('tenant:operate') && <Installation />}
      </Stack>
    </Page>
  )
}

function Sign({ isWell, name }: { isWell: boolean; name: string }) {
  const text = useText<typeof OperationsTexts>('operations')
  return (
    <Alert
      color={isWell ? 'green' : 'red'}
      variant="light"
      icon={isWell ? <IconCircleCheck /> : <IconCircleX />}
      title={name}
    >
      {text(isWell ? 'health.well' : 'health.not_well')}
    </Alert>
  )
}

function Installation() {
  const text = useText<typeof OperationsTexts>('operations')
  const query = useQuery(operationsQuery)
  const state = query.data
  return (
    <QueryState query={query}>
      {state !== undefined && (
        <>
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Card>
              <Title order={2} mb="sm">
                {text('health.log')}
              </Title>
              <Fields
                of={[
                  [text('health.version'), state.version],
                  [text('health.waiting'), <Amount key="waiting" of={state.log.waiting} />],
                  [text('health.leads'), text(state.log.leads ? 'yes' : 'no')],
                  [text('health.blocked'), <Amount key="blocked" of={state.log.blocked} />],
                ]}
              />
              {state.log.blocked > 0 && (
                <Text mt="sm" c="red">
                  {text('health.blocked_hint')}
                </Text>
              )}
            </Card>
            <Card>
              <Title order={2} mb="sm">
                {text('storage')}
              </Title>
              <Fields
                of={[
                  [text('storage.database'), <Bytes key="database" of={state.storage.database_bytes} />],
                  [text('storage.keystore'), <Bytes key="keystore" of={state.storage.keystore_bytes} />],
                ]}
              />
            </Card>
          </SimpleGrid>
          <Jobs jobs={state.jobs} />
          <Title order={2}>{text('storage.tables')}</Title>
          <Table<OperationsState['storage']['tables'][number]>
            label={text('storage.tables')}
            rows={state.storage.tables}
            rowKey={({ name }) => name}
            columns={[
              {
                id: 'name',
                header: text('storage.table'),
                accessorKey: 'name',
                cell: ({ row }) => <span className="mono">{row.original.name}</span>,
              },
              {
                id: 'bytes',
                header: text('storage.size'),
                accessorKey: 'bytes',
                cell: ({ row }) => <Bytes of={row.original.bytes} />,
              },
              {
                id: 'rows',
                header: text('storage.rows'),
                accessorKey: 'rows',
                cell: ({ row }) => <Amount of={row.original.rows} />,
              },
            ]}
          />
        </>
      )}
    </QueryState>
  )
}

function Jobs({ jobs }: { jobs: OperationsState['jobs'] }) {
  const text = useText<typeof OperationsTexts>('operations')
  const scheduleText = useScheduleText()
  return (
    <>
      <Title order={2}>{text('jobs')}</Title>
      <Table<OperationsState['jobs'][number]>
        label={text('jobs')}
        rows={jobs}
        rowKey={({ task }) => task}
        columns={[
          {
            id: 'task',
            header: text('jobs.task'),
            accessorKey: 'task',
            cell: ({ row }) => text(row.original.task === 'sweep' ? 'jobs.sweep' : 'jobs.verify_logs'),
          },
          {
            id: 'schedule',
            header: text('jobs.schedule'),
            accessorKey: 'schedule',
            cell: ({ row }) => scheduleText(row.original.schedule),
          },
          {
            id: 'last',
            header: text('jobs.last'),
            accessorFn: ({ last_run_at }) => last_run_at ?? '',
            cell: ({ row: { original } }) =>
              original.last_run_at === null ? text('never') : <Moment at={original.last_run_at} />,
          },
          {
            id: 'waiting',
            header: text('jobs.waiting'),
            accessorKey: 'waiting',
            cell: ({ row }) => <Amount of={row.original.waiting} />,
          },
          {
            id: 'failed',
            header: text('jobs.failed'),
            accessorKey: 'failed',
            cell: ({ row: { original } }) =>
              original.failed === 0 ? (
                '0'
              ) : (
                <Badge color="red" title={original.last_error ?? ''}>
                  {original.failed}
                </Badge>
              ),
          },
        ]}
      />
    </>
  )
}
