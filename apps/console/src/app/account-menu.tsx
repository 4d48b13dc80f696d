import { Avatar, Menu, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import {
  IconBook,
  IconKeyboard,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSun,
  IconSunMoon,
  IconSwitchHorizontal,
  IconUser,
} from '@tabler/icons-react'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { logOut, useMe } from '../identity/me.ts'
import { BASE } from '../platform/base.ts'
import { useLocale, useText } from '../platform/text.tsx'
import { wayInHash } from '../platform/way-in.ts'
import type AppTexts from './messages.en.json'

const NEXT = { light: 'dark', dark: 'auto', auto: 'light' } as const
const THEME_ICONS = { light: IconSun, dark: IconMoon, auto: IconSunMoon }

export function AccountMenu({ showShortcuts }: { showShortcuts(): void }) {
  const text = useText<typeof AppTexts>('app')
  const me = useMe()
  const navigate = useNavigate()
  const { locale, setLocale } = useLocale()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const name = me.display_name ?? me.username
  const next = NEXT[colorScheme]
  const ThemeIcon = THEME_ICONS[next]
  const { href } = useLocation()
  // One browser has one session; the place is kept, and opens in the other tenant.
  const switchTenant = async () => {
    await logOut()
    await navigate({ to: '/login', hash: wayInHash({ to: href, isSwitch: true }) })
  }
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <UnstyledButton aria-label={text('menu.label', { name })}>
          <Avatar size={32} radius="xl" color="pine">
            <IconUser size={18} aria-hidden />
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={500} truncate c="var(--mantine-color-text)">
            {name}
          </Text>
          <Text size="xs" truncate>
            {me.tenant.name}
          </Text>
        </Menu.Label>
        <Menu.Item leftSection={<IconUser size={15} />} component={Link} to="/account">
          {text('menu.account')}
        </Menu.Item>
        <Menu.Item leftSection={<IconBook size={15} />} component="a" href={`${BASE}docs/`}>
          {text('menu.docs')}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={15} />} onClick={showShortcuts}>
          {text('menu.shortcuts')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<ThemeIcon size={15} />} closeMenuOnClick={false} onClick={() => setColorScheme(next)}>
          {text(`menu.theme.${next}`)}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLanguage size={15} />}
          lang={locale === 'en' ? 'de' : 'en'}
          onClick={() => setLocale(locale === 'en' ? 'de' : 'en')}
        >
          {text('menu.language')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconSwitchHorizontal size={15} />} onClick={() => void switchTenant()}>
          {text('menu.switch')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={15} />}
          onClick={() => void logOut().then(() => navigate({ to: '/login' }))}
        >
          {text('menu.log_out')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
