import { Button, Checkbox, List, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { Policy, PolicyAnalysis, PolicyVersion } from '@probity/contract'
import { ProbityError } from '@probity/sdk'
import { useState } from 'react'
import { type Deed, Deeds } from '../components/deeds.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { useMay, useMe } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PolicyTexts from './messages.en.json'

interface PolicyLifeProps {
  policy: Policy
  version: PolicyVersion
  /** What is on the page and not saved: it is not what would be submitted. */
  isChanged: boolean
  onError(error: unknown): void
}

/** From draft to what counts: submitted by one, approved by another. */
export function PolicyLife({ policy, version, isChanged, onError }: PolicyLifeProps) {
  const text = useText<typeof PolicyTexts>('policies')
  const may = useMay()
  const me = useMe()
  const [isSubmitting, setSubmitting] = useState(false)
  const isNewest = version.version === policy.version
  const isMine = me.id === version.created_by || me.id === version.submitted_by
  const changed = () => queries.invalidateQueries({ queryKey: ['policies'] })
  const decisions: Deed[] =
    version.state === 'in_review' && may('policy:approve') && !isMine
      ? [
          {
            label: text('approve'),
            confirm: { title: text('approve.title', { name: policy.policy_name }), hint: text('approve.hint') },
            run: () => probity.approvePolicy(policy.id, version.version),
          },
          { label: text('reject'), isDangerous: true, run: () => probity.rejectPolicy(policy.id, version.version) },
        ]
      : []
  const back: Deed[] =
    !isNewest && may('policy:write')
      ? [
          {
            label: text('rollback', { version: version.version }),
            run: () => probity.rollBackPolicy(policy.id, version.version),
          },
        ]
      : []
  return (
    <>
      {version.state === 'in_review' && isMine && <Text c="dimmed">{text('waits')}</Text>}
      <Deeds deeds={[...decisions, ...back]} onDone={changed} onError={onError} />
      {version.state === 'draft' && isNewest && may('policy:write') && (
        <Button disabled={isChanged} onClick={() => setSubmitting(true)}>
          {text('submit')}
        </Button>
      )}
      {isSubmitting && <Submit policy={policy} version={version} onClose={() => setSubmitting(false)} />}
    </>
  )
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
          <List>
            {warnings.map(({ kind, message }) => (
              <List.Item key={`${kind} ${message}`}>{message}</List.Item>
            ))}
          </List>
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
