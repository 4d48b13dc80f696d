import { Badge, Card, Stack, Text, Title } from '@mantine/core'
import type { ServiceAccount } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { hashOf } from '../audit/filter.ts'
import { Amount } from '../components/amount.tsx'
import { CopyField } from '../components/copy-field.tsx'
import { Moment } from '../components/moment.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { addressOf } from '../platform/base.ts'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type SignInTexts from './messages.en.json'
import { connectionsQuery } from './queries.ts'

/** Directories that keep accounts here by SCIM: how many, and whether they still come. */
export function Provisioning() {
  const text = useText<typeof SignInTexts>('sign-in')
  const query = useQuery({ queryKey: ['people', 'service-accounts'], queryFn: () => probity.serviceAccounts() })
  const connections = useQuery(connectionsQuery).data?.connections ?? []
  const clients = (query.data?.service_accounts ?? []).filter(
    ({ connection_id, people, groups }) => connection_id !== null || people + groups > 0,
  )
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2}>{text('provisioning')}</Title>
        <Text c="dimmed">{text('provisioning.description')}</Text>
        <CopyField label={text('provisioning.address')} value={`${location.origin}${addressOf('/scim/v2')}`} />
        <QueryState query={query}>
          <Table<ServiceAccount>
            label={text('provisioning')}
            rows={clients}
            rowKey={({ id }) => id}
            empty={
              <Text c="dimmed" p="md">
                {text('provisioning.none')}
              </Text>
            }
            columns={[
              {
                id: 'name',
                header: text('wizard.name'),
                accessorKey: 'name',
                cell: ({ row: { original } }) => (
                  <>
                    <Link to="/audit" hash={hashOf({ user_id: `service-account/${original.id}` })}>
                      {original.name}
                    </Link>
                    {!original.is_enabled && (
                      <Badge color="gray" ml={6}>
                        {text('disabled')}
                      </Badge>
                    )}
                  </>
                ),
              },
              {
                id: 'provider',
                header: text('provisioning.provider'),
                accessorFn: ({ connection_id }) => connections.find(({ id }) => id === connection_id)?.name ?? '—',
              },
              {
                id: 'people',
                header: text('provisioning.people'),
                accessorKey: 'people',
                cell: ({ row }) => <Amount of={row.original.people} />,
              },
              {
                id: 'groups',
                header: text('provisioning.groups'),
                accessorKey: 'groups',
                cell: ({ row }) => <Amount of={row.original.groups} />,
              },
              {
                id: 'used',
                header: text('provisioning.used'),
                accessorFn: ({ last_used_at }) => last_used_at ?? '',
                cell: ({ row: { original } }) =>
                  original.last_used_at === null ? text('provisioning.never') : <Moment at={original.last_used_at} />,
              },
            ]}
          />
        </QueryState>
      </Stack>
    </Card>
  )
}
