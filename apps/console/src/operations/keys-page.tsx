import { Badge, Card, Group, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { CopyField } from '../components/copy-field.tsx'
import { Deeds } from '../components/deeds.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Fields } from '../components/fields.tsx'
import { Moment } from '../components/moment.tsx'
import { Page } from '../components/page.tsx'
import { QueryState } from '../components/query-state.tsx'
import { useMay } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type OperationsTexts from './messages.en.json'
import { operationsQuery } from './queries.ts'

const KEYS = ['operations', 'keys']
const PROVIDER_KEYS = ['operations', 'provider-keys']

/** Keys that sign: the log's, those of log-ins to applications, and the epochs of the root key. */
export function KeysPage() {
  const text = useText<typeof OperationsTexts>('operations')
  const may = useMay()
  return (
    <Page title={text('keys')} description={text('keys.description')} width={900}>
      <Stack>
        <LogKeys />
        {may('application:read') && <ProviderKeys />}
        {may('installation_key:turn') && <RootKey />}
      </Stack>
    </Page>
  )
}

function LogKeys() {
  const text = useText<typeof OperationsTexts>('operations')
  const may = useMay()
  const query = useQuery({ queryKey: KEYS, queryFn: () => probity.key() })
  const [error, setError] = useState<unknown>(null)
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('keys.log')}</Title>
          {may('audit_key:turn') && (
            <Deeds
              deeds={[
                {
                  label: text('keys.turn'),
                  isDangerous: true,
                  confirm: { title: text('keys.turn_title'), hint: text('keys.turn_hint') },
                  run: () => probity.turnKey(),
                },
              ]}
              onDone={() => queries.invalidateQueries({ queryKey: KEYS })}
              onError={setError}
            />
          )}
        </Group>
        <Text c="dimmed">{text('keys.log_hint')}</Text>
        {error !== null && <FailureNotice error={error} />}
        <QueryState query={query}>
          {query.data?.keys.map((key, i) => (
            <CopyField key={key} label={text(i === 0 ? 'keys.newest' : 'keys.before')} value={key} />
          ))}
          {query.data?.anchor_keys.map((key) => (
            <CopyField key={key} label={text('keys.anchor')} value={key} />
          ))}
        </QueryState>
      </Stack>
    </Card>
  )
}

function ProviderKeys() {
  const text = useText<typeof OperationsTexts>('operations')
  const may = useMay()
  const query = useQuery({ queryKey: PROVIDER_KEYS, queryFn: () => probity.providerKeys() })
  const [error, setError] = useState<unknown>(null)
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('keys.provider')}</Title>
          {may('application:write') && (
            <Deeds
              deeds={[
                {
                  label: text('keys.turn'),
                  isDangerous: true,
                  confirm: { title: text('keys.provider_turn_title'), hint: text('keys.provider_turn_hint') },
                  run: () => probity.turnProviderKeys(),
                },
              ]}
              onDone={() => queries.invalidateQueries({ queryKey: PROVIDER_KEYS })}
              onError={setError}
            />
          )}
        </Group>
        {error !== null && <FailureNotice error={error} />}
        <QueryState query={query}>
          {query.data?.keys.length === 0 && <Text c="dimmed">{text('keys.provider_none')}</Text>}
          {query.data?.keys.map(({ id, state, retires_at }) => (
            <Group key={id} gap="xs">
              <span className="mono">{id}</span>
              <Badge color={state === 'signs' ? 'green' : 'gray'}>{text(`keys.${state}`)}</Badge>
              {retires_at !== null && <Moment at={retires_at} />}
            </Group>
          ))}
        </QueryState>
      </Stack>
    </Card>
  )
}

function RootKey() {
  const text = useText<typeof OperationsTexts>('operations')
  const query = useQuery(operationsQuery)
  const [error, setError] = useState<unknown>(null)
  const rotate = async () => {
    const { epoch, rewrapped, destroyed } = await probity.rotateKeys()
    notifications.show({ message: text(destroyed ? 'keys.rotated' : 'keys.rotated_kept', { epoch, rewrapped }) })
  }
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('keys.root')}</Title>
          <Deeds
            deeds={[
              {
                label: text('keys.rotate'),
                isDangerous: true,
                confirm: { title: text('keys.rotate_title'), hint: text('keys.rotate_hint') },
                run: rotate,
              },
            ]}
            onDone={() => queries.invalidateQueries({ queryKey: operationsQuery.queryKey })}
            onError={setError}
          />
        </Group>
        <Text c="dimmed">{text('keys.root_hint')}</Text>
        {error !== null && <FailureNotice error={error} />}
        <QueryState query={query}>
          <Fields
            of={[
              [text('keys.epoch'), String(query.data?.epoch ?? 0)],
              [text('keys.destroys'), text(query.data?.destroys_epochs === true ? 'yes' : 'no')],
            ]}
          />
        </QueryState>
      </Stack>
    </Card>
  )
}
