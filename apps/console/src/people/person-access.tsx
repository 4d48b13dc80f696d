import { Badge, Card, Stack, Text, Title } from '@mantine/core'
import type { EffectiveAccess } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { Extent } from '../access/extent.tsx'
import { extentText } from '../access/extent-text.ts'
import { Moment } from '../components/moment.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useText } from '../platform/text.tsx'
import type PeopleTexts from './messages.en.json'
import { accessOfQuery } from './queries.ts'

type Permission = EffectiveAccess['permissions'][number]

/** What somebody may do, by which roles and policies, and since when. */
export function PersonAccess({ id }: { id: string }) {
  const text = useText<typeof PeopleTexts>('people')
  const query = useQuery(accessOfQuery(id))
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2}>{text('access')}</Title>
        <QueryState query={query}>
          {query.data !== undefined && (
            <>
              <Table<Permission>
                label={text('access')}
                rows={query.data.permissions}
                rowKey={({ grant_id, role_id, resource, action }) => `${grant_id} ${role_id} ${resource} ${action}`}
                empty={
                  <Text c="dimmed" p="md">
                    {text('access.none')}
                  </Text>
                }
                columns={[
                  { id: 'action', header: text('access.action'), accessorKey: 'action' },
                  {
                    id: 'resource',
                    header: text('access.resource'),
                    accessorKey: 'resource',
                    cell: ({ row }) => <span className="mono">{row.original.resource}</span>,
                  },
                  {
                    id: 'on',
                    header: text('access.on'),
                    accessorFn: extentText,
                    cell: ({ row }) => <Extent of={row.original} />,
                  },
                  {
                    id: 'role',
                    header: text('access.role'),
                    accessorKey: 'role',
                    cell: ({ row }) => <Badge>{row.original.role}</Badge>,
                  },
                  {
                    id: 'if',
                    header: text('access.if'),
                    accessorFn: ({ conditions }) => conditions.map(({ type }) => type).join(', ') || '—',
                  },
                  {
                    id: 'since',
                    header: text('access.since'),
                    accessorKey: 'since',
                    cell: ({ row }) => <Moment at={row.original.since} />,
                  },
                  {
                    id: 'until',
                    header: text('access.until'),
                    accessorFn: ({ expires_at }) => expires_at ?? '',
                    cell: ({ row }) =>
                      row.original.expires_at === null ? '—' : <Moment at={row.original.expires_at} />,
                  },
                ]}
              />
              {query.data.permissions.some(({ action, resource }) => action === '*' || resource === '*') && (
                <Text c="dimmed">{text('access.star')}</Text>
              )}
              {query.data.policies.map((policy) => (
                <Text key={`${policy.policy_id} ${policy.statement}`}>
                  <Badge color={policy.effect === 'forbid' ? 'red' : 'green'}>{text(`effect.${policy.effect}`)}</Badge>{' '}
                  {policy.policy_name} · {policy.actions.join(', ')} · <span className="mono">{policy.resource}</span>
                </Text>
              ))}
            </>
          )}
        </QueryState>
      </Stack>
    </Card>
  )
}
