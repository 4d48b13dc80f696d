import type { AccessCondition, Permission } from '@probity/contract'
import { useMemo } from 'react'
import { type Locale, useLocale, useText } from '../platform/text.tsx'
import type AccessTexts from './messages.en.json'

/** The Monday of some week, in UTC. */
const MONDAY = Date.UTC(2024, 0, 1)
const DAY_MILLISECONDS = 86_400_000
const DAYS_OF_A_WEEK = 7

type Say = ReturnType<typeof useText<typeof AccessTexts>>

/** Conditions and permissions in a few words; by their texts two of them are compared as well. */
export function useConditionTexts() {
  const say = useText<typeof AccessTexts>('access')
  const { locale } = useLocale()
  return useMemo(() => {
    const conditionText = (condition: AccessCondition) => textOf(condition, say, locale)
    const permissionText = ({ action, resource, conditions }: Permission) => {
      const what = `${action} ${resource}`
      if (conditions.length === 0) return what
      return say('permissions.on_condition', {
        what,
        terms: conditions.map(conditionText).join(say('permissions.and')),
      })
    }
    return { conditionText, permissionText }
  }, [say, locale])
}

function textOf(condition: AccessCondition, say: Say, locale: Locale): string {
  switch (condition.type) {
    case 'owner':
      return say('says.owner')
    case 'tenant_member':
      return say('says.tenant_member')
    case 'attribute':
      return `${condition.attribute} ${condition.operator} ${condition.other ?? JSON.stringify(condition.value)}`
    case 'time_window': {
      const { days, from, to, zone } = condition
      return say('says.time_window', { days: daysOf(days, say, locale), from, to, zone })
    }
    case 'network':
      return say('says.network', { networks: condition.networks.join(', ') })
    case 'factor':
      return say('says.factor', { seconds: condition.max_age_seconds })
    case 'risk':
      return say('says.risk', { most: condition.at_most })
    case 'cedar':
      return condition.expression
  }
}

function daysOf(days: readonly number[], say: Say, locale: Locale): string {
  if (days.length === DAYS_OF_A_WEEK) return say('says.daily')
  const format = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' })
  return days.map((day) => format.format(MONDAY + (day - 1) * DAY_MILLISECONDS)).join(', ')
}
