import { Anchor, Center, Group, Paper, Stack, Text } from '@mantine/core'
import { Outlet } from '@tanstack/react-router'
import { BASE } from '../platform/base.ts'
import { useLocale, useText } from '../platform/text.tsx'
import type AppTexts from './messages.en.json'
import { BRAND_ICON as BrandIcon } from './navigation.ts'

/** One card in the middle: for log-in, set-up and links that were mailed. */
export function OutsideFrame() {
  const text = useText<typeof AppTexts>('app')
  const { locale, setLocale } = useLocale()
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w="100%" maw={460} gap="lg">
        <Group gap={8} justify="center" aria-hidden>
          <BrandIcon size={26} color="var(--mantine-primary-color-filled)" />
          <Text fw={650} size="lg">
            Probity
          </Text>
        </Group>
        <Paper withBorder p="xl" radius="lg">
          <Outlet />
        </Paper>
        <Group justify="center" gap="lg">
          <Anchor size="sm" href={`${BASE}docs/`}>
            {text('menu.docs')}
          </Anchor>
          <Anchor
            component="button"
            size="sm"
            lang={locale === 'en' ? 'de' : 'en'}
            onClick={() => setLocale(locale === 'en' ? 'de' : 'en')}
          >
            {text('menu.language')}
          </Anchor>
        </Group>
      </Stack>
    </Center>
  )
}
