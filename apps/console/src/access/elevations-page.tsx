import { Badge, Button, NumberInput, Select, Textarea, TextInput } from '@mantine/core'
import type { Elevation } from '@probity/contract'
import { IconClockUp } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Deed, Deeds } from '../components/deeds.tsx'
import { deedsColumn } from '../components/deeds-column.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { Moment } from '../components/moment.tsx'
import { More } from '../components/more.tsx'
import { Page } from '../components/page.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useMe } from '../identity/me.ts'
import { PersonName } from '../identity/person-name.tsx'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { extentIn, extentText } from './extent-text.ts'
import type AccessTexts from './messages.en.json'
import { elevationsQuery } from './queries.ts'

const COLOURS = { pending: 'blue', approved: 'green', denied: 'red', withdrawn: 'gray', lapsed: 'gray' } as const
const SECONDS_A_MINUTE = 60
const rolesToAsk = { queryKey: ['access', 'elevation-roles'], queryFn: () => probity.elevationRoles({ limit: 200 }) }
const changed = () => queries.invalidateQueries({ queryKey: ['access'] })

/** Roles for a while, asked for by who is to have them and approved by somebody else. */
export function ElevationsPage() {
  const text = useText<typeof AccessTexts>('access')
  const me = useMe()
  const query = useInfiniteQuery(elevationsQuery)
  const roles = useQuery(rolesToAsk)
  const [isAsking, setAsking] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const nameOf = (id: string) => roles.data?.roles.find((role) => role.id === id)?.name ?? id.slice(0, 8)
  const deedsOf = ({ id, user_id, state }: Elevation): Deed[] => {
    if (state !== 'pending') return []
    if (user_id === me.id) return [{ label: text('elevation.withdraw'), run: () => probity.withdrawElevation(id) }]
    return [
      { label: text('elevation.approve'), run: () => probity.approveElevation(id) },
      { label: text('elevation.deny'), isDangerous: true, run: () => probity.denyElevation(id) },
    ]
  }
  const ask = <Button onClick={() => setAsking(true)}>{text('elevation.ask')}</Button>
  return (
    <Page title={text('elevations')} description={text('elevations.description')} actions={ask}>
      {error !== null && <FailureNotice error={error} />}
      <QueryState query={query}>
        <Table<Elevation>
          label={text('elevations')}
          rows={query.data?.pages.flatMap((page) => page.elevations) ?? []}
          rowKey={({ id }) => id}
          empty={
            <EmptyState icon={IconClockUp} title={text('elevations.none')} action={ask}>
              {text('elevations.none_hint')}
            </EmptyState>
          }
          columns={[
            {
              id: 'who',
              header: text('grants.who'),
              accessorKey: 'user_id',
              cell: ({ row }) => <PersonName id={row.original.user_id} />,
            },
            { id: 'role', header: text('role'), accessorFn: ({ role_id }) => nameOf(role_id) },
            {
              id: 'on',
              header: text('grants.on'),
              accessorFn: extentText,
              cell: ({ getValue }) => <span className="mono">{String(getValue())}</span>,
            },
            {
              id: 'for',
              header: text('elevation.for'),
              accessorKey: 'duration_seconds',
              cell: ({ row }) => text('elevation.minutes', { count: row.original.duration_seconds / SECONDS_A_MINUTE }),
            },
            { id: 'why', header: text('grants.why'), accessorKey: 'reason' },
            {
              id: 'state',
              header: text('state'),
              accessorKey: 'state',
              cell: ({ row: { original } }) => (
                <Badge color={COLOURS[original.state]}>{text(`elevation.${original.state}`)}</Badge>
              ),
            },
            {
              id: 'asked',
              header: text('elevation.asked'),
              accessorKey: 'requested_at',
              cell: ({ row }) => <Moment at={row.original.requested_at} />,
            },
            deedsColumn((row) => <Deeds size="compact-sm" deeds={deedsOf(row)} onDone={changed} onError={setError} />),
          ]}
        />
      </QueryState>
      <More query={query} />
      <Ask opened={isAsking} onClose={() => setAsking(false)} roles={roles.data?.roles ?? []} />
    </Page>
  )
}

function Ask({ opened, onClose, roles }: { opened: boolean; onClose(): void; roles: { id: string; name: string }[] }) {
  const text = useText<typeof AccessTexts>('access')
  const [role, setRole] = useState<string | null>(null)
  const [minutes, setMinutes] = useState<number | string>(60)
  const [on, setOn] = useState('')
  const [reason, setReason] = useState('')
  return (
    <FormModal
      opened={opened}
      onClose={onClose}
      title={text('elevation.ask')}
      verb={text('elevation.ask')}
      onSubmit={async () => {
        await probity.requestElevation({
          role_id: role ?? '',
          ...extentIn(on),
          duration_seconds: Number(minutes) * SECONDS_A_MINUTE,
          reason: reason.trim(),
        })
        setOn('')
        setReason('')
        await changed()
      }}
    >
      <Select
        label={text('role')}
        required
        searchable
        data={roles.map(({ id, name }) => ({ value: id, label: name }))}
        value={role}
        onChange={setRole}
      />
      <TextInput
        label={text('grants.on')}
        description={text('grants.on_hint')}
        placeholder="document/17"
        value={on}
        onChange={(event) => setOn(event.currentTarget.value)}
      />
      <NumberInput label={text('elevation.for_minutes')} min={5} max={1440} value={minutes} onChange={setMinutes} />
      <Textarea
        label={text('grants.why')}
        required
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormModal>
  )
}
