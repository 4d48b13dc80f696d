import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import type { Policy, PolicyVersion } from '@probity/contract'
import { Moment } from '../components/moment.tsx'
import { PersonName } from '../identity/person-name.tsx'
import { useText } from '../platform/text.tsx'
import type PolicyTexts from './messages.en.json'
import { STATE_COLOURS } from './policies-page.tsx'

interface VersionListProps {
  policy: Policy
  versions: PolicyVersion[]
  shown: number
  onShow(version: number): void
}

/** Every version that there was: none is ever changed. */
export function VersionList({ policy, versions, shown, onShow }: VersionListProps) {
  const text = useText<typeof PolicyTexts>('policies')
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2}>{text('versions')}</Title>
        {versions.map((version) => (
          <Group key={version.version} justify="space-between">
            <Group gap="xs">
              <Button
                size="compact-sm"
                variant={version.version === shown ? 'light' : 'subtle'}
                aria-current={version.version === shown}
                onClick={() => onShow(version.version)}
              >
                {text('counts.version', { version: version.version })}
              </Button>
              <Badge color={STATE_COLOURS[version.state]}>{text(`state.${version.state}`)}</Badge>
              {policy.current_version === version.version && <Badge color="green">{text('counts')}</Badge>}
            </Group>
            <Text size="sm" c="dimmed" component="span">
              <PersonName id={version.created_by} /> · <Moment at={version.created_at} />
            </Text>
          </Group>
        ))}
      </Stack>
    </Card>
  )
}
