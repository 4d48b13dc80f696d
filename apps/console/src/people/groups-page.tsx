import { ActionIcon, Badge, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import type { Group as PeopleGroup, Scope } from '@probity/contract'
import { IconPlus, IconUsersGroup, IconX } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Deeds } from '../components/deeds.tsx'
import { deedsColumn } from '../components/deeds-column.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { More } from '../components/more.tsx'
import { Page } from '../components/page.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { useMay } from '../identity/me.ts'
import { PersonName } from '../identity/person-name.tsx'
import { ScopeSelect } from '../identity/scope-select.tsx'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PeopleTexts from './messages.en.json'
import { PersonSelect } from './person-select.tsx'
import { groupsQuery, membersQuery } from './queries.ts'

const changed = () => queries.invalidateQueries({ queryKey: ['people'] })

/** Groups of people, who is in them, and what that opens. */
export function GroupsPage() {
  const text = useText<typeof PeopleTexts>('people')
  const may = useMay()
  const query = useInfiniteQuery(groupsQuery)
  const [isMaking, setMaking] = useState(false)
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<Scope[]>([])
  const [shown, setShown] = useState<PeopleGroup | null>(null)
  const [error, setError] = useState<unknown>(null)
  const make = may('group:write') && (
    <Button leftSection={<IconPlus size={15} />} onClick={() => setMaking(true)}>
      {text('groups.make')}
    </Button>
  )
  return (
    <Page title={text('groups')} description={text('groups.description')} actions={make}>
      {error !== null && <FailureNotice error={error} />}
      <QueryState query={query}>
        <Table<PeopleGroup>
          label={text('groups')}
          rows={query.data?.pages.flatMap((page) => page.groups) ?? []}
          rowKey={({ id }) => id}
          empty={
            <EmptyState icon={IconUsersGroup} title={text('groups.none')} action={make}>
              {text('groups.none_hint')}
            </EmptyState>
          }
          columns={[
            { id: 'name', header: text('people.name'), accessorKey: 'name' },
            {
              id: 'members',
              header: text('groups.members'),
              accessorKey: 'members',
              cell: ({ row: { original } }) => (
                <Button variant="subtle" size="compact-sm" onClick={() => setShown(original)}>
                  {text('groups.count', { count: original.members })}
                </Button>
              ),
            },
            {
              id: 'scopes',
              header: text('scopes'),
              accessorFn: (group) => group.scopes.join(' '),
              cell: ({ row }) =>
                row.original.scopes.map((scope) => (
                  <Badge key={scope} mr={4}>
                    {scope}
                  </Badge>
                )),
            },
            {
              id: 'kept',
              header: text('groups.kept'),
              accessorFn: ({ managed_by }) => text(managed_by === null ? 'groups.by_hand' : 'groups.by_scim'),
            },
            deedsColumn((original) =>
              may('group:write') && original.managed_by === null ? (
                <Deeds
                  size="compact-sm"
                  deeds={[
                    {
                      label: text('remove'),
                      isDangerous: true,
                      confirm: {
                        title: text('groups.remove', { name: original.name }),
                        hint: text('groups.remove_hint'),
                      },
                      run: () => probity.removeGroup(original.id),
                    },
                  ]}
                  onDone={changed}
                  onError={setError}
                />
              ) : null,
            ),
          ]}
        />
      </QueryState>
      <More query={query} />
      <FormModal
        opened={isMaking}
        onClose={() => setMaking(false)}
        title={text('groups.make')}
        verb={text('groups.make')}
        onSubmit={async () => {
          await probity.addGroup({ name, scopes })
          setName('')
          setScopes([])
          await changed()
        }}
      >
        <TextInput
          label={text('people.name')}
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <ScopeSelect label={text('scopes')} value={scopes} onChange={setScopes} />
      </FormModal>
      {shown !== null && <Members group={shown} onClose={() => setShown(null)} />}
    </Page>
  )
}

function Members({ group, onClose }: { group: PeopleGroup; onClose(): void }) {
  const text = useText<typeof PeopleTexts>('people')
  const may = useMay()
  const query = useInfiniteQuery(membersQuery(group.id))
  const [chosen, setChosen] = useState<string | null>(null)
  const { error, attempt } = useAttempt()
  const canChange = may('group:write') && group.managed_by === null
  const change = (work: () => Promise<unknown>) =>
    attempt(async () => {
      await work()
      setChosen(null)
      await changed()
    })
  const members = query.data?.pages.flatMap((page) => page.members) ?? []
  return (
    <Modal opened onClose={onClose} title={group.name} centered closeButtonProps={{ 'aria-label': text('close') }}>
      <Stack>
        {error !== null && <FailureNotice error={error} />}
        <QueryState query={query}>
          {members.length === 0 && <Text c="dimmed">{text('groups.empty')}</Text>}
          {members.map(({ user_id }) => (
            <Group key={user_id} justify="space-between">
              <PersonName id={user_id} />
              {canChange && (
                <ActionIcon
                  variant="subtle"
                  color="red"
                  aria-label={text('groups.take_out')}
                  onClick={() => void change(() => probity.takeFromGroup(group.id, user_id))}
                >
                  <IconX size={15} />
                </ActionIcon>
              )}
            </Group>
          ))}
        </QueryState>
        <More query={query} />
        {canChange && (
          <Group align="flex-end">
            <PersonSelect label={text('groups.add')} value={chosen} onChange={setChosen} />
            <Button
              disabled={chosen === null}
              onClick={() => chosen !== null && void change(() => probity.addToGroup(group.id, chosen))}
            >
              {text('add')}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  )
}
