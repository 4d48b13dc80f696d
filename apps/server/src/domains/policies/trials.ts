import type { PolicyAnalysis, PolicyFinding, PolicyReplay, PolicyShadow } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { type Tried, textOf, USER } from '../access/index.ts'
import { analyse } from './analysis.ts'
import { statementsIn } from './checking.ts'
import type { PolicyDependencies } from './dependencies.ts'
import { DifferenceCount } from './differences.ts'
import * as store from './store.ts'
import { deleteDifferencesBefore } from './store-differences.ts'
import { openDifferences } from './told-differences.ts'

/** Days of decisions that the analysis looks at. */
const LOOKED_AT_DAYS = 7
const MOST_DIFFERENCES = 10_000

/** What a version would do, before it does. */
export class Trials {
  readonly #dependencies: PolicyDependencies

  constructor(dependencies: PolicyDependencies) {
    this.#dependencies = dependencies
  }

  /** What it would have decided otherwise than what counts now, of what was asked in the last days. */
  async replay(tenantId: string, id: string, version: number, days: number): Promise<PolicyReplay> {
    const { row } = await this.#read(tenantId, id, version)
    const counts = { deny: new DifferenceCount(), allow: new DifferenceCount() }
    const seen = await this.#tryOn(tenantId, row, days, ({ decision, asked, before, after }) => {
      if (before === after) return
      counts[after].add({
        ...{ decision_id: decision.decisionId, decided_at: decision.decidedAt, action: asked.action },
        principal: textOf(decision.subject),
        resource: textOf(asked.resource),
      })
    })
    return { ...seen, newly_denied: counts.deny.present(), newly_allowed: counts.allow.present() }
  }

  /** What its author may not have meant, by requests made of what it says and by what was asked lately. */
  async analyse(tenantId: string, id: string, version: number): Promise<PolicyAnalysis> {
    const { row, type } = await this.#read(tenantId, id, version)
    if (type !== 'Access') return { findings: [], requests_tried: 0 }
    const model = await this.#run(tenantId, (tx) => this.#dependencies.access.model(tx, this.#dependencies.work.now()))
    const decides = row.is_active && row.enforcement_mode === 'Enforce'
    const statements = row.is_active ? statementsIn(row.policy_rules) : []
    const told = { policyId: id, statements, decides, expires: row.expiration_date !== null, author: row.created_by }
    const { findings, requests_tried } = await analyse(model, told)
    const lost = new Losses()
    const { decisions } = decides
      ? await this.#tryOn(tenantId, row, LOOKED_AT_DAYS, (one) => lost.add(one))
      : { decisions: 0 }
    const locked = findings.some(({ kind }) => kind.startsWith('locks_out'))
    return {
      findings: [...findings, ...(locked ? [] : lost.findings(row.created_by))],
      requests_tried: requests_tried + decisions,
    }
  }

  /** What it would have decided otherwise since it is asked beside what counts. */
  async differences(tenantId: string, id: string, version: number): Promise<PolicyShadow> {
    return this.#run(tenantId, async (tx) => {
      const row = await store.readVersion(tx, id, version)
      if (!row) throw new DomainError('NOT_FOUND')
      const counts = { deny: new DifferenceCount(), allow: new DifferenceCount() }
      const asked = { id, version, limit: MOST_DIFFERENCES }
      for (const { would, ...one } of await openDifferences(tx, this.#dependencies.keys, asked)) counts[would].add(one)
      return {
        shadow_since: row.shadow_since?.toISOString() ?? null,
        shadow_until: row.shadow_until?.toISOString() ?? null,
        ...{ newly_denied: counts.deny.present(), newly_allowed: counts.allow.present() },
      }
    })
  }

  /** Drops differences that are older than the requests that show them. */
  async sweep(tenantId: string): Promise<void> {
    const before = this.#dependencies.access.replays.keptSince()
    await this.#run(tenantId, (tx) => deleteDifferencesBefore(tx, before))
  }

  #tryOn(tenantId: string, row: store.VersionRow, days: number, see: (tried: Tried) => void) {
    const statements = row.is_active ? statementsIn(row.policy_rules, 'tried/') : []
    return this.#dependencies.access.replays.run(tenantId, { policyId: row.policy_id, statements }, days, see)
  }

  async #read(tenantId: string, id: string, version: number) {
    return this.#run(tenantId, async (tx) => {
      const row = await store.readVersion(tx, id, version)
      const policy = await store.readPolicy(tx, id, this.#dependencies.work.now())
      if (!row || !policy) throw new DomainError('NOT_FOUND')
      return { row, type: policy.policy_type }
    })
  }

  #run<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#dependencies.work.run(tenantId, work)
  }
}

/** Who was allowed something lately, and whether all of it would be denied. */
class Losses {
  readonly #of = new Map<string, { before: number; after: number }>()

  add({ decision, before, after }: Tried): void {
    const who = textOf(decision.subject)
    const counts = this.#of.get(who) ?? { before: 0, after: 0 }
    if (before === 'allow') counts.before++
    if (after === 'allow') counts.after++
    this.#of.set(who, counts)
  }

  findings(author: string): PolicyFinding[] {
    const shut = (all: readonly { before: number; after: number }[]) =>
      all.some(({ before }) => before > 0) && all.every(({ after }) => after === 0)
    const told = (kind: 'locks_out_everyone' | 'locks_out_author', who: string): PolicyFinding[] => {
      const message = `denies all that ${who} was allowed in the last ${LOOKED_AT_DAYS} days`
      return [{ kind, is_warning: true, statement: null, message }]
    }
    if (shut([...this.#of.values()])) return told('locks_out_everyone', 'anybody')
    const own = this.#of.get(`${USER}/${author}`)
    return own && shut([own]) ? told('locks_out_author', 'its author') : []
  }
}
