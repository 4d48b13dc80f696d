import { Alert, Button, Code, Group, Stack, Tabs, Text } from '@mantine/core'
import type { AuditEvent } from '@probity/contract'
import { useState } from 'react'
import { useTail } from '../audit/live.ts'
import { CopyField } from '../components/copy-field.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { probity, SERVER } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type OverviewTexts from './messages.en.json'

const EVENT = {
  event_type: 'invoice.paid',
  user_id: 'pedro',
  action: 'pay',
  resource: 'invoice/17',
  outcome: 'Success',
  ip_address: '192.0.2.7',
}

interface FirstEventProps {
  event: AuditEvent | null
  onEvent(event: AuditEvent): void
  onNext(): void
}

/** Three ways to send an event; it shows here as soon as it is in the log, whoever sent it. */
export function FirstEvent({ event, onEvent, onNext }: FirstEventProps) {
  const text = useText<typeof OverviewTexts>('overview')
  const [token, setToken] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  const connection = useTail(null, event === null, (entry) => {
    if (entry.event_type === EVENT.event_type) onEvent(entry)
  })
  const makeToken = () =>
    probity
      .createToken({ name: text('welcome.token_name'), scopes: ['audit:write'], expires_in_days: 1 })
      .then((made) => setToken(made.token), setError)
  const snippets = snippetsOf(token ?? 'prb_…')
  return (
    <Stack pt="md">
      <Text>{text('welcome.event_how')}</Text>
      {token === null ? (
        <Group>
          <Button variant="default" onClick={() => void makeToken()}>
            {text('welcome.token_make')}
          </Button>
          <Text c="dimmed">{text('welcome.token_why')}</Text>
        </Group>
      ) : (
        <Tabs defaultValue="curl" keepMounted={false}>
          <Tabs.List>
            {Object.keys(snippets).map((name) => (
              <Tabs.Tab key={name} value={name}>
                {name}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {Object.entries(snippets).map(([name, snippet]) => (
            <Tabs.Panel key={name} value={name} pt="sm">
              <CopyField label={text('welcome.run_this')} value={snippet} block />
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
      {error !== null && <FailureNotice error={error} />}
      <div role="status" aria-live="polite">
        {event === null ? (
          <Text c="dimmed">{connection === 'away' ? text('welcome.away') : text('welcome.waiting')}</Text>
        ) : (
          <Alert color="pine" variant="light" title={text('welcome.arrived', { index: event.index })}>
            <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {JSON.stringify(
                {
                  event_type: event.event_type,
                  user_id: event.user_id,
                  action: event.action,
                  resource: event.resource,
                  outcome: event.outcome,
                },
                null,
                2,
              )}
            </Code>
            <Text mt="xs">{text('welcome.sealed')}</Text>
          </Alert>
        )}
      </div>
      <Group>
        {event === null ? (
          <Button variant="subtle" onClick={() => void probity.send(EVENT).catch(setError)}>
            {text('welcome.send_here')}
          </Button>
        ) : (
          <Button onClick={onNext}>{text('welcome.to_receipt')}</Button>
        )}
      </Group>
    </Stack>
  )
}

function snippetsOf(token: string): Record<string, string> {
  const json = JSON.stringify(EVENT)
  return {
    curl: `curl ${SERVER}/v1/audit/events \\\n  -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\\n  -d '${json}'`,
    SDK: `import { Probity } from '@probity/sdk'\n\nconst probity = new Probity({ url: '${SERVER}', token: '${token}' })\nawait probity.send(${JSON.stringify(EVENT, null, 2)})`,
    CLI: `export PROBITY_URL=${SERVER} PROBITY_TOKEN=${token}\necho '${json}' | ./probity audit send -`,
  }
}
