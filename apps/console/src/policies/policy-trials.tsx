import { Button, Card, Group, NumberInput, Stack, Text, Title } from '@mantine/core'
import type { PolicyAnalysis, PolicyReplay, PolicyVersion } from '@probity/contract'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { Findings } from './findings.tsx'
import type PolicyTexts from './messages.en.json'
import { Replayed } from './replayed.tsx'

interface PolicyTrialsProps {
  policyId: string
  version: PolicyVersion
  /** Whether there is something on the page that is not saved: it is not what would be tried. */
  isChanged: boolean
}

/** What a version would change: on what was decided of late, and by what can be found out of the rules themselves. */
export function PolicyTrials({ policyId, version, isChanged }: PolicyTrialsProps) {
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
        {isChanged && <Text c="dimmed">{text('trials.unsaved')}</Text>}
        <Group align="flex-end">
          <NumberInput label={text('trials.days')} min={1} max={30} w={120} value={days} onChange={setDays} />
          <Button
            variant="default"
            disabled={isChanged}
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
            disabled={isChanged}
            loading={busy === 'analysis'}
            onClick={() =>
              void attempt('analysis', async () => setAnalysis(await probity.analysePolicy(policyId, version.version)))
            }
          >
            {text('trials.analyse')}
          </Button>
        </Group>
        {error !== null && <FailureNotice error={error} />}
        {!isChanged && replay !== null && <Replayed replay={replay} />}
        {!isChanged && analysis !== null && (
          <Stack gap="xs" role="status">
            {analysis.findings.length === 0 && (
              <Text>{text('trials.nothing', { count: analysis.requests_tried })}</Text>
            )}
            <Findings findings={analysis.findings} />
          </Stack>
        )}
      </Stack>
    </Card>
  )
}
