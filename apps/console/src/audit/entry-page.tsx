import { Badge, Button, Card, Code, SimpleGrid, Stack, Title } from '@mantine/core'
import type { AuditEvent } from '@probity/contract'
import { IconArrowLeft } from '@tabler/icons-react'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Fields } from '../components/fields.tsx'
import { Moment } from '../components/moment.tsx'
import { Page } from '../components/page.tsx'
import { useText } from '../platform/text.tsx'
import { Changes, changesOf } from './changes.tsx'
import { EntryProof } from './entry-proof.tsx'
import { OUTCOME_COLOURS } from './entry-rows.tsx'
import type AuditTexts from './messages.en.json'
import { eventQuery } from './queries.ts'
import { SealedParts } from './sealed-parts.tsx'

const entryRoute = getRouteApi('/inside/audit/$id')

/** One entry: what happened, who did it, what of it is sealed, and its proof. */
export function EntryPage() {
  const text = useText<typeof AuditTexts>('audit')
  const { id } = entryRoute.useParams()
  const known = useSuspenseQuery(eventQuery(id)).data
  const [opened, setOpened] = useState<AuditEvent | null>(null)
  const event = opened !== null && opened.id === id ? opened : known
  const changes = changesOf(event)
  return (
    <Page
      title={event.event_type}
      description={text('entry.index', { index: event.index })}
      actions={
        <Button component={Link} to="/audit" hash={true} variant="default" leftSection={<IconArrowLeft size={15} />}>
          {text('entry.back')}
        </Button>
      }
    >
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Stack>
          <Card>
            <Fields
              of={[
                [
                  text('column.outcome'),
                  <Badge key="outcome" color={OUTCOME_COLOURS[event.outcome]}>
                    {text(`outcome.${event.outcome}`)}
                  </Badge>,
                ],
                [text('entry.occurred'), <Moment key="occurred" at={event.timestamp} exact />],
                [text('entry.received'), <Moment key="received" at={event.received_at} exact />],
                [text('column.who'), event.user_id === null ? null : <Who key="who" event={event} />],
                [text('column.action'), event.action],
                [
                  text('column.resource'),
                  event.resource === null ? null : (
                    <span key="resource" className="mono">
                      {event.resource}
                    </span>
                  ),
                ],
                [
                  text('entry.session'),
                  event.session_id === null ? null : (
                    <span key="session" className="mono">
                      {event.session_id}
                    </span>
                  ),
                ],
                [text('column.risk'), event.risk_score],
                [text('entry.address'), event.ip_address],
                [text('entry.browser'), event.user_agent],
                [
                  text('entry.id'),
                  <span key="id" className="mono">
                    {event.id}
                  </span>,
                ],
                [
                  text('entry.hash'),
                  <span key="hash" className="mono">
                    {event.cryptographic_hash}
                  </span>,
                ],
              ]}
            />
          </Card>
          <SealedParts event={event} onOpened={setOpened} />
        </Stack>
        <Stack>
          {changes.length > 0 && <Changes changes={changes} />}
          <EntryProof id={id} />
          <Data title={text('entry.data')} data={event.event_data} />
          {!('metadata' in event.event_data) && <Data title={text('entry.metadata')} data={event.metadata} />}
        </Stack>
      </SimpleGrid>
    </Page>
  )
}

function Who({ event }: { event: AuditEvent }) {
  const text = useText<typeof AuditTexts>('audit')
  return (
    <>
      <Link to="/audit" hash={new URLSearchParams({ user_id: event.user_id ?? '' }).toString()} className="mono">
        {event.user_id}
      </Link>
      {event.actor_type !== null && <Badge ml={6}>{text(`actor.${event.actor_type}`)}</Badge>}
    </>
  )
}

function Data({ title, data }: { title: string; data: Record<string, unknown> }) {
  if (Object.keys(data).length === 0) return null
  return (
    <Card>
      <Title order={2} mb="xs">
        {title}
      </Title>
      <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {JSON.stringify(data, null, 2)}
      </Code>
    </Card>
  )
}
