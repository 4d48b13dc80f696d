import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import type { Session } from '@probity/contract'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { deedsColumn } from '../components/deeds-column.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Moment } from '../components/moment.tsx'
import { Table } from '../components/table.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { browserOf } from './browser-name.ts'
import type IdentityTexts from './messages.en.json'

const accountRoute = getRouteApi('/inside/account')

/** Where one is logged in, which devices are remembered, and which applications are let in. */
export function AccountSessions() {
  const text = useText<typeof IdentityTexts>('identity')
  const router = useRouter()
  const { sessions, devices, applications } = accountRoute.useLoaderData()
  const { error, attempt } = useAttempt()
  const change = (work: () => Promise<unknown>) =>
    attempt(async () => {
      await work()
      await router.invalidate()
    })
  return (
    <>
      <Card>
        <Stack>
          <Group justify="space-between">
            <Title order={2}>{text('sessions.title')}</Title>
            {sessions.length > 1 && (
              <Button variant="default" onClick={() => void change(() => probity.endOtherSessions())}>
                {text('sessions.end_others')}
              </Button>
            )}
          </Group>
          {error !== null && <FailureNotice error={error} />}
          <Table<Session>
            label={text('sessions.title')}
            rows={sessions}
            rowKey={({ id }) => id}
            columns={[
              {
                id: 'where',
                header: text('sessions.where'),
                accessorFn: ({ user_agent }) => browserOf(user_agent) ?? '',
                cell: ({ row: { original } }) => (
                  <Group gap={6} wrap="nowrap">
                    <span title={original.user_agent ?? ''}>
                      {browserOf(original.user_agent) ?? text('sessions.unknown')}
                    </span>
                    {original.is_current && <Badge>{text('sessions.this')}</Badge>}
                    {original.impersonated && <Badge color="orange">{text('sessions.impersonated')}</Badge>}
                  </Group>
                ),
              },
              {
                id: 'address',
                header: text('sessions.address'),
                accessorFn: ({ ip_address }) => ip_address ?? '—',
                cell: ({ getValue }) => <span className="mono">{String(getValue())}</span>,
              },
              {
                id: 'used',
                header: text('sessions.used'),
                accessorKey: 'last_activity',
                cell: ({ row }) => <Moment at={row.original.last_activity} />,
              },
              {
                id: 'end',
                header: text('sessions.ends'),
                accessorKey: 'expires_at',
                cell: ({ row }) => <Moment at={row.original.expires_at} />,
              },
              deedsColumn((original) =>
                original.is_current ? null : (
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    color="red"
                    onClick={() => void change(() => probity.endSession(original.id))}
                  >
                    {text('sessions.end')}
                  </Button>
                ),
              ),
            ]}
          />
        </Stack>
      </Card>
      {devices.length > 0 && (
        <Card>
          <Group justify="space-between">
            <Text>{text('devices.count', { count: devices.length })}</Text>
            <Button variant="default" onClick={() => void change(() => probity.forgetDevices())}>
              {text('devices.forget')}
            </Button>
          </Group>
        </Card>
      )}
      {applications.length > 0 && (
        <Card>
          <Stack>
            <Title order={2}>{text('granted.title')}</Title>
            {applications.map(({ application_id, name }) => (
              <Group key={application_id} justify="space-between">
                <Text>{name}</Text>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  onClick={() => void change(() => probity.revokeApplication(application_id))}
                >
                  {text('granted.revoke')}
                </Button>
              </Group>
            ))}
          </Stack>
        </Card>
      )}
    </>
  )
}
