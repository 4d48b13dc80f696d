import { type Permit, type Scope, scopeOf } from '@probity/contract'
import type { Tx } from './database/transaction.ts'
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
  /** What they may do themselves, and hand on: roles, which may end, are not among it. */
  scopes: readonly Scope[]
  /** What roles let them do here beside; missing: nothing. */
  permits?: ReadonlySet<Permit>
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

/** What roles let people do in Probity itself. Domain access tells; those before it get this by injection. */
export interface RolePermits {
  /** Now, in a session of theirs, and until when that stays so if nobody changes anything. */
  now(tenantId: string, userId: string): Promise<{ permits: ReadonlySet<Permit>; until: Date | null }>
  /** Of some people, under whatever conditions. */
  ofUsers(tx: Tx, userIds: readonly string[]): Promise<readonly Permit[]>
  /** Of whoever is in a group, under whatever conditions. */
  ofGroup(tx: Tx, groupId: string): Promise<readonly Permit[]>
  /** Whether whoever is in a group has roles by it, of whatever. */
  hasRoles(tx: Tx, groupId: string): Promise<boolean>
  /** Roles and who has them stay as they are until the transaction ends; to be called before it locks an account or a group. */
  holdRoles(tx: Tx): Promise<void>
  /** Before somebody goes: throws LAST_OWNER where nobody else is owner without end. Holds the owners. */
  requireOwnerBeside(tx: Tx, userId: string): Promise<void>
  /** After somebody came into a group, with roles held: throws DUTIES_SEPARATED where they have now two roles that exclude each other. */
  requireSeparateIn(tx: Tx, groupId: string, userId: string): Promise<void>
}

/** The one place that checks scopes. Throws SCOPE_MISSING with the scopes that are needed. */
export function requireScopes(principal: Principal, needed: readonly Scope[]): void {
  const missing = needed.filter((scope) => !principal.scopes.includes(scope))
  if (missing.length > 0) throw new DomainError('SCOPE_MISSING', { required_scopes: missing })
}

/** Whether a person is there in a session of their own, with the factors that are demanded. */
export function isInPerson({ kind, userKind, impersonatorId, lacksFactor }: Principal): boolean {
  return kind === 'session' && userKind === 'person' && impersonatorId === undefined && !lacksFactor
}

/**
 * For what one person answers to another: whoever acts as somebody else, or has a token of theirs, might be both. Throws IMPERSONATING,
 * STEP_UP_REQUIRED, GRANT_REFUSED.
 */
export function requireThemselves(principal: Principal): void {
  if (principal.impersonatorId !== undefined) throw new DomainError('IMPERSONATING')
  if (principal.lacksFactor) throw new DomainError('STEP_UP_REQUIRED')
  if (!isInPerson(principal)) throw new DomainError('GRANT_REFUSED', { reason: IN_PERSON })
}

/**
 * For what is somebody's own to see: a token that a person gave to a program tells it nothing of them but what its scopes say.
 * Throws SESSION_REQUIRED.
 */
export function requireOwnOr(permit: Permit, principal: Principal): void {
  const isGivenAway = principal.kind !== 'session' && principal.userKind === 'person'
  if (isGivenAway && !mayDo(principal, permit)) throw new DomainError('SESSION_REQUIRED')
}

/** What it takes where one person answers to another. */
export const IN_PERSON =
  'it takes a person who has logged in themselves; tokens, applications and who acts for another do not count'

/** Throws SCOPE_MISSING with the scopes that would let the caller do all of this; roles may as well. */
export function requirePermits(principal: Principal, needed: readonly Permit[]): void {
  const missing = needed.filter((permit) => !mayDo(principal, permit))
  if (missing.length > 0)
    throw new DomainError('SCOPE_MISSING', { required_scopes: [...new Set(missing.map(scopeOf))] })
}

/** By a scope, or by a role. */
export function mayDo({ scopes, permits }: Principal, permit: Permit): boolean {
  return scopes.includes(scopeOf(permit)) || permits?.has(permit) === true
}

/** The caller as the log names who did something. */
export function actorOf({ userKind, userId }: Principal): { type: 'person' | 'service'; id: string } {
  return userKind === 'person' ? { type: 'person', id: userId } : { type: 'service', id: `service-account/${userId}` }
}

/** A suspended tenant reads and does not write. */
export function requireActive(principal: Principal): void {
  if (!principal.tenantActive) throw new DomainError('TENANT_SUSPENDED')
}
