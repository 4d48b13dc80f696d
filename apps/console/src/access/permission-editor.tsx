import { ActionIcon, Button, Group, NumberInput, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import type { AccessCondition, Permission } from '@probity/contract'
import { IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useText } from '../platform/text.tsx'
import { conditionText } from './condition-text.ts'
import type AccessTexts from './messages.en.json'

interface PermissionEditorProps {
  permissions: Permission[]
  canWrite: boolean
  onChange(permissions: Permission[]): void
}

/** Permissions of a role: what, on what, and on which conditions. */
export function PermissionEditor({ permissions, canWrite, onChange }: PermissionEditorProps) {
  const text = useText<typeof AccessTexts>('access')
  const [action, setAction] = useState('')
  const [resource, setResource] = useState('')
  const replace = (i: number, permission: Permission) =>
    onChange(permissions.map((one, at) => (at === i ? permission : one)))
  return (
    <Stack gap="sm">
      {permissions.length === 0 && <Text c="dimmed">{text('permissions.none')}</Text>}
      {permissions.map((permission, i) => (
        <Stack key={`${permission.action} ${permission.resource} ${String(i)}`} gap={4}>
          <Group justify="space-between" wrap="nowrap">
            <Text className="mono">
              {permission.action} {permission.resource}
            </Text>
            {canWrite && (
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={text('permissions.remove', { what: `${permission.action} ${permission.resource}` })}
                onClick={() => onChange(permissions.filter((_, at) => at !== i))}
              >
                <IconTrash size={15} />
              </ActionIcon>
            )}
          </Group>
          {permission.conditions.map((condition, at) => (
            <Group key={conditionText(condition)} gap={4} pl="md" wrap="nowrap">
              <Text size="sm" c="dimmed" className="mono">
                {text('permissions.if')} {conditionText(condition)}
              </Text>
              {canWrite && (
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  color="red"
                  aria-label={text('conditions.remove', { what: conditionText(condition) })}
                  onClick={() =>
                    replace(i, { ...permission, conditions: permission.conditions.filter((_, one) => one !== at) })
                  }
                >
                  <IconTrash size={13} />
                </ActionIcon>
              )}
            </Group>
          ))}
          {canWrite && (
            <AddCondition
              onAdd={(condition) => replace(i, { ...permission, conditions: [...permission.conditions, condition] })}
            />
          )}
        </Stack>
      ))}
      {canWrite && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (action.trim() === '' || resource.trim() === '') return
            onChange([...permissions, { action: action.trim(), resource: resource.trim(), conditions: [] }])
            setAction('')
            setResource('')
          }}
        >
          <Group align="flex-end" gap="xs">
            <TextInput
              label={text('action')}
              placeholder="read"
              w={130}
              value={action}
              onChange={(event) => setAction(event.currentTarget.value)}
            />
            <TextInput
              label={text('resource')}
              placeholder="document"
              flex={1}
              value={resource}
              onChange={(event) => setResource(event.currentTarget.value)}
            />
            <Button type="submit" variant="default">
              {text('permissions.add')}
            </Button>
          </Group>
        </form>
      )}
    </Stack>
  )
}

const KINDS = ['owner', 'tenant_member', 'attribute', 'factor', 'risk', 'network', 'time_window', 'cedar'] as const
type Kind = (typeof KINDS)[number]
/** What is asked for of each. */
const FIRST = {
  attribute: 'condition.attribute_first',
  network: 'condition.network_first',
  time_window: 'condition.time_window_first',
} as const
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]

function AddCondition({ onAdd }: { onAdd(condition: AccessCondition): void }) {
  const text = useText<typeof AccessTexts>('access')
  const [kind, setKind] = useState<Exclude<Kind, 'owner' | 'tenant_member'> | null>(null)
  const [first, setFirst] = useState('')
  const [second, setSecond] = useState('')
  const choose = (chosen: Kind | null) => {
    setFirst('')
    setSecond('')
    if (chosen === 'owner' || chosen === 'tenant_member') onAdd({ type: chosen })
    else setKind(chosen)
  }
  const add = () => {
    const made = kind === null ? null : conditionOf(kind, first.trim(), second.trim())
    if (made === null) return
    onAdd(made)
    setKind(null)
  }
  if (kind === null)
    return (
      <Select
        aria-label={text('conditions.add')}
        placeholder={text('conditions.add')}
        size="xs"
        w={220}
        ml="md"
        value={null}
        data={KINDS.map((value) => ({ value, label: text(`condition.${value}`) }))}
        onChange={(chosen) => choose(KINDS.find((one) => one === chosen) ?? null)}
      />
    )
  return (
    <Group pl="md" gap="xs" align="flex-end">
      {kind === 'factor' || kind === 'risk' ? (
        <NumberInput
          size="xs"
          label={text(`condition.${kind}`)}
          min={0}
          value={first}
          onChange={(value) => setFirst(String(value))}
          data-autofocus
        />
      ) : kind === 'cedar' ? (
        <Textarea
          size="xs"
          label={text('condition.cedar')}
          autosize
          flex={1}
          value={first}
          onChange={(event) => setFirst(event.currentTarget.value)}
          classNames={{ input: 'mono' }}
        />
      ) : (
        <TextInput
          size="xs"
          label={text(FIRST[kind])}
          value={first}
          onChange={(event) => setFirst(event.currentTarget.value)}
        />
      )}
      {(kind === 'attribute' || kind === 'time_window') && (
        <TextInput
          size="xs"
          label={text(`condition.${kind}_second`)}
          value={second}
          onChange={(event) => setSecond(event.currentTarget.value)}
        />
      )}
      <Button size="xs" variant="default" onClick={add}>
        {text('conditions.take')}
      </Button>
      <Button size="xs" variant="subtle" onClick={() => setKind(null)}>
        {text('cancel')}
      </Button>
    </Group>
  )
}

/** Null where something is still missing; whether the rest is right the server says. */
function conditionOf(kind: Kind, first: string, second: string): AccessCondition | null {
  if (first === '') return null
  switch (kind) {
    case 'attribute':
      return second === '' ? null : { type: 'attribute', attribute: first, operator: 'equals', value: scalarOf(second) }
    case 'factor':
      return { type: 'factor', max_age_seconds: Number(first) }
    case 'risk':
      return { type: 'risk', at_most: Number(first) }
    case 'network':
      return { type: 'network', networks: first.split(/[\s,]+/) }
    case 'time_window': {
      const [from = '', to = ''] = first.split(/\s*[-–]\s*/)
      return { type: 'time_window', days: EVERY_DAY, from, to, zone: second === '' ? 'UTC' : second }
    }
    case 'cedar':
      return { type: 'cedar', expression: first }
    default:
      return null
  }
}

function scalarOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text
}
