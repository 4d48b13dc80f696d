import { Alert, Badge, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import type { AccessFound } from '@probity/contract'
import { IconUserQuestion } from '@tabler/icons-react'
import { useState } from 'react'
import { EmptyState } from '../components/empty-state.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Moment } from '../components/moment.tsx'
import { Table } from '../components/table.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { PersonName } from '../identity/person-name.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { useConditionTexts } from './condition-text.ts'
import type AccessTexts from './messages.en.json'

type Found = AccessFound['people'][number]

/** Everybody who may do something with a resource: by which grant, and since when. */
export function WhoMay() {
  const text = useText<typeof AccessTexts>('access')
  const { conditionText } = useConditionTexts()
  const [action, setAction] = useState('')
  const [resource, setResource] = useState('')
  const [found, setFound] = useState<AccessFound | null>(null)
  const { error, isBusy, attempt } = useAttempt()
  const search = (cursor?: string) =>
    attempt(async () => {
      const page = await probity.whoMay({
        resource: resource.trim(),
        action: action.trim(),
        ...(cursor !== undefined && { cursor }),
      })
      setFound(cursor === undefined || found === null ? page : { ...page, people: [...found.people, ...page.people] })
    })
  return (
    <Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void search()
        }}
      >
        <Group align="flex-end">
          <TextInput
            label={text('action')}
            placeholder="read"
            required
            value={action}
            onChange={(event) => setAction(event.currentTarget.value)}
          />
          <TextInput
            label={text('resource')}
            placeholder="document/17"
            required
            w={280}
            value={resource}
            onChange={(event) => setResource(event.currentTarget.value)}
          />
          <Button type="submit" loading={isBusy}>
            {text('explorer.ask')}
          </Button>
        </Group>
      </form>
      {error !== null && <FailureNotice error={error} />}
      {found !== null && (
        <>
          {found.others_by_policy && <Alert color="orange">{text('explorer.others')}</Alert>}
          <Table<Found>
            label={text('explorer.who')}
            rows={found.people}
            rowKey={({ grant_id, user_id, role_id }) => `${grant_id} ${user_id} ${role_id}`}
            empty={
              <EmptyState icon={IconUserQuestion} title={text('explorer.nobody')}>
                {text('explorer.nobody_hint')}
              </EmptyState>
            }
            columns={[
              {
                id: 'who',
                header: text('grants.who'),
                accessorKey: 'user_id',
                cell: ({ row }) => <PersonName id={row.original.user_id} />,
              },
              {
                id: 'role',
                header: text('role'),
                accessorKey: 'role',
                cell: ({ row }) => <Badge>{row.original.role}</Badge>,
              },
              {
                id: 'by',
                header: text('explorer.by'),
                accessorFn: ({ group_id }) => text(group_id === null ? 'explorer.themselves' : 'explorer.by_group'),
              },
              {
                id: 'if',
                header: text('explorer.if'),
                accessorFn: ({ conditions }) => conditions.map(conditionText).join('; ') || '—',
              },
              {
                id: 'forbid',
                header: text('explorer.forbidding'),
                accessorFn: ({ forbidding }) => forbidding.map(({ policy_name }) => policy_name).join(', ') || '—',
              },
              {
                id: 'since',
                header: text('grants.since'),
                accessorKey: 'since',
                cell: ({ row }) => <Moment at={row.original.since} />,
              },
            ]}
          />
          {found.policies.map((policy) => (
            <Text key={`${policy.policy_id} ${policy.statement}`}>
              <Badge color={policy.effect === 'forbid' ? 'red' : 'green'}>{text(`effect.${policy.effect}`)}</Badge>{' '}
              {policy.policy_name}: {policy.principal} · {policy.actions.join(', ')} · {policy.resource}
            </Text>
          ))}
          {found.next_cursor !== null && (
            <Button variant="default" loading={isBusy} onClick={() => void search(found.next_cursor ?? undefined)}>
              {text('more')}
            </Button>
          )}
        </>
      )}
    </Stack>
  )
}
