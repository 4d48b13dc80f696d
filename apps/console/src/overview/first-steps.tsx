import { Button, Card, Group, Progress, Stack, Text, Title } from '@mantine/core'
import { IconCircleCheck, IconCircleDashed } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type OverviewTexts from './messages.en.json'

/** What a new tenant still lacks; gone once nothing is left. */
export function FirstSteps() {
  const text = useText<typeof OverviewTexts>('overview')
  const query = useQuery({
    queryKey: ['first-steps'],
    queryFn: async () => {
      const [{ factors }, { events }, { users }, { tokens }] = await Promise.all([
        probity.factors(),
        probity.events({ limit: 1, event_type: 'invoice.paid' }),
        probity.users({ limit: 2 }),
        probity.tokens({ limit: 2 }),
      ])
      return {
        factor: factors.length > 0,
        event: events.length > 0,
        people: users.length > 1,
        token: tokens.length > 1,
      }
    },
  })
  if (query.data === undefined) return null
  const { factor, event, people, token } = query.data
  const steps = [
    { key: 'factor', isDone: factor, to: '/account' },
    { key: 'event', isDone: event, to: '/welcome' },
    { key: 'token', isDone: token, to: '/tokens' },
    { key: 'people', isDone: people, to: '/people' },
  ] as const
  const done = steps.filter(({ isDone }) => isDone).length
  if (done === steps.length) return null
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('steps.title')}</Title>
          <Text c="dimmed">{text('steps.progress', { done, all: steps.length })}</Text>
        </Group>
        <Progress value={(100 * done) / steps.length} size="sm" aria-label={text('steps.title')} />
        {steps.map(({ key, isDone, to }) => (
          <Group key={key} justify="space-between" wrap="nowrap">
            <Group gap="xs" wrap="nowrap">
              {isDone ? (
                <IconCircleCheck
                  size={18}
                  color="var(--mantine-primary-color-filled)"
                  aria-label={text('steps.done')}
                />
              ) : (
                <IconCircleDashed size={18} aria-label={text('steps.open')} />
              )}
              <Text {...(isDone && { c: 'dimmed' })}>{text(`steps.${key}`)}</Text>
            </Group>
            {!isDone && (
              <Button component={Link} to={to} size="compact-sm" variant="default">
                {text('steps.go')}
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </Card>
  )
}
