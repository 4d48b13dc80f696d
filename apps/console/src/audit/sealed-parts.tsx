import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import type { AuditEvent } from '@probity/contract'
import { IconLock, IconLockOpen, IconTrashX } from '@tabler/icons-react'
import { useState } from 'react'
import { Confirm } from '../components/confirm.tsx'
import { Fields } from '../components/fields.tsx'
import { useMay } from '../identity/me.ts'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type AuditTexts from './messages.en.json'

const ICONS = { sealed: IconLock, opened: IconLockOpen, erased: IconTrashX, missing: IconTrashX }
const COLOURS = { sealed: 'gray', opened: 'orange', erased: 'red', missing: 'red' } as const

/** What is personal of an entry: sealed until somebody opens it, which is recorded; erased for good where its key is destroyed. */
export function SealedParts({ event, onOpened }: { event: AuditEvent; onOpened(event: AuditEvent): void }) {
  const text = useText<typeof AuditTexts>('audit')
  const may = useMay()
  const [isAsked, setAsked] = useState(false)
  if (event.sealed.length === 0) return null
  const canOpen = may('audit_entry:read_personal') && event.sealed.some(({ state }) => state === 'sealed')
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('sealed')}</Title>
          {canOpen && (
            <Button variant="default" onClick={() => setAsked(true)}>
              {text('sealed.open')}
            </Button>
          )}
        </Group>
        {event.sealed.map((part, i) => {
          const Icon = ICONS[part.state]
          return (
            <Stack key={`${part.subjects.join()} ${String(i)}`} gap={6}>
              <Group gap="xs">
                <Icon size={16} aria-hidden />
                <Badge color={COLOURS[part.state]}>{text(`sealed.${part.state}`)}</Badge>
                <Text size="sm" className="mono">
                  {part.subjects.join(', ')}
                </Text>
              </Group>
              {part.members !== undefined && (
                <Fields
                  of={Object.entries(part.members).map(([pointer, value]) => [
                    pointer.replace(/^\//, ''),
                    typeof value === 'string' ? value : JSON.stringify(value),
                  ])}
                />
              )}
              {part.state === 'erased' && <Text c="dimmed">{text('sealed.erased_hint')}</Text>}
            </Stack>
          )
        })}
      </Stack>
      <Confirm
        opened={isAsked}
        onClose={() => setAsked(false)}
        title={text('sealed.confirm')}
        verb={text('sealed.open')}
        isDangerous={false}
        onConfirm={async () => onOpened(await probity.event(event.id, { personal: true }))}
      >
        {text('sealed.confirm_hint')}
      </Confirm>
    </Card>
  )
}
