import { randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { domainToASCII } from 'node:url'
import type { ClaimRealm, FoundRealm, Realm } from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import type { Database } from '../../platform/database/pools.ts'
import { operatorTransaction, type Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { listConnections } from './store-connections.ts'
import * as store from './store-realms.ts'

export interface HomeRealmDependencies {
  database: Database
  work: Work
  record: RecordEvent
  /** Servers that are asked by DNS, with ports; null: those of the machine. */
  dnsServers: readonly string[] | null
}

const MILLISECONDS = 5_000

/** Which tenant and provider somebody belongs to, by the domain of their address, which DNS has shown to be the tenant's. */
export class HomeRealms {
  readonly #dependencies: HomeRealmDependencies
  readonly #work: Work

  constructor(dependencies: HomeRealmDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  async list(tenantId: string): Promise<{ domains: Realm[] }> {
    const rows = await this.#work.run(tenantId, (tx) => store.listRealms(tx))
    return { domains: rows.map(present) }
  }

  /** Claims a domain, or gives one another provider; it counts once it is verified. Throws NOT_FOUND for no such connection. */
  async claim(principal: Principal, { domain, connection_id }: ClaimRealm): Promise<Realm> {
    const challenge = randomBytes(32).toString('base64url')
    return this.#work.run(principal.tenantId, async (tx) => {
      if (connection_id !== null && (await listConnections(tx, { id: connection_id })).length === 0)
        throw new DomainError('NOT_FOUND', { reason: 'there is no such connection' })
      await store.putRealm(tx, { domain, connectionId: connection_id, challenge, at: this.#work.now() })
      await this.#record(tx, principal, 'claimed', domain, { connection: connection_id })
      return this.#held(tx, domain)
    })
  }

  /** Looks at DNS. Throws NOT_FOUND, DOMAIN_NOT_VERIFIED with what must stand where, NAME_TAKEN where it is another tenant's. */
  async verify(principal: Principal, domain: string): Promise<Realm> {
    const { record_name, record_value } = await this.#work.run(principal.tenantId, (tx) => this.#held(tx, domain))
    const shown = await this.#texts(record_name)
    if (!shown.includes(record_value)) throw new DomainError('DOMAIN_NOT_VERIFIED', { record_name, record_value })
    return this.#work.run(principal.tenantId, async (tx) => {
      // One at a time: who comes second sees what the first has committed.
      await store.lockDomain(tx, domain)
      const owner = await this.#ownerOf(domain)
      if (owner !== null && owner.tenant_id !== principal.tenantId)
        throw new DomainError('NAME_TAKEN', { reason: 'another tenant has shown that the domain is theirs' })
      await store.verifyRealm(tx, domain, this.#work.now())
      await this.#record(tx, principal, 'verified', domain, {})
      return this.#held(tx, domain)
    })
  }

  async remove(principal: Principal, domain: string): Promise<void> {
    await this.#work.run(principal.tenantId, async (tx) => {
      if (!(await store.deleteRealm(tx, domain))) throw new DomainError('NOT_FOUND')
      await this.#record(tx, principal, 'removed', domain, {})
    })
  }

  /** Where somebody logs in; whether there is such a person is not told, and not looked at. */
  async find(email: string): Promise<FoundRealm> {
    const domain = domainToASCII(email.slice(email.lastIndexOf('@') + 1)).toLowerCase()
    const owner = domain === '' ? null : await this.#ownerOf(domain)
    if (owner === null) return { tenant: null, connection: null }
    const { tenant_id, connection_id } = owner
    const [connection] =
      connection_id === null ? [] : await this.#work.run(tenant_id, (tx) => listConnections(tx, { id: connection_id }))
    return { tenant: tenant_id, connection: connection?.is_enabled ? connection.name : null }
  }

  #ownerOf(domain: string) {
    return operatorTransaction(this.#dependencies.database.operator, (tx) => store.findOwner(tx, domain))
  }

  async #texts(name: string): Promise<string[]> {
    const resolver = new Resolver({ timeout: MILLISECONDS, tries: 2 })
    const { dnsServers } = this.#dependencies
    if (dnsServers !== null) resolver.setServers(dnsServers)
    const records = await resolver.resolveTxt(name).catch(() => [])
    return records.map((parts) => parts.join(''))
  }

  async #held(tx: Tx, domain: string): Promise<Realm> {
    const [row] = await store.listRealms(tx, domain)
    if (!row) throw new DomainError('NOT_FOUND')
    return present(row)
  }

  #record(tx: Tx, by: Principal, what: string, domain: string, data: Record<string, unknown>): Promise<void> {
    const happened = { event_type: `domain.${what}`, resource: `domain/${domain}`, action: what, data, risk_score: 40 }
    return recordOf(this.#dependencies.record, tx, by, happened)
  }
}

function present({ domain, connection_id, challenge, verified_at }: store.RealmRow): Realm {
  return {
    ...{ domain, connection_id },
    ...{ record_name: `_probity.${domain}`, record_value: `probity-verification=${challenge}` },
    verified_at: verified_at?.toISOString() ?? null,
  }
}
