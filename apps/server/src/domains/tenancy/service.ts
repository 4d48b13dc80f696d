import { createHash, randomBytes } from 'node:crypto'
import type { CreateTenant, Tenant } from '@probity/contract'
import { formatToken } from '@probity/core'
import { actorOf, type Principal } from '../../platform/authority.ts'
import { byName } from '../../platform/by-name.ts'
import { type Clock, microsecondsToDate } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type OperatorTx, operatorTransaction, tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { pageOf } from '../../platform/page.ts'
import type { RecordEvent } from '../../platform/record.ts'
import { isTenantId, originOf, SETUP_LINK_SECONDS } from './rules.ts'
import * as store from './store.ts'

export interface TenancyDependencies {
  database: Database
  clock: Clock
  origin: string
  publicUrl: () => string
  record: RecordEvent
  /** Makes a tenant's keys: durable before the tenant is. */
  createKeys(tenantId: string, origin: string): Promise<void>
  /** Told when it is committed that who a token of the tenant stands for may be another now. */
  callersChanged(tenantId: string): void
}

/** Tenants and the links that open them. */
export class Tenancy {
  readonly #dependencies: TenancyDependencies

  constructor(dependencies: TenancyDependencies) {
    this.#dependencies = dependencies
  }

  /** Creates a tenant and the link for its first administrator. Throws NAME_TAKEN. */
  async create(principal: Principal, input: CreateTenant): Promise<{ tenant: Tenant; setup_url: string }> {
    const id = await this.#insert(input)
    await this.#record(id, principal, 'tenant.created', { security_level: input.security_level })
    const setup_url = await this.#operate((tx) => this.#link(tx, id))
    return { tenant: await this.get(id), setup_url }
  }

  /** Another link for a tenant whose first was not used in its hour. Throws NOT_FOUND once it has an administrator. */
  async renewLink(principal: Principal, id: string): Promise<{ tenant: Tenant; setup_url: string }> {
    const tenant = await this.get(id)
    const setup_url = await this.#operate(async (tx) => {
      if (await store.hasUsedLink(tx, id))
        throw new DomainError('NOT_FOUND', { reason: 'the tenant has its administrator already; it needs no link' })
      await store.dropLinks(tx, id)
      return this.#link(tx, id)
    })
    await this.#record(id, principal, 'tenant.link_renewed', {})
    return { tenant, setup_url }
  }

  /** The first tenant of the installation, or null when there is one already. */
  async createFirst(name: string): Promise<string | null> {
    const free = await this.#operate((tx) => store.lockFirstTenant(tx))
    if (!free) return null
    return this.#insert({ name, security_level: 'Standard', compliance_requirements: [] })
  }

  async get(id: string): Promise<Tenant> {
    const row = await this.#look((tx) => store.readTenant(tx, id))
    if (!row) throw new DomainError('NOT_FOUND')
    return present(row)
  }

  /** Id of a tenant named by id or name; null when there is none. */
  async find(reference: string): Promise<string | null> {
    const row = await this.#look((tx) =>
      isTenantId(reference) ? store.readTenant(tx, reference) : store.findTenantNamed(tx, reference),
    )
    return row?.id ?? null
  }

  async list(cursor: string | undefined, limit: number): Promise<{ tenants: Tenant[]; next_cursor: string | null }> {
    if (cursor !== undefined && !isTenantId(cursor)) throw new DomainError('CURSOR_INVALID')
    const rows = await this.#operate((tx) => store.listTenants(tx, cursor ?? null, limit + 1))
    const { page, next_cursor } = pageOf(rows, limit, ({ id }) => id)
    return { tenants: page.map(present), next_cursor }
  }

  /** All that have a log, the installation's own among them. */
  ids(): Promise<string[]> {
    return this.#operate((tx) => store.listTenantIds(tx))
  }

  /** Suspends (read-only) or reactivates. The tenant's own log says who did it. */
  async setActive(principal: Principal, id: string, active: boolean): Promise<Tenant> {
    await this.get(id)
    await this.#operate((tx) => store.setActive(tx, id, active, this.#now()))
    this.#dependencies.callersChanged(id)
    await this.#record(id, principal, active ? 'tenant.reactivated' : 'tenant.suspended', {})
    return this.get(id)
  }

  /** A link to the first tenant, when there is no tenant yet. */
  async firstLink(): Promise<string | null> {
    return this.#operate(async (tx) => {
      if (!(await store.lockFirstTenant(tx))) return null
      await store.dropFirstLinks(tx)
      return this.#link(tx, null)
    })
  }

  /** Uses a set-up link up; answers its tenant, null for the first. Throws LINK_EXPIRED. */
  async useLink(token: string): Promise<string | null> {
    const link = await this.#operate((tx) => store.useSetupLink(tx, hashOf(token), this.#now()))
    if (!link) throw new DomainError('LINK_EXPIRED')
    return link.tenant_id
  }

  /** Makes a link usable again whose set-up failed; it stays with the tenant that was made from it. */
  async releaseLink(token: string, tenantId: string): Promise<void> {
    await this.#operate((tx) => store.releaseSetupLink(tx, hashOf(token), tenantId))
  }

  async #insert(input: CreateTenant): Promise<string> {
    const { clock, createKeys, origin } = this.#dependencies
    const id = newId(clock.now())
    const taken = await this.#operate((tx) => store.readTenantByName(tx, input.name))
    if (taken) throw new DomainError('NAME_TAKEN')
    await createKeys(id, originOf(origin, id))
    const inserted = await this.#operate((tx) => store.insertTenant(tx, id, input, this.#now()))
    if (!inserted) throw new DomainError('NAME_TAKEN')
    return id
  }

  async #link(tx: OperatorTx, tenantId: string | null): Promise<string> {
    const token = formatToken({ kind: 'su', tenantId, secret: randomBytes(32) })
    const at = this.#now()
    const expires = new Date(at.getTime() + SETUP_LINK_SECONDS * 1000)
    await store.insertSetupLink(tx, { hash: hashOf(token), tenantId, at, expires })
    // In the fragment: browsers do not send it, so it lands in no access log.
    // By a name, since the first thing that is made there is a passkey.
    return `${byName(this.#dependencies.publicUrl()).href.replace(/\/$/, '')}/setup#${token}`
  }

  async #record(
    tenantId: string,
    principal: Principal,
    event_type: string,
    data: Record<string, unknown>,
  ): Promise<void> {
    const { database, record } = this.#dependencies
    const own = principal.tenantId === tenantId
    await tenantTransaction(database.app, tenantId, (tx) =>
      record(tx, {
        event_type,
        actor: own ? actorOf(principal) : { type: 'system', id: 'operator' },
        resource: `tenant/${tenantId}`,
        action: event_type.split('.')[1] ?? event_type,
        outcome: 'Success',
        data,
      }),
    )
  }

  #operate<T>(work: (tx: OperatorTx) => Promise<T>): Promise<T> {
    return operatorTransaction(this.#dependencies.database.operator, work)
  }

  /** The same of one statement that only reads: there and back once. */
  #look<T>(work: (tx: OperatorTx) => Promise<T>): Promise<T> {
    return operatorTransaction(this.#dependencies.database.operator, work, { readOnly: true, atOnce: true })
  }

  #now(): Date {
    return microsecondsToDate(this.#dependencies.clock.now())
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function present(row: store.TenantRow): Tenant {
  return { ...row, created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() }
}
