import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react'
import type AppTexts from '../app/messages.en.json'
import { BASE } from '../platform/base.ts'
import { toldOf } from '../platform/failure.ts'
import { useText } from '../platform/text.tsx'

/** What went wrong, what can be done, and by what number the server's log knows it. */
export function FailureNotice({ error, retry }: { error: unknown; retry?: () => void }) {
  const text = useText<typeof AppTexts>('app')
  const { message, code, requestId, isAway } = toldOf(error)
  const reasons = reasonsOf(toldOf(error).details)
  return (
    <Alert
      role="alert"
      variant="light"
      color="red"
      icon={isAway ? <IconPlugConnectedX /> : <IconAlertTriangle />}
      title={isAway ? text('failure.away') : message}
    >
      <Stack gap={6}>
        {isAway && <Text size="sm">{text('failure.away_hint')}</Text>}
        {reasons.map((reason) => (
          <Text key={reason} size="sm">
            {reason}
          </Text>
        ))}
        <Group gap="md">
          {code !== null && (
            <Anchor size="sm" href={`${BASE}docs/errors/${code}`}>
              {text('failure.explain', { code })}
            </Anchor>
          )}
          {requestId !== null && (
            <Text size="sm" className="mono">
              {text('failure.request', { id: requestId })}
            </Text>
          )}
          {retry !== undefined && (
            <Button size="compact-sm" variant="default" onClick={retry}>
              {text('failure.retry')}
            </Button>
          )}
        </Group>
      </Stack>
    </Alert>
  )
}

/** The single things that a refusal names: fields that do not fit, and reasons. */
function reasonsOf(details: Record<string, unknown>): string[] {
  const issues = Array.isArray(details.issues) ? (details.issues as { path?: string; message?: string }[]) : []
  const reason = typeof details.reason === 'string' ? [details.reason] : []
  return [...reason, ...issues.map(({ path, message }) => [path, message].filter(Boolean).join(': '))]
}
