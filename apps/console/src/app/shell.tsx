import { Group, Text } from '@mantine/core'
import { useDisclosure, useNetwork } from '@mantine/hooks'
import { IconMenu2, IconSearch, IconX } from '@tabler/icons-react'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useMe } from '../identity/me.ts'
import { onStepUp } from '../platform/session.ts'
import { useText } from '../platform/text.tsx'
import type AppTexts from './messages.en.json'
import { BRAND_ICON as BrandIcon, sectionsFor } from './navigation.ts'
import { PageSkeleton } from './page-skeleton.tsx'
import './shell.css'
import { useShortcuts } from './shortcuts.ts'

// What is not there when the page is first painted: it comes right after, and the shell stays small.
const AccountMenu = lazy(() => import('./account-menu.tsx').then(({ AccountMenu }) => ({ default: AccountMenu })))
const Palette = lazy(() => import('./palette.tsx').then(({ Palette }) => ({ default: Palette })))
const ShortcutList = lazy(() => import('./shortcut-list.tsx').then(({ ShortcutList }) => ({ default: ShortcutList })))
const StepUp = lazy(() => import('../identity/step-up.tsx').then(({ StepUp }) => ({ default: StepUp })))
const openPalette = () => import('./palette-store.ts').then(({ openPalette }) => openPalette())

/** What stands around every page of who is logged in. */
export function Shell() {
  const text = useText<typeof AppTexts>('app')
  const me = useMe()
  const { online } = useNetwork()
  const { pathname } = useLocation()
  const [isOpen, { toggle, close }] = useDisclosure()
  const [areShortcutsShown, shortcuts] = useDisclosure()
  const main = useRef<HTMLElement>(null)
  const stepUp = useStepUp()
  useShortcuts(me.permits, shortcuts.open)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page begins at its top, read from there (WCAG 2.2, 2.4.3).
  useEffect(() => {
    close()
    main.current?.focus({ preventScroll: true })
  }, [pathname])
  return (
    <div className="shell">
      <a className="skip-link" href={`${pathname}#content`}>
        {text('skip')}
      </a>
      <header className="shell-header">
        <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
          <button
            type="button"
            className="shell-button shell-burger"
            onClick={toggle}
            aria-label={text('nav.open')}
            aria-expanded={isOpen}
            aria-controls="navigation"
          >
            {isOpen ? <IconX size={18} /> : <IconMenu2 size={18} />}
          </button>
          <BrandIcon size={22} color="var(--mantine-primary-color-filled)" aria-hidden />
          <Text fw={650}>Probity</Text>
          <Text c="dimmed" visibleFrom="xs" truncate maw={240}>
            {me.tenant.name}
          </Text>
        </Group>
        <Group gap="xs" wrap="nowrap">
          <button type="button" className="shell-button" onClick={() => void openPalette()}>
            <IconSearch size={15} aria-hidden />
            <span className="shell-wide">{text('palette.open')}</span>
            <kbd className="shell-wide" aria-hidden>
              Ctrl K
            </kbd>
          </button>
          <Suspense fallback={<div className="shell-menu" />}>
            <AccountMenu showShortcuts={shortcuts.open} />
          </Suspense>
        </Group>
      </header>
      <nav id="navigation" className="shell-navigation" data-open={isOpen} aria-label={text('nav.label')}>
        <Navigation permits={me.permits} pathname={pathname} />
      </nav>
      <main ref={main} id="content" className="shell-main" tabIndex={-1}>
        {me.impersonated_by !== null && (
          <div className="shell-notice">{text('impersonating', { name: me.display_name ?? me.username })}</div>
        )}
        {!online && (
          <div className="shell-notice" role="status">
            {text('offline')}
          </div>
        )}
        <Suspense fallback={<PageSkeleton />}>
          <Outlet />
        </Suspense>
      </main>
      <Suspense>
        {stepUp !== null && <StepUp onAnswer={stepUp} />}
        <Palette permits={me.permits} showShortcuts={shortcuts.open} />
        {areShortcutsShown && <ShortcutList permits={me.permits} onClose={shortcuts.close} />}
      </Suspense>
    </div>
  )
}

/** Who is to be told whether somebody showed their password again; null: nobody asks. */
function useStepUp(): ((goes: boolean) => void) | null {
  const [asked, setAsked] = useState<((goes: boolean) => void) | null>(null)
  useEffect(
    () =>
      onStepUp(
        () =>
          new Promise<boolean>((resolve) =>
            setAsked(() => (goes: boolean) => {
              setAsked(null)
              resolve(goes)
            }),
          ),
      ),
    [],
  )
  return asked
}

function Navigation({ permits, pathname }: { permits: readonly string[]; pathname: string }) {
  const text = useText<typeof AppTexts>('app')
  return sectionsFor(permits).map(({ name, places }) => (
    <div key={name ?? 'first'} className="shell-section">
      {name !== null && (
        <Text size="xs" c="dimmed" px={10} py={4} fw={500}>
          {text(name)}
        </Text>
      )}
      {places.map(({ to, name: place, icon: Icon }) => {
        const isHere = to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`)
        return (
          <Link key={to} to={to} className="shell-link" {...(isHere && { 'aria-current': 'page' as const })}>
            <Icon size={16} stroke={1.7} />
            {text(place)}
          </Link>
        )
      })}
    </div>
  ))
}
