import { Alert, Badge, Button, Card, Group, List, Stack, Text, Textarea, TextInput } from '@mantine/core'
import type { Authorized, ExplainedPart } from '@probity/contract'
import { IconCheck, IconQuestionMark, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { PersonSelect } from '../people/person-select.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type AccessTexts from './messages.en.json'
import { NamedText } from './named-text.tsx'

/** Permissions of which it is said what they lack. */
const MOST_SHOWN = 3
const MARK = { size: 16, style: { flexShrink: 0, marginTop: 3 } } as const
const WHOLE_WIDTH = { itemWrapper: { display: 'block' }, itemLabel: { display: 'block' } } as const

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
        <Text size="sm" mt={4}>
          {text('why.decision')} <span className="mono">{decision.decision_id}</span>
        </Text>
      </Alert>
      {decision.required_permissions.length > 0 && (
        <Enough required={decision.required_permissions} explanation={decision.explanation ?? []} />
      )}
      {decision.explanation?.map((one, i) => (
        <Card key={`${one.role} ${one.policy ?? ''} ${String(i)}`}>
          <Group gap="xs" mb="xs">
            <Sign holds={one.holds} />
            <Badge color="gray">{text(one.effect === 'forbid' ? 'why.prohibition' : 'why.permission')}</Badge>
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

interface EnoughProps {
  required: Authorized['required_permissions']
  explanation: NonNullable<Authorized['explanation']>
}

/** Any of what would turn a denial: a permission more, or what those that there are still lack, the nearest first. */
function Enough({ required, explanation }: EnoughProps) {
  const text = useText<typeof AccessTexts>('access')
  const nearest = explanation.filter(({ needs }) => needs.length > 0).slice(0, MOST_SHOWN)
  return (
    <div>
      <Text>
        {text('why.enough')} {required.map(({ resource, action }) => `${action} ${resource}`).join(' · ')}
      </Text>
      <List>
        {nearest.map(({ role, policy, needs }, i) => (
          <List.Item key={`${role} ${policy ?? ''} ${String(i)}`}>
            {text('why.or', { name: role === '' ? (policy ?? '') : role })}{' '}
            <span className="mono">
              <NamedText>{needs.join(' && ')}</NamedText>
            </span>
          </List.Item>
        ))}
      </List>
    </div>
  )
}

function Parts({ parts }: { parts: readonly ExplainedPart[] }) {
  return (
    <List listStyleType="none" spacing={4}>
      {parts.map((part, i) => (
        <List.Item key={`${part.text} ${String(i)}`} styles={WHOLE_WIDTH}>
          <Group gap="xs" align="flex-start" wrap="nowrap">
            <Sign holds={part.holds} />
            <div style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
              <span className="mono">
                <NamedText>{part.text}</NamedText>
              </span>
              {part.because !== undefined && (
                <Text size="sm" c="dimmed">
                  <NamedText>{part.because}</NamedText>
                </Text>
              )}
              {part.parts !== undefined && <Parts parts={part.parts} />}
            </div>
          </Group>
        </List.Item>
      ))}
    </List>
  )
}

/** Each in front of the first line of what it is said of. */
function Sign({ holds }: { holds: boolean | null }) {
  const text = useText<typeof AccessTexts>('access')
  if (holds === null)
    return <IconQuestionMark {...MARK} color="var(--mantine-color-orange-text)" aria-label={text('why.unknown')} />
  return holds ? (
    <IconCheck {...MARK} color="var(--mantine-color-green-text)" aria-label={text('why.holds')} />
  ) : (
    <IconX {...MARK} color="var(--mantine-color-red-text)" aria-label={text('why.fails')} />
  )
}
