import type { NamedEntity, PolicyReplay } from '@probity/contract'
import { Breath } from '../../platform/breath.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Policy } from './cedar/policy.ts'
import { EntityReference } from './cedar/value.ts'
import { enforced, instead } from './judgement.ts'
import { KnownEntities, NOTHING_KNOWN } from './known-entities.ts'
import type { Model, Models } from './model.ts'
import { type AskedQuestion, ask, readQuestion, recordIn, timeIn } from './question.ts'
import type { RecordedRequest, RecordedRequests } from './recorded-requests.ts'
import type { AccessDependencies } from './roles.ts'
import { deleteRequestsBefore } from './store-requests.ts'

/** Decisions that a replay reads at most, the newest, and at once. */
const MOST = 20_000
const AT_ONCE = 500
const DAY = 86_400_000
const KEPT_DAYS = 30

/** A policy as it would be, in the place of what it is. */
export interface Candidate {
  policyId: string
  statements: readonly Policy[]
}

/** A recorded request, decided as things are and as they would be. */
export interface Tried {
  decision: RecordedRequest
  asked: AskedQuestion
  before: 'allow' | 'deny'
  after: 'allow' | 'deny'
}

/** Tries policies on what was asked before. */
export class Replays {
  readonly #dependencies: AccessDependencies
  readonly #models: Models
  readonly #requests: RecordedRequests

  constructor(dependencies: AccessDependencies, models: Models, requests: RecordedRequests) {
    this.#dependencies = dependencies
    this.#models = models
    this.#requests = requests
  }

  /**
   * Each request of the last days, decided by the roles and policies of now with and without the candidate, for who asked as
   * they were then, of entities as they are now. The newest first.
   */
  async run(
    tenantId: string,
    candidate: Candidate,
    days: number,
    see: (tried: Tried) => void,
  ): Promise<Pick<PolicyReplay, 'decisions' | 'unreadable' | 'is_complete'>> {
    const now = this.#dependencies.work.now()
    const since = new Date(now.getTime() - days * DAY)
    const told = { decisions: 0, unreadable: 0, is_complete: true }
    let before: string | null = null
    for (let read = 0; read < MOST; read += AT_ONCE) {
      const page = await this.#page(tenantId, { candidate, now, since, before })
      told.unreadable += page.unreadable
      for (const one of page.tried) {
        told.decisions++
        see(one)
      }
      before = page.last
      if (before === null) return told
    }
    return { ...told, is_complete: false }
  }

  /** Drops requests that are older than they are kept. */
  async sweep(tenantId: string): Promise<void> {
    await this.#dependencies.work.run(tenantId, (tx) => deleteRequestsBefore(tx, this.keptSince()))
  }

  /** Since when requests are kept. */
  keptSince(): Date {
    return new Date(this.#dependencies.work.now().getTime() - KEPT_DAYS * DAY)
  }

  #page(
    tenantId: string,
    { candidate, now, ...asked }: { candidate: Candidate; now: Date; since: Date; before: string | null },
  ): Promise<{ tried: Tried[]; unreadable: number; last: string | null }> {
    const options = { isolation: 'repeatable read', readOnly: true } as const
    return this.#dependencies.work.run(
      tenantId,
      async (tx) => {
        const found = await this.#requests.list(tx, { ...asked, limit: AT_ONCE })
        const readable = found.flatMap(({ request }) => request ?? [])
        const model = await this.#models.read(tx, now)
        const known = model.hasEntities ? await KnownEntities.read(tx, readable.flatMap(namedIn)) : NOTHING_KNOWN
        const breath = new Breath()
        const tried: Tried[] = []
        for (const decision of readable) tried.push(...(await tryAgain(tx, model, known, decision, candidate, breath)))
        const last = found.length < AT_ONCE ? null : (found.at(-1)?.decisionId ?? null)
        return { tried, unreadable: found.length - readable.length, last }
      },
      options,
    )
  }
}

async function tryAgain(
  tx: Tx,
  model: Model,
  known: KnownEntities,
  decision: RecordedRequest,
  { policyId, statements }: Candidate,
  breath: Breath,
): Promise<Tried[]> {
  const { subject, held, groups, questions, decidedAt } = decision
  const reference = new EntityReference(subject.type, subject.id)
  const attributes = recordIn(subject.attributes, '')
  const state = {
    held: held.map((one) => ({ ...one, expires_at: null })), // it was in force
    ...{ tenantId: tx.tenantId, model, groups, known, time: timeIn(decidedAt, model) },
    subject: { reference, isAccount: subject.isAccount, attributes },
  }
  const replaced = new Set([...model.rulings].flatMap(([id, one]) => (one.policyId === policyId ? [id] : [])))
  const tried: Tried[] = []
  for (const asked of questions) {
    const { request } = ask(state, readQuestion(asked, ''))
    const verdict = model.policies.judge(request)
    const after = enforced(instead(verdict, replaced, statements, request)).decision
    tried.push({ decision, asked, before: enforced(verdict).decision, after })
    await breath.take()
  }
  return tried
}

function namedIn({ subject, questions }: RecordedRequest): NamedEntity[] {
  return [subject, ...questions.map(({ resource }) => resource)]
}
