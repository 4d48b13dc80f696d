import { Spotlight } from '@mantine/spotlight'
import '@mantine/spotlight/styles.css'
import { IconKeyboard, IconLogout, IconSearch, IconUser } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { logOut } from '../identity/me.ts'
import { useText } from '../platform/text.tsx'
import type AppTexts from './messages.en.json'
import { sectionsFor } from './navigation.ts'
import { paletteStore } from './palette-store.ts'
import { usePeopleFound } from './people-found.ts'

/** Everywhere and everything by its name, from the keyboard. */
export function Palette({ permits, showShortcuts }: { permits: readonly string[]; showShortcuts(): void }) {
  const text = useText<typeof AppTexts>('app')
  const navigate = useNavigate()
  const [typed, setTyped] = useState('')
  const found = usePeopleFound(typed, permits).map(({ id, display_name, username, email }) => ({
    id,
    label: display_name ?? username,
    description: email,
    // Found by the server, perhaps by a name that is not shown.
    keywords: [typed.trim()],
    leftSection: <IconUser size={17} />,
    onClick: () => void navigate({ to: '/people/$id', params: { id } }),
  }))
  const places = sectionsFor(permits).flatMap(({ places }) => places)
  const go = places.map(({ to, name, icon: Icon }) => ({
    id: to,
    label: text(name),
    leftSection: <Icon size={17} stroke={1.7} />,
    onClick: () => void navigate({ to }),
  }))
  const deeds = [
    {
      id: 'account',
      label: text('menu.account'),
      leftSection: <IconUser size={17} />,
      onClick: () => void navigate({ to: '/account' }),
    },
    { id: 'shortcuts', label: text('menu.shortcuts'), leftSection: <IconKeyboard size={17} />, onClick: showShortcuts },
    {
      id: 'log-out',
      label: text('menu.log_out'),
      leftSection: <IconLogout size={17} />,
      onClick: () => void logOut().then(() => navigate({ to: '/login' })),
    },
  ]
  return (
    <Spotlight
      store={paletteStore}
      shortcut="mod + K"
      query={typed}
      onQueryChange={setTyped}
      actions={[
        ...(found.length === 0 ? [] : [{ group: text('palette.people'), actions: found }]),
        { group: text('palette.go'), actions: go },
        { group: text('palette.do'), actions: deeds },
      ]}
      nothingFound={text('palette.nothing')}
      highlightQuery
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={17} />,
        placeholder: text('palette.placeholder'),
        'aria-label': text('palette.placeholder'),
      }}
    />
  )
}
