import type { EnforcementMode } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Policy } from './cedar/policy.ts'

/** A version of an access policy that counts, will count, or is asked beside those that do. */
export interface RulingVersion {
  policy_id: string
  version: number
  policy_name: string
  enforcement_mode: EnforcementMode
  /** Policies of Cedar as text. */
  cedar: string
  is_active: boolean
  /** From when on it counts; null: it was not approved. */
  effective_date: Date | null
  expiration_date: Date | null
  shadow_since: Date | null
  shadow_until: Date | null
}

/** Where the access policies of a tenant come from, as far as they count from a time on; a change of them is told by `Access.policiesChanged`. */
export type RulingSource = (tx: Tx, at: Date) => Promise<readonly RulingVersion[]>

/** A version as the engine has it. */
export interface Ruling {
  policyId: string
  version: number
  name: string
  statements: readonly Policy[]
}

/** One that decides. */
export interface Deciding extends Ruling {
  /** When this version came in force. */
  since: Date
  until: Date | null
}

/** One that does not decide, but tells what it would. */
export interface Beside extends Ruling {
  mode: 'Warn' | 'Audit' | 'Shadow'
  /** Ids of the statements in whose place it would stand. */
  replaces: ReadonlySet<string>
}

export interface InForce {
  /** The newest version of each policy that was approved and has begun, where it neither ended nor switches the policy off. */
  counting: readonly (RulingVersion & { effective_date: Date })[]
  shadows: readonly RulingVersion[]
  /** When this is another, in milliseconds; null: with the next change. */
  until: number | null
}

/** What counts at a time. A version that has begun takes the place of those before it, also when it has ended. */
export function inForce(versions: readonly RulingVersion[], at: Date): InForce {
  const newest = new Map<string, InForce['counting'][number]>()
  for (const { effective_date, ...one } of versions) {
    if (effective_date === null || effective_date > at) continue
    if ((newest.get(one.policy_id)?.version ?? 0) < one.version) newest.set(one.policy_id, { ...one, effective_date })
  }
  const edges = versions.flatMap((one) => [one.effective_date, one.expiration_date, one.shadow_until])
  const next = edges.flatMap((edge) => (edge !== null && edge > at ? [edge.getTime()] : []))
  return {
    counting: [...newest.values()].filter((one) => one.is_active && isBefore(at, one.expiration_date)),
    shadows: versions.filter((one) => isShadow(one, at) && newest.get(one.policy_id)?.version !== one.version),
    until: next.length > 0 ? Math.min(...next) : null,
  }
}

function isShadow({ shadow_since, shadow_until }: RulingVersion, at: Date): boolean {
  return shadow_since !== null && shadow_until !== null && shadow_since <= at && at < shadow_until
}

function isBefore(at: Date, end: Date | null): boolean {
  return end === null || at < end
}
