import {
  type ChangeUser,
  type CreateUser,
  type Invited,
  PERMITS,
  type Scope,
  type Self,
  type User,
  type UserQuery,
  type UserStatus,
} from '@probity/contract'
import { mayDo, type Principal, type RolePermits, requirePermits, requireScopes } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField, requireVersion } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { afterId, pageOf } from '../../platform/page.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import type { Keys } from '../keys/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { hashFault } from './foreign-hash.ts'
import { handsOf } from './hands.ts'
import { type Links, partsOfLink } from './links.ts'
import { namesOf, namesOfProfile, openProfiles, type Profile, sealProfile } from './profile.ts'
import { nameFault, scopesOf } from './rules.ts'
import { anySession, ownSession, type Sessions } from './sessions.ts'
import { insertUser } from './store.ts'
import { closeUser, forgetAttempts, noteReaddressed } from './store-accounts.ts'
import { countLinksSince, endAllLinks, findLink, useLink } from './store-links.ts'
import { holdRequiresProvider, readStanding } from './store-rules.ts'
import * as store from './store-users.ts'

export interface UserDependencies {
  work: Work
  clock: Clock
  keys: Keys
  tenancy: Tenancy
  record: RecordEvent
  rolePermits: RolePermits
  links: Links
  sessions: Sessions
}

/** What to do about a name that somebody has who is to be invited. */
const INVITED = {
  reason: 'somebody is here by this name or address; for another link: POST /v1/users/{id}/invitation',
}
const HOUR = 3_600_000
/** Links to show one's address that a user gets within an hour. */
const MOST_ASKED = 3

/** States that an administrator puts a user into, and what each is called in the log. */
const VERB = { active: 'reactivated', suspended: 'suspended', deactivated: 'deactivated' } as const

/** People of a tenant, as its administrators keep them. */
export class Users {
  readonly #dependencies: UserDependencies
  readonly #work: Work

  constructor(dependencies: UserDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /** Invites somebody, or takes them over with the hash of their password. Throws SCOPE_MISSING beyond the inviter's own scopes, NAME_TAKEN, VALIDATION_FAILED. */
  async invite(principal: Principal, input: CreateUser): Promise<Invited> {
    const { keys, clock, links } = this.#dependencies
    const { tenantId } = principal
    requireScopes(principal, input.scopes)
    const { password_hash = '' } = input
    requireHash(password_hash)
    const id = newId(clock.now())
    const profile = checked({
      username: input.username ?? input.email,
      email: input.email,
      display_name: input.display_name ?? null,
    })
    const names = await namesOfProfile(this.#dependencies.keys, tenantId, profile)
    await this.#work.run(tenantId, (tx) => store.requireFree(tx, names, null, INVITED)) // before a key is made for who can't be there
    const sealed = await sealProfile(keys, tenantId, id, profile)
    return this.#work.run(tenantId, async (tx) => {
      await store.requireFree(tx, names, null, INVITED)
      const status = password_hash === '' ? ('invited' as const) : ('active' as const)
      const row = { id, ...sealed, password_hash, status, is_operator: false, created_by: principal.userId }
      if (!(await insertUser(tx, { ...row, scopes: [...new Set<Scope>(input.scopes)] }, this.#work.now())))
        throw new DomainError('NAME_TAKEN')
      const user = await this.#present(tx, await this.#held(tx, id))
      if (status === 'active') {
        await this.#record(tx, principal, 'user.imported', id, { scopes: input.scopes })
        return { user, invitation_url: null }
      }
      const given = await links.give(tx, { id, email: profile.email }, 'invitation', this.#work.now())
      await this.#record(tx, principal, 'user.invited', id, { scopes: input.scopes, mailed: given.wasMailed })
      return { user, invitation_url: given.wasMailed ? null : given.url }
    })
  }

  /** Another invitation, which ends the one before. Throws NOT_FOUND for who has accepted, or is out. */
  async inviteAgain(principal: Principal, id: string): Promise<Invited> {
    return this.#work.run(principal.tenantId, async (tx) => {
      const row = await this.#held(tx, id)
      if (row.status !== 'invited')
        throw new DomainError('NOT_FOUND', { reason: `nothing is left to accept: the account is ${row.status}` })
      const user = await this.#present(tx, row)
      const given = await this.#dependencies.links.give(tx, user, 'invitation', this.#work.now())
      await this.#record(tx, principal, 'user.invited', id, { again: true, mailed: given.wasMailed })
      return { user, invitation_url: given.wasMailed ? null : given.url }
    })
  }

  async get(tenantId: string, id: string): Promise<User> {
    return this.#work.run(tenantId, async (tx) => {
      const row = await store.readPerson(tx, id)
      if (!row) throw new DomainError('NOT_FOUND')
      return this.#present(tx, row)
    })
  }

  /** By id, which is the order in which they were made. */
  async list(tenantId: string, query: UserQuery): Promise<{ users: User[]; next_cursor: string | null }> {
    const { cursor, limit, status, name } = query
    const after = afterId(cursor)
    const names = name === undefined ? null : await namesOf(this.#dependencies.keys, tenantId, name)
    const asked = { after, status: status ?? null, names, limit: limit + 1 }
    const rows = await this.#work.run(tenantId, (tx) => store.listPeople(tx, asked))
    const { page, next_cursor } = pageOf(rows, limit, ({ id }) => id)
    const profiles = await openProfiles(this.#dependencies.keys, tenantId, page)
    const users = page.map((row, i) => present(row, profiles[i] as Profile, this.#work.now()))
    return { users, next_cursor }
  }

  /** Changes what is known of somebody, and what they may do. Throws VERSION_MISMATCH, NAME_TAKEN, SCOPE_MISSING. */
  async change(principal: Principal, id: string, input: ChangeUser): Promise<User> {
    const { tenantId } = principal
    if (input.scopes) requireScopes(principal, input.scopes)
    const before = await this.get(tenantId, id)
    requireVersion(before.version, input.version)
    const { username = before.username, email = before.email, display_name = before.display_name } = input
    const profile = checked({ username, email, display_name })
    const names = await namesOfProfile(this.#dependencies.keys, tenantId, profile)
    await this.#work.run(tenantId, (tx) => store.requireFree(tx, names, id))
    const sealed = await sealProfile(this.#dependencies.keys, tenantId, id, profile)
    return this.#work.change(tenantId, async (tx) => {
      const row = await this.#held(tx, id)
      if (input.scopes && (await handsOf(tx, principal)).has(id)) throw themselves()
      requireVersion(row.version, before.version)
      await store.requireFree(tx, names, id)
      if (email !== before.email) await this.#requireOverAll(tx, principal, row)
      const scopes = input.scopes ? [...new Set<Scope>(input.scopes)] : row.scopes
      if (!scopes.includes('tenant:admin')) await this.requireNotLast(tx, row)
      await store.updateProfile(
        tx,
        id,
        {
          ...sealed,
          scopes,
          keepsAddress: email === before.email,
          ...(input.is_break_glass !== undefined && { is_break_glass: input.is_break_glass }),
        },
        this.#work.now(),
      )
      if (email !== before.email) await noteReaddressed(tx, id, principal.userId, this.#work.now())
      if (email !== before.email) await this.#readdress(tx, { id, email, isActive: row.status === 'active' })
      await requireBreakGlass(tx)
      const changed = Object.keys(input).filter((name) => name !== 'version')
      await this.#record(tx, principal, 'user.changed', id, { changed, ...(input.scopes && { scopes }) })
      return this.#present(tx, await this.#held(tx, id))
    })
  }

  /** Has a link mailed that shows that one's address is one's own. Throws NOT_FOUND where no mail is sent, RATE_LIMITED. */
  async askAddress(principal: Principal): Promise<void> {
    ownSession(principal)
    const { links } = this.#dependencies
    const { id, email } = await this.self(principal)
    if (!links.canMail) throw new DomainError('NOT_FOUND', { reason: 'no mail is sent from here' })
    await this.#work.run(principal.tenantId, async (tx) => {
      const at = this.#work.now()
      const since = new Date(at.getTime() - HOUR)
      await this.#held(tx, id)
      if ((await countLinksSince(tx, id, 'address', since)) >= MOST_ASKED)
        throw new DomainError('RATE_LIMITED', { retry_after: HOUR / 1000 })
      await links.give(tx, { id, email }, 'address', at)
      await this.#record(tx, principal, 'address.asked', id, {})
    })
  }

  /** Shows that an address is its user's; nobody is logged in by it. Throws LINK_EXPIRED. */
  async showAddress(token: string): Promise<void> {
    const { tenantId, hash } = partsOfLink(token)
    await this.#work.run(tenantId, async (tx) => {
      const at = this.#work.now()
      const link = await findLink(tx, hash, 'address', at)
      const row = link && (await store.lockPerson(tx, link.user_id))
      if (row?.status !== 'active' || !(await useLink(tx, hash, at))) throw new DomainError('LINK_EXPIRED')
      await store.verifyAddress(tx, row.id, at)
      const shown = { event_type: 'address.shown', resource: `user/${row.id}`, action: 'show' }
      await recordOf(this.#dependencies.record, tx, row.id, shown)
    })
  }

  // What went to the old address is no longer good: whoever has that is not who is meant any more.
  async #readdress(tx: Tx, { id, email, isActive }: { id: string; email: string; isActive: boolean }): Promise<void> {
    await endAllLinks(tx, id, this.#work.now())
    if (isActive && this.#dependencies.links.canMail)
      await this.#dependencies.links.give(tx, { id, email }, 'address', this.#work.now())
  }

  /** Who asks, as a person. */
  async self(principal: Principal): Promise<Self> {
    anySession(principal)
    const { id, name } = await this.#dependencies.tenancy.get(principal.tenantId)
    return {
      ...(await this.get(principal.tenantId, principal.userId)),
      impersonated_by: principal.impersonatorId ?? null,
      tenant: { id, name },
      permits: PERMITS.filter((permit) => mayDo(principal, permit)),
      must_add_factor: principal.lacksFactor === true,
    }
  }

  async changeSelf(principal: Principal, { display_name }: { display_name: string | null }): Promise<User> {
    ownSession(principal)
    return this.change(principal, principal.userId, { display_name })
  }

  /** Suspends, reactivates or deactivates; sessions end at once unless the user is active again. */
  async setStatus(principal: Principal, id: string, status: 'active' | 'suspended' | 'deactivated'): Promise<User> {
    requireAnother(principal, id)
    return this.#work.change(principal.tenantId, async (tx) => {
      if (status !== 'active') await this.#dependencies.rolePermits.requireOwnerBeside(tx, id)
      const row = await this.#held(tx, id)
      const next: UserStatus =
        status === 'active' && !row.has_password && !(await store.hasOtherWayIn(tx, id)) ? 'invited' : status
      if (row.status !== next) {
        if (next !== 'active') await this.requireNotLast(tx, row)
        await store.updateStatus(tx, id, next, this.#work.now())
        await requireBreakGlass(tx)
        const ended = next === 'active' ? 0 : await this.#dependencies.sessions.endAll(tx, id, null)
        await this.#record(tx, principal, `user.${VERB[status]}`, id, { sessions_ended: ended })
      }
      return this.#present(tx, await this.#held(tx, id))
    })
  }

  /**
   * Takes somebody away: sessions and tokens of theirs end, names are free again. What was sealed for them can be read
   * until they are erased, which is asked for at the address that is answered. Throws LAST_ADMINISTRATOR, LAST_OWNER.
   */
  async remove(principal: Principal, id: string): Promise<{ id: string; erasure: string }> {
    requireAnother(principal, id)
    await this.#work.change(principal.tenantId, async (tx) => {
      await this.#dependencies.rolePermits.requireOwnerBeside(tx, id)
      const row = await this.#held(tx, id)
      await this.requireNotLast(tx, row)
      const ended = await this.#dependencies.sessions.endAll(tx, id, null)
      await closeUser(tx, id, 'deleted', this.#work.now())
      await requireBreakGlass(tx)
      await this.#record(tx, principal, 'user.deleted', id, { sessions_ended: ended })
    })
    return { id, erasure: `/v1/privacy/data-subjects/${id}` }
  }

  /** Forgets failed log-ins: the account can be tried again at once, from everywhere. */
  async unlock(principal: Principal, id: string): Promise<User> {
    const account = await this.#dependencies.keys.blindIndex(principal.tenantId, 'login-account', `user:${id}`)
    return this.#work.run(principal.tenantId, async (tx) => {
      await forgetAttempts(tx, [account]) // in the order in which a log-in locks them
      await this.#held(tx, id)
      await store.unlock(tx, id)
      await this.#record(tx, principal, 'user.unlocked', id, {})
      return this.#present(tx, await this.#held(tx, id))
    })
  }

  /** Whoever has the address of somebody has what they may, by the link that opens the account anew. */
  async #requireOverAll(tx: Tx, principal: Principal, row: store.PersonRow): Promise<void> {
    requireScopes(principal, scopesOf(row))
    requirePermits(principal, await this.#dependencies.rolePermits.ofUsers(tx, [row.id]))
  }

  /** Somebody must be left who administers the tenant by themselves, not by being in a group. Throws LAST_ADMINISTRATOR. */
  async requireNotLast(tx: Tx, row: store.PersonRow): Promise<void> {
    if (row.status !== 'active' || !row.scopes.includes('tenant:admin')) return
    if ((await store.lockOtherAdministrators(tx, row.id)) === 0) throw new DomainError('LAST_ADMINISTRATOR')
  }

  async #held(tx: Tx, id: string): Promise<store.PersonRow> {
    const row = await store.lockPerson(tx, id)
    if (!row) throw new DomainError('NOT_FOUND')
    return row
  }

  async #present(tx: Tx, row: store.PersonRow): Promise<User> {
    const [profile] = await openProfiles(this.#dependencies.keys, tx.tenantId, [row])
    return present(row, profile as Profile, this.#work.now())
  }

  #record(tx: Tx, by: Principal, event_type: string, id: string, data: Record<string, unknown>): Promise<void> {
    const action = event_type.split('.')[1] ?? event_type
    return recordOf(this.#dependencies.record, tx, by, { event_type, resource: `user/${id}`, action, data })
  }
}

function requireAnother(principal: Principal, id: string): void {
  if (id === principal.userId)
    throw new DomainError('VALIDATION_FAILED', { reason: 'nobody does this to themselves; ask another administrator' })
}

function themselves(): DomainError {
  const reason = 'nobody changes their own scopes, nor by an application of theirs; ask another administrator'
  return new DomainError('VALIDATION_FAILED', { reason })
}

function checked(profile: Profile): Profile {
  const fault = nameFault(profile.username)
  if (fault !== null) throw refusedField('/username', fault)
  return profile
}

function requireHash(hash: string): void {
  const fault = hash === '' ? null : hashFault(hash)
  if (fault !== null) throw refusedField('/password_hash', fault)
}

/** Where people log in through a provider alone, somebody gets in without it. */
async function requireBreakGlass(tx: Tx): Promise<void> {
  if ((await holdRequiresProvider(tx)) && (await readStanding(tx)).break_glass_accounts === 0)
    throw new DomainError('BREAK_GLASS_NEEDED')
}

function present(row: store.PersonRow, profile: Profile, now: Date): User {
  const isLocked = row.locked_until !== null && row.locked_until > now
  return {
    id: row.id,
    ...profile,
    email_verified: row.email_verified_at !== null,
    status: row.status,
    locked_until: isLocked ? (row.locked_until?.toISOString() ?? null) : null,
    failed_login_attempts: row.failed_login_attempts,
    scopes: [...scopesOf({ scopes: row.scopes, is_operator: row.is_operator })],
    group_scopes: row.group_scopes,
    mfa_enabled: row.mfa_enabled,
    is_break_glass: row.is_break_glass,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    last_login_at: row.last_login_at?.toISOString() ?? null,
    version: row.version,
  }
}
