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

/** Those of some versions that decide nothing any more: a newer one has begun by now. */
export function withoutPast<
  T extends Pick<VersionRow, 'policy_id' | 'version' | 'state' | 'effective_date' | 'shadow_until'>,
>(rows: readonly T[], now: Date): T[] {
  const begun = new Map<string, number>()
  for (const { policy_id, version, state, effective_date } of rows)
    if (state === 'approved' && effective_date !== null && effective_date <= now)
      begun.set(policy_id, Math.max(version, begun.get(policy_id) ?? 0))
  return rows.filter(
    (row) =>
      (row.state === 'approved' && row.version >= (begun.get(row.policy_id) ?? 0)) ||
      (row.shadow_until !== null && row.shadow_until > now),
  )
}
