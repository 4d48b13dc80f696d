import type { ChangeRole, CreateRole, DecisionRecording, Permission, Role, RoleQuery } from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import { Breath } from '../../platform/breath.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField, requireVersion } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { handsOf, normalizeName } from '../identity/index.ts'
import { requireSeparateStill } from './duties.ts'
import { requireHolds } from './opened.ts'
import { policyOf } from './permissions.ts'
import { closureOf, reaches } from './rules.ts'
import { requireFittingRole } from './schemas.ts'
import * as store from './store.ts'
import { askedFor } from './store-elevations.ts'
import { reachOf } from './store-grants.ts'
import { SYSTEM_ROLES, SYSTEM_ROLES_EDITION } from './system-roles.ts'

export interface AccessDependencies {
  work: Work
  clock: Clock
  record: RecordEvent
}

/** Roles of a tenant: its own, and those that every tenant has. */
export class Roles {
  readonly #dependencies: AccessDependencies

  constructor(dependencies: AccessDependencies) {
    this.#dependencies = dependencies
  }

  /** By name. */
  async list(
    tenantId: string,
    { page, limit }: RoleQuery,
  ): Promise<{ roles: Role[]; total: number; page: number; limit: number }> {
    return this.run(tenantId, async (tx) => {
      const rows = await store.listRoles(tx, { offset: (page - 1) * limit, limit })
      return { roles: await presentAll(tx, rows), total: await store.countRoles(tx), page, limit }
    })
  }

  async get(tenantId: string, id: string): Promise<Role> {
    return this.run(tenantId, async (tx) => presentOne(tx, await this.#held(tx, id)))
  }

  /** Throws NAME_TAKEN, VALIDATION_FAILED for a condition that cannot be read or does not fit its schema, NOT_FOUND for a parent, DUTIES_SEPARATED. */
  async create(principal: Principal, { parent_roles, permissions, ...given }: CreateRole): Promise<Role> {
    await requireReadable(permissions)
    return this.alter(principal.tenantId, async (tx) => {
      const at = this.#dependencies.work.now()
      const row = { ...given, id: this.#newId(), is_system: false, version: 1, created_at: at, updated_at: at }
      if (!(await store.insertRole(tx, row, normalizeName(row.name)))) throw new DomainError('NAME_TAKEN')
      await this.#settle(tx, row.id, { parents: parent_roles, permissions })
      await this.#record(tx, principal, 'created', row.id, { name: row.name, parent_roles, ...told(permissions) })
      return presentOne(tx, row)
    })
  }

  /**
   * Throws SYSTEM_ROLE, ROLE_CYCLE, VERSION_MISMATCH, NAME_TAKEN, VALIDATION_FAILED, NOT_FOUND, DUTIES_SEPARATED where somebody
   * would have two roles that exclude each other, and GRANT_REFUSED for what a role permits that one has (that would be a
   * grant to oneself) and where it opens more of Probity than one may.
   */
  async change(principal: Principal, id: string, { version, ...input }: ChangeRole): Promise<Role> {
    if (input.permissions) await requireReadable(input.permissions)
    return this.alter(principal.tenantId, async (tx) => {
      const held = requireOwn(await this.#held(tx, id))
      requireVersion(held.version, version)
      if (input.permissions || input.parent_roles) await this.#requireNotOwn(tx, principal, id)
      const { name = held.name, description = held.description, parent_roles, permissions } = input
      const row = { ...held, name, description, version: held.version + 1, updated_at: this.#dependencies.work.now() }
      if (!(await store.updateRole(tx, row, normalizeName(name)))) throw new DomainError('NAME_TAKEN')
      await this.#settle(tx, id, { parents: parent_roles, permissions })
      if (input.permissions || input.parent_roles) await requireHolds(tx, principal, [id])
      const { permissions: _, ...changed } = input
      await this.#record(tx, principal, 'changed', id, { ...changed, ...(permissions && told(permissions)) })
      return presentOne(tx, row)
    })
  }

  /** Throws SYSTEM_ROLE, and ROLE_IN_USE while somebody has it or another role has what it permits. */
  async remove(principal: Principal, id: string): Promise<void> {
    await this.alter(principal.tenantId, async (tx) => {
      requireOwn(await this.#held(tx, id))
      const uses = await store.usesOf(tx, id)
      if (uses.grants + uses.children > 0) throw new DomainError('ROLE_IN_USE', { ...uses })
      await store.deleteRole(tx, id)
      await this.#record(tx, principal, 'removed', id, {})
    })
  }

  async recording(tenantId: string): Promise<DecisionRecording> {
    return this.run(tenantId, recordingOf)
  }

  /** How decisions are recorded from now on; that it changed is. */
  async changeRecording(
    principal: Principal,
    { sampled_actions, recorded_share }: DecisionRecording,
  ): Promise<DecisionRecording> {
    return this.alter(principal.tenantId, async (tx) => {
      await store.updateRecording(tx, sampled_actions, recorded_share)
      await recordOf(this.#dependencies.record, tx, principal, {
        ...{ event_type: 'access.recording_changed', resource: 'access/recording', action: 'change' },
        ...{ risk_score: 50, data: { sampled_actions, recorded_share } },
      })
      return recordingOf(tx)
    })
  }

  /** Makes the roles that every tenant has, where they are not there yet or are of an earlier edition. */
  async #begin(tx: Tx): Promise<void> {
    if (!(await store.beginVersions(tx, SYSTEM_ROLES_EDITION))) return
    const at = this.#dependencies.work.now()
    const held = new Map((await store.listSystemRoles(tx)).map((row) => [row.name, row]))
    const ids = new Map(SYSTEM_ROLES.map(({ name }) => [name, held.get(name)?.id ?? this.#newId()]))
    for (const { name, description } of SYSTEM_ROLES) {
      const row = {
        id: ids.get(name) ?? '',
        name,
        description,
        is_system: true,
        version: 1,
        created_at: at,
        updated_at: at,
      }
      if (!held.has(name)) await store.insertRole(tx, row, normalizeName(name))
    }
    for (const { name, permissions, parents } of SYSTEM_ROLES)
      await this.#settle(tx, ids.get(name) ?? '', {
        ...{ permissions, parents: parents.flatMap((parent) => ids.get(parent) ?? []) },
      })
  }

  /** Permissions and parents as given; those that are not, stay. Throws ROLE_CYCLE, NOT_FOUND, DUTIES_SEPARATED. */
  async #settle(
    tx: Tx,
    id: string,
    {
      parents,
      permissions,
    }: { parents?: readonly string[] | undefined; permissions?: readonly Permission[] | undefined },
  ): Promise<void> {
    if (parents) {
      const others = [...new Set(parents)]
      const before = await store.listParents(tx)
      const graph = before.filter(({ role_id }) => role_id !== id)
      if (others.some((parent) => reaches(graph, parent, id))) throw new DomainError('ROLE_CYCLE')
      if (!(await store.replaceParents(tx, id, others)))
        throw new DomainError('NOT_FOUND', { reason: 'one of parent_roles is no role' })
      await requireSeparateStill(tx, before, this.#dependencies.work.now())
    }
    if (permissions) {
      const ids = permissions.map(() => this.#newId())
      await store.replacePermissions(tx, id, { permissions, ids, at: this.#dependencies.work.now() })
      if (permissions.some(({ conditions }) => conditions.some(({ type }) => type === 'cedar')))
        await requireFewExpressions(tx)
    }
  }

  async #requireNotOwn(tx: Tx, principal: Principal, id: string): Promise<void> {
    if ((await this.ofHands(tx, principal)).has(id))
      throw new DomainError('GRANT_REFUSED', {
        reason:
          'nobody changes what a role permits that they have or ask for, nor by an application of theirs; ask another administrator',
      })
  }

  /** Roles that those have in whose hand a call is, and that they wait to be given, with their parents. */
  async ofHands(tx: Tx, principal: Principal): Promise<ReadonlySet<string>> {
    const hands = [...(await handsOf(tx, principal))]
    const at = this.#dependencies.work.now()
    const held = (await reachOf(tx, hands, at)).map(({ role_id }) => role_id)
    return closureOf(await store.listParents(tx), [...held, ...(await askedFor(tx, hands, at))])
  }

  async #held(tx: Tx, id: string): Promise<store.RoleRow> {
    const row = await store.readRole(tx, id)
    if (!row) throw new DomainError('NOT_FOUND')
    return row
  }

  /** Works in a tenant whose roles have begun. */
  run<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#dependencies.work.run(tenantId, async (tx) => {
      await this.#begin(tx)
      return work(tx)
    })
  }

  /** The same, of what may change what a session lets somebody do here. */
  #change<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#dependencies.work.change(tenantId, async (tx) => {
      await this.#begin(tx)
      return work(tx)
    })
  }

  /** What servers hold of the roles and policies of the tenant is old from the transaction's commit on. */
  async changed(tx: Tx): Promise<void> {
    await this.#begin(tx)
    await store.nextVersion(tx)
  }

  /** Works where roles stay as they are until the transaction ends, one after the other. */
  hold<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#change(tenantId, async (tx) => {
      await store.holdVersion(tx)
      return work(tx)
    })
  }

  /** One change after the other: two that are each without a cycle may make one together. */
  alter<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#change(tenantId, async (tx) => {
      await store.nextVersion(tx)
      return work(tx)
    })
  }

  async #record(tx: Tx, by: Principal, what: string, id: string, data: Record<string, unknown>): Promise<void> {
    await recordOf(this.#dependencies.record, tx, by, {
      ...{ event_type: `role.${what}`, resource: `role/${id}`, action: what },
      ...{ risk_score: 40, data },
    })
  }

  #newId(): string {
    return newId(this.#dependencies.clock.now())
  }
}

async function recordingOf(tx: Tx): Promise<DecisionRecording> {
  const { sampled_actions = [], recorded_share = 1 } = (await store.readVersion(tx)) ?? {}
  return { sampled_actions, recorded_share }
}

/** Permissions that an entry names; of more it tells how many. */
const MOST_TOLD = 100

function told(permissions: readonly Permission[]): { permissions: string[]; permission_count: number } {
  const texts = permissions.map(({ resource, action, conditions }) => {
    const types = conditions.map(({ type }) => type)
    return `${action} ${resource}${types.length > 0 ? ` if ${types.join(', ')}` : ''}`
  })
  return { permissions: texts.slice(0, MOST_TOLD), permission_count: texts.length }
}

function requireOwn(row: store.RoleRow): store.RoleRow {
  if (row.is_system) throw new DomainError('SYSTEM_ROLE')
  return row
}

/** Whoever decides first for a tenant reads all of them: 5,000 take half a second, and a million characters some 100 MB. */
const MOST_EXPRESSIONS = 5_000
const MOST_EXPRESSION_CHARACTERS = 1_000_000

/** Throws VALIDATION_FAILED. */
async function requireFewExpressions(tx: Tx): Promise<void> {
  const { count, characters } = await store.countExpressions(tx)
  if (count > MOST_EXPRESSIONS || characters > MOST_EXPRESSION_CHARACTERS)
    throw refusedField(
      '/permissions',
      `all roles together have at most ${MOST_EXPRESSIONS} expressions of Cedar, of ${MOST_EXPRESSION_CHARACTERS} characters in all: use other conditions, or a policy`,
    )
}

/** Each as the engine will have it, and as the schemas beside it have it. Throws VALIDATION_FAILED. */
async function requireReadable(permissions: readonly Permission[]): Promise<void> {
  const breath = new Breath()
  for (const [i, one] of permissions.entries()) {
    policyOf('', '', one, `/permissions/${i}`)
    await breath.take()
  }
  await requireFittingRole(permissions, '/permissions')
}

async function presentOne(tx: Tx, row: store.RoleRow): Promise<Role> {
  return (await presentAll(tx, [row]))[0] as Role // one row, one role
}

async function presentAll(tx: Tx, rows: readonly store.RoleRow[]): Promise<Role[]> {
  const permissions = await store.listPermissions(
    tx,
    rows.map(({ id }) => id),
  )
  const parents = await store.listParents(tx)
  return rows.map(({ created_at, updated_at, ...row }) => ({
    ...row,
    permissions: permissions
      .filter(({ role_id }) => role_id === row.id)
      .map(({ resource, action, conditions }) => ({ resource, action, conditions })),
    parent_roles: parents.filter(({ role_id }) => role_id === row.id).map(({ parent_id }) => parent_id),
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  }))
}
