import { Badge, Button, Group, Select, Stack, TextInput } from '@mantine/core'
import type { User, UserStatus } from '@probity/contract'
import { IconSearch, IconUserPlus, IconUsers } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { EmptyState } from '../components/empty-state.tsx'
import { Moment } from '../components/moment.tsx'
import { More } from '../components/more.tsx'
import { Page } from '../components/page.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useMay } from '../identity/me.ts'
import { useText } from '../platform/text.tsx'
import { Invite } from './invite.tsx'
import type PeopleTexts from './messages.en.json'
import { peopleQuery } from './queries.ts'

export const STATUS_COLOURS = { invited: 'blue', active: 'green', suspended: 'orange', deactivated: 'gray' } as const
const STATUSES = ['invited', 'active', 'suspended', 'deactivated'] as const

/** Everybody of the tenant. */
export function PeoplePage() {
  const text = useText<typeof PeopleTexts>('people')
  const may = useMay()
  const [name, setName] = useState('')
  const [looked, setLooked] = useState('')
  const [status, setStatus] = useState<UserStatus | null>(null)
  const [isInviting, setInviting] = useState(false)
  const query = useInfiniteQuery(
    peopleQuery({ ...(looked !== '' && { name: looked }), ...(status !== null && { status }) }),
  )
  const users = query.data?.pages.flatMap((page) => page.users) ?? []
  const invite = may('user:write') && (
    <Button leftSection={<IconUserPlus size={15} />} onClick={() => setInviting(true)}>
      {text('invite')}
    </Button>
  )
  return (
    <Page title={text('people')} description={text('people.description')} actions={invite}>
      <Stack gap="sm">
        <Group>
          <form
            onSubmit={(event) => {
              event.preventDefault()
              setLooked(name.trim())
            }}
          >
            <TextInput
              aria-label={text('people.find')}
              placeholder={text('people.find')}
              leftSection={<IconSearch size={15} />}
              w={280}
              value={name}
              onChange={(event) => {
                setName(event.currentTarget.value)
                if (event.currentTarget.value === '') setLooked('')
              }}
            />
          </form>
          <Select
            aria-label={text('people.status')}
            placeholder={text('people.status')}
            data={STATUSES.map((value) => ({ value, label: text(`status.${value}`) }))}
            value={status}
            onChange={(chosen) => setStatus(STATUSES.find((one) => one === chosen) ?? null)}
            clearable
            clearButtonProps={{ 'aria-label': text('people.any_status') }}
            w={170}
          />
        </Group>
        <QueryState query={query}>
          <Table<User>
            label={text('people')}
            rows={users}
            rowKey={({ id }) => id}
            empty={
              <EmptyState icon={IconUsers} title={text('people.nobody')} action={invite}>
                {text(looked === '' ? 'people.nobody_hint' : 'people.whole_name')}
              </EmptyState>
            }
            columns={[
              {
                id: 'name',
                header: text('people.name'),
                accessorFn: (user) => user.display_name ?? user.username,
                cell: ({ row: { original }, getValue }) => (
                  <Link to="/people/$id" params={{ id: original.id }}>
                    {String(getValue())}
                  </Link>
                ),
              },
              { id: 'email', header: text('people.email'), accessorKey: 'email' },
              {
                id: 'status',
                header: text('people.status'),
                accessorKey: 'status',
                cell: ({ row: { original } }) => (
                  <Badge color={STATUS_COLOURS[original.status]}>{text(`status.${original.status}`)}</Badge>
                ),
              },
              {
                id: 'factor',
                header: text('people.factor'),
                accessorKey: 'mfa_enabled',
                cell: ({ row: { original } }) => text(original.mfa_enabled ? 'yes' : 'no'),
              },
              {
                id: 'login',
                header: text('people.last_login'),
                accessorFn: ({ last_login_at }) => last_login_at ?? '',
                cell: ({ row: { original } }) =>
                  original.last_login_at === null ? text('never') : <Moment at={original.last_login_at} />,
              },
            ]}
          />
        </QueryState>
        <More query={query} />
      </Stack>
      <Invite opened={isInviting} onClose={() => setInviting(false)} />
    </Page>
  )
}
