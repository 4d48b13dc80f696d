import { Alert, Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import type { Connection, ConnectionCheck } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { CopyField } from '../components/copy-field.tsx'
import { Deeds } from '../components/deeds.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Moment } from '../components/moment.tsx'
import { QueryState } from '../components/query-state.tsx'
import { leaveForConnection } from '../identity/log-in.ts'
import { useMay, useMe } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { ConnectionWizard } from './connection-wizard.tsx'
import type SignInTexts from './messages.en.json'
import { connectionsQuery } from './queries.ts'

const changed = () => queries.invalidateQueries({ queryKey: ['sign-in'] })

/** Providers and directories through which people log in. */
export function Connections() {
  const text = useText<typeof SignInTexts>('sign-in')
  const may = useMay()
  const query = useQuery(connectionsQuery)
  const [isAdding, setAdding] = useState(false)
  const connections = query.data?.connections ?? []
  return (
    <Card>
      <Stack>
        <Group justify="space-between">
          <Title order={2}>{text('connections')}</Title>
          {may('connection:write') && <Button onClick={() => setAdding(true)}>{text('connections.add')}</Button>}
        </Group>
        <QueryState query={query}>
          {connections.length === 0 && <Text c="dimmed">{text('connections.none')}</Text>}
          {connections.map((connection) => (
            <OneConnection key={connection.id} connection={connection} />
          ))}
        </QueryState>
      </Stack>
      {isAdding && <ConnectionWizard onClose={() => setAdding(false)} />}
    </Card>
  )
}

function OneConnection({ connection }: { connection: Connection }) {
  const text = useText<typeof SignInTexts>('sign-in')
  const may = useMay()
  const me = useMe()
  const [check, setCheck] = useState<ConnectionCheck | null>(null)
  const [error, setError] = useState<unknown>(null)
  const { id, kind, name, is_enabled, version, register } = connection
  return (
    <Card>
      <Stack gap="xs">
        <Group justify="space-between">
          <Group gap="xs">
            <Text fw={600}>{name}</Text>
            <Badge>{kind}</Badge>
            <Badge color={is_enabled ? 'green' : 'gray'}>{text(is_enabled ? 'enabled' : 'disabled')}</Badge>
          </Group>
          <Group gap="xs">
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => probity.checkConnection(id).then(setCheck, setError)}
            >
              {text('connections.check')}
            </Button>
            {kind !== 'ldap' && is_enabled && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => leaveForConnection(me.tenant.id, name, '/sign-in').catch(setError)}
              >
                {text('connections.try')}
              </Button>
            )}
            {may('connection:write') && (
              <Deeds
                size="compact-sm"
                deeds={[
                  {
                    label: text(is_enabled ? 'disable' : 'enable'),
                    run: () => probity.changeConnection(id, { is_enabled: !is_enabled, version }),
                  },
                  {
                    label: text('remove'),
                    isDangerous: true,
                    confirm: {
                      title: text('connections.remove', { name }),
                      hint: text('connections.remove_hint'),
                      name,
                    },
                    run: () => probity.removeConnection(id),
                  },
                ]}
                onDone={changed}
                onError={setError}
              />
            )}
          </Group>
        </Group>
        {error !== null && <FailureNotice error={error} />}
        {check !== null && (
          <Alert
            role="status"
            color={check.problem === null ? 'green' : 'red'}
            variant="light"
            title={text(check.problem === null ? 'connections.well' : 'connections.problem')}
          >
            {check.problem}
            <Text size="sm">
              {check.last_login_at === null ? (
                text('connections.nobody_yet')
              ) : (
                <>
                  {text('connections.last')} <Moment at={check.last_login_at} />
                </>
              )}
            </Text>
          </Alert>
        )}
        {Object.entries(register).map(([what, value]) => (
          <CopyField key={what} label={what} value={value} />
        ))}
      </Stack>
    </Card>
  )
}
