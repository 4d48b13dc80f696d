import {
  type ChangeConnection,
  type Connection,
  type CreateConnection,
  ldapSettings,
  oidcSettings,
  type Scope,
  samlSettings,
} from '@probity/contract'
import { type Principal, type RolePermits, requirePermits, requireScopes } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField, requireVersion } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { NotAskedError, type Outside } from '../../platform/outside.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { type Keys, open, seal } from '../keys/index.ts'
import { metadataOf, type ServiceProvider } from './saml.ts'
import * as store from './store-connections.ts'

export interface ConnectionDependencies {
  work: Work
  clock: Clock
  keys: Keys
  record: RecordEvent
  rolePermits: RolePermits
  outside: Outside
  /** Where people reach the server. */
  publicUrl(): string
}

/** Providers and directories through which people of a tenant may log in, as its administrators keep them. */
export class Connections {
  readonly #dependencies: ConnectionDependencies
  readonly #work: Work

  constructor(dependencies: ConnectionDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /**
   * Where a provider sends browsers back to; never what a request says of the host. Each has one of its own, so that one
   * provider's answer is not taken for another's (RFC 9700 §4.4.2).
   */
  redirectUriOf(id: string): string {
    return `${this.#dependencies.publicUrl()}/sso/${id}`
  }

  /** Who we are at a provider that speaks SAML. */
  serviceProviderOf(tenantId: string, id: string): ServiceProvider {
    const url = this.#dependencies.publicUrl()
    return { entityId: `${url}/v1/auth/saml/${tenantId}/${id}`, consumer: `${url}/v1/auth/saml` }
  }

  async list(tenantId: string): Promise<{ connections: Connection[] }> {
    const rows = await this.#work.run(tenantId, (tx) => store.listConnections(tx))
    return { connections: rows.map((row) => this.#present(tenantId, row)) }
  }

  /** Throws NAME_TAKEN, and SCOPE_MISSING for scopes beyond one's own. */
  async create(principal: Principal, input: CreateConnection): Promise<Connection> {
    const { clock } = this.#dependencies
    const { tenantId } = principal
    requireScopes(principal, scopesIn(input))
    this.#requireAskable(input)
    const id = newId(clock.now())
    const at = this.#work.now()
    const { secret, ...rest } = input
    const client_secret_sealed = secret === undefined ? null : await this.#seal(tenantId, id, secret)
    const row = { ...rest, id, client_secret_sealed, version: 1, created_at: at, updated_at: at }
    return this.#work.run(tenantId, async (tx) => {
      if (!(await store.insertConnection(tx, row))) throw new DomainError('NAME_TAKEN')
      await this.#record(tx, principal, 'created', id, { kind: input.kind, ...grantedBy(input) })
      return this.#present(tenantId, row)
    })
  }

  /** Throws VERSION_MISMATCH, NAME_TAKEN, SCOPE_MISSING, NOT_FOUND. */
  async change(principal: Principal, id: string, input: ChangeConnection): Promise<Connection> {
    const { tenantId } = principal
    requireScopes(principal, scopesIn(input))
    const { secret, version, settings, ...rest } = input
    const sealed = secret === undefined ? null : await this.#seal(tenantId, id, secret)
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
    return this.#work.run(tenantId, async (tx) => {
      const held = await store.lockConnection(tx, id)
      if (!held) throw new DomainError('NOT_FOUND')
      // Whoever says where a provider is, and by what it is known, logs in as anybody whom it opens.
      requireScopes(principal, [...scopesIn(held), ...(await store.scopesReached(tx, id))])
      const reached = await store.usersReached(tx, id)
      requirePermits(principal, await this.#dependencies.rolePermits.ofUsers(tx, reached))
      requireVersion(held.version, version)
      const [taken] = rest.name === undefined ? [] : await store.listConnections(tx, { name: rest.name })
      if (taken && taken.id !== id) throw new DomainError('NAME_TAKEN')
      const protocol = changedSettings(held, settings)
      if (settings !== undefined) this.#requireAskable(protocol)
      const row: store.ConnectionRow = {
        ...held,
        ...given,
        ...protocol,
        client_secret_sealed: sealed ?? held.client_secret_sealed,
        version: held.version + 1,
        updated_at: this.#work.now(),
      }
      await store.updateConnection(tx, row)
      await this.#record(tx, principal, 'changed', id, { changed: Object.keys(input), ...grantedBy(input) })
      return this.#present(tenantId, row)
    })
  }

  // Told where it is entered, and not to whoever tries to log in.
  #requireAskable({ kind, settings }: store.Protocol): void {
    if (kind === 'saml') return // browsers alone go there
    const [field, url] = kind === 'oidc' ? ['issuer', settings.issuer] : ['url', settings.url]
    const fault = this.#dependencies.outside.faultOf(url)
    if (fault !== null) throw refusedField(`/settings/${field}`, new NotAskedError(fault).message)
  }

  /** Our metadata for a provider that speaks SAML. Throws NOT_FOUND. */
  async metadata(tenantId: string, id: string): Promise<string> {
    const [row] = await this.#work.run(tenantId, (tx) => store.listConnections(tx, { id }))
    if (row?.kind !== 'saml') throw new DomainError('NOT_FOUND')
    return metadataOf(row.settings, this.serviceProviderOf(tenantId, id))
  }

  /** Takes it away, and with it who of ours its people are; accounts stay. */
  async remove(principal: Principal, id: string): Promise<void> {
    await this.#work.run(principal.tenantId, async (tx) => {
      if (!(await store.deleteConnection(tx, id))) throw new DomainError('NOT_FOUND')
      await this.#record(tx, principal, 'removed', id, {})
    })
  }

  /** What it takes to be known at the provider; null: nothing. */
  async secretOf(tenantId: string, { id, client_secret_sealed }: store.ConnectionRow): Promise<string | null> {
    if (client_secret_sealed === null) return null
    const own = await this.#dependencies.keys.subjects.ownKey(tenantId)
    return open(tenantId, [own], locationOf(id), client_secret_sealed).toString()
  }

  async #seal(tenantId: string, id: string, secret: string): Promise<Buffer> {
    const own = await this.#dependencies.keys.subjects.ownKey(tenantId)
    return seal(tenantId, [own], locationOf(id), Buffer.from(secret))
  }

  #present(tenantId: string, row: store.ConnectionRow): Connection {
    const { client_secret_sealed, created_at, updated_at, ...rest } = row
    return {
      ...rest,
      has_secret: client_secret_sealed !== null,
      register: this.#toRegister(tenantId, row),
      created_at: created_at.toISOString(),
      updated_at: updated_at.toISOString(),
    }
  }

  #toRegister(tenantId: string, { id, kind }: store.ConnectionRow): Record<string, string> {
    const url = this.#dependencies.publicUrl()
    if (kind === 'oidc')
      return {
        redirect_uri: this.redirectUriOf(id),
        backchannel_logout_uri: `${url}/v1/auth/sso/logout/${tenantId}/${id}`,
      }
    if (kind === 'ldap') return {}
    const { entityId, consumer } = this.serviceProviderOf(tenantId, id)
    return { entity_id: entityId, assertion_consumer_service: consumer, metadata: entityId }
  }

  #record(tx: Tx, by: Principal, what: string, id: string, data: Record<string, unknown>): Promise<void> {
    const happened = { event_type: `connection.${what}`, resource: `connection/${id}`, action: what, data }
    return recordOf(this.#dependencies.record, tx, by, { ...happened, risk_score: 40 })
  }
}

/** What makes a provider who it is: people who are known through it would be others. */
const FIXED = ['issuer', 'entity_id']

/** The settings with those that change, by the schema of the kind. Throws VALIDATION_FAILED. */
function changedSettings(held: store.ConnectionRow, changes: Record<string, unknown> | undefined): store.Protocol {
  const fixed = FIXED.find((name) => changes?.[name] !== undefined)
  if (fixed !== undefined) throw refusedField(`/settings/${fixed}`, 'does not change')
  const settings = { ...held.settings, ...changes }
  if (held.kind === 'oidc') return { kind: held.kind, settings: oidcSettings.parse(settings) }
  if (held.kind === 'saml') return { kind: held.kind, settings: samlSettings.parse(settings) }
  return { kind: held.kind, settings: ldapSettings.parse(settings) }
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
