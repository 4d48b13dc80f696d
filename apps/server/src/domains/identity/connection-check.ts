import { X509Certificate } from 'node:crypto'
import type { ConnectionCheck } from '@probity/contract'
import { DomainError } from '../../platform/errors.ts'
import type { Work } from '../../platform/work.ts'
import { problemOf } from './provider-problem.ts'
import type { Providers } from './providers.ts'
import { type ConnectionRow, listConnections } from './store-connections.ts'
import { readProof } from './store-rules.ts'

/** Whether people can log in through a connection, told to its administrator before they try. */
export class ConnectionChecks {
  readonly #work: Work
  readonly #providers: Providers

  constructor(work: Work, providers: Providers) {
    this.#work = work
    this.#providers = providers
  }

  /** Asks the provider now. Throws NOT_FOUND. */
  async check(tenantId: string, id: string): Promise<ConnectionCheck> {
    const [row] = await this.#work.run(tenantId, (tx) => listConnections(tx, { id }))
    if (!row) throw new DomainError('NOT_FOUND')
    const found = await this.#asked(tenantId, row)
    const { last_login_at, is_proven } = await this.#work.run(tenantId, (tx) => readProof(tx, id))
    return { ...found, last_login_at: last_login_at?.toISOString() ?? null, is_proven }
  }

  async #asked(tenantId: string, row: ConnectionRow): Promise<{ is_reachable: boolean; problem: string | null }> {
    try {
      await this.#providers.ask(tenantId, row)
      return { is_reachable: true, problem: seen(row, this.#work.now()) }
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'PROVIDER_UNREACHABLE') throw error
      return { is_reachable: false, problem: problemOf(error.cause) }
    }
  }
}

/** What can be seen without asking; null: nothing. */
function seen(row: ConnectionRow, now: Date): string | null {
  if (!row.is_enabled) return 'it is not enabled: nobody can log in through it'
  if (row.kind !== 'saml') return null
  const ends = row.settings.certificates.map((one) => new X509Certificate(one).validToDate)
  if (ends.some((end) => end > now)) return null
  return 'every certificate of it has expired; enter the one that the provider signs with now'
}
