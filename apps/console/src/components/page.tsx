import { Box, Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

interface PageProps {
  title: string
  description?: ReactNode
  /** What can be done with the page as a whole. */
  actions?: ReactNode
  children: ReactNode
  /** Widest that its content becomes, in pixels; without it as wide as the window. */
  width?: number
}

/** What every page has: its title in the tab and on the page, what it is about, and what can be done. */
export function Page({ title, description, actions, children, width }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Probity`
  }, [title])
  return (
    <Stack gap="lg" {...(width !== undefined && { maw: width })}>
      <Group justify="space-between" align="flex-start" gap="md">
        <Box maw={760} style={{ minWidth: 0 }}>
          <Title order={1}>{title}</Title>
          {description !== undefined && (
            <Text c="dimmed" mt={4}>
              {description}
            </Text>
          )}
        </Box>
        {actions !== undefined && (
          <Group gap="xs" className="no-print">
            {actions}
          </Group>
        )}
      </Group>
      {children}
    </Stack>
  )
}
