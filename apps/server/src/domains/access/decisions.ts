import type {
  AccessFiltered,
  Authorize,
  AuthorizeBatch,
  Authorized,
  AuthorizedBatch,
  FilterAccess,
} from '@probity/contract'
import { mayDo, type Principal, requirePermits } from '../../platform/authority.ts'
import { Breath } from '../../platform/breath.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { type RecordEvents, recordOf } from '../../platform/record.ts'
import { Together } from '../../platform/together.ts'
import { Turns } from '../../platform/turns.ts'
import type { DataKey } from '../keys/index.ts'
import { obligationsOf, present, reasonOf } from './answers.ts'
import type { Filter } from './cedar/filter.ts'
import { type Decision, entryOf, isAllowed, isRecorded, textOf, whomOf } from './decision-entry.ts'
import { filterOf, presentFilter, type ToldResources } from './filters.ts'
import { type Judgement, judge } from './judgement.ts'
import type { Moments } from './moments.ts'
import { extentOf } from './permissions.ts'
import { type AskedQuestion, ask, type Question, readQuestion, type State } from './question.ts'
import type { RecordedRequests } from './recorded-requests.ts'
import type { AccessDependencies } from './roles.ts'
import type { Beside } from './rulings.ts'
import { countingOf } from './separation.ts'
import { accountOf, type Someone, type States } from './states.ts'
import { listEntityIds, listIdsWithin } from './store-entities.ts'

/** A decision that a policy which does not decide would have made otherwise. */
export interface Difference {
  beside: Beside
  decisionId: string
  at: Date
  principal: string
  action: string
  resource: string
  would: 'allow' | 'deny'
}

export interface DecisionDependencies extends AccessDependencies {
  states: States
  requests: RecordedRequests
  moments: Moments
  recordAll: RecordEvents
  /** Keeps what policies beside those that decide would have decided. */
  noteDifferences(tx: Tx, key: DataKey, differences: readonly Difference[]): Promise<void>
}

/** What somebody asks about one, and the key that it is kept under. */
interface Asked {
  principal: Principal
  who: Someone
  questions: readonly Question[]
  key: DataKey
}

interface Decided {
  asked: Asked
  at: Date
  state: State
  decision: Decision
}

/** Decisions with more questions have a transaction of their own: others do not wait for all of them. */
const MOST_QUESTIONS_TOGETHER = 20
/** Decisions that share a transaction at most, and such transactions of a tenant at once. */
const MOST_TOGETHER = 100
const TRANSACTIONS_AT_ONCE = 2

/** Who asks much has turns: so many at once, so many of one tenant, and so many of it that wait. */
const TURNS = { slots: 8, mostOfOne: 4, mostWaiting: 100 }
const TURNS_OF_FILTERS = { slots: 8, mostOfOne: 4, mostWaiting: 500 }
/** So long is judged for one of them, at most; a usual question takes microseconds. */
const MOST_MILLISECONDS = 5_000

/** Decides what somebody may do, and records it. */
export class Decisions {
  readonly #dependencies: DecisionDependencies
  readonly #together: Together<Asked, Decision>
  readonly #turns = new Turns(TURNS)
  readonly #turnsOfFilters = new Turns(TURNS_OF_FILTERS)

  constructor(dependencies: DecisionDependencies) {
    this.#dependencies = dependencies
    this.#together = new Together({
      work: (tenantId, all) => this.#decideTogether(tenantId, all),
      most: MOST_TOGETHER,
      atOnce: TRANSACTIONS_AT_ONCE,
    })
  }

  /**
   * By roles, grants and policies as they are committed now, on any server, all of one moment. Who is not there, or not
   * active, has no roles. Throws SCOPE_MISSING for anybody but who asks, VALIDATION_FAILED for attributes and context that are none,
   * MOMENT_UNKNOWN.
   */
  async authorize(principal: Principal, asked: Authorize): Promise<Authorized> {
    const who = accountOf(await this.#requireMayAsk(principal, asked))
    const decided = await this.decide(principal, who, [readQuestion(questionIn(asked), '')])
    const seenBy = mayDo(principal, 'decision:ask') ? 'anybody' : 'oneself'
    return present(decided.decisionId, decided.model, decided.judgements[0] as Judgement, { ...asked, seenBy }) // one question, one answer
  }

  /** The same of many questions about one person, each by itself, and one entry of all. Throws VALIDATION_FAILED for one without an action. */
  async authorizeAll(principal: Principal, asked: AuthorizeBatch): Promise<AuthorizedBatch> {
    const who = accountOf(await this.#requireMayAsk(principal, asked))
    const questions = asked.questions.map(
      ({ action = asked.action, context = asked.context, active_roles = asked.active_roles, resource, ...one }, i) => {
        if (action === undefined) throw refusedField(`/questions/${i}/action`, 'is missing, here and for all')
        return readQuestion({ ...one, action, context, active_roles, resource: entityOf(resource) }, `/questions/${i}`)
      },
    )
    const { decisionId, model, judgements } = await this.decide(principal, who, questions)
    const answers = judgements.map((one) => ({
      ...{ authorized: isAllowed(one), reason: reasonOf(model, one) },
      obligations: isAllowed(one) ? obligationsOf(one.answer.determining) : [],
    }))
    return { decision_id: decisionId, answers, version: model.version }
  }

  /** Decides questions about one, each by itself; one entry of all. Short ones share a transaction with others of the tenant. */
  async decide(principal: Principal, who: Someone, questions: readonly Question[]): Promise<Decision> {
    // Before any transaction: whoever holds a connection waits for no other.
    const key = await this.#dependencies.requests.keyOf(principal.tenantId, who.userId)
    const asked = { principal, who, questions, key }
    if (questions.length <= MOST_QUESTIONS_TOGETHER) return this.#together.ask(principal.tenantId, asked)
    return this.#turns.take(principal.tenantId, () => this.#decideMany(asked))
  }

  /** Nothing of the database is held while many are judged: that may take long. */
  async #decideMany(asked: Asked): Promise<Decision> {
    const { principal, who, questions } = asked
    const at = this.#dependencies.work.now()
    const resources = questions.map(({ resource }) => resource)
    const state = await this.#inOneMoment(principal.tenantId, (tx) =>
      this.#dependencies.states.of(tx, at, { who, resources }),
    )
    const decided = await this.#judge(asked, state, at, new Breath(MOST_MILLISECONDS))
    await this.#dependencies.work.run(principal.tenantId, (tx) => this.#keep(tx, [decided]))
    return decided.decision
  }

  /**
   * Of which resources of a type that is so: the condition on them, by roles, grants and the time of now, as one entry. Of
   * resources that were told of as entities it lets through what a decision may allow. Throws as `authorize` does.
   */
  async filter(principal: Principal, asked: FilterAccess): Promise<AccessFiltered> {
    const who = accountOf(await this.#requireMayAsk(principal, asked))
    const resource = { type: asked.resource_type, id: '' }
    const { action, context } = asked
    const question = readQuestion({ resource, action, context, resource_attributes: {} }, '')
    return this.#turnsOfFilters.take(principal.tenantId, async () => {
      const [state, known] = await this.#inOneMoment(principal.tenantId, async (tx) => {
        const read = await this.#dependencies.states.of(tx, this.#dependencies.work.now(), { who, resources: [] })
        return [read, await toldOf(tx, read, asked.resource_type)] as const
      })
      const held = state.held.map(({ role_id }) => role_id)
      const requestOf = (here: readonly string[]) =>
        ask(state, question, countingOf(state.model, { held, here })).request
      const of = [state.model, state.held, asked.resource_type] as const
      const { filter, isExact: exact } = await filterOf(...of, requestOf, known)
      const told = { decision_id: newId(this.#dependencies.clock.now()), exact, version: state.model.version }
      await this.#dependencies.work.run(principal.tenantId, (tx) =>
        this.#recordFilter(tx, principal, who, asked, { ...told, filter }),
      )
      return { ...told, filter: presentFilter(filter) }
    })
  }

  #recordFilter(
    tx: Tx,
    principal: Principal,
    who: Someone,
    { action, resource_type: resource }: FilterAccess,
    {
      decision_id: decision,
      version,
      exact,
      filter,
    }: Pick<AccessFiltered, 'decision_id' | 'version' | 'exact'> & { filter: Filter },
  ): Promise<void> {
    const lets = filter.op === 'true' ? 'all' : filter.op === 'false' ? 'none' : 'some'
    return recordOf(this.#dependencies.record, tx, principal, {
      ...{ event_type: 'access.decided', resource, action: 'authorize' },
      outcome: lets === 'none' ? 'Failure' : 'Success',
      data: { decision, version, asked_for: whomOf(principal, who), action, lets, exact },
    })
  }

  /** Whom is asked for. */
  async #requireMayAsk(
    principal: Principal,
    { user_id: userId = principal.userId, at_least }: Pick<Authorize, 'user_id' | 'at_least'>,
  ): Promise<string> {
    if (userId !== principal.userId) requirePermits(principal, ['decision:ask'])
    if (userId === principal.userId && principal.lacksFactor) throw new DomainError('STEP_UP_REQUIRED')
    // Before the decision's transaction: what was reached then is reached in it.
    if (at_least !== undefined) await this.#dependencies.moments.requireReached(principal.tenantId, at_least)
    return userId
  }

  /** What all together are too much for, each is decided for alone. */
  async #decideTogether(tenantId: string, all: readonly Asked[]): Promise<PromiseSettledResult<Decision>[]> {
    try {
      return await this.#decideAll(tenantId, all)
    } catch (failure) {
      // A failure of the domain's comes before the commit: nothing of it was kept.
      if (all.length === 1 || !(failure instanceof DomainError)) throw failure
      const outcomes: PromiseSettledResult<Decision>[] = []
      // One after the other: others want connections too.
      for (const one of all) {
        const [alone] = await Promise.allSettled([this.#decideAll(tenantId, [one])])
        outcomes.push(...(alone.status === 'fulfilled' ? alone.value : [alone]))
      }
      return outcomes
    }
  }

  /** In one transaction. What cannot be asked for one keeps nobody else from an answer. */
  #decideAll(tenantId: string, all: readonly Asked[]): Promise<PromiseSettledResult<Decision>[]> {
    return this.#inOneMoment(tenantId, async (tx) => {
      const at = this.#dependencies.work.now()
      const about = all.map(({ who, questions }) => ({ who, resources: questions.map(({ resource }) => resource) }))
      const states = await this.#dependencies.states.ofAll(tx, at, about)
      const outcomes = await this.#judgeAll(all, states, at)
      const decided = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      await this.#keep(tx, decided)
      return outcomes.map((one) => (one.status === 'fulfilled' ? { ...one, value: one.value.decision } : one))
    })
  }

  // What is decided by was read before the first: while others have their turn between two questions, it stays what it is.
  async #judgeAll(all: readonly Asked[], states: readonly State[], at: Date): Promise<PromiseSettledResult<Decided>[]> {
    const breath = new Breath()
    const outcomes: PromiseSettledResult<Decided>[] = []
    for (const [i, asked] of all.entries()) {
      const state = states[i] as State // one of each
      outcomes.push(...(await Promise.allSettled([this.#judge(asked, state, at, breath)])))
    }
    return outcomes
  }

  async #judge(asked: Asked, state: State, at: Date, breath: Breath): Promise<Decided> {
    const { principal, who, questions } = asked
    const judgements: Judgement[] = []
    for (const question of questions) {
      judgements.push(judge(state.model, ask(state, question)))
      await breath.take()
    }
    const decisionId = newId(this.#dependencies.clock.now())
    return { asked, at, state, decision: { principal, who, decisionId, model: state.model, questions, judgements } }
  }

  async #keep(tx: Tx, decided: readonly Decided[]): Promise<void> {
    const { requests, recordAll, noteDifferences } = this.#dependencies
    const recorded = decided.filter(({ decision }) => isRecorded(decision))
    await Promise.all([
      recordAll(
        tx,
        recorded.map(({ decision }) => entryOf(decision)),
      ),
      requests.put(
        tx,
        recorded.map(({ asked, at, state, decision: { decisionId, who, questions } }) => ({
          ...{ key: asked.key, decisionId, at, state, attributes: who.told },
          questions: questions.map((one) => one.asked),
        })),
      ),
      ...decided.map((one) => noteDifferences(tx, one.asked.key, differencesOf(one))),
    ])
  }

  // Roles of one moment with grants of another would allow what was never allowed: a permission that was taken from a role
  // just before somebody was given it.
  #inOneMoment<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#dependencies.work.run(tenantId, work, { isolation: 'repeatable read' })
  }
}

/** Ids that a condition names at most. */
const MOST_IDS = 1_000

/** What was told of resources of a type, as far as it matters to somebody; null: nothing was. */
async function toldOf(tx: Tx, { model, held }: State, type: string): Promise<ToldResources | null> {
  if (!model.hasEntities) return null
  const few = (ids: readonly string[]) => (ids.length > MOST_IDS ? null : ids)
  const ids = few(await listEntityIds(tx, type, null, MOST_IDS + 1))
  if (ids?.length === 0) return null
  const elsewhere = held.flatMap(({ resource_type, resource_id }) =>
    resource_type === null || (resource_type === type && resource_id === null)
      ? []
      : [{ type: resource_type, id: resource_id }],
  )
  const places = elsewhere.flatMap(({ type: of, id }) => (id === null ? [] : [{ type: of, id }]))
  const isOnTypes = places.length < elsewhere.length
  return { ids, within: isOnTypes ? null : few(await listIdsWithin(tx, type, places, MOST_IDS + 1)) }
}

function questionIn({ resource, resource_attributes, action, context, active_roles }: Authorize): AskedQuestion {
  return { resource: entityOf(resource), resource_attributes, action, context, active_roles }
}

/** As the schema has resources: type, slash, id. */
function entityOf(text: string): { type: string; id: string } {
  const { resource_type: type, resource_id: id } = extentOf(text)
  return { type: type ?? '', id: id ?? '' }
}

function differencesOf({ at, decision: { decisionId, judgements } }: Decided): Difference[] {
  return judgements.flatMap(({ request, others }) =>
    others.map(({ beside, would }) => ({
      ...{ decisionId, at, beside, would, action: request.action.id },
      principal: textOf(request.principal),
      resource: textOf(request.resource),
    })),
  )
}
