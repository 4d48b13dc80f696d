import type { ScimQuery } from '@probity/contract'
import { isUuid, type Json } from '@probity/core'
import { type Principal, type RolePermits, requirePermits, requireScopes } from '../../../platform/authority.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Tx } from '../../../platform/database/transaction.ts'
import { DomainError } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../../platform/record.ts'
import type { Work } from '../../../platform/work.ts'
import { type Keys, open, seal } from '../../keys/index.ts'
import type { Links } from '../links.ts'
import {
  keyOfPerson,
  keysOfPeople,
  namesOf,
  namesOfProfile,
  openProfile,
  type Profile,
  sealProfile,
} from '../profile.ts'
import { scopesOf } from '../rules.ts'
import type { Sessions } from '../sessions.ts'
import { insertUser } from '../store.ts'
import { closeUser } from '../store-accounts.ts'
import { scopesOpenedBy } from '../store-groups.ts'
import { endAllLinks } from '../store-links.ts'
import { hasOtherWayIn, lockPerson, requireFree, updateProfile, updateStatus } from '../store-users.ts'
import type { Users } from '../users.ts'
import { USERS } from './attributes.ts'
import { fault } from './fault.ts'
import { equalities, matches } from './filter.ts'
import { type Asked, listResponse, readQuery, sorted } from './list.ts'
import { applyPatch, type Operation } from './patch.ts'
import { accountOf, isActive, isSame, personResource, requireMatch } from './person.ts'
import { project, type Resource, readResource } from './resource.ts'
import * as store from './store-people.ts'

export interface PeopleDependencies {
  work: Work
  clock: Clock
  keys: Keys
  record: RecordEvent
  rolePermits: RolePermits
  links: Links
  sessions: Sessions
  users: Users
  /** Address of the SCIM service, without a slash at its end. */
  base(): string
}

/** A resource with the version that it has. */
export interface Versioned {
  resource: Resource
  version: number
}

const PAGE = 500
/** People that are put in order for one answer. */
const MOST_SORTED = 5_000
/** How often a change without If-Match is tried again over another's. */
const MOST_TRIES = 5

/**
 * People as SCIM clients keep them (RFC 7644). A client sees all of the tenant but break-glass accounts and operators,
 * and of what is known of them the account and what it wrote itself. It neither gives nor takes scopes.
 */
export class People {
  readonly #dependencies: PeopleDependencies
  readonly #work: Work

  constructor(dependencies: PeopleDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /** Throws NAME_TAKEN, invalidValue. */
  async create(by: Principal, body: Json): Promise<Versioned> {
    const { clock, keys } = this.#dependencies
    const resource = readResource(USERS, body)
    const profile = accountOf(resource)
    const names = await namesOfProfile(keys, by.tenantId, profile)
    await this.#work.run(by.tenantId, (tx) => requireFree(tx, names, null)) // before a key is made for who can't be there
    const id = newId(clock.now())
    const sealed = await sealProfile(keys, by.tenantId, id, profile)
    const written = await this.#sealed(by, id, resource)
    await this.#work.run(by.tenantId, async (tx) => {
      const at = this.#work.now()
      await requireFree(tx, names, null)
      const row = { id, ...sealed, password_hash: '', status: 'deactivated' as const, scopes: [], is_operator: false }
      if (!(await insertUser(tx, row, at))) throw new DomainError('NAME_TAKEN')
      await this.#put(tx, by, id, written)
      await this.#record(tx, by, 'provisioned', id, { active: isActive(resource) })
      if (isActive(resource)) await this.#letIn(tx, by, { id, email: profile.email, has_password: false })
    })
    return this.get(by, id)
  }

  /** Throws NOT_FOUND. */
  async get(by: Principal, id: string): Promise<Versioned> {
    return (await this.#seen(by, id)).view
  }

  /** Throws invalidFilter, invalidPath. */
  async list(by: Principal, query: ScimQuery): Promise<Resource> {
    const asked = readQuery(USERS, query)
    const { resources, total } =
      asked.filter === null && asked.sortBy === null ? await this.#page(by, asked) : await this.#matching(by, asked)
    return listResponse(
      resources.map((resource) => project(USERS, resource, asked.projection)),
      total,
      asked.offset,
    )
  }

  /** Puts another resource in the place of what the client wrote before. Throws NOT_FOUND, NAME_TAKEN, VERSION_MISMATCH. */
  async replace(by: Principal, id: string, body: Json, ifMatch?: string): Promise<Versioned> {
    const resource = readResource(USERS, body)
    return this.#change(by, id, ifMatch, () => resource)
  }

  /** Throws as `replace`, and what a patch throws. */
  async patch(by: Principal, id: string, operations: readonly Operation[], ifMatch?: string): Promise<Versioned> {
    return this.#change(by, id, ifMatch, (held) => applyPatch(USERS, held, operations))
  }

  /** Takes somebody away: sessions end at once, names are free again. Throws NOT_FOUND, LAST_ADMINISTRATOR, VERSION_MISMATCH. */
  async remove(by: Principal, id: string, ifMatch?: string): Promise<void> {
    const { users, sessions } = this.#dependencies
    await this.#work.change(by.tenantId, async (tx) => {
      await this.#dependencies.rolePermits.requireOwnerBeside(tx, id)
      const row = await this.#held(tx, by, id)
      requireMatch(ifMatch, row.version)
      await users.requireNotLast(tx, row)
      const ended = await sessions.endAll(tx, id, null)
      await closeUser(tx, id, 'deleted', this.#work.now())
      await this.#record(tx, by, 'deleted', id, { sessions_ended: ended })
    })
  }

  async #change(
    by: Principal,
    id: string,
    ifMatch: string | undefined,
    changed: (held: Resource) => Resource,
  ): Promise<Versioned> {
    for (let tries = 1; ; tries++) {
      const { row, view, profile } = await this.#seen(by, id)
      requireMatch(ifMatch, row.version)
      const resource = changed(view.resource)
      const asShown = personResource(row, accountOf(resource), resource, { groups: [], base: '' })
      if (isSame({ ...asShown, active: resource.active ?? view.resource.active ?? true }, view.resource)) return view
      const isDone = await this.#write(by, row, profile, resource)
      if (isDone) return this.get(by, id)
      if (ifMatch !== undefined || tries === MOST_TRIES) throw new DomainError('VERSION_MISMATCH')
    }
  }

  /** False: somebody changed it since it was read. */
  async #write(by: Principal, read: store.SeenRow, before: Profile, resource: Resource): Promise<boolean> {
    const { tenantId } = by
    const { id } = read
    const profile = accountOf(resource)
    const isRenamed = profile.username !== before.username || profile.email !== before.email
    if (isRenamed) await this.#requireOver(by, read)
    const names = await namesOfProfile(this.#dependencies.keys, tenantId, profile)
    await this.#work.run(tenantId, (tx) => requireFree(tx, names, id))
    const sealed = await sealProfile(this.#dependencies.keys, tenantId, id, profile)
    const written = await this.#sealed(by, id, resource)
    return this.#work.change(tenantId, async (tx) => {
      const at = this.#work.now()
      if (!isActive(resource)) await this.#dependencies.rolePermits.holdRoles(tx)
      const row = await this.#held(tx, by, id)
      if (row.version !== read.version) return false
      await requireFree(tx, names, id)
      const keepsAddress = profile.email === before.email
      await updateProfile(tx, id, { ...sealed, scopes: row.scopes, keepsAddress }, at)
      if (!keepsAddress) await endAllLinks(tx, id, at)
      await this.#put(tx, by, id, written)
      await this.#record(tx, by, 'changed', id, { renamed: isRenamed })
      // Where nothing is said of it, it stays as it is.
      if (resource.active !== undefined)
        await this.#settleActive(tx, by, { ...row, email: profile.email }, isActive(resource))
      return true
    })
  }

  // Whoever has the address of somebody has what they may, by the link that opens the account anew; a client has what the
  // groups open that it keeps.
  async #requireOver(by: Principal, row: store.SeenRow): Promise<void> {
    const given = await this.#work.run(by.tenantId, (tx) => scopesOpenedBy(tx, by.userId))
    requireScopes(
      by,
      scopesOf(row).filter((scope) => !given.includes(scope)),
    )
    const permits = await this.#work.run(by.tenantId, (tx) => this.#dependencies.rolePermits.ofUsers(tx, [row.id]))
    requirePermits(by, permits)
  }

  // Whom an administrator suspended, a client does not let in again.
  async #settleActive(tx: Tx, by: Principal, row: store.SeenRow & { email: string }, active: boolean): Promise<void> {
    const { users, sessions } = this.#dependencies
    if (active && row.status === 'deactivated') await this.#letIn(tx, by, row)
    if (active || row.status === 'deactivated' || row.status === 'suspended') return
    await users.requireNotLast(tx, row)
    await this.#dependencies.rolePermits.requireOwnerBeside(tx, row.id)
    await updateStatus(tx, row.id, 'deactivated', this.#work.now())
    const ended = await sessions.endAll(tx, row.id, null)
    await this.#record(tx, by, 'deactivated', row.id, { sessions_ended: ended })
  }

  /** Who has neither a password nor a provider to log in through gets an invitation. */
  async #letIn(tx: Tx, by: Principal, row: { id: string; email: string; has_password: boolean }): Promise<void> {
    const at = this.#work.now()
    const isReady = row.has_password || (await hasOtherWayIn(tx, row.id))
    await updateStatus(tx, row.id, isReady ? 'active' : 'invited', at)
    if (!isReady && this.#dependencies.links.canMail) await this.#dependencies.links.give(tx, row, 'invitation', at)
    await this.#record(tx, by, isReady ? 'reactivated' : 'invited', row.id, {})
  }

  async #seen(by: Principal, id: string): Promise<{ row: store.SeenRow; view: Versioned; profile: Profile }> {
    const rows = isUuid(id) ? await this.#work.run(by.tenantId, (tx) => store.listSeen(tx, by.userId, { id })) : []
    const [found] = await this.#views(by, rows)
    if (!found) throw new DomainError('NOT_FOUND', { reason: 'there is no such user' })
    return found
  }

  async #held(tx: Tx, by: Principal, id: string): Promise<store.SeenRow> {
    if (isUuid(id)) await lockPerson(tx, id)
    const [row] = isUuid(id) ? await store.listSeen(tx, by.userId, { id }) : []
    if (!row) throw new DomainError('NOT_FOUND', { reason: 'there is no such user' })
    return row
  }

  async #page(by: Principal, { offset, count: limit }: Asked): Promise<{ resources: Resource[]; total: number }> {
    const { rows, total } = await this.#work.run(by.tenantId, async (tx) => ({
      rows: limit === 0 ? [] : await store.listSeen(tx, by.userId, { offset, limit }),
      total: await store.countSeen(tx),
    }))
    const views = await this.#views(by, rows)
    return { resources: views.map(({ view }) => view.resource), total }
  }

  /** Names, addresses and ids are found by index; of what else is asked for, everybody is looked at. */
  async #matching(by: Principal, asked: Asked): Promise<{ resources: Resource[]; total: number }> {
    const { offset, count, sortBy, isDescending } = asked
    const narrowed = await this.#narrowed(by, asked)
    const found: Resource[] = []
    let total = 0
    for (let after: string | undefined; ; ) {
      const query = { ...narrowed, ...(after !== undefined && { after }), limit: PAGE }
      const rows = await this.#work.run(by.tenantId, (tx) => store.listSeen(tx, by.userId, query))
      for (const { view } of await this.#views(by, rows))
        if (asked.filter === null || matches(asked.filter, view.resource)) {
          const isAsked = sortBy !== null || (total >= offset && total < offset + count)
          total++
          if (isAsked) found.push(view.resource)
          if (found.length > MOST_SORTED) throw fault('tooMany', `more than ${MOST_SORTED} match; ask without sortBy`)
        }
      after = rows.at(-1)?.id
      if (rows.length < PAGE) break
    }
    if (sortBy === null) return { resources: found, total }
    return { resources: sorted(found, sortBy, isDescending).slice(offset, offset + count), total }
  }

  async #narrowed({ tenantId, userId }: Principal, { filter }: Asked): Promise<store.SeenQuery> {
    const query: store.SeenQuery = {}
    for (const { path, value } of filter === null ? [] : equalities(filter)) {
      if (path.extension !== null) continue
      const { name } = path.attribute
      if (name === 'id' && isUuid(value)) query.id = value
      if (name === 'userName') query.names = await namesOf(this.#dependencies.keys, tenantId, value)
      if (name === 'externalId') query.external = await this.#external(tenantId, userId, value)
    }
    return query
  }

  async #views(
    by: Principal,
    rows: store.SeenRow[],
  ): Promise<{ row: store.SeenRow; view: Versioned; profile: Profile }[]> {
    const { keys, base } = this.#dependencies
    const { tenantId, userId } = by
    const ids = rows.map(({ id }) => id)
    const found = await keysOfPeople(keys, tenantId, rows)
    const memberships = await this.#work.run(tenantId, (tx) => store.groupsOf(tx, userId, ids))
    const groups = Map.groupBy(memberships, (one) => one.user_id)
    return rows.map((row, i) => {
      const key = found[i]
      if (!key) throw new Error('a user has no data key')
      const profile = openProfile(tenantId, key, row)
      const { attributes_sealed: sealed, id } = row
      // It was written here, by JSON.stringify of a Resource.
      const written: Resource = sealed
        ? JSON.parse(open(tenantId, [key], locationOf(userId, id), sealed).toString())
        : {}
      const of = (groups.get(id) ?? []).map(({ group_id, name }) => ({ id: group_id, name }))
      const resource = personResource(row, profile, written, { groups: of, base: base() })
      return { row, profile, view: { resource, version: row.version } }
    })
  }

  /** What the client wrote, sealed under the person's key, and what it is found by. */
  async #sealed({ tenantId, userId }: Principal, id: string, resource: Resource) {
    const key = await keyOfPerson(this.#dependencies.keys, tenantId, id)
    const { userName: _, active: __, id: ___, meta: ____, groups: _____, ...written } = resource
    const { externalId } = resource
    return {
      sealed: seal(tenantId, [key], locationOf(userId, id), Buffer.from(JSON.stringify(written))),
      external: typeof externalId === 'string' ? await this.#external(tenantId, userId, externalId) : null,
    }
  }

  async #put(tx: Tx, by: Principal, id: string, written: { sealed: Buffer; external: Buffer | null }): Promise<void> {
    const person = { clientId: by.userId, userId: id, ...written, at: this.#work.now() }
    if (!(await store.putAttributes(tx, person))) throw fault('uniqueness', 'another user has this externalId')
  }

  #external(tenantId: string, clientId: string, externalId: string): Promise<Buffer> {
    return externalIndex(this.#dependencies.keys, tenantId, clientId, externalId)
  }

  #record(tx: Tx, by: Principal, what: string, id: string, data: Record<string, unknown>): Promise<void> {
    const happened = { event_type: `user.${what}`, resource: `user/${id}`, action: what, data: { ...data, by: 'scim' } }
    return recordOf(this.#dependencies.record, tx, by, happened)
  }
}

/** What a client's id of a person is found by. */
export function externalIndex(keys: Keys, tenantId: string, clientId: string, externalId: string): Promise<Buffer> {
  return keys.blindIndex(tenantId, 'scim-external', `${clientId}\0${externalId}`)
}

function locationOf(client: string, row: string) {
  return { table: 'scim_people', column: 'attributes_sealed', row: `${client}/${row}` }
}
