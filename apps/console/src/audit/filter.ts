import type { EventQuery } from '@probity/contract'

export const OUTCOMES = ['Success', 'Failure', 'Warning', 'Information'] as const
/** What entries can be looked for by, in the order in which it is shown. */
export const MEMBERS = [
  'text',
  'event_type',
  'user_id',
  'resource',
  'action',
  'outcome',
  'min_risk_score',
  'ip_address',
  'start_time',
  'end_time',
] as const
export type Member = (typeof MEMBERS)[number]
export type Filter = Partial<Record<Member, string>>

/**
 * The filter in an address: behind #, which no server and no log sees, since it may name people. What is not known there is
 * passed over.
 */
export function filterOf(hash: string): Filter {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  return Object.fromEntries(
    MEMBERS.flatMap((member) =>
      given
        .getAll(member)
        .slice(0, 1)
        .map((value) => [member, value]),
    ),
  )
}

export function hashOf(filter: Filter): string {
  return new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== '')).toString()
}

/** As the API takes it. */
export function asked(filter: Filter): Partial<Pick<EventQuery, Member>> {
  const { outcome, min_risk_score, ...texts } = filter
  const known = OUTCOMES.find((one) => one === outcome)
  const risk = Number(min_risk_score)
  return {
    ...texts,
    ...(known && { outcome: known }),
    ...(min_risk_score !== undefined && Number.isInteger(risk) && { min_risk_score: risk }),
  }
}
