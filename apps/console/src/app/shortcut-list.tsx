import { Group, Kbd, Modal, Stack, Text } from '@mantine/core'
import { useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useText } from '../platform/text.tsx'
import type AppTexts from './messages.en.json'
import { sectionsFor } from './navigation.ts'

type Shortcut = [keys: string[], what: string]

/** Keys of the page on which a review is worked through. */
const REVIEW = ['j', 'k', 'y', 'n'] as const

export function ShortcutList({ permits, onClose }: { permits: readonly string[]; onClose(): void }) {
  const text = useText<typeof AppTexts>('app')
  const { pathname } = useLocation()
  useFocusGivenBack()
  const places = sectionsFor(permits).flatMap(({ places }) => places)
  const shortcuts: Shortcut[] = [
    [['Ctrl', 'K'], text('shortcuts.palette')],
    [['?'], text('shortcuts.help')],
    ...(pathname === '/audit' ? [[['/'], text('shortcuts.search')] satisfies Shortcut] : []),
    ...(pathname.startsWith('/reviews/')
      ? REVIEW.map((key): Shortcut => [[key], text(`shortcuts.review_${key}`)])
      : []),
    ...places.flatMap(({ key, name }): Shortcut[] =>
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

/** What had the focus before has it again: the list is drawn open, so that the window does not know what that was. */
function useFocusGivenBack(): void {
  const [before] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true })
    },
    [before],
  )
}
