import type { ScimQuery } from '@probity/contract'
import { isUuid, type Json } from '@probity/core'
import type { Principal } from '../../../platform/authority.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Tx } from '../../../platform/database/transaction.ts'
import { DomainError } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../../platform/record.ts'
import type { Work } from '../../../platform/work.ts'
import type { Groups } from '../groups.ts'
import { normalizeName } from '../rules.ts'
import * as store from '../store-groups.ts'
import { GROUP, GROUPS_TYPE } from './attributes.ts'
import { fault } from './fault.ts'
import { equalities, matches } from './filter.ts'
import { type Asked, listResponse, readQuery, sorted } from './list.ts'
import { applyPatch, type Operation } from './patch.ts'
import type { Versioned } from './people.ts'
import { metaOf, requireMatch } from './person.ts'
import { isObject, project, type Resource, readResource, requireLine } from './resource.ts'

export interface ScimGroupDependencies {
  work: Work
  clock: Clock
  record: RecordEvent
  groups: Groups
  /** Address of the SCIM service, without a slash at its end. */
  base(): string
}

/** Groups as SCIM clients keep them: each its own, and none that administrators keep. What a group opens, a client never says. */
export class ScimGroups {
  readonly #dependencies: ScimGroupDependencies
  readonly #work: Work

  constructor(dependencies: ScimGroupDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /** Throws NAME_TAKEN, invalidValue. */
  async create(by: Principal, body: Json): Promise<Versioned> {
    const resource = readResource(GROUPS_TYPE, body)
    const written = writtenOf(resource)
    const at = this.#work.now()
    const id = newId(this.#dependencies.clock.now())
    const times = { version: 1, created_at: at, updated_at: at }
    const row = { id, ...written, managed_by: by.userId, scopes: [], ...times }
    return this.#work.change(by.tenantId, async (tx) => {
      if (!(await store.insertGroup(tx, row, normalizeName(row.name)))) throw new DomainError('NAME_TAKEN')
      await this.#record(tx, by, 'created', id, { name: row.name })
      await this.#settle(tx, by, row, resource)
      return this.#one(tx, by, id)
    })
  }

  /** Throws NOT_FOUND. */
  async get(by: Principal, id: string): Promise<Versioned> {
    return this.#work.run(by.tenantId, (tx) => this.#one(tx, by, id))
  }

  /** Throws invalidFilter, invalidPath. */
  async list(by: Principal, query: ScimQuery): Promise<Resource> {
    const asked = readQuery(GROUPS_TYPE, query)
    const { offset, count, filter, projection } = asked
    const resources = await this.#work.run(by.tenantId, async (tx) => {
      const rows = await store.listGroups(tx, { managedBy: by.userId, ...narrowed(asked) })
      return this.#resources(tx, rows)
    })
    const found = resources.filter((resource) => filter === null || matches(filter, resource))
    const page = sorted(found, asked.sortBy, asked.isDescending).slice(offset, offset + count)
    const projected = page.map((resource) => project(GROUPS_TYPE, resource, projection))
    return listResponse(projected, found.length, offset)
  }

  /** Throws NOT_FOUND, NAME_TAKEN, VERSION_MISMATCH, invalidValue for a member whom the client does not see. */
  async replace(by: Principal, id: string, body: Json, ifMatch?: string): Promise<Versioned> {
    const resource = readResource(GROUPS_TYPE, body)
    return this.#change(by, id, ifMatch, () => resource)
  }

  /** Throws as `replace`, and what a patch throws. */
  async patch(by: Principal, id: string, operations: readonly Operation[], ifMatch?: string): Promise<Versioned> {
    return this.#change(by, id, ifMatch, (held) => applyPatch(GROUPS_TYPE, held, operations))
  }

  /** Throws NOT_FOUND, VERSION_MISMATCH. */
  async remove(by: Principal, id: string, ifMatch?: string): Promise<void> {
    await this.#work.change(by.tenantId, async (tx) => {
      const row = await this.#held(tx, by, id)
      requireMatch(ifMatch, row.version)
      await store.deleteGroup(tx, id)
      await this.#record(tx, by, 'removed', id, { scopes: row.scopes })
    })
  }

  async #change(
    by: Principal,
    id: string,
    ifMatch: string | undefined,
    changed: (held: Resource) => Resource,
  ): Promise<Versioned> {
    return this.#work.change(by.tenantId, async (tx) => {
      const row = await this.#held(tx, by, id)
      requireMatch(ifMatch, row.version)
      const held = await this.#one(tx, by, id)
      const resource = changed(held.resource)
      const written = writtenOf(resource)
      const isSame = written.name === row.name && written.external_id === row.external_id
      if (isSame && isSameSet(membersIn(resource), membersIn(held.resource))) return held
      const next = { ...row, ...written, version: row.version + 1, updated_at: this.#work.now() }
      await requireFree(tx, by, next)
      await store.updateGroup(tx, next, normalizeName(next.name))
      if (next.name !== row.name) await this.#record(tx, by, 'changed', id, { changed: ['name'], name: next.name })
      await this.#settle(tx, by, next, resource)
      return this.#one(tx, by, id)
    })
  }

  /** Has those in the group whom the resource names. */
  async #settle(tx: Tx, by: Principal, row: store.GroupRow, resource: Resource): Promise<void> {
    const wanted = new Set(membersIn(resource))
    const there = (await store.membersOf(tx, [row.id])).map(({ user_id }) => user_id)
    const held = new Set(there)
    const add = [...wanted].filter((id) => !held.has(id))
    const remove = there.filter((id) => !wanted.has(id))
    if (add.length + remove.length === 0) return
    const { added } = await this.#dependencies.groups.settle(tx, by, row, { add, remove })
    const came = new Set(added)
    const missing = add.find((id) => !came.has(id))
    if (missing !== undefined) throw fault('invalidValue', `there is no user ${missing}`)
  }

  async #held(tx: Tx, by: Principal, id: string): Promise<store.GroupRow> {
    const row = isUuid(id) ? await store.lockGroup(tx, id) : null
    if (row?.managed_by !== by.userId) throw new DomainError('NOT_FOUND', { reason: 'there is no such group' })
    return row
  }

  async #one(tx: Tx, by: Principal, id: string): Promise<Versioned> {
    const rows = isUuid(id) ? await store.listGroups(tx, { managedBy: by.userId, id }) : []
    const [resource] = await this.#resources(tx, rows)
    const [row] = rows
    if (!row || !resource) throw new DomainError('NOT_FOUND', { reason: 'there is no such group' })
    return { resource, version: row.version }
  }

  async #resources(tx: Tx, rows: store.GroupRow[]): Promise<Resource[]> {
    const base = this.#dependencies.base()
    const members = Map.groupBy(
      await store.membersOf(
        tx,
        rows.map(({ id }) => id),
      ),
      (one) => one.group_id,
    )
    return rows.map((row) => ({
      schemas: [GROUP.id],
      id: row.id,
      ...(row.external_id !== null && { externalId: row.external_id }),
      displayName: row.name,
      ...(members.has(row.id) && {
        members: (members.get(row.id) ?? []).map(({ user_id }) => ({
          ...{ value: user_id, $ref: `${base}/Users/${user_id}`, type: 'User' },
        })),
      }),
      meta: metaOf('Group', row, `${base}/Groups/${row.id}`),
    }))
  }

  #record(tx: Tx, by: Principal, what: string, id: string, data: Record<string, unknown>): Promise<void> {
    const happened = {
      event_type: `group.${what}`,
      resource: `group/${id}`,
      action: what,
      data: { ...data, by: 'scim' },
    }
    return recordOf(this.#dependencies.record, tx, by, happened)
  }
}

function writtenOf({ displayName, externalId }: Resource): { name: string; external_id: string | null } {
  const name = String(displayName)
  requireLine('displayName', name)
  return { name, external_id: typeof externalId === 'string' ? externalId : null }
}

function membersIn({ members }: Resource): string[] {
  const given = Array.isArray(members) ? members.filter(isObject) : []
  for (const { value, type } of given) {
    if (type !== undefined && String(type).toLowerCase() !== 'user')
      throw fault('invalidValue', 'members are users; groups within groups are not kept')
    if (typeof value !== 'string' || !isUuid(value))
      throw fault('invalidValue', 'a member needs the id of a user as value')
  }
  return given.map(({ value }) => String(value))
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  const [a, b] = [new Set(one), new Set(other)]
  return a.size === b.size && one.every((id) => b.has(id))
}

async function requireFree(tx: Tx, by: Principal, row: store.GroupRow): Promise<void> {
  const [named] = await store.listGroups(tx, { managedBy: by.userId, folded: normalizeName(row.name) })
  if (named && named.id !== row.id) throw new DomainError('NAME_TAKEN')
  if (row.external_id === null) return
  const [same] = await store.listGroups(tx, { managedBy: by.userId, externalId: row.external_id })
  if (same && same.id !== row.id) throw fault('uniqueness', 'another group has this externalId')
}

function narrowed({ filter }: Asked): store.GroupQuery {
  const query: store.GroupQuery = {}
  for (const { path, value } of filter === null ? [] : equalities(filter)) {
    if (path.attribute.name === 'id' && isUuid(value)) query.id = value
    if (path.attribute.name === 'displayName') query.folded = normalizeName(value)
    if (path.attribute.name === 'externalId') query.externalId = value
  }
  return query
}
