import { Card, Loader, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { Policy, PolicyVersion } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Moment } from '../components/moment.tsx'
import { PersonName } from '../identity/person-name.tsx'
import { useText } from '../platform/text.tsx'
import { Findings } from './findings.tsx'
import type PolicyTexts from './messages.en.json'
import { analysisQuery, replayQuery } from './queries.ts'
import { Replayed } from './replayed.tsx'
import { RulesDifference } from './rules-difference.tsx'

interface PolicyReviewProps {
  policy: Policy
  version: PolicyVersion
  versions: readonly PolicyVersion[]
}

/** All that whoever approves a version has to know before they do. */
export function PolicyReview({ policy, version, versions }: PolicyReviewProps) {
  const text = useText<typeof PolicyTexts>('policies')
  const isAccess = policy.policy_type === 'Access'
  const current = versions.find((one) => one.version === policy.current_version) ?? null
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2}>{text('review')}</Title>
        <Text component="div">
          {text('review.by')} <PersonName id={version.submitted_by ?? version.created_by} />
          {version.submitted_at !== null && (
            <>
              {' · '}
              <Moment at={version.submitted_at} />
            </>
          )}
        </Text>
        {isAccess ? (
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            <Analysed policyId={policy.id} version={version.version} />
            <Tried policyId={policy.id} version={version.version} />
          </SimpleGrid>
        ) : (
          <Text>{text('unenforced', { type: policy.policy_type })}</Text>
        )}
        <RulesDifference before={current} after={version} isAccess={isAccess} />
      </Stack>
    </Card>
  )
}

function Analysed({ policyId, version }: { policyId: string; version: number }) {
  const text = useText<typeof PolicyTexts>('policies')
  const { data, error, refetch } = useQuery(analysisQuery(policyId, version))
  if (error) return <FailureNotice error={error} retry={() => void refetch()} />
  if (data === undefined) return <Loader size="sm" aria-label={text('review.analysing')} />
  const hasWarnings = data.findings.some(({ is_warning }) => is_warning)
  return (
    <Stack gap="xs">
      <Title order={3}>{text('review.findings')}</Title>
      {data.findings.length === 0 && <Text>{text('trials.nothing', { count: data.requests_tried })}</Text>}
      <Findings findings={data.findings} />
      {hasWarnings && <Text>{text('review.accepted')}</Text>}
    </Stack>
  )
}

function Tried({ policyId, version }: { policyId: string; version: number }) {
  const text = useText<typeof PolicyTexts>('policies')
  const { data, error, refetch } = useQuery(replayQuery(policyId, version))
  if (error) return <FailureNotice error={error} retry={() => void refetch()} />
  if (data === undefined) return <Loader size="sm" aria-label={text('review.replaying')} />
  return (
    <Stack gap="xs">
      <Title order={3}>{text('review.replay')}</Title>
      <Replayed replay={data} />
    </Stack>
  )
}
