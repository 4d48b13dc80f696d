import type { ChangeServiceAccount, CreateServiceAccount, ServiceAccount } from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { noteOwner } from './store.ts'
import { listConnections } from './store-connections.ts'
import * as store from './store-services.ts'
import { lockPerson } from './store-users.ts'

export interface ServiceAccountDependencies {
  work: Work
  clock: Clock
  record: RecordEvent
}

/** Accounts of applications. They outlive who made them, and somebody answers for each. */
export class ServiceAccounts {
  readonly #dependencies: ServiceAccountDependencies
  readonly #work: Work

  constructor(dependencies: ServiceAccountDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  async list(tenantId: string): Promise<{ service_accounts: ServiceAccount[] }> {
    return this.#work.run(tenantId, async (tx) => {
      const [rows, kept] = [await store.listServices(tx), await store.listKept(tx)]
      return { service_accounts: rows.map((row) => present(row, kept)) }
    })
  }

  /** Throws NAME_TAKEN, and NOT_FOUND for an owner or a connection that is not there. */
  async create(principal: Principal, { name, owner_id, connection_id }: CreateServiceAccount): Promise<ServiceAccount> {
    const id = newId(this.#dependencies.clock.now())
    const owner = owner_id ?? principal.userId
    return this.#work.run(principal.tenantId, async (tx) => {
      await this.#require(tx, owner, connection_id)
      const made = { id, name, ownerId: owner, connectionId: connection_id, at: this.#work.now() }
      if (!(await store.insertService(tx, made))) throw new DomainError('NAME_TAKEN')
      await this.#record(tx, principal, 'created', id, { owner })
      return this.#present(tx, id)
    })
  }

  /** Throws NAME_TAKEN, NOT_FOUND. */
  async change(principal: Principal, id: string, input: ChangeServiceAccount): Promise<ServiceAccount> {
    return this.#work.change(principal.tenantId, async (tx) => {
      const held = await requireServiceAccount(tx, id)
      await this.#require(tx, input.owner_id ?? null, input.connection_id ?? null)
      const changed = {
        name: input.name ?? held.name,
        owner_id: input.owner_id ?? held.owner_id,
        connection_id: input.connection_id === undefined ? held.connection_id : input.connection_id,
        is_enabled: input.is_enabled ?? held.is_enabled,
      }
      if (!(await store.updateService(tx, id, changed, this.#work.now()))) throw new DomainError('NAME_TAKEN')
      // What is done by its tokens stays in the hand of who hands it on, too.
      if (changed.owner_id !== held.owner_id) await noteOwner(tx, id, held.owner_id)
      await this.#record(tx, principal, 'changed', id, { ...input })
      return this.#present(tx, id)
    })
  }

  async #require(tx: Tx, owner: string | null, connection: string | null): Promise<void> {
    if (owner !== null && (await lockPerson(tx, owner))?.status !== 'active')
      throw new DomainError('NOT_FOUND', { reason: 'the owner must be an active person of the tenant' })
    if (connection !== null && (await listConnections(tx, { id: connection })).length === 0)
      throw new DomainError('NOT_FOUND', { reason: 'there is no such connection' })
  }

  async #present(tx: Tx, id: string): Promise<ServiceAccount> {
    return present(await requireServiceAccount(tx, id), await store.listKept(tx, id))
  }

  #record(tx: Tx, by: Principal, what: string, id: string, data: Record<string, unknown>): Promise<void> {
    const happened = { event_type: `service_account.${what}`, resource: `service-account/${id}`, action: what, data }
    return recordOf(this.#dependencies.record, tx, by, { ...happened, risk_score: 40 })
  }
}

/** Throws NOT_FOUND. */
export async function requireServiceAccount(tx: Tx, id: string): Promise<store.ServiceRow> {
  const [row] = await store.listServices(tx, id)
  if (!row) throw new DomainError('NOT_FOUND', { reason: 'there is no such service account' })
  return row
}

function present(row: store.ServiceRow, kept: Map<string, store.KeptRow>): ServiceAccount {
  const { people, groups, last_used_at: used } = kept.get(row.id) ?? { people: 0, groups: 0, last_used_at: null }
  return {
    ...{ ...row, people, groups, last_used_at: used?.toISOString() ?? null },
    ...{ created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() },
  }
}
