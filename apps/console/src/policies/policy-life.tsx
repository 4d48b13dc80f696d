import { Button, Checkbox, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { Policy, PolicyAnalysis, PolicyVersion } from '@probity/contract'
import { ProbityError } from '@probity/sdk'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Deed, Deeds } from '../components/deeds.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { useMay, useMe } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { Findings, gravestFirst, useWordsOfFinding } from './findings.tsx'
import type PolicyTexts from './messages.en.json'
import { analysisQuery } from './queries.ts'

interface PolicyLifeProps {
  policy: Policy
  versions: readonly PolicyVersion[]
  version: PolicyVersion
  /** What is on the page and not saved: it is not what would be submitted. */
  isChanged: boolean
  /** Shows another version; null: the newest. */
  onShow(version: number | null): void
  onError(error: unknown): void
}

/** From draft to what counts: submitted by one, approved by another. */
export function PolicyLife({ policy, versions, version, isChanged, onShow, onError }: PolicyLifeProps) {
  const text = useText<typeof PolicyTexts>('policies')
  const may = useMay()
  const me = useMe()
  const [isSubmitting, setSubmitting] = useState(false)
  const isNewest = version.version === policy.version
  const isMine = me.id === version.created_by || me.id === version.submitted_by
  const gravest = useGravest(policy, version)
  const changed = async () => {
    onShow(null)
    await queries.invalidateQueries({ queryKey: ['policies'] })
  }
  const decisions: Deed[] =
    version.state === 'in_review' && may('policy:approve') && !isMine
      ? [
          {
            label: text('approve'),
            confirm: {
              title: text('approve.title', { name: policy.policy_name }),
              hint: [text('approve.hint'), gravest].join(' '),
            },
            run: () => probity.approvePolicy(policy.id, version.version),
          },
          { label: text('reject'), isDangerous: true, run: () => probity.rejectPolicy(policy.id, version.version) },
        ]
      : []
  const turned = turnable(policy, versions)
  const isOn = turned?.is_active === true
  const named = { name: policy.policy_name, version: policy.version + 1 }
  const turning: Deed[] =
    turned !== undefined && version.state !== 'in_review' && may('policy:write') && !isChanged
      ? [
          {
            label: text(isOn ? 'off' : 'on'),
            isDangerous: isOn,
            confirm: {
              title: text(isOn ? 'off.title' : 'on.title', named),
              hint: text(isOn ? 'off.hint' : 'on.hint', named),
            },
            run: () => writeTurned(policy, turned),
          },
        ]
      : []
  return (
    <>
      {version.state === 'in_review' && isMine && <Text c="dimmed">{text('waits')}</Text>}
      <Deeds deeds={[...decisions, ...turning]} onDone={changed} onError={onError} />
      {version.state === 'draft' && isNewest && may('policy:write') && (
        <Button disabled={isChanged} onClick={() => setSubmitting(true)}>
          {text('submit')}
        </Button>
      )}
      {isSubmitting && <Submit policy={policy} version={version} onClose={() => setSubmitting(false)} />}
    </>
  )
}

/** What counts now, or was switched off last; undefined: there is neither, or a version that says so is on its way. */
function turnable(policy: Policy, versions: readonly PolicyVersion[]): PolicyVersion | undefined {
  const isUnderWay = policy.state === 'draft' || policy.state === 'in_review'
  const current = versions.find(({ version }) => version === policy.current_version)
  const [approved] = versions.filter(({ state }) => state === 'approved')
  const turned = current ?? (approved?.is_active === false ? approved : undefined)
  return isUnderWay && policy.is_active !== turned?.is_active ? undefined : turned
}

/** Writes a version again, on where it is off, and off where it is on. */
function writeTurned(policy: Policy, turned: PolicyVersion): Promise<Policy> {
  const { description, policy_rules, tests, enforcement_mode, is_active } = turned
  const said = { description, policy_rules, tests, enforcement_mode, is_active: !is_active }
  return probity.changePolicy(policy.id, { ...said, version: policy.version })
}

/** The gravest of what was found of a version in review, in a sentence. */
function useGravest(policy: Policy, version: PolicyVersion): string {
  const text = useText<typeof PolicyTexts>('policies')
  const wordsOf = useWordsOfFinding()
  const isAnalysed = policy.policy_type === 'Access' && version.state === 'in_review'
  const { data, isError } = useQuery({ ...analysisQuery(policy.id, version.version), enabled: isAnalysed })
  if (!isAnalysed) return text('unenforced', { type: policy.policy_type })
  if (data === undefined) return text(isError ? 'approve.unknown' : 'review.analysing')
  const [gravest] = gravestFirst(data.findings)
  if (gravest === undefined) return text('trials.nothing', { count: data.requests_tried })
  return text('approve.gravest', { finding: wordsOf(gravest), more: data.findings.length - 1 })
}

/** What its author may not have meant is shown before somebody else is asked. */
function Submit({ policy, version, onClose }: { policy: Policy; version: PolicyVersion; onClose(): void }) {
  const text = useText<typeof PolicyTexts>('policies')
  const [analysis, setAnalysis] = useState<PolicyAnalysis | null>(null)
  const [isAccepted, setAccepted] = useState(false)
  const warnings = analysis?.findings.filter(({ is_warning }) => is_warning) ?? []
  const submit = async () => {
    try {
      await probity.submitPolicy(policy.id, version.version, isAccepted)
    } catch (error) {
      if (error instanceof ProbityError && error.code === 'POLICY_WARNINGS')
        setAnalysis(await probity.analysePolicy(policy.id, version.version))
      throw error
    }
    await queries.invalidateQueries({ queryKey: ['policies'] })
    notifications.show({ message: text('submitted') })
  }
  return (
    <FormModal
      opened
      onClose={onClose}
      title={text('submit.title', { name: policy.policy_name })}
      verb={text('submit')}
      onSubmit={submit}
    >
      <Text>{text('submit.hint')}</Text>
      {warnings.length > 0 && (
        <>
          <Findings findings={warnings} />
          <Checkbox
            label={text('submit.accept')}
            checked={isAccepted}
            onChange={(event) => setAccepted(event.currentTarget.checked)}
          />
        </>
      )}
    </FormModal>
  )
}
