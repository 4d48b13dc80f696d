import { Badge, List, Stack, Text } from '@mantine/core'
import type { PolicyDifferences, PolicyReplay } from '@probity/contract'
import { NamedText } from '../access/named-text.tsx'
import { useText } from '../platform/text.tsx'
import type PolicyTexts from './messages.en.json'

/** What a version would have decided otherwise than what counts now. */
export function Replayed({ replay }: { replay: PolicyReplay }) {
  const text = useText<typeof PolicyTexts>('policies')
  return (
    <Stack gap="xs" role="status">
      <Text>{text('trials.decided', { count: replay.decisions })}</Text>
      {!replay.is_complete && <Text c="dimmed">{text('trials.newest')}</Text>}
      <Differences
        title={text('trials.denied', { count: replay.newly_denied.count })}
        differences={replay.newly_denied}
        color="red"
      />
      <Differences
        title={text('trials.allowed', { count: replay.newly_allowed.count })}
        differences={replay.newly_allowed}
        color="green"
      />
    </Stack>
  )
}

function Differences({ title, differences, color }: { title: string; differences: PolicyDifferences; color: string }) {
  return (
    <div>
      <Badge color={differences.count === 0 ? 'gray' : color}>{title}</Badge>
      <List size="sm">
        {differences.examples.slice(0, 5).map(({ decision_id, principal, action, resource }) => (
          <List.Item key={decision_id}>
            <span className="mono">
              <NamedText>{`${principal} ${action} ${resource}`}</NamedText>
            </span>
          </List.Item>
        ))}
      </List>
    </div>
  )
}
