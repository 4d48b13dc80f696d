import { Badge, Button, Card, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import type { ServiceAccount } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Deeds } from '../components/deeds.tsx'
import { deedsColumn } from '../components/deeds-column.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { Moment } from '../components/moment.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useMay } from '../identity/me.ts'
import { PersonName } from '../identity/person-name.tsx'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PeopleTexts from './messages.en.json'

const KEY = ['people', 'service-accounts']
const changed = () => queries.invalidateQueries({ queryKey: KEY })

/** Accounts of programs, SCIM clients among them, and who answers for each. */
export function ServiceAccounts() {
  const text = useText<typeof PeopleTexts>('people')
  const may = useMay()
  const query = useQuery({ queryKey: KEY, queryFn: () => probity.serviceAccounts() })
  const [isMaking, setMaking] = useState(false)
  const [name, setName] = useState('')
  const [error, setError] = useState<unknown>(null)
  const canWrite = may('service_account:write')
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('services')}</Title>
          {canWrite && <Button onClick={() => setMaking(true)}>{text('services.make')}</Button>}
        </Group>
        <Text c="dimmed">{text('services.description')}</Text>
        {error !== null && <FailureNotice error={error} />}
        <QueryState query={query}>
          <Table<ServiceAccount>
            label={text('services')}
            rows={query.data?.service_accounts ?? []}
            rowKey={({ id }) => id}
            empty={
              <Text c="dimmed" p="md">
                {text('services.none')}
              </Text>
            }
            columns={[
              { id: 'name', header: text('people.name'), accessorKey: 'name' },
              {
                id: 'owner',
                header: text('services.owner'),
                accessorKey: 'owner_id',
                cell: ({ row: { original } }) => (
                  <>
                    <PersonName id={original.owner_id} />
                    {!original.owner_is_active && (
                      <Badge color="orange" ml={6}>
                        {text('services.ownerless')}
                      </Badge>
                    )}
                  </>
                ),
              },
              {
                id: 'scim',
                header: 'SCIM',
                accessorFn: ({ connection_id }) => text(connection_id === null ? 'no' : 'yes'),
              },
              {
                id: 'state',
                header: text('people.status'),
                accessorKey: 'is_enabled',
                cell: ({ row }) => (
                  <Badge color={row.original.is_enabled ? 'green' : 'gray'}>
                    {text(row.original.is_enabled ? 'enabled' : 'disabled')}
                  </Badge>
                ),
              },
              {
                id: 'since',
                header: text('person.since'),
                accessorKey: 'created_at',
                cell: ({ row }) => <Moment at={row.original.created_at} />,
              },
              deedsColumn((original) =>
                canWrite ? (
                  <Deeds
                    size="compact-sm"
                    deeds={[
                      {
                        label: text(original.is_enabled ? 'disable' : 'enable'),
                        run: () => probity.changeServiceAccount(original.id, { is_enabled: !original.is_enabled }),
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
      </Stack>
      <FormModal
        opened={isMaking}
        onClose={() => setMaking(false)}
        title={text('services.make')}
        verb={text('services.make')}
        onSubmit={async () => {
          await probity.addServiceAccount({ name })
          setName('')
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
      </FormModal>
    </Card>
  )
}
