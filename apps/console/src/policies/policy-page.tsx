import { Alert, Badge, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import type { Policy, PolicyTest, PolicyVersion } from '@probity/contract'
import { ProbityError } from '@probity/sdk'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Page } from '../components/page.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { useMay } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { CedarEditor, type Fault } from './cedar-editor.tsx'
import type PolicyTexts from './messages.en.json'
import { STATE_COLOURS } from './policies-page.tsx'
import { PolicyLife } from './policy-life.tsx'
import { PolicyReview } from './policy-review.tsx'
import { PolicyTests } from './policy-tests.tsx'
import { PolicyTrials } from './policy-trials.tsx'
import { policyQuery, versionsQuery } from './queries.ts'
import { textOf } from './rules-text.ts'
import { VersionList } from './version-list.tsx'

const policyRoute = getRouteApi('/inside/policies/$id')

/** A policy: its rules, their tests, what they would have changed, and who let them count. */
export function PolicyPage() {
  const { id } = policyRoute.useParams()
  const policy = useSuspenseQuery(policyQuery(id)).data
  const { versions } = useSuspenseQuery(versionsQuery(id)).data
  const [shown, setShown] = useState<number | null>(null)
  const version = versions.find((one) => one.version === (shown ?? policy.version)) ?? versions[0]
  if (version === undefined) return null
  return (
    <Version
      key={`${version.version} ${version.state}`}
      policy={policy}
      versions={versions}
      version={version}
      onShow={setShown}
    />
  )
}

interface VersionProps {
  policy: Policy
  versions: PolicyVersion[]
  version: PolicyVersion
  onShow(version: number | null): void
}

function Version({ policy, versions, version, onShow }: VersionProps) {
  const text = useText<typeof PolicyTexts>('policies')
  const may = useMay()
  const isAccess = policy.policy_type === 'Access'
  const [rules, setRules] = useState(() => textOf(version, isAccess))
  const [tests, setTests] = useState<PolicyTest[]>(version.tests)
  const { error, setError, isBusy, attempt } = useAttempt()
  const isNewest = version.version === policy.version
  const isEditable = may('policy:write') && isNewest
  const isChanged = rules !== textOf(version, isAccess) || JSON.stringify(tests) !== JSON.stringify(version.tests)
  const save = () =>
    attempt(async () => {
      const policy_rules = isAccess
        ? { ...version.policy_rules, cedar: rules }
        : (JSON.parse(rules) as Policy['policy_rules'])
      await probity.changePolicy(policy.id, { policy_rules, tests, version: policy.version })
      onShow(null)
      await queries.invalidateQueries({ queryKey: ['policies'] })
    })
  const format = () => attempt(async () => setRules((await probity.formatPolicy(rules)).cedar))
  return (
    <Page
      title={policy.policy_name}
      description={
        <Group gap="xs" component="span">
          <Badge color={STATE_COLOURS[version.state]}>{text(`state.${version.state}`)}</Badge>
          <span>
            {text('version.of', { version: version.version, type: policy.policy_type, mode: version.enforcement_mode })}
          </span>
          {policy.description !== null && <span>{policy.description}</span>}
        </Group>
      }
      actions={
        <PolicyLife
          policy={policy}
          versions={versions}
          version={version}
          isChanged={isChanged}
          onShow={onShow}
          onError={setError}
        />
      }
    >
      {!isAccess && (
        <Alert color="orange" variant="light" title={text('unenforced.title')}>
          {text('unenforced', { type: policy.policy_type })}
        </Alert>
      )}
      {!version.is_active && <Text>{text('off.version', { version: version.version })}</Text>}
      {version.state === 'in_review' && <PolicyReview policy={policy} version={version} versions={versions} />}
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Stack>
          {error !== null && <FailureNotice error={error} />}
          <CedarEditor
            label={text(isAccess ? 'rules' : 'rules.json')}
            value={rules}
            onChange={setRules}
            isReadOnly={!isEditable}
            faults={faultsOf(error)}
          />
          {isEditable && (
            <Group>
              <Button loading={isBusy} disabled={!isChanged} onClick={() => void save()}>
                {text('save', { version: policy.version + 1 })}
              </Button>
              {isAccess && (
                <Button variant="default" onClick={() => void format()}>
                  {text('format')}
                </Button>
              )}
            </Group>
          )}
          {isAccess && (
            <PolicyTests
              rules={{ ...version.policy_rules, cedar: rules }}
              tests={tests}
              isEditable={isEditable}
              onChange={setTests}
            />
          )}
        </Stack>
        <Stack>
          {isAccess && <PolicyTrials policyId={policy.id} version={version} isChanged={isChanged} />}
          <VersionList policy={policy} versions={versions} shown={version.version} onShow={onShow} onError={setError} />
        </Stack>
      </SimpleGrid>
    </Page>
  )
}

/** Where the server says that a text is wrong. */
function faultsOf(error: unknown): Fault[] {
  if (!(error instanceof ProbityError)) return []
  const { line, column } = error.details as { line?: number; column?: number }
  const issues = (error.details.issues ?? []) as { line?: number; column?: number; message?: string }[]
  const places = [{ line, column, message: String(error.details.reason ?? error.message) }, ...issues]
  return places.flatMap((place) =>
    typeof place.line === 'number'
      ? [{ line: place.line, column: place.column ?? 1, message: place.message ?? error.message }]
      : [],
  )
}
