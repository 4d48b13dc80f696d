import { ActionIcon, Badge, Button, Card, Checkbox, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core'
import type { Policy, PolicyTest, PolicyTested } from '@probity/contract'
import { IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PolicyTexts from './messages.en.json'

interface PolicyTestsProps {
  rules: Policy['policy_rules']
  tests: PolicyTest[]
  isEditable: boolean
  onChange(tests: PolicyTest[]): void
}

/** Requests, and what these rules are to say to each, alone or as if something else permitted it; tried as they stand on the page. */
export function PolicyTests({ rules, tests, isEditable, onChange }: PolicyTestsProps) {
  const text = useText<typeof PolicyTexts>('policies')
  const [tested, setTested] = useState<PolicyTested | null>(null)
  const [error, setError] = useState<unknown>(null)
  const run = () => {
    setError(null)
    return probity.checkPolicy({ policy_type: 'Access', policy_rules: rules, tests }).then(setTested, (refused) => {
      setTested(null)
      setError(refused)
    })
  }
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('tests')}</Title>
          <Button variant="default" disabled={tests.length === 0} onClick={() => void run()}>
            {text('tests.run')}
          </Button>
        </Group>
        {error !== null && <FailureNotice error={error} />}
        {tested !== null && (
          <Text role="status" c={tested.failed === 0 ? 'green' : 'red'}>
            {text('tests.result', { passed: tested.passed, failed: tested.failed })}
          </Text>
        )}
        {tests.length === 0 && <Text c="dimmed">{text('tests.none')}</Text>}
        {tests.map((one, i) => {
          const result = tested?.results[i]
          return (
            <Group key={`${one.name} ${String(i)}`} justify="space-between" wrap="nowrap">
              <div style={{ minWidth: 0 }}>
                <Text>{one.name}</Text>
                <Text size="sm" c="dimmed" className="mono">
                  {one.principal.type}/{one.principal.id} {one.action} {one.resource.type}/{one.resource.id}
                </Text>
                <Text size="sm" c="dimmed">
                  {text(one.permitted_elsewhere ? 'tests.with_others' : 'tests.alone')}
                </Text>
              </div>
              <Group gap="xs" wrap="nowrap">
                {result !== undefined && (
                  <Badge color={result.decision === one.expect ? 'green' : 'red'}>
                    {text(result.decision === one.expect ? 'tests.passed' : 'tests.failed')}
                  </Badge>
                )}
                <Badge color="gray">{text(`expect.${one.expect}`)}</Badge>
                {isEditable && (
                  <ActionIcon
                    variant="subtle"
                    color="red"
                    aria-label={text('tests.remove', { name: one.name })}
                    onClick={() => onChange(tests.filter((_, at) => at !== i))}
                  >
                    <IconTrash size={15} />
                  </ActionIcon>
                )}
              </Group>
            </Group>
          )
        })}
        {isEditable && <AddTest onAdd={(one) => onChange([...tests, one])} />}
      </Stack>
    </Card>
  )
}

const NOTHING = {
  principal_attributes: {},
  resource_attributes: {},
  context: {},
  parents: [],
}

function AddTest({ onAdd }: { onAdd(test: PolicyTest): void }) {
  const text = useText<typeof PolicyTexts>('policies')
  const [name, setName] = useState('')
  const [principal, setPrincipal] = useState('user/ada')
  const [action, setAction] = useState('')
  const [resource, setResource] = useState('')
  const [attributes, setAttributes] = useState('')
  const [expect, setExpect] = useState<'allow' | 'deny'>('deny')
  const [isPermitted, setPermitted] = useState(true)
  const [error, setError] = useState<unknown>(null)
  const add = () => {
    setError(null)
    try {
      const resource_attributes =
        attributes.trim() === '' ? {} : (JSON.parse(attributes) as PolicyTest['resource_attributes'])
      onAdd({
        ...NOTHING,
        name,
        principal: entityOf(principal),
        action,
        resource: entityOf(resource),
        resource_attributes,
        permitted_elsewhere: isPermitted,
        expect,
      })
      setName('')
    } catch (wrong) {
      setError(wrong)
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        add()
      }}
    >
      <Stack gap="xs">
        <Group grow align="flex-end">
          <TextInput
            size="xs"
            label={text('tests.name')}
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            size="xs"
            label={text('tests.principal')}
            required
            value={principal}
            onChange={(event) => setPrincipal(event.currentTarget.value)}
          />
          <TextInput
            size="xs"
            label={text('tests.action')}
            required
            value={action}
            onChange={(event) => setAction(event.currentTarget.value)}
          />
        </Group>
        <Group grow align="flex-end">
          <TextInput
            size="xs"
            label={text('tests.resource')}
            placeholder="document/17"
            required
            value={resource}
            onChange={(event) => setResource(event.currentTarget.value)}
          />
          <TextInput
            size="xs"
            label={text('tests.attributes')}
            placeholder='{"state":"final"}'
            value={attributes}
            onChange={(event) => setAttributes(event.currentTarget.value)}
          />
          <Select
            size="xs"
            label={text('tests.expect')}
            data={(['allow', 'deny'] as const).map((value) => ({ value, label: text(`expect.${value}`) }))}
            value={expect}
            onChange={(chosen) => setExpect(chosen === 'allow' ? 'allow' : 'deny')}
            allowDeselect={false}
          />
        </Group>
        <Checkbox
          size="xs"
          label={text('tests.elsewhere')}
          description={text('tests.elsewhere_hint')}
          checked={isPermitted}
          onChange={(event) => setPermitted(event.currentTarget.checked)}
        />
        {error !== null && <FailureNotice error={error} />}
        <Group>
          <Button size="xs" type="submit" variant="default">
            {text('tests.add')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** `type/id` as the API names an entity. */
function entityOf(text: string): PolicyTest['principal'] {
  const [type = '', ...id] = text.trim().split('/')
  return { type, id: id.join('/') }
}
