import type { Policy, PolicyVersion } from '@probity/contract'
import type { PolicyFound, VersionRow } from './store.ts'

export function presentVersion(row: VersionRow): PolicyVersion {
  const {
    effective_date,
    expiration_date,
    created_at,
    submitted_at,
    decided_at,
    shadow_since,
    shadow_until,
    author_mailbox: _,
    ...said
  } = row
  return {
    ...said,
    effective_date: textOf(effective_date),
    expiration_date: textOf(expiration_date),
    created_at: created_at.toISOString(),
    submitted_at: textOf(submitted_at),
    decided_at: textOf(decided_at),
    shadow_since: textOf(shadow_since),
    shadow_until: textOf(shadow_until),
  }
}

export function presentPolicy({
  id,
  policy_name,
  policy_type,
  made_at,
  updated_at,
  current_version,
  ...row
}: PolicyFound): Policy {
  const { policy_id: _, ...version } = presentVersion(row)
  return {
    ...{ id, policy_name, policy_type, ...version, current_version },
    created_at: made_at.toISOString(),
    updated_at: updated_at.toISOString(),
  }
}

function textOf(date: Date | null): string | null {
  return date?.toISOString() ?? null
}
