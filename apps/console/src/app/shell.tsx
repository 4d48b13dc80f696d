import { ActionIcon, Alert, AppShell, Burger, Button, Group, Kbd, NavLink, ScrollArea, Text } from '@mantine/core'
import { useDisclosure, useNetwork } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { useMe } from '../identity/me.ts'
import { StepUp } from '../identity/step-up.tsx'
import { useText } from '../platform/text.tsx'
import { AccountMenu } from './account-menu.tsx'
import type AppTexts from './messages.en.json'
import { BRAND_ICON as BrandIcon, sectionsFor } from './navigation.ts'
import { PageSkeleton } from './page-skeleton.tsx'
import { openPalette } from './palette-store.ts'
import { useShortcuts } from './shortcuts.ts'

const Palette = lazy(() => import('./palette.tsx').then(({ Palette }) => ({ default: Palette })))
const ShortcutList = lazy(() => import('./shortcut-list.tsx').then(({ ShortcutList }) => ({ default: ShortcutList })))

/** What stands around every page of who is logged in. */
export function Shell() {
  const text = useText<typeof AppTexts>('app')
  const me = useMe()
  const { online } = useNetwork()
  const { pathname } = useLocation()
  const [isOpen, { toggle, close }] = useDisclosure()
  const [areShortcutsShown, shortcuts] = useDisclosure()
  const main = useRef<HTMLElement>(null)
  useShortcuts(me.permits, shortcuts.open)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page begins at its top, read from there (WCAG 2.2, 2.4.3).
  useEffect(() => {
    close()
    main.current?.focus({ preventScroll: true })
  }, [pathname])
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 224, breakpoint: 'md', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'md', md: 'xl' }}
    >
      <a className="skip-link" href="#content">
        {text('skip')}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              hiddenFrom="md"
              size="sm"
              opened={isOpen}
              onClick={toggle}
              aria-label={text('nav.open')}
              aria-expanded={isOpen}
            />
            <BrandIcon size={22} color="var(--mantine-primary-color-filled)" aria-hidden />
            <Text fw={650}>Probity</Text>
            <Text c="dimmed" visibleFrom="xs" truncate maw={240}>
              {me.tenant.name}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Button
              variant="default"
              size="compact-md"
              leftSection={<IconSearch size={14} />}
              rightSection={<Kbd size="xs">Ctrl K</Kbd>}
              onClick={openPalette}
              visibleFrom="sm"
            >
              {text('palette.open')}
            </Button>
            <ActionIcon
              variant="default"
              size="lg"
              hiddenFrom="sm"
              onClick={openPalette}
              aria-label={text('palette.open')}
            >
              <IconSearch size={16} />
            </ActionIcon>
            <AccountMenu showShortcuts={shortcuts.open} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label={text('nav.label')}>
        <ScrollArea p="xs">
          {sectionsFor(me.permits).map(({ name, places }) => (
            <div key={name ?? 'first'} style={{ marginBottom: 12 }}>
              {name !== null && (
                <Text size="xs" c="dimmed" px={10} py={4} fw={500}>
                  {text(name)}
                </Text>
              )}
              {places.map(({ to, name: place, icon: Icon }) => {
                const isHere = to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`)
                return (
                  <NavLink
                    key={to}
                    component={Link}
                    to={to}
                    label={text(place)}
                    leftSection={<Icon size={16} stroke={1.7} />}
                    active={isHere}
                    {...(isHere && { 'aria-current': 'page' as const })}
                    py={5}
                    style={{ borderRadius: 6 }}
                  />
                )
              })}
            </div>
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main ref={main} id="content" tabIndex={-1} style={{ outline: 'none' }}>
        {me.impersonated_by !== null && (
          <Alert color="orange" mb="md">
            {text('impersonating', { name: me.display_name ?? me.username })}
          </Alert>
        )}
        {!online && (
          <Alert color="orange" role="status" mb="md">
            {text('offline')}
          </Alert>
        )}
        <Suspense fallback={<PageSkeleton />}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
      <StepUp />
      <Suspense>
        <Palette permits={me.permits} showShortcuts={shortcuts.open} />
        {areShortcutsShown && <ShortcutList permits={me.permits} onClose={shortcuts.close} />}
      </Suspense>
    </AppShell>
  )
}
