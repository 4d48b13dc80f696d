import { ActionIcon, Button, Group, Menu, Popover, TextInput } from '@mantine/core'
import { IconBookmark, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useMe } from '../identity/me.ts'
import { useText } from '../platform/text.tsx'
import type { Filter } from './filter.ts'
import type AuditTexts from './messages.en.json'

interface View {
  name: string
  filter: Filter
}

/** Filters under names of one's own, kept in this browser. */
export function SavedViews({ filter, onChoose }: { filter: Filter; onChoose(filter: Filter): void }) {
  const text = useText<typeof AuditTexts>('audit')
  const { id } = useMe()
  const key = `probity-views-${id}`
  const [views, setViews] = useState<View[]>(() => stored(key))
  const [name, setName] = useState('')
  const [isNaming, setNaming] = useState(false)
  const keep = (next: View[]) => {
    localStorage.setItem(key, JSON.stringify(next))
    setViews(next)
  }
  return (
    <Group gap="xs">
      <Menu position="bottom-start">
        <Menu.Target>
          <Button variant="default" size="compact-md" leftSection={<IconBookmark size={14} />}>
            {text('views')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.length === 0 && <Menu.Label>{text('views.none')}</Menu.Label>}
          {views.map((view) => (
            <Group key={view.name} gap={4} wrap="nowrap">
              <Menu.Item onClick={() => onChoose(view.filter)}>{view.name}</Menu.Item>
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={text('views.remove', { name: view.name })}
                onClick={() => keep(views.filter((one) => one !== view))}
              >
                <IconTrash size={14} />
              </ActionIcon>
            </Group>
          ))}
        </Menu.Dropdown>
      </Menu>
      {Object.keys(filter).length > 0 && (
        <Popover opened={isNaming} onChange={setNaming} trapFocus position="bottom-start">
          <Popover.Target>
            <Button variant="subtle" size="compact-md" onClick={() => setNaming(true)}>
              {text('views.save')}
            </Button>
          </Popover.Target>
          <Popover.Dropdown>
            <form
              onSubmit={(event) => {
                event.preventDefault()
                const called = name.trim()
                if (called === '') return
                keep([...views.filter((one) => one.name !== called), { name: called, filter }])
                setName('')
                setNaming(false)
              }}
            >
              <Group align="flex-end" gap="xs">
                <TextInput
                  label={text('views.name')}
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                  data-autofocus
                />
                <Button type="submit">{text('views.keep')}</Button>
              </Group>
            </form>
          </Popover.Dropdown>
        </Popover>
      )}
    </Group>
  )
}

function stored(key: string): View[] {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '[]') as View[]
  } catch {
    return []
  }
}
