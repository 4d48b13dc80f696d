import { Badge, Button, Card, Group, List, NumberInput, Stack, Text, Title } from '@mantine/core'
import type { PolicyAnalysis, PolicyDifferences, PolicyReplay, PolicyVersion } from '@probity/contract'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PolicyTexts from './messages.en.json'

/** What a version would change: on what was decided of late, and by what can be found out of the rules themselves. */
export function PolicyTrials({ policyId, version }: { policyId: string; version: PolicyVersion }) {
  const text = useText<typeof PolicyTexts>('policies')
  const [days, setDays] = useState<number | string>(7)
  const [replay, setReplay] = useState<PolicyReplay | null>(null)
  const [analysis, setAnalysis] = useState<PolicyAnalysis | null>(null)
  const [busy, setBusy] = useState<'replay' | 'analysis' | null>(null)
  const [error, setError] = useState<unknown>(null)
  const attempt = async (kind: 'replay' | 'analysis', work: () => Promise<void>) => {
    setBusy(kind)
    setError(null)
    try {
      await work()
    } catch (refused) {
      setError(refused)
    } finally {
      setBusy(null)
    }
  }
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2}>{text('trials')}</Title>
        <Group align="flex-end">
          <NumberInput label={text('trials.days')} min={1} max={30} w={120} value={days} onChange={setDays} />
          <Button
            variant="default"
            loading={busy === 'replay'}
            onClick={() =>
              void attempt('replay', async () =>
                setReplay(await probity.replayPolicy(policyId, version.version, Number(days))),
              )
            }
          >
            {text('trials.replay')}
          </Button>
          <Button
            variant="default"
            loading={busy === 'analysis'}
            onClick={() =>
              void attempt('analysis', async () => setAnalysis(await probity.analysePolicy(policyId, version.version)))
            }
          >
            {text('trials.analyse')}
          </Button>
        </Group>
        {error !== null && <FailureNotice error={error} />}
        {replay !== null && (
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
        )}
        {analysis !== null && (
          <Stack gap="xs" role="status">
            {analysis.findings.length === 0 && (
              <Text>{text('trials.nothing', { count: analysis.requests_tried })}</Text>
            )}
            <List>
              {analysis.findings.map((finding) => (
                <List.Item key={`${finding.kind} ${finding.statement ?? ''} ${finding.message}`}>
                  <Badge color={finding.is_warning ? 'orange' : 'gray'}>{finding.kind}</Badge> {finding.message}
                  {finding.example !== undefined && (
                    <Text size="sm" className="mono">
                      {finding.example.principal} {finding.example.action} {finding.example.resource}:{' '}
                      {finding.example.before} → {finding.example.after}
                    </Text>
                  )}
                </List.Item>
              ))}
            </List>
          </Stack>
        )}
      </Stack>
    </Card>
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
              {principal} {action} {resource}
            </span>
          </List.Item>
        ))}
      </List>
    </div>
  )
}
