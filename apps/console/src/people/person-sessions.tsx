import { Button, Card, Stack, Text, Title } from '@mantine/core'
import type { Session } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { deedsColumn } from '../components/deeds-column.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Moment } from '../components/moment.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { browserOf } from '../identity/browser-name.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PeopleTexts from './messages.en.json'
import { sessionsOfQuery } from './queries.ts'

/** Where somebody is logged in; each session can be ended, at once and everywhere. */
export function PersonSessions({ id }: { id: string }) {
  const text = useText<typeof PeopleTexts>('people')
  const query = useQuery(sessionsOfQuery(id))
  const { error, attempt } = useAttempt()
  // Shown as ended once it is: somebody may rely on that.
  const end = (session: Session) =>
    attempt(async () => {
      await probity.endSessionOf(session.id)
      queries.setQueryData(
        sessionsOfQuery(id).queryKey,
        (known) => known && { sessions: known.sessions.filter((one) => one.id !== session.id) },
      )
    })
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2}>{text('sessions')}</Title>
        {error !== null && <FailureNotice error={error} />}
        <QueryState query={query}>
          <Table<Session>
            label={text('sessions')}
            rows={query.data?.sessions ?? []}
            rowKey={(session) => session.id}
            empty={
              <Text c="dimmed" p="md">
                {text('sessions.none')}
              </Text>
            }
            columns={[
              {
                id: 'where',
                header: text('sessions.browser'),
                accessorFn: ({ user_agent }) => browserOf(user_agent) ?? text('sessions.unknown'),
              },
              {
                id: 'from',
                header: text('sessions.from'),
                accessorFn: ({ ip_address }) => ip_address ?? '—',
                cell: ({ getValue }) => <span className="mono">{String(getValue())}</span>,
              },
              {
                id: 'used',
                header: text('sessions.used'),
                accessorKey: 'last_activity',
                cell: ({ row }) => <Moment at={row.original.last_activity} />,
              },
              deedsColumn((row) => (
                <Button size="compact-sm" variant="subtle" color="red" onClick={() => void end(row)}>
                  {text('sessions.end')}
                </Button>
              )),
            ]}
          />
        </QueryState>
      </Stack>
    </Card>
  )
}
