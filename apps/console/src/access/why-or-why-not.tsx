import { Alert, Badge, Button, Card, Group, List, Stack, Text, Textarea, TextInput } from '@mantine/core'
import type { Authorized, ExplainedPart } from '@probity/contract'
import { IconCheck, IconQuestionMark, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { PersonSelect } from '../people/person-select.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type AccessTexts from './messages.en.json'

/** Asks as an application would, and shows part by part what held. The question is recorded as every decision is. */
export function WhyOrWhyNot() {
  const text = useText<typeof AccessTexts>('access')
  const [person, setPerson] = useState<string | null>(null)
  const [action, setAction] = useState('')
  const [resource, setResource] = useState('')
  const [context, setContext] = useState('{}')
  const [decision, setDecision] = useState<Authorized | null>(null)
  const [error, setError] = useState<unknown>(null)
  const ask = async () => {
    setError(null)
    setDecision(null)
    try {
      const given = JSON.parse(context) as Record<string, never>
      setDecision(
        await probity.authorize({
          resource: resource.trim(),
          action: action.trim(),
          context: given,
          explain: true,
          ...(person !== null && { user_id: person }),
        }),
      )
    } catch (refused) {
      setError(refused)
    }
  }
  return (
    <Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void ask()
        }}
      >
        <Stack maw={760}>
          <Group align="flex-end" grow>
            <PersonSelect label={text('why.who')} value={person} onChange={setPerson} />
            <TextInput
              label={text('action')}
              placeholder="read"
              required
              value={action}
              onChange={(event) => setAction(event.currentTarget.value)}
            />
            <TextInput
              label={text('resource')}
              placeholder="document/17"
              required
              value={resource}
              onChange={(event) => setResource(event.currentTarget.value)}
            />
          </Group>
          <Textarea
            label={text('why.context')}
            description={text('why.context_hint')}
            classNames={{ input: 'mono' }}
            autosize
            value={context}
            onChange={(event) => setContext(event.currentTarget.value)}
          />
          <Group>
            <Button type="submit">{text('explorer.ask')}</Button>
          </Group>
        </Stack>
      </form>
      {error !== null && <FailureNotice error={error} />}
      {decision !== null && <Decision decision={decision} />}
    </Stack>
  )
}

function Decision({ decision }: { decision: Authorized }) {
  const text = useText<typeof AccessTexts>('access')
  return (
    <Stack>
      <Alert
        role="status"
        color={decision.authorized ? 'green' : 'red'}
        variant="light"
        title={text(decision.authorized ? 'why.allowed' : 'why.denied')}
      >
        {decision.reason}
        <Text size="sm" className="mono" mt={4}>
          {decision.decision_id}
        </Text>
      </Alert>
      {decision.required_permissions.length > 0 && (
        <Text>
          {text('why.enough')}{' '}
          {decision.required_permissions.map(({ resource, action }) => `${action} ${resource}`).join(' · ')}
        </Text>
      )}
      {decision.explanation?.map((one, i) => (
        <Card key={`${one.role} ${one.policy ?? ''} ${String(i)}`}>
          <Group gap="xs" mb="xs">
            <Sign holds={one.holds} />
            <Badge color={one.effect === 'forbid' ? 'red' : 'green'}>{text(`effect.${one.effect}`)}</Badge>
            <Text fw={500}>{one.role === '' ? one.policy : one.role}</Text>
            <Text className="mono">
              {one.action} {one.resource}
            </Text>
          </Group>
          <Parts parts={one.parts} />
        </Card>
      ))}
    </Stack>
  )
}

function Parts({ parts }: { parts: readonly ExplainedPart[] }) {
  return (
    <List listStyleType="none" spacing={4} withPadding>
      {parts.map((part, i) => (
        <List.Item key={`${part.text} ${String(i)}`} icon={<Sign holds={part.holds} />}>
          <span className="mono">{part.text}</span>
          {part.because !== undefined && (
            <Text size="sm" c="dimmed">
              {part.because}
            </Text>
          )}
          {part.parts !== undefined && <Parts parts={part.parts} />}
        </List.Item>
      ))}
    </List>
  )
}

function Sign({ holds }: { holds: boolean | null }) {
  const text = useText<typeof AccessTexts>('access')
  if (holds === null)
    return <IconQuestionMark size={16} color="var(--mantine-color-orange-text)" aria-label={text('why.unknown')} />
  return holds ? (
    <IconCheck size={16} color="var(--mantine-color-green-text)" aria-label={text('why.holds')} />
  ) : (
    <IconX size={16} color="var(--mantine-color-red-text)" aria-label={text('why.fails')} />
  )
}
