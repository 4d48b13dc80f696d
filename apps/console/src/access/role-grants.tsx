import {
  Badge,
  Button,
  Card,
  Checkbox,
  Group,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import type { Grant, Role } from '@probity/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Deeds } from '../components/deeds.tsx'
import { deedsColumn } from '../components/deeds-column.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { Moment } from '../components/moment.tsx'
import { More } from '../components/more.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { PersonName } from '../identity/person-name.tsx'
import { PersonSelect } from '../people/person-select.tsx'
import { groupsQuery } from '../people/queries.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { Extent } from './extent.tsx'
import { extentText } from './extent-text.ts'
import type AccessTexts from './messages.en.json'
import { grantsOfRole } from './queries.ts'

const changed = () => queries.invalidateQueries({ queryKey: ['access'] })

/** Who has a role, on what, until when; and giving it to more. */
export function RoleGrants({ role }: { role: Role }) {
  const text = useText<typeof AccessTexts>('access')
  const query = useInfiniteQuery(grantsOfRole(role.id))
  const groups = useInfiniteQuery(groupsQuery)
  const [isGiving, setGiving] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const nameOfGroup = (id: string) =>
    groups.data?.pages.flatMap((page) => page.groups).find((group) => group.id === id)?.name ?? id.slice(0, 8)
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('grants')}</Title>
          <Button onClick={() => setGiving(true)}>{text('grants.give')}</Button>
        </Group>
        {error !== null && <FailureNotice error={error} />}
        <QueryState query={query}>
          <Table<Grant>
            label={text('grants')}
            rows={query.data?.pages.flatMap((page) => page.grants) ?? []}
            rowKey={({ id }) => id}
            empty={
              <Text c="dimmed" p="md">
                {text('grants.none')}
              </Text>
            }
            columns={[
              {
                id: 'who',
                header: text('grants.who'),
                accessorFn: ({ user_id, group_id }) => user_id ?? group_id ?? '',
                cell: ({ row: { original } }) =>
                  original.user_id !== null ? (
                    <PersonName id={original.user_id} />
                  ) : (
                    <>
                      {nameOfGroup(original.group_id ?? '')} <Badge ml={4}>{text('grants.group')}</Badge>
                    </>
                  ),
              },
              {
                id: 'on',
                header: text('grants.on'),
                accessorFn: extentText,
                cell: ({ row }) => <Extent of={row.original} />,
              },
              {
                id: 'by',
                header: text('grants.by'),
                accessorKey: 'granted_by',
                cell: ({ row }) => <PersonName id={row.original.granted_by} />,
              },
              {
                id: 'since',
                header: text('grants.since'),
                accessorKey: 'granted_at',
                cell: ({ row }) => <Moment at={row.original.granted_at} />,
              },
              {
                id: 'until',
                header: text('grants.until'),
                accessorFn: ({ expires_at }) => expires_at ?? '',
                cell: ({ row: { original } }) =>
                  original.expires_at === null ? '—' : <Moment at={original.expires_at} />,
              },
              { id: 'why', header: text('grants.why'), accessorFn: ({ reason }) => reason ?? '—' },
              deedsColumn((original) => (
                <Deeds
                  size="compact-sm"
                  deeds={[
                    {
                      label: text('grants.revoke'),
                      isDangerous: true,
                      confirm: {
                        title: text('grants.revoke_title', { role: role.name }),
                        hint: text('grants.revoke_hint'),
                      },
                      run: () => probity.revokeGrant(original.id),
                    },
                  ]}
                  onDone={changed}
                  onError={setError}
                />
              )),
            ]}
          />
        </QueryState>
        <More query={query} />
      </Stack>
      <GiveRole role={role} opened={isGiving} onClose={() => setGiving(false)} />
    </Card>
  )
}

function GiveRole({ role, opened, onClose }: { role: Role; opened: boolean; onClose(): void }) {
  const text = useText<typeof AccessTexts>('access')
  const groups = useInfiniteQuery({ ...groupsQuery, enabled: opened })
  const [to, setTo] = useState<'person' | 'group'>('person')
  const [person, setPerson] = useState<string | null>(null)
  const [group, setGroup] = useState<string | null>(null)
  const [on, setOn] = useState('')
  const [until, setUntil] = useState('')
  const [reason, setReason] = useState('')
  const [canHandOn, setHandOn] = useState(false)
  const submit = async () => {
    const holder = to === 'person' ? { user_id: person ?? '' } : { group_id: group ?? '' }
    const [resource_type, ...rest] = on.trim().split('/')
    await probity.grantRole({
      role_id: role.id,
      ...holder,
      with_grant_option: canHandOn,
      ...(reason.trim() !== '' && { reason: reason.trim() }),
      ...(until !== '' && { expires_at: new Date(until).toISOString() }),
      ...(resource_type !== '' && resource_type !== undefined && { resource_type }),
      ...(rest.length > 0 && { resource_id: rest.join('/') }),
    })
    setPerson(null)
    setGroup(null)
    await changed()
  }
  return (
    <FormModal
      opened={opened}
      onClose={onClose}
      title={text('grants.give_title', { role: role.name })}
      verb={text('grants.give')}
      onSubmit={submit}
    >
      <SegmentedControl
        aria-label={text('grants.to')}
        value={to}
        onChange={(chosen) => setTo(chosen === 'group' ? 'group' : 'person')}
        data={[
          { value: 'person', label: text('grants.person') },
          { value: 'group', label: text('grants.group') },
        ]}
      />
      {to === 'person' ? (
        <PersonSelect label={text('grants.person')} required value={person} onChange={setPerson} />
      ) : (
        <Select
          label={text('grants.group')}
          required
          data={
            groups.data?.pages.flatMap((page) => page.groups).map(({ id, name }) => ({ value: id, label: name })) ?? []
          }
          value={group}
          onChange={setGroup}
        />
      )}
      <TextInput
        label={text('grants.on')}
        description={text('grants.on_hint')}
        placeholder="document/17"
        value={on}
        onChange={(event) => setOn(event.currentTarget.value)}
      />
      <TextInput
        label={text('grants.until')}
        type="datetime-local"
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
      />
      <TextInput label={text('grants.why')} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      <Checkbox
        label={text('grants.option')}
        checked={canHandOn}
        onChange={(event) => setHandOn(event.currentTarget.checked)}
      />
    </FormModal>
  )
}
