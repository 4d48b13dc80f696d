import { Button, Group, NumberInput, Select, Textarea, TextInput } from '@mantine/core'
import type { AccessCondition } from '@probity/contract'
import { useText } from '../platform/text.tsx'
import { type Draft, type DraftFault, faultOf, KINDS, type Kind } from './condition-draft.ts'
import type AccessTexts from './messages.en.json'

/** What is asked for of each. */
const FIRST = {
  attribute: 'condition.attribute_first',
  network: 'condition.network_first',
  time_window: 'condition.time_window_first',
  factor: 'condition.factor',
  risk: 'condition.risk',
  cedar: 'condition.cedar',
} as const

interface ConditionFieldsProps {
  draft: Draft | null
  /** Whether somebody wanted to go on, so that what is wrong is told. */
  areFaultsShown: boolean
  onDraft(draft: Draft | null): void
  /** A condition that has no fields. */
  onCondition(condition: AccessCondition): void
  /** What was written is to be taken. */
  onTake(): void
}

/** Writes one more condition of a permission. */
export function ConditionFields({ draft, areFaultsShown, onDraft, onCondition, onTake }: ConditionFieldsProps) {
  const text = useText<typeof AccessTexts>('access')
  const choose = (chosen: Kind | undefined) => {
    if (chosen === 'owner' || chosen === 'tenant_member') onCondition({ type: chosen })
    else if (chosen !== undefined) onDraft({ kind: chosen, first: '', second: '' })
  }
  if (draft === null)
    return (
      <Select
        aria-label={text('conditions.add')}
        placeholder={text('conditions.add')}
        size="xs"
        w={220}
        ml="md"
        value={null}
        data={KINDS.map((value) => ({ value, label: text(`condition.${value}`) }))}
        onChange={(chosen) => choose(KINDS.find((one) => one === chosen))}
      />
    )
  const fault = areFaultsShown ? faultOf(draft) : null
  return (
    <Group pl="md" gap="xs" align="flex-end">
      <First draft={draft} error={fault?.field === 'first' ? <Fault of={fault} /> : null} onDraft={onDraft} />
      {(draft.kind === 'attribute' || draft.kind === 'time_window') && (
        <TextInput
          size="xs"
          label={text(`condition.${draft.kind}_second`)}
          error={fault?.field === 'second' ? <Fault of={fault} /> : null}
          value={draft.second}
          onChange={(event) => onDraft({ ...draft, second: event.currentTarget.value })}
        />
      )}
      <Button size="xs" variant="default" onClick={onTake}>
        {text('conditions.take')}
      </Button>
      <Button size="xs" variant="subtle" onClick={() => onDraft(null)}>
        {text('cancel')}
      </Button>
    </Group>
  )
}

function First({ draft, error, onDraft }: { draft: Draft; error: React.ReactNode; onDraft(draft: Draft): void }) {
  const text = useText<typeof AccessTexts>('access')
  const { kind, first } = draft
  const shared = { size: 'xs', label: text(FIRST[kind]), error, value: first } as const
  if (kind === 'factor' || kind === 'risk')
    return (
      <NumberInput
        {...shared}
        min={0}
        onChange={(value) => onDraft({ ...draft, first: String(value) })}
        data-autofocus
      />
    )
  if (kind === 'cedar')
    return (
      <Textarea
        {...shared}
        autosize
        flex={1}
        onChange={(event) => onDraft({ ...draft, first: event.currentTarget.value })}
        classNames={{ input: 'mono' }}
      />
    )
  return <TextInput {...shared} onChange={(event) => onDraft({ ...draft, first: event.currentTarget.value })} />
}

function Fault({ of: { reason, part } }: { of: DraftFault }) {
  const text = useText<typeof AccessTexts>('access')
  return text(`condition.fault.${reason}`, { part })
}
