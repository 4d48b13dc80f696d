import type { CreateGrant, Grant, GrantQuery } from '@probity/contract'
import { isInPerson, type Principal } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { afterId, pageOf } from '../../platform/page.ts'
import { recordOf } from '../../platform/record.ts'
import { handsOf } from '../identity/index.ts'
import { requireSeparate } from './duties.ts'
import { requireHolds } from './opened.ts'
import { extentAsOurs } from './permissions.ts'
import type { AccessDependencies, Roles } from './roles.ts'
import { closureOf, covers, type Extent } from './rules.ts'
import { brokenBy, isApart } from './separation.ts'
import { listParents, readRole } from './store.ts'
import { listExclusions } from './store-exclusions.ts'
import * as store from './store-grants.ts'

/** Who has which role, and where. */
export class Grants {
  readonly #dependencies: AccessDependencies
  readonly #roles: Roles

  constructor(dependencies: AccessDependencies, roles: Roles) {
    this.#dependencies = dependencies
    this.#roles = roles
  }

  async list(tenantId: string, query: GrantQuery): Promise<{ grants: Grant[]; next_cursor: string | null }> {
    const { cursor, limit, user_id, group_id, role_id } = query
    const after = afterId(cursor)
    const asked = { userId: user_id ?? null, groupId: group_id ?? null, roleId: role_id ?? null }
    const rows = await this.#roles.run(tenantId, (tx) => store.listGrants(tx, { ...asked, after, limit: limit + 1 }))
    const { page, next_cursor } = pageOf(rows, limit, ({ id }) => id)
    return { grants: page.map(present), next_cursor }
  }

  /**
   * Gives a role, or gives it again on other terms. Throws GRANT_REFUSED beyond what one may give, to oneself and to a group
   * that one is in; NOT_FOUND for a role or a holder that is not there; VALIDATION_FAILED for an end that is past; and as
   * `put` does.
   */
  async create(principal: Principal, input: CreateGrant): Promise<Grant> {
    const { tenantId } = principal
    return this.#roles.hold(tenantId, async (tx) => {
      const { role_id, user_id = null, group_id = null, expires_at, ...more } = input
      const terms = { ...more, ...extentAsOurs(more) }
      const at = this.#dependencies.work.now()
      const expires = expires_at === null ? null : new Date(expires_at)
      if (expires !== null && expires <= at) throw refusedField('/expires_at', 'is past')
      const role = await readRole(tx, role_id)
      if (!role) throw new DomainError('NOT_FOUND', { reason: 'there is no such role' })
      await this.requireOther(tx, principal, { user_id, group_id })
      await this.requireMayGive(tx, principal, role_id, { ...terms, expires })
      const row = await this.put(tx, principal, {
        ...{ id: newId(this.#dependencies.clock.now()), role_id, user_id, group_id, ...terms },
        ...{ granted_at: at, expires_at: expires, elevation_id: null },
      })
      return present(row)
    })
  }

  /**
   * What may be given, given by one who may, where the roles are held. Throws DUTIES_SEPARATED where somebody would have two
   * roles that exclude each other; LAST_OWNER for an end of what the tenant's last owner is by.
   */
  async put(tx: Tx, by: Principal, given: Omit<store.GrantRow, 'granted_by'>): Promise<store.GrantRow> {
    const owners = await store.listOwners(tx)
    // Other terms end those that were: that takes the right to take them back.
    const before = await store.lockSame(tx, given)
    if (before !== null) await this.requireMayGive(tx, by, before.role_id, { ...before, expires: before.expires_at })
    const row = await store.putGrant(tx, { ...given, granted_by: by.userId })
    if (row.expires_at !== null && isLastOwner(owners, row.id)) throw new DomainError('LAST_OWNER')
    await requireSeparate(tx, row, row.granted_at)
    const { role_id: role, group_id: group, resource_type, resource_id, with_grant_option, elevation_id } = row
    const told = { role, group, resource_type, resource_id, with_grant_option } // no reason: whoever wrote it may have named people
    const by_elevation = elevation_id !== null && { elevation: elevation_id }
    await this.#record(tx, by, 'created', row, {
      ...told,
      expires_at: row.expires_at?.toISOString() ?? null,
      ...by_elevation,
    })
    return row
  }

  /** Takes a role back; who may give it may. Throws NOT_FOUND, GRANT_REFUSED, LAST_OWNER. */
  async remove(principal: Principal, id: string): Promise<void> {
    await this.#roles.hold(principal.tenantId, async (tx) => {
      const held = await store.lockGrant(tx, id)
      if (!held) throw new DomainError('NOT_FOUND')
      await this.requireMayGive(tx, principal, held.role_id, { ...held, expires: held.expires_at })
      if (!(await this.end(tx, principal, held))) throw new DomainError('LAST_OWNER')
    })
  }

  /** Ends a grant where the roles are held; null: nobody does, it is time. False: all that makes anybody an owner stays. */
  async end(tx: Tx, by: Principal | null, held: store.GrantRow, why: Record<string, unknown> = {}): Promise<boolean> {
    if (isLastOwner(await store.listOwners(tx), held.id)) return false
    await store.deleteGrant(tx, held.id)
    await this.#record(tx, by, 'removed', held, { role: held.role_id, group: held.group_id, ...why })
    return true
  }

  /** That it is somebody who is there, and nobody in whose hand the call is. Throws GRANT_REFUSED, NOT_FOUND. */
  async requireOther(
    tx: Tx,
    principal: Principal,
    { user_id, group_id }: { user_id: string | null; group_id: string | null },
  ) {
    const hands = await handsOf(tx, principal)
    if (user_id !== null && hands.has(user_id))
      throw new DomainError('GRANT_REFUSED', {
        reason: 'nobody gives a role to themselves, nor by an application of theirs',
      })
    if (user_id !== null && !(await store.groupsOf(tx, [user_id])).has(user_id))
      throw new DomainError('NOT_FOUND', { reason: 'there is no such account, or it is not active' })
    if (group_id === null) return
    if (!(await store.hasGroup(tx, group_id))) throw new DomainError('NOT_FOUND', { reason: 'there is no such group' })
    if (await store.isAnyIn(tx, group_id, [...hands]))
      throw new DomainError('GRANT_REFUSED', {
        reason: 'nobody gives a role to a group that they are in, nor by an application of theirs',
      })
  }

  /** Who administers the tenant gives what opens no more of Probity than they may themselves; anybody else what they have with grant option, no longer and on no more. Throws GRANT_REFUSED. */
  async requireMayGive(
    tx: Tx,
    principal: Principal,
    roleId: string,
    given: Extent & { with_grant_option: boolean; expires: Date | null },
  ): Promise<void> {
    await requireHolds(tx, principal, [roleId])
    if (principal.scopes.includes('tenant:admin')) return
    const held = isInPerson(principal) ? await store.heldBy(tx, [principal.userId], this.#dependencies.work.now()) : []
    const parents = await listParents(tx)
    const duties = { parents, exclusions: await listExclusions(tx) }
    const roles = held.map(({ role_id }) => role_id)
    const broken = brokenBy(duties, roles, 'static')
    const isEnough = held.some(
      (one) =>
        one.with_grant_option &&
        isApart(duties, one.role_id, broken) &&
        closureOf(parents, [one.role_id]).has(roleId) &&
        covers(one, given) &&
        (one.expires_at === null || (given.expires !== null && given.expires <= one.expires_at)),
    )
    if (!isEnough)
      throw new DomainError('GRANT_REFUSED', {
        reason: 'you do not have it with grant option, on as much and for as long',
      })
  }

  async #record(
    tx: Tx,
    by: Principal | null,
    what: string,
    row: store.GrantRow,
    data: Record<string, unknown>,
  ): Promise<void> {
    const target = row.user_id === null ? `group/${row.group_id}` : `user/${row.user_id}`
    await recordOf(this.#dependencies.record, tx, by, {
      ...{ event_type: `grant.${what}`, resource: target, action: what },
      ...{ risk_score: 40, data: { grant: row.id, ...data } },
    })
  }
}

function isLastOwner(owners: readonly { id: string }[], id: string): boolean {
  return owners.length === 1 && owners[0]?.id === id
}

function present({ granted_at, expires_at, ...row }: store.GrantRow): Grant {
  return { ...row, granted_at: granted_at.toISOString(), expires_at: expires_at?.toISOString() ?? null }
}
