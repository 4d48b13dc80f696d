import type { Checkpoint, ExportHeader } from '@probity/core'
import { Refusal } from './result.ts'

/** The origin of a tenant's log is `<host>/<tenant_id>` (formats §4); throws TENANT_MISMATCH. */
export function requireTenant(origin: string, tenantId: string, index: number | null): void {
  if (origin.length > tenantId.length + 1 && origin.endsWith(`/${tenantId}`)) return
  throw new Refusal('TENANT_MISMATCH', index, `${tenantId} is not the tenant of the log ${origin}`)
}

/** Header and checkpoint of an export speak of one log, and the range lies in it; throws ORIGIN_MISMATCH and others. */
export function requireAgreement({ origin, tenant_id, end }: ExportHeader, checkpoint: Checkpoint): void {
  if (origin !== checkpoint.origin) {
    throw new Refusal('ORIGIN_MISMATCH', null, `the export is of ${origin}, its checkpoint of ${checkpoint.origin}`)
  }
  requireTenant(origin, tenant_id, null)
  if (end > checkpoint.size) {
    throw new Refusal(
      'RANGE_INVALID',
      checkpoint.size,
      `the export ends at ${end}, its checkpoint at ${checkpoint.size}`,
    )
  }
}
