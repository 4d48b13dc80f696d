import { outcome } from '@probity/contract'
import { type Arguments, optional } from './command.ts'
import { oneOf, time, whole } from './options.ts'
import { UsageError } from './output.ts'

const FILTERS = [
  'user_id',
  'event_type',
  'resource',
  'action',
  'outcome',
  'min_risk_score',
  'start_time',
  'end_time',
  'ip_address',
  'text',
] as const
const HIGHEST_RISK = 100

const optionOf = (name: string) => name.replaceAll('_', '-')

/** What entries of the log are looked for by, as options of a command. */
export const FILTER_OPTIONS = Object.fromEntries(FILTERS.map((name) => [optionOf(name), { type: 'string' as const }]))
export const FILTER_USAGE = `[${FILTERS.map((name) => `--${optionOf(name)} …`).join('] [')}]`

/** The same as the API takes them. Throws UsageError. */
export function filterOf(given: Arguments): Record<string, string | number | undefined> {
  const text = optional(given, 'text')
  if (text !== undefined && text.length < 2) throw new UsageError('--text has at least 2 characters')
  return {
    ...Object.fromEntries(FILTERS.map((name) => [name, optional(given, optionOf(name))])),
    outcome: oneOf(given, 'outcome', outcome.options),
    min_risk_score: whole(given, 'min-risk-score', 0, HIGHEST_RISK),
    start_time: time(given, 'start-time'),
    end_time: time(given, 'end-time'),
  }
}
