import type { CreateElevation, Elevation, ElevationQuery, ElevationRoles, RoleQuery } from '@probity/contract'
import { mayDo, type Principal, requireOwnOr, requireThemselves } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { afterId, pageOf } from '../../platform/page.ts'
import { recordOf } from '../../platform/record.ts'
import { normalizeName, sharedOwner } from '../identity/index.ts'
import type { Keys } from '../keys/index.ts'
import type { Grants } from './grants.ts'
import { extentAsOurs } from './permissions.ts'
import type { AccessDependencies, Roles } from './roles.ts'
import { countRoles, listRoles, type RoleRow, readRole, readRoleNamed } from './store.ts'
import * as store from './store-elevations.ts'

/** Why an account may well be that of who asked. */
const SHARED = {
  account: 'another person than who asked answers',
  mailbox: 'mail to this account and to that of who asked ends in one mailbox',
  made: 'this account was made by who asked, after they asked',
  readdressed: 'the address of this account was changed by who asked',
}
/** For how long an answer is waited for. */
const LAPSE_MILLISECONDS = 86_400_000

/** Roles for a while: asked for by who is to have them, approved by somebody else who may give them. */
export class Elevations {
  readonly #dependencies: AccessDependencies & { keys: Keys }
  readonly #roles: Roles
  readonly #grants: Grants

  constructor(dependencies: AccessDependencies & { keys: Keys }, roles: Roles, grants: Grants) {
    this.#dependencies = dependencies
    this.#roles = roles
    this.#grants = grants
  }

  /** Roles that anybody may ask for, by name, and nothing of what they permit. Throws as `requireThemselves` does. */
  async roles(principal: Principal, { page, limit }: RoleQuery): Promise<ElevationRoles> {
    requireThemselves(principal)
    return this.#roles.run(principal.tenantId, async (tx) => {
      const rows = await listRoles(tx, { offset: (page - 1) * limit, limit })
      const roles = rows.map(({ id, name, description }) => ({ id, name, description }))
      return { roles, total: await countRoles(tx), page, limit }
    })
  }

  /** For oneself. Throws IMPERSONATING, STEP_UP_REQUIRED, NOT_FOUND for a role that is not there. */
  async request(principal: Principal, { role_id, role, ...asked }: CreateElevation): Promise<Elevation> {
    const input = { ...asked, ...extentAsOurs(asked) }
    requireThemselves(principal)
    const at = this.#dependencies.work.now()
    return this.#roles.run(principal.tenantId, async (tx) => {
      const row: store.ElevationRow = {
        ...{ ...input, id: this.#newId(), user_id: principal.userId, state: 'pending', requested_at: at },
        role_id: (await requireRole(tx, { id: role_id, name: role })).id,
        lapses_at: new Date(at.getTime() + LAPSE_MILLISECONDS),
        ...{ decided_at: null, decided_by: null, grant_id: null },
      }
      await store.insertElevation(tx, row)
      await this.#record(tx, principal, 'requested', row)
      return present(row, at)
    })
  }

  /** One's own; of everybody for who administers the tenant. Throws CURSOR_INVALID, SESSION_REQUIRED. */
  async list(
    principal: Principal,
    { cursor, limit, state }: ElevationQuery,
  ): Promise<{ elevations: Elevation[]; next_cursor: string | null }> {
    requireOwnOr('grant:read', principal)
    const after = afterId(cursor)
    const at = this.#dependencies.work.now()
    const userId = mayDo(principal, 'grant:read') ? null : principal.userId
    const asked = { userId, state: state ?? null, at, after, limit: limit + 1 }
    const rows = await this.#roles.run(principal.tenantId, (tx) => store.listElevations(tx, asked))
    const { page, next_cursor } = pageOf(rows, limit, ({ id }) => id)
    return { elevations: page.map((row) => present(row, at)), next_cursor }
  }

  /** For who asked, and for who may answer. Throws NOT_FOUND, GRANT_REFUSED. */
  async get(principal: Principal, id: string): Promise<Elevation> {
    return this.#roles.run(principal.tenantId, async (tx) => {
      const row = await this.#asked(tx, id)
      const at = this.#dependencies.work.now()
      if (row.user_id !== principal.userId) await this.#requireMayGive(tx, principal, row, at)
      return present(row, at)
    })
  }

  /**
   * Gives the role, from now on for as long as was asked. Throws NOT_FOUND; GRANT_REFUSED for what one asked for oneself and
   * beyond what one may give; IMPERSONATING; ELEVATION_CLOSED where it was answered, withdrawn or has lapsed; and what a grant
   * throws.
   */
  async approve(principal: Principal, id: string): Promise<Elevation> {
    requireThemselves(principal)
    return this.#roles.hold(principal.tenantId, async (tx) => {
      const at = this.#dependencies.work.now()
      const asked = await this.#asked(tx, id)
      const { role_id, user_id, resource_type, resource_id, reason } = asked
      const expires = await this.#requireMayAnswer(tx, principal, asked, at)
      await this.#grants.requireOther(tx, principal, { user_id, group_id: null })
      const grantId = this.#newId()
      const row = await this.#close(tx, principal, asked, { state: 'approved', at, grantId })
      await this.#grants.put(tx, principal, {
        ...{ id: grantId, role_id, user_id, group_id: null, resource_type, resource_id, reason },
        ...{ with_grant_option: false, granted_at: at, expires_at: expires, elevation_id: id },
      })
      return present(row, at)
    })
  }

  /** Throws as `approve` does. */
  async deny(principal: Principal, id: string): Promise<Elevation> {
    requireThemselves(principal)
    return this.#roles.run(principal.tenantId, async (tx) => {
      const at = this.#dependencies.work.now()
      const asked = await this.#asked(tx, id)
      await this.#requireMayAnswer(tx, principal, asked, at)
      return present(await this.#close(tx, principal, asked, { state: 'denied', at, grantId: null }), at)
    })
  }

  /** By who asked. Throws NOT_FOUND to anybody else, IMPERSONATING, ELEVATION_CLOSED. */
  async withdraw(principal: Principal, id: string): Promise<Elevation> {
    requireThemselves(principal)
    return this.#roles.run(principal.tenantId, async (tx) => {
      const at = this.#dependencies.work.now()
      const asked = await this.#asked(tx, id)
      if (asked.user_id !== principal.userId) throw new DomainError('NOT_FOUND')
      return present(await this.#close(tx, principal, asked, { state: 'withdrawn', at, grantId: null }), at)
    })
  }

  async #asked(tx: Tx, id: string): Promise<store.ElevationRow> {
    const row = await store.readElevation(tx, id)
    if (!row) throw new DomainError('NOT_FOUND')
    return row
  }

  /** Answers until when the role would be had. */
  async #requireMayAnswer(tx: Tx, principal: Principal, asked: store.ElevationRow, at: Date): Promise<Date> {
    // An account of an application may be of the hand that asked.
    if (principal.userKind !== 'person') throw new DomainError('GRANT_REFUSED', { reason: SHARED.account })
    const asker = { by: asked.user_id, at: asked.requested_at }
    const shared = await sharedOwner(this.#dependencies.keys, tx, principal.userId, asker)
    if (shared !== null) throw new DomainError('GRANT_REFUSED', { reason: SHARED[shared] })
    return this.#requireMayGive(tx, principal, asked, at)
  }

  async #requireMayGive(tx: Tx, principal: Principal, asked: store.ElevationRow, at: Date): Promise<Date> {
    const expires = new Date(at.getTime() + asked.duration_seconds * 1000)
    await this.#grants.requireMayGive(tx, principal, asked.role_id, { ...asked, with_grant_option: false, expires })
    return expires
  }

  async #close(
    tx: Tx,
    by: Principal,
    asked: store.ElevationRow,
    { state, at, grantId }: { state: store.ElevationRow['state']; at: Date; grantId: string | null },
  ): Promise<store.ElevationRow> {
    const row = await store.closeElevation(tx, asked.id, { state, by: by.userId, at, grantId })
    if (!row) throw new DomainError('ELEVATION_CLOSED', { state: stateOf(await this.#asked(tx, asked.id), at) })
    await this.#record(tx, by, state, row)
    return row
  }

  async #record(tx: Tx, by: Principal, what: string, row: store.ElevationRow): Promise<void> {
    const { id, role_id: role, resource_type, resource_id, duration_seconds, grant_id: grant } = row
    await recordOf(this.#dependencies.record, tx, by, {
      ...{ event_type: `elevation.${what}`, resource: `elevation/${id}`, action: what },
      ...{ risk_score: 40, data: { role, resource_type, resource_id, duration_seconds, grant } },
    })
  }

  #newId(): string {
    return newId(this.#dependencies.clock.now())
  }
}

/** By its id, or by its name as names are compared. Throws NOT_FOUND. */
async function requireRole(
  tx: Tx,
  { id, name = '' }: { id?: string | undefined; name?: string | undefined },
): Promise<RoleRow> {
  const row = id === undefined ? await readRoleNamed(tx, normalizeName(name)) : await readRole(tx, id)
  if (!row) throw new DomainError('NOT_FOUND', { reason: 'there is no such role' })
  return row
}

function stateOf({ state, lapses_at }: store.ElevationRow, at: Date): Elevation['state'] {
  return state === 'pending' && lapses_at <= at ? 'lapsed' : state
}

function present(row: store.ElevationRow, at: Date): Elevation {
  const { requested_at, lapses_at, decided_at, ...told } = row
  const times = { requested_at: requested_at.toISOString(), lapses_at: lapses_at.toISOString() }
  return { ...told, ...times, decided_at: decided_at?.toISOString() ?? null, state: stateOf(row, at) }
}
