import { ActionIcon, Button, Group, Menu, Pill, Popover, Select, Stack, TextInput } from '@mantine/core'
import { IconFilterPlus, IconSearch, IconX } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useMay } from '../identity/me.ts'
import { useText } from '../platform/text.tsx'
import { exactTime } from '../platform/time.ts'
import { type Filter, MEMBERS, type Member, OUTCOMES } from './filter.ts'
import type AuditTexts from './messages.en.json'

interface FilterBarProps {
  filter: Filter
  onChange(filter: Filter): void
}

/** What is looked for, as chips: each can be taken away, and others put beside. */
export function FilterBar({ filter, onChange }: FilterBarProps) {
  const text = useText<typeof AuditTexts>('audit')
  const may = useMay()
  const [words, setWords] = useState(filter.text ?? '')
  const [edited, setEdited] = useState<Member | null>(null)
  const search = useRef<HTMLInputElement>(null)
  useEffect(() => setWords(filter.text ?? ''), [filter.text])
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== '/' || /^(INPUT|TEXTAREA)$/.test((event.target as HTMLElement).tagName)) return
      event.preventDefault()
      search.current?.focus()
    }
    document.addEventListener('keydown', focus)
    return () => document.removeEventListener('keydown', focus)
  }, [])
  const without = (member: Member) => {
    const { [member]: _, ...rest } = filter
    onChange(rest)
  }
  const shown = MEMBERS.filter((member) => member !== 'text' && filter[member] !== undefined)
  const offered = MEMBERS.filter(
    (member) =>
      member !== 'text' &&
      filter[member] === undefined &&
      (member !== 'ip_address' || may('audit_entry:read_personal')),
  )
  return (
    <Group gap="xs">
      <form
        style={{ flex: '1 1 260px', maxWidth: 420 }}
        onSubmit={(event) => {
          event.preventDefault()
          const { text: _, ...rest } = filter
          onChange(words.trim().length < 2 ? rest : { ...rest, text: words.trim() })
        }}
      >
        <TextInput
          ref={search}
          aria-label={text('filter.search')}
          placeholder={text('filter.search')}
          leftSection={<IconSearch size={15} />}
          rightSection={
            filter.text === undefined ? null : (
              <ActionIcon
                variant="subtle"
                color="gray"
                onClick={() => without('text')}
                aria-label={text('filter.remove', { name: text('filter.text') })}
              >
                <IconX size={14} />
              </ActionIcon>
            )
          }
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      </form>
      {shown.map((member) => (
        <Pill
          key={member}
          size="md"
          withRemoveButton
          removeButtonProps={{
            'aria-hidden': false,
            'aria-label': text('filter.remove', { name: text(`filter.${member}`) }),
            tabIndex: 0,
          }}
          onRemove={() => without(member)}
        >
          {text(`filter.${member}`)}: <ChipValue member={member} value={filter[member] ?? ''} />
        </Pill>
      ))}
      <Popover
        opened={edited !== null}
        onChange={(open) => open || setEdited(null)}
        trapFocus
        position="bottom-start"
        withinPortal
        withRoles={false}
      >
        <Popover.Target>
          <span>
            <Menu position="bottom-start">
              <Menu.Target>
                <Button variant="default" leftSection={<IconFilterPlus size={15} />}>
                  {text('filter.add')}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {offered.map((member) => (
                  <Menu.Item key={member} onClick={() => setEdited(member)}>
                    {text(`filter.${member}`)}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          </span>
        </Popover.Target>
        <Popover.Dropdown>
          {edited !== null && (
            <ChipEditor
              member={edited}
              onDone={(value) => {
                setEdited(null)
                onChange({ ...filter, [edited]: value })
              }}
            />
          )}
        </Popover.Dropdown>
      </Popover>
      {Object.keys(filter).length > 0 && (
        <Button variant="subtle" onClick={() => onChange({})}>
          {text('filter.clear')}
        </Button>
      )}
    </Group>
  )
}

function ChipValue({ member, value }: { member: Member; value: string }) {
  const text = useText<typeof AuditTexts>('audit')
  const outcome = OUTCOMES.find((one) => one === value)
  if (member === 'outcome' && outcome !== undefined) return text(`outcome.${outcome}`)
  if (member !== 'start_time' && member !== 'end_time') return <>{value}</>
  const date = new Date(value)
  return <>{Number.isNaN(date.getTime()) ? value : exactTime(date, document.documentElement.lang)}</>
}

function ChipEditor({ member, onDone }: { member: Member; onDone(value: string): void }) {
  const text = useText<typeof AuditTexts>('audit')
  const [value, setValue] = useState('')
  const isTime = member === 'start_time' || member === 'end_time'
  const label = text(`filter.${member}`)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (value !== '') onDone(isTime ? new Date(value).toISOString() : value)
      }}
    >
      <Stack gap="xs" w={240}>
        {member === 'outcome' ? (
          <Select
            label={label}
            data={OUTCOMES.map((one) => ({ value: one, label: text(`outcome.${one}`) }))}
            value={value}
            onChange={(chosen) => setValue(chosen ?? '')}
            comboboxProps={{ withinPortal: false }}
            data-autofocus
          />
        ) : (
          <TextInput
            label={label}
            type={isTime ? 'datetime-local' : member === 'min_risk_score' ? 'number' : 'text'}
            {...(member === 'min_risk_score' && { min: 0, max: 100 })}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            data-autofocus
          />
        )}
        <Button type="submit" disabled={value === ''}>
          {text('filter.apply')}
        </Button>
      </Stack>
    </form>
  )
}
