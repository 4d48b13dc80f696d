import type { Scope } from '@probity/contract'
import { DomainError } from './errors.ts'

/** Who calls, as authentication found it. */
export interface Principal {
  kind: 'token' | 'session'
  /** Id of the token or session. */
  id: string
  tenantId: string
  /** User of the session, or who made the token. */
  userId: string
  /** service: an account of an application. */
  userKind: 'person' | 'service'
  scopes: readonly Scope[]
  /** Administrator who acts as the user; missing: nobody does. */
  impersonatorId?: string
  /** Thumbprint of the key that each call must prove; missing: none. */
  boundTo?: string
  /** The key in whose place a token was issued: its calls count to that key's rate. Missing: to its own. */
  issuedBy?: string
  /** The session lacks a second factor that is demanded: it has no scopes, and lets no application in. */
  lacksFactor?: true
  /** false: the tenant is suspended, hence read-only. */
  tenantActive: boolean
}

/** The one place that checks scopes. Throws SCOPE_MISSING with the scopes that are needed. */
export function requireScopes(principal: Principal, needed: readonly Scope[]): void {
  const missing = needed.filter((scope) => !principal.scopes.includes(scope))
  if (missing.length > 0) throw new DomainError('SCOPE_MISSING', { required_scopes: missing })
}

/**
 * For what one person answers to another: whoever acts as somebody else might be both. Throws IMPERSONATING, STEP_UP_REQUIRED.
 */
export function requireThemselves({ impersonatorId, lacksFactor }: Principal): void {
  if (impersonatorId !== undefined) throw new DomainError('IMPERSONATING')
  if (lacksFactor) throw new DomainError('STEP_UP_REQUIRED')
}

/** The caller as the log names who did something. */
export function actorOf({ userKind, userId }: Principal): { type: 'person' | 'service'; id: string } {
  return userKind === 'person' ? { type: 'person', id: userId } : { type: 'service', id: `service-account/${userId}` }
}

/** A suspended tenant reads and does not write. */
export function requireActive(principal: Principal): void {
  if (!principal.tenantActive) throw new DomainError('TENANT_SUSPENDED')
}
