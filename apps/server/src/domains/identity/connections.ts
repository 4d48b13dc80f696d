import type { ChangeConnection, Connection, CreateConnection, Scope } from '@probity/contract'
import { type Principal, requireScopes } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { RecordEvent } from '../../platform/record.ts'
import { type Keys, open, seal } from '../keys/index.ts'
import type { Provider } from './openid.ts'
import { recordOf } from './record.ts'
import * as store from './store-connections.ts'
import type { Work } from './work.ts'

export interface ConnectionDependencies {
  work: Work
  clock: Clock
  keys: Keys
  record: RecordEvent
  /** Where people reach the server. */
  publicUrl(): string
}

/** OpenID providers through which people of a tenant may log in, as its administrators keep them. */
export class Connections {
  readonly #dependencies: ConnectionDependencies
  readonly #work: Work

  constructor(dependencies: ConnectionDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /** Where a provider sends browsers back to; never what a request says of the host. */
  get redirectUri(): string {
    return `${this.#dependencies.publicUrl()}/sso`
  }

  async list(tenantId: string): Promise<{ connections: Connection[] }> {
    const rows = await this.#work.run(tenantId, (tx) => store.listConnections(tx))
    return { connections: rows.map((row) => this.#present(row)) }
  }

  /** Throws NAME_TAKEN, and SCOPE_MISSING for scopes beyond one's own. */
  async create(principal: Principal, input: CreateConnection): Promise<Connection> {
    const { clock } = this.#dependencies
    const { tenantId } = principal
    requireScopes(principal, scopesIn(input))
    const id = newId(clock.now())
    const at = this.#work.now()
    const { client_secret, ...rest } = input
    const client_secret_sealed = client_secret === undefined ? null : await this.#seal(tenantId, id, client_secret)
    const row = { ...rest, id, client_secret_sealed, version: 1, created_at: at, updated_at: at }
    return this.#work.run(tenantId, async (tx) => {
      if (!(await store.insertConnection(tx, row))) throw new DomainError('NAME_TAKEN')
      await this.#record(tx, principal, 'created', id, { issuer: input.issuer, ...grantedBy(input) })
      return this.#present(row)
    })
  }

  /** Throws VERSION_MISMATCH, NAME_TAKEN, SCOPE_MISSING, NOT_FOUND. */
  async change(principal: Principal, id: string, input: ChangeConnection): Promise<Connection> {
    const { tenantId } = principal
    requireScopes(principal, scopesIn(input))
    const { client_secret, version, ...rest } = input
    const sealed = client_secret === undefined ? null : await this.#seal(tenantId, id, client_secret)
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
    return this.#work.run(tenantId, async (tx) => {
      const held = await store.lockConnection(tx, id)
      if (!held) throw new DomainError('NOT_FOUND')
      if (version !== undefined && version !== held.version)
        throw new DomainError('VERSION_MISMATCH', { version: held.version })
      const [taken] = rest.name === undefined ? [] : await store.listConnections(tx, { name: rest.name })
      if (taken && taken.id !== id) throw new DomainError('NAME_TAKEN')
      const row: store.ConnectionRow = {
        ...held,
        ...given,
        client_secret_sealed: sealed ?? held.client_secret_sealed,
        version: held.version + 1,
        updated_at: this.#work.now(),
      }
      await store.updateConnection(tx, row)
      await this.#record(tx, principal, 'changed', id, { changed: Object.keys(input), ...grantedBy(input) })
      return this.#present(row)
    })
  }

  /** Takes it away, and with it who of ours its people are; accounts stay. */
  async remove(principal: Principal, id: string): Promise<void> {
    await this.#work.run(principal.tenantId, async (tx) => {
      if (!(await store.deleteConnection(tx, id))) throw new DomainError('NOT_FOUND')
      await this.#record(tx, principal, 'removed', id, {})
    })
  }

  /** As the provider is asked. */
  async providerOf(tenantId: string, row: store.ConnectionRow): Promise<Provider> {
    const own = await this.#dependencies.keys.subjects.ownKey(tenantId)
    const sealed = row.client_secret_sealed
    return {
      key: `${tenantId} ${row.id} ${row.version}`,
      issuer: row.issuer,
      clientId: row.client_id,
      secret: sealed === null ? null : open(tenantId, [own], locationOf(row.id), sealed).toString(),
    }
  }

  async #seal(tenantId: string, id: string, secret: string): Promise<Buffer> {
    const own = await this.#dependencies.keys.subjects.ownKey(tenantId)
    return seal(tenantId, [own], locationOf(id), Buffer.from(secret))
  }

  #present({ client_secret_sealed, created_at, updated_at, ...row }: store.ConnectionRow): Connection {
    return {
      ...row,
      has_secret: client_secret_sealed !== null,
      redirect_uri: this.redirectUri,
      created_at: created_at.toISOString(),
      updated_at: updated_at.toISOString(),
    }
  }

  #record(tx: Tx, by: Principal, what: string, id: string, data: Record<string, unknown>): Promise<void> {
    const happened = { event_type: `connection.${what}`, resource: `connection/${id}`, action: what, data }
    return recordOf(this.#dependencies.record, tx, by, { ...happened, risk_score: 40 })
  }
}

type Granting = Pick<ChangeConnection, 'group_scopes' | 'default_scopes'>

function scopesIn({ group_scopes, default_scopes }: Granting): Scope[] {
  return [...new Set([...Object.values(group_scopes ?? {}).flat(), ...(default_scopes ?? [])])]
}

function grantedBy(input: Granting): Record<string, unknown> {
  return { scopes: scopesIn(input) }
}

function locationOf(row: string) {
  return { table: 'identity_connections', column: 'client_secret_sealed', row }
}
