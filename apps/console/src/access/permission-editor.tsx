import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useText } from '../platform/text.tsx'
import { type EditedPermission, faultOf, settled } from './condition-draft.ts'
import { ConditionFields } from './condition-fields.tsx'
import { useConditionTexts } from './condition-text.ts'
import type AccessTexts from './messages.en.json'

/** A permission that is being written, and not added yet. */
export interface WrittenPermission {
  action: string
  resource: string
}

interface PermissionEditorProps {
  permissions: EditedPermission[]
  written: WrittenPermission
  canWrite: boolean
  /** Whether somebody wanted to go on, so that what is wrong is told. */
  areFaultsShown: boolean
  onChange(permissions: EditedPermission[]): void
  onWritten(written: WrittenPermission): void
  onFault(): void
}

/** Permissions of a role: what, on what, and on which conditions. What is being written is part of them at once. */
export function PermissionEditor(props: PermissionEditorProps) {
  const { permissions, written, canWrite, areFaultsShown, onChange, onWritten, onFault } = props
  const text = useText<typeof AccessTexts>('access')
  const add = () => {
    const all = permissions.map(settled)
    const added = writtenPermission(written)
    if (added === null || all.some(({ draft }) => draft !== null)) onFault()
    if (added !== null) onWritten({ action: '', resource: '' })
    onChange(added === null ? all : [...all, added])
  }
  const missing = (value: string) =>
    areFaultsShown && value.trim() === '' && isBegun(written) && text('condition.fault.missing')
  return (
    <Stack gap="sm">
      {permissions.length === 0 && <Text c="dimmed">{text('permissions.none')}</Text>}
      {permissions.map((edited, i) => (
        <OnePermission
          key={`${edited.permission.action} ${edited.permission.resource} ${String(i)}`}
          edited={edited}
          canWrite={canWrite}
          areFaultsShown={areFaultsShown}
          onChange={(changed) =>
            onChange(permissions.flatMap((one, at) => (at !== i ? [one] : changed === null ? [] : [changed])))
          }
          onFault={onFault}
        />
      ))}
      {canWrite && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            add()
          }}
        >
          <Group align="flex-end" gap="xs">
            <TextInput
              label={text('action')}
              placeholder="read"
              w={130}
              error={missing(written.action)}
              value={written.action}
              onChange={(event) => onWritten({ ...written, action: event.currentTarget.value })}
            />
            <TextInput
              label={text('resource')}
              placeholder="document"
              flex={1}
              error={missing(written.resource)}
              value={written.resource}
              onChange={(event) => onWritten({ ...written, resource: event.currentTarget.value })}
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

interface OnePermissionProps {
  edited: EditedPermission
  canWrite: boolean
  areFaultsShown: boolean
  /** null: it is removed. */
  onChange(edited: EditedPermission | null): void
  onFault(): void
}

function OnePermission({ edited, canWrite, areFaultsShown, onChange, onFault }: OnePermissionProps) {
  const text = useText<typeof AccessTexts>('access')
  const { conditionText } = useConditionTexts()
  const { permission, draft } = edited
  const { action, resource, conditions } = permission
  const withConditions = (changed: typeof conditions) => ({ permission: { ...permission, conditions: changed }, draft })
  return (
    <Stack gap={4}>
      <Group justify="space-between" wrap="nowrap">
        <Text className="mono">
          {action} {resource}
        </Text>
        {canWrite && (
          <ActionIcon
            variant="subtle"
            color="red"
            aria-label={text('permissions.remove', { what: `${action} ${resource}` })}
            onClick={() => onChange(null)}
          >
            <IconTrash size={15} />
          </ActionIcon>
        )}
      </Group>
      {conditions.map((condition, at) => (
        <Group key={conditionText(condition)} gap={4} pl="md" wrap="nowrap">
          <Text size="sm" c="dimmed">
            {text('permissions.if')} {conditionText(condition)}
          </Text>
          {canWrite && (
            <ActionIcon
              size="sm"
              variant="subtle"
              color="red"
              aria-label={text('conditions.remove', { what: conditionText(condition) })}
              onClick={() => onChange(withConditions(conditions.filter((_, one) => one !== at)))}
            >
              <IconTrash size={13} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {canWrite && (
        <ConditionFields
          draft={draft}
          areFaultsShown={areFaultsShown}
          onDraft={(changed) => onChange({ permission, draft: changed })}
          onCondition={(condition) => onChange(withConditions([...conditions, condition]))}
          onTake={() => {
            if (draft !== null && faultOf(draft) !== null) onFault()
            onChange(settled(edited))
          }}
        />
      )}
    </Stack>
  )
}

/** Whether anything was written of it. */
export function isBegun({ action, resource }: WrittenPermission): boolean {
  return action.trim() !== '' || resource.trim() !== ''
}

/** As one of the others; null: something is missing. */
export function writtenPermission({ action, resource }: WrittenPermission): EditedPermission | null {
  if (action.trim() === '' || resource.trim() === '') return null
  return { permission: { action: action.trim(), resource: resource.trim(), conditions: [] }, draft: null }
}
