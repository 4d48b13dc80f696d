import type { ChangeGroup, CreateGroup, Group, GroupMember, PageQuery } from '@probity/contract'
import { type Principal, type RolePermits, requirePermits, requireScopes } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, requireVersion } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { afterId, pageOf } from '../../platform/page.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { handsOf } from './hands.ts'
import { normalizeName } from './rules.ts'
import * as store from './store-groups.ts'

export interface GroupDependencies {
  work: Work
  clock: Clock
  record: RecordEvent
  rolePermits: RolePermits
}

/** People whom one entry of the log names, at most; of more it tells how many. */
const MOST_NAMED = 100

/** Groups of people, and what who is in one may do. Administrators keep them, or a SCIM client does; what they open, administrators alone say. */
export class Groups {
  readonly #dependencies: GroupDependencies
  readonly #work: Work

  constructor(dependencies: GroupDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /** All of the tenant, by id. */
  async list(tenantId: string, { cursor, limit }: PageQuery): Promise<{ groups: Group[]; next_cursor: string | null }> {
    const after = afterId(cursor)
    return this.#work.run(tenantId, async (tx) => {
      const rows = await store.listGroups(tx, { after, limit: limit + 1 })
      const { page, next_cursor } = pageOf(rows, limit, (row) => row.id)
      return { groups: await this.#present(tx, page), next_cursor }
    })
  }

  /** Throws NAME_TAKEN, and SCOPE_MISSING for scopes beyond one's own. */
  async create(principal: Principal, input: CreateGroup): Promise<Group> {
    requireScopes(principal, input.scopes)
    const at = this.#work.now()
    const id = newId(this.#dependencies.clock.now())
    const row = { id, ...input, managed_by: null, external_id: null, version: 1, created_at: at, updated_at: at }
    return this.#work.run(principal.tenantId, async (tx) => {
      if (!(await store.insertGroup(tx, row, normalizeName(row.name)))) throw new DomainError('NAME_TAKEN')
      await this.#record(tx, principal, 'created', id, { name: row.name, scopes: row.scopes })
      return this.#one(tx, row)
    })
  }

  /** Throws VERSION_MISMATCH, NAME_TAKEN, NOT_FOUND; SCOPE_MISSING for scopes beyond one's own; VALIDATION_FAILED for a name that a client keeps. */
  async change(principal: Principal, id: string, { version, ...input }: ChangeGroup): Promise<Group> {
    requireScopes(principal, input.scopes ?? [])
    return this.#work.change(principal.tenantId, async (tx) => {
      const held = await this.#held(tx, id)
      requireVersion(held.version, version)
      if (input.name !== undefined && input.name !== held.name) requireOurs(held)
      if (input.scopes) await requireOthersIn(tx, principal, id, input.scopes, held.scopes)
      const name = input.name ?? held.name
      const scopes = input.scopes ? [...new Set(input.scopes)] : held.scopes
      const row = { ...held, name, scopes, version: held.version + 1, updated_at: this.#work.now() }
      const [other] = await store.listGroups(tx, { managedBy: held.managed_by, folded: normalizeName(name) })
      if (other && other.id !== id) throw new DomainError('NAME_TAKEN')
      await store.updateGroup(tx, row, normalizeName(name))
      await this.#record(tx, principal, 'changed', id, { changed: Object.keys(input), scopes })
      return this.#one(tx, row)
    })
  }

  /** Throws VALIDATION_FAILED for one that a client keeps: it would make it again. */
  async remove(principal: Principal, id: string): Promise<void> {
    await this.#work.change(principal.tenantId, async (tx) => {
      requireOurs(await this.#held(tx, id))
      await store.deleteGroup(tx, id)
      await this.#record(tx, principal, 'removed', id, {})
    })
  }

  /** Who is in it, by id. */
  async members(
    tenantId: string,
    id: string,
    { cursor, limit }: PageQuery,
  ): Promise<{ members: GroupMember[]; next_cursor: string | null }> {
    const after = afterId(cursor)
    return this.#work.run(tenantId, async (tx) => {
      const [group] = await store.listGroups(tx, { id })
      if (!group) throw new DomainError('NOT_FOUND')
      const users = await store.listMembers(tx, id, after, limit + 1)
      const { page, next_cursor } = pageOf(users, limit, (userId) => userId)
      return { members: page.map((user_id) => ({ user_id })), next_cursor }
    })
  }

  /** Throws NOT_FOUND for nobody, SCOPE_MISSING where the group opens more than one may oneself, DUTIES_SEPARATED. Who is in it already stays. */
  async add(principal: Principal, id: string, userId: string): Promise<void> {
    const { rolePermits } = this.#dependencies
    await this.#work.change(principal.tenantId, async (tx) => {
      await rolePermits.holdRoles(tx)
      const group = await this.#held(tx, id)
      requireOurs(group)
      requireScopes(principal, group.scopes)
      requirePermits(principal, await rolePermits.ofGroup(tx, id))
      if ((await handsOf(tx, principal)).has(userId))
        throw new DomainError('VALIDATION_FAILED', {
          reason: 'nobody adds themselves, nor by an application of theirs; ask another administrator',
        })
      const { added } = await this.settle(tx, principal, group, { add: [userId], remove: [] })
      if (added.length === 0 && !(await store.isMember(tx, id, userId))) throw new DomainError('NOT_FOUND')
      await rolePermits.requireSeparateIn(tx, id, userId)
    })
  }

  /** Throws NOT_FOUND for who is not in it. */
  async take(principal: Principal, id: string, userId: string): Promise<void> {
    await this.#work.change(principal.tenantId, async (tx) => {
      const group = await this.#held(tx, id)
      requireOurs(group)
      const { removed } = await this.settle(tx, principal, group, { add: [], remove: [userId] })
      if (removed.length === 0) throw new DomainError('NOT_FOUND')
    })
  }

  /** Changes who is in a group that the caller holds, and records it where anything does; answers who came and who went. Throws GRANT_REFUSED. */
  async settle(
    tx: Tx,
    by: Principal,
    group: store.GroupRow,
    { add, remove }: { add: readonly string[]; remove: readonly string[] },
  ): Promise<{ added: string[]; removed: string[] }> {
    const at = this.#work.now()
    const removed = remove.length === 0 ? [] : await store.removeMembers(tx, group.id, remove)
    const added = add.length === 0 ? [] : await store.addMembers(tx, group, add, at)
    await this.#requireOthers(tx, by, group, added)
    if (removed.length + added.length === 0) return { added, removed }
    const row = { ...group, version: group.version + 1, updated_at: at }
    await store.updateGroup(tx, row, normalizeName(group.name))
    const data = { added: named(added), removed: named(removed), scopes: group.scopes }
    await this.#record(tx, by, 'members_changed', group.id, data, group.scopes.length > 0 ? 40 : undefined)
    return { added, removed }
  }

  // Of a directory whoever set it up is a member like others: in what gives them nothing they may be.
  async #requireOthers(tx: Tx, by: Principal, group: store.GroupRow, added: readonly string[]): Promise<void> {
    if (added.length === 0) return
    const hands = await handsOf(tx, by)
    if (!added.some((userId) => hands.has(userId))) return
    const { rolePermits } = this.#dependencies
    await rolePermits.holdRoles(tx)
    if (group.scopes.length > 0 || (await rolePermits.hasRoles(tx, group.id)))
      throw new DomainError('GRANT_REFUSED', {
        reason: 'it would put its owner, or who made its token, into a group that opens something',
      })
  }

  async #held(tx: Tx, id: string): Promise<store.GroupRow> {
    const row = await store.lockGroup(tx, id)
    if (!row) throw new DomainError('NOT_FOUND')
    return row
  }

  async #one(tx: Tx, row: store.GroupRow): Promise<Group> {
    const [group] = await this.#present(tx, [row])
    return group as Group
  }

  async #present(tx: Tx, rows: readonly store.GroupRow[]): Promise<Group[]> {
    const ids = rows.map(({ id }) => id)
    const members = await store.countMembers(tx, ids)
    return rows.map(({ external_id: _, ...row }) => ({
      ...row,
      members: members.get(row.id) ?? 0,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
    }))
  }

  #record(tx: Tx, by: Principal, what: string, id: string, data: Record<string, unknown>, risk_score = 20) {
    const happened = { event_type: `group.${what}`, resource: `group/${id}`, action: what, data, risk_score }
    return recordOf(this.#dependencies.record, tx, by, happened)
  }
}

function named(users: readonly string[]): readonly string[] | { count: number } {
  return users.length <= MOST_NAMED ? users : { count: users.length }
}

function requireOurs({ managed_by }: store.GroupRow): void {
  if (managed_by !== null)
    throw new DomainError('VALIDATION_FAILED', { reason: 'a SCIM client keeps this group; change it there' })
}

// Who is in a group would give themselves what it opens from now on.
async function requireOthersIn(
  tx: Tx,
  principal: Principal,
  id: string,
  scopes: readonly string[],
  before: readonly string[],
): Promise<void> {
  const isMore = scopes.some((scope) => !before.includes(scope))
  if (isMore && (await store.hasMember(tx, id, [...(await handsOf(tx, principal))])))
    throw new DomainError('VALIDATION_FAILED', {
      reason: 'nobody changes their own scopes, nor those of a group that they are in; ask another administrator',
    })
}
