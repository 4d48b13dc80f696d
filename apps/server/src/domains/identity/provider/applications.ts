import { randomBytes } from 'node:crypto'
import type {
  Application,
  ChangeApplication,
  CreateApplication,
  CreatedApplication,
  GrantedApplications,
  ProviderKeys,
} from '@probity/contract'
import { formatToken } from '@probity/core'
import type { Principal } from '../../../platform/authority.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Tx } from '../../../platform/database/transaction.ts'
import { DomainError, refusedField, requireVersion } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../../platform/record.ts'
import type { Work } from '../../../platform/work.ts'
import { hashToken } from '../authenticate.ts'
import { ownSession } from '../sessions.ts'
import type { TenantProviders } from './provider.ts'
import * as store from './store-applications.ts'
import { deleteOfPerson, listGrants } from './store-artifacts.ts'

export interface ApplicationDependencies {
  work: Work
  clock: Clock
  record: RecordEvent
  providers: TenantProviders
}

/** Applications of a tenant that people log in to through Probity. */
export class Applications {
  readonly #dependencies: ApplicationDependencies
  readonly #work: Work

  constructor(dependencies: ApplicationDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  async list(tenantId: string): Promise<{ applications: Application[] }> {
    const rows = await this.#work.run(tenantId, (tx) => store.listApplications(tx))
    return { applications: rows.map((row) => this.#present(tenantId, row)) }
  }

  /** Throws NAME_TAKEN, and VALIDATION_FAILED for a kind that sends browsers back and has no address for it. */
  async create(principal: Principal, input: CreateApplication): Promise<CreatedApplication> {
    const { tenantId } = principal
    requireAddresses(input.kind, input.redirect_uris)
    const at = this.#work.now()
    const secret = input.kind === 'web' || input.kind === 'machine' ? newSecret(tenantId) : null
    const row: store.ApplicationRow = {
      ...{
        id: newId(this.#dependencies.clock.now()),
        ...input,
        secret_hash: secret === null ? null : hashToken(secret),
      },
      ...{ is_enabled: true, version: 1, created_at: at, updated_at: at },
    }
    return this.#work.run(tenantId, async (tx) => {
      if (!(await store.insertApplication(tx, row))) throw new DomainError('NAME_TAKEN')
      await this.#record(tx, principal, 'created', row.id, { kind: row.kind, redirect_uris: row.redirect_uris })
      return { ...this.#present(tenantId, row), client_secret: secret }
    })
  }

  /** Throws VERSION_MISMATCH, NAME_TAKEN, NOT_FOUND, VALIDATION_FAILED. */
  async change(principal: Principal, id: string, input: ChangeApplication): Promise<CreatedApplication> {
    const { tenantId } = principal
    const { version, new_secret, ...changes } = input
    return this.#work.run(tenantId, async (tx) => {
      const held = await store.lockApplication(tx, id)
      if (!held) throw new DomainError('NOT_FOUND')
      requireVersion(held.version, version)
      const secret = new_secret && held.secret_hash ? newSecret(tenantId) : null
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
      const row: store.ApplicationRow = {
        ...{ ...held, ...given, version: held.version + 1, updated_at: this.#work.now() },
        secret_hash: secret === null ? held.secret_hash : hashToken(secret),
      }
      requireAddresses(row.kind, row.redirect_uris)
      if (!(await store.updateApplication(tx, row))) throw new DomainError('NAME_TAKEN')
      await this.#record(tx, principal, 'changed', id, { changed: Object.keys(input) })
      return { ...this.#present(tenantId, row), client_secret: secret }
    })
  }

  /** Takes it away, with all that was given to it. */
  async remove(principal: Principal, id: string): Promise<void> {
    await this.#work.run(principal.tenantId, async (tx) => {
      if (!(await store.deleteApplication(tx, id))) throw new DomainError('NOT_FOUND')
      await this.#record(tx, principal, 'removed', id, {})
    })
  }

  /** Applications that one let in. */
  async granted(principal: Principal): Promise<GrantedApplications> {
    ownSession(principal)
    const rows = await this.#work.run(principal.tenantId, (tx) => listGrants(tx, principal.userId, this.#work.now()))
    const names = new Map(rows.map(({ application_id, name }) => [application_id, name]))
    return { applications: [...names].map(([application_id, name]) => ({ application_id, name })) }
  }

  /** Takes from an application all that one let it have, at once. Throws NOT_FOUND. */
  async withdraw(principal: Principal, id: string): Promise<void> {
    ownSession(principal)
    await this.#work.run(principal.tenantId, async (tx) => {
      if (!(await deleteOfPerson(tx, principal.userId, id))) throw new DomainError('NOT_FOUND')
      await this.#record(tx, principal, 'withdrawn', id, {})
    })
  }

  async keys(tenantId: string): Promise<ProviderKeys> {
    const rows = await this.#dependencies.providers.keys(tenantId)
    return {
      keys: rows.map(({ id, retires_at }, i) => ({
        id,
        state: retires_at !== null ? 'retired' : i === 0 ? 'signs' : 'next',
        retires_at: retires_at?.toISOString() ?? null,
      })),
    }
  }

  /** Has another key sign from now on. */
  async turnKey(principal: Principal): Promise<ProviderKeys> {
    const turned = { event_type: 'provider_key.turned', resource: 'provider_key', action: 'turn', risk_score: 40 }
    await this.#dependencies.providers.turnKey(principal.tenantId, (tx) =>
      recordOf(this.#dependencies.record, tx, principal, turned),
    )
    return this.keys(principal.tenantId)
  }

  #present(tenantId: string, { secret_hash: _, created_at, updated_at, ...row }: store.ApplicationRow): Application {
    const issuer = this.#dependencies.providers.issuerOf(tenantId)
    return { ...row, issuer, created_at: created_at.toISOString(), updated_at: updated_at.toISOString() }
  }

  #record(tx: Tx, by: Principal, what: string, id: string, data: Record<string, unknown>): Promise<void> {
    const happened = { event_type: `application.${what}`, resource: `application/${id}`, action: what, data }
    return recordOf(this.#dependencies.record, tx, by, { ...happened, risk_score: 30 })
  }
}

function requireAddresses(kind: store.ApplicationRow['kind'], addresses: readonly string[]): void {
  const needs = kind === 'web' || kind === 'public'
  if (needs === addresses.length > 0) return
  const message = needs ? 'is needed: where people are sent back to' : `are not for the kind ${kind}`
  throw refusedField('/redirect_uris', message)
}

function newSecret(tenantId: string): string {
  return formatToken({ kind: 'cs', tenantId, secret: randomBytes(32) })
}
