import { Badge, Button, Card, Group, Modal, Select, Stack, Text, Textarea, TextInput, Title } from '@mantine/core'
import type { Application, CreatedApplication } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { CopyField } from '../components/copy-field.tsx'
import { Deeds } from '../components/deeds.tsx'
import { deedsColumn } from '../components/deeds-column.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useMay } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PeopleTexts from './messages.en.json'

const KEY = ['people', 'applications']
const KINDS = ['web', 'public', 'machine', 'device'] as const
type Kind = (typeof KINDS)[number]
const changed = () => queries.invalidateQueries({ queryKey: KEY })

/** Applications that people log in to through Probity (OpenID Connect). A secret is shown once. */
export function Applications() {
  const text = useText<typeof PeopleTexts>('people')
  const may = useMay()
  const query = useQuery({ queryKey: KEY, queryFn: () => probity.applications() })
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<CreatedApplication | null>(null)
  const [error, setError] = useState<unknown>(null)
  const canWrite = may('application:write')
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('clients')}</Title>
          {canWrite && <Button onClick={() => setMaking(true)}>{text('clients.make')}</Button>}
        </Group>
        {error !== null && <FailureNotice error={error} />}
        <QueryState query={query}>
          <Table<Application>
            label={text('clients')}
            rows={query.data?.applications ?? []}
            rowKey={({ id }) => id}
            empty={
              <Text c="dimmed" p="md">
                {text('clients.none')}
              </Text>
            }
            columns={[
              { id: 'name', header: text('people.name'), accessorKey: 'name' },
              {
                id: 'kind',
                header: text('clients.kind'),
                accessorKey: 'kind',
                cell: ({ row }) => text(`clients.${row.original.kind}`),
              },
              {
                id: 'id',
                header: 'client_id',
                accessorKey: 'id',
                cell: ({ row }) => <span className="mono">{row.original.id}</span>,
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
              deedsColumn((original) =>
                canWrite ? (
                  <Deeds
                    size="compact-sm"
                    deeds={[
                      {
                        label: text(original.is_enabled ? 'disable' : 'enable'),
                        run: () =>
                          probity.changeApplication(original.id, {
                            is_enabled: !original.is_enabled,
                            version: original.version,
                          }),
                      },
                      ...(original.kind === 'web' || original.kind === 'machine'
                        ? [
                            {
                              label: text('clients.new_secret'),
                              isDangerous: true,
                              confirm: {
                                title: text('clients.new_secret_title', { name: original.name }),
                                hint: text('clients.new_secret_hint'),
                              },
                              run: async () =>
                                setMade(await probity.changeApplication(original.id, { new_secret: true })),
                            },
                          ]
                        : []),
                      {
                        label: text('remove'),
                        isDangerous: true,
                        confirm: {
                          title: text('clients.remove', { name: original.name }),
                          hint: text('clients.remove_hint'),
                          name: original.name,
                        },
                        run: () => probity.removeApplication(original.id),
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
      <MakeApplication opened={isMaking} onClose={() => setMaking(false)} onMade={setMade} />
      <Modal
        opened={made !== null}
        onClose={() => setMade(null)}
        title={made?.name}
        centered
        closeButtonProps={{ 'aria-label': text('close') }}
      >
        <Stack>
          <CopyField label="issuer" value={made?.issuer ?? ''} />
          <CopyField label="client_id" value={made?.id ?? ''} />
          {made?.client_secret != null && (
            <>
              <CopyField label="client_secret" value={made.client_secret} />
              <Text>{text('clients.once')}</Text>
            </>
          )}
          <Button onClick={() => setMade(null)}>{text('close')}</Button>
        </Stack>
      </Modal>
    </Card>
  )
}

function MakeApplication({
  opened,
  onClose,
  onMade,
}: {
  opened: boolean
  onClose(): void
  onMade(made: CreatedApplication): void
}) {
  const text = useText<typeof PeopleTexts>('people')
  const [name, setName] = useState('')
  const [kind, setKind] = useState<Kind>('web')
  const [addresses, setAddresses] = useState('')
  return (
    <FormModal
      opened={opened}
      onClose={onClose}
      title={text('clients.make')}
      verb={text('clients.make')}
      onSubmit={async () => {
        onMade(await probity.addApplication({ name, kind, redirect_uris: addresses.split(/\s+/).filter(Boolean) }))
        setName('')
        setAddresses('')
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
      <Select
        label={text('clients.kind')}
        data={KINDS.map((value) => ({ value, label: text(`clients.${value}`) }))}
        value={kind}
        onChange={(chosen) => setKind(KINDS.find((one) => one === chosen) ?? 'web')}
        allowDeselect={false}
      />
      {kind !== 'machine' && kind !== 'device' && (
        <Textarea
          label={text('clients.redirects')}
          description={text('clients.redirects_hint')}
          autosize
          minRows={2}
          value={addresses}
          onChange={(event) => setAddresses(event.currentTarget.value)}
        />
      )}
    </FormModal>
  )
}
