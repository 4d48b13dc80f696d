import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import type { Policy, PolicyVersion } from '@probity/contract'
import { type Deed, Deeds } from '../components/deeds.tsx'
import { Moment } from '../components/moment.tsx'
import { useMay } from '../identity/me.ts'
import { PersonName } from '../identity/person-name.tsx'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PolicyTexts from './messages.en.json'
import { STATE_COLOURS } from './policies-page.tsx'

interface VersionListProps {
  policy: Policy
  versions: PolicyVersion[]
  shown: number
  onShow(version: number | null): void
  onError(error: unknown): void
}

/** Every version that there was: none is ever changed. */
export function VersionList({ policy, versions, shown, onShow, onError }: VersionListProps) {
  const text = useText<typeof PolicyTexts>('policies')
  const may = useMay()
  const backTo = (version: number): Deed => {
    const named = { name: policy.policy_name, version, next: policy.version + 1 }
    return {
      label: text('rollback', named),
      confirm: { title: text('rollback.title', named), hint: text('rollback.hint', named) },
      run: () => probity.rollBackPolicy(policy.id, version),
    }
  }
  const changed = async () => {
    onShow(null)
    await queries.invalidateQueries({ queryKey: ['policies'] })
  }
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
              {!version.is_active && <Badge color="gray">{text('off.short')}</Badge>}
            </Group>
            <Text size="sm" c="dimmed" component="span">
              <PersonName id={version.created_by} /> · <Moment at={version.created_at} />
            </Text>
            {version.version !== policy.version && may('policy:write') && (
              <Deeds size="compact-sm" deeds={[backTo(version.version)]} onDone={changed} onError={onError} />
            )}
          </Group>
        ))}
      </Stack>
    </Card>
  )
}
