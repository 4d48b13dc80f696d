import { Alert, Card, NumberInput, Stack, Switch, Title } from '@mantine/core'
import type { ChangeSignInRules, SignInRules } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { QueryState } from '../components/query-state.tsx'
import { useMay } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type SignInTexts from './messages.en.json'
import { rulesQuery } from './queries.ts'

/** What is asked of who logs in. Each switch counts as soon as the server took it. */
export function Rules() {
  const text = useText<typeof SignInTexts>('sign-in')
  const may = useMay()
  const query = useQuery(rulesQuery)
  const [error, setError] = useState<unknown>(null)
  const rules = query.data
  const isFixed = !may('sign_in_rules:write')
  // It is shown at once; where the server refuses, it is as before, with the reason.
  const change = async (what: ChangeSignInRules) => {
    if (rules === undefined) return
    setError(null)
    queries.setQueryData(rulesQuery.queryKey, { ...rules, ...definedOf(what) })
    try {
      queries.setQueryData(rulesQuery.queryKey, await probity.changeSignInRules({ ...what, version: rules.version }))
    } catch (refused) {
      queries.setQueryData(rulesQuery.queryKey, rules)
      setError(refused)
    }
  }
  return (
    <Card>
      <Stack>
        <Title order={2}>{text('rules')}</Title>
        {error !== null && <FailureNotice error={error} />}
        <QueryState query={query}>
          {rules !== undefined && (
            <>
              <Switch
                label={text('rules.factor')}
                description={text('rules.factor_hint')}
                disabled={isFixed}
                checked={rules.requires_second_factor}
                onChange={(event) => void change({ requires_second_factor: event.currentTarget.checked })}
              />
              <Switch
                label={text('rules.codes')}
                description={text('rules.codes_hint')}
                disabled={isFixed}
                checked={rules.allows_sent_codes}
                onChange={(event) => void change({ allows_sent_codes: event.currentTarget.checked })}
              />
              <Switch
                label={text('rules.provider')}
                description={text('rules.provider_hint')}
                disabled={isFixed}
                checked={rules.requires_provider}
                onChange={(event) => void change({ requires_provider: event.currentTarget.checked })}
              />
              {!rules.requires_provider && (
                <Alert color="blue" variant="light" title={text('rules.standing')}>
                  {text(rules.standing.is_provider_proven ? 'rules.proven' : 'rules.unproven')}{' '}
                  {text('rules.without', { count: rules.standing.people_without_identity })}{' '}
                  {text('rules.break_glass', { count: rules.standing.break_glass_accounts })}
                </Alert>
              )}
              <NumberInput
                label={text('rules.days')}
                description={text('rules.days_hint')}
                maw={320}
                min={0}
                max={365}
                disabled={isFixed}
                defaultValue={rules.remembered_device_days}
                onBlur={(event) => {
                  const days = Number(event.currentTarget.value)
                  if (Number.isInteger(days) && days !== rules.remembered_device_days)
                    void change({ remembered_device_days: days })
                }}
              />
            </>
          )}
        </QueryState>
      </Stack>
    </Card>
  )
}

function definedOf(what: ChangeSignInRules): Partial<SignInRules> {
  return Object.fromEntries(Object.entries(what).filter(([, value]) => value !== undefined))
}
