import type { PolicyVersion } from '@probity/contract'

/** The rules of a version as they are written and read: Cedar, or of the other types JSON. */
export function textOf({ policy_rules }: Pick<PolicyVersion, 'policy_rules'>, isAccess: boolean): string {
  const { cedar } = policy_rules
  return isAccess ? (typeof cedar === 'string' ? cedar : '') : JSON.stringify(policy_rules, null, 2)
}
