import type { RulingVersion } from '../access/index.ts'
import type { VersionRow } from './store.ts'

/** A version as decisions need it. */
export function rulingOf(row: VersionRow & { policy_name: string }): RulingVersion {
  const { policy_id, version, policy_name, enforcement_mode, is_active, shadow_since, shadow_until } = row
  const isApproved = row.state === 'approved'
  return {
    ...{ policy_id, version, policy_name, enforcement_mode, is_active, shadow_since, shadow_until },
    cedar: typeof row.policy_rules.cedar === 'string' ? row.policy_rules.cedar : '',
    effective_date: isApproved ? row.effective_date : null,
    expiration_date: isApproved ? row.expiration_date : null,
  }
}

/** When a version that is approved now begins to count: as it was asked, and not before it was approved. */
export function beginOf(asked: Date | null, approvedAt: Date): Date {
  return asked !== null && asked > approvedAt ? asked : approvedAt
}
