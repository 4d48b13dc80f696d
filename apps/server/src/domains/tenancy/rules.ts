import { isUuid } from '@probity/core'

/** Origin line of a tenant's log (C2SP tlog-checkpoint). */
export function originOf(host: string, tenantId: string): string {
  return `${host}/${tenantId}`
}

/** Whether a reference to a tenant is its id; else it is its name. */
export function isTenantId(reference: string): boolean {
  return isUuid(reference)
}

export const SETUP_LINK_SECONDS = 3600
