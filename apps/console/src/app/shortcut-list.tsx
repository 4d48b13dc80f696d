import { Group, Kbd, Modal, Stack, Text } from '@mantine/core'
import { useText } from '../platform/text.tsx'
import type AppTexts from './messages.en.json'
import { sectionsFor } from './navigation.ts'

export function ShortcutList({ permits, onClose }: { permits: readonly string[]; onClose(): void }) {
  const text = useText<typeof AppTexts>('app')
  const places = sectionsFor(permits).flatMap(({ places }) => places)
  const shortcuts: [string[], string][] = [
    [['Ctrl', 'K'], text('shortcuts.palette')],
    [['?'], text('shortcuts.help')],
    ...places.flatMap(({ key, name }): [string[], string][] =>
      key === undefined ? [] : [[['g', key], text('shortcuts.go', { place: text(name) })]],
    ),
  ]
  return (
    <Modal opened onClose={onClose} title={text('shortcuts.title')} closeButtonProps={{ 'aria-label': text('close') }}>
      <Stack gap={8}>
        {shortcuts.map(([keys, what]) => (
          <Group key={what} justify="space-between">
            <Text>{what}</Text>
            <Group gap={4}>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>
          </Group>
        ))}
      </Stack>
    </Modal>
  )
}
