import type {
  AccessFiltered,
  Authorize,
  AuthorizeBatch,
  Authorized,
  AuthorizedBatch,
  FilterAccess,
} from '@probity/contract'
import { type Principal, requirePermits } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { recordOf } from '../../platform/record.ts'
import type { DataKey } from '../keys/index.ts'
import { obligationsOf, present, reasonOf } from './answers.ts'
import { type CedarRecord, EntityReference } from './cedar/value.ts'
import { filterOf, presentFilter } from './filters.ts'
import { type Judgement, judge } from './judgement.ts'
import { KnownEntities, NOTHING_KNOWN } from './known-entities.ts'
import type { Model, Models } from './model.ts'
import { extentOf, USER } from './permissions.ts'
import { type AskedQuestion, ask, type Question, readQuestion, type State, timeIn } from './question.ts'
import type { RecordedRequests } from './recorded-requests.ts'
import type { AccessDependencies } from './roles.ts'
import type { Beside } from './rulings.ts'
import { countingOf } from './separation.ts'
import * as store from './store-grants.ts'

/** Somebody whom a decision is about. */
export interface Someone {
  type: string
  id: string
  /** Null: an entity of the application, of which Probity has no account. */
  userId: string | null
  attributes: CedarRecord
  /** The same, as it came. */
  told: Record<string, unknown>
}

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
  models: Models
  requests: RecordedRequests
  /** Keeps what policies beside those that decide would have decided. */
  noteDifferences(tx: Tx, key: DataKey, differences: readonly Difference[]): Promise<void>
}

/** Decides what somebody may do, and records it. */
export class Decisions {
  readonly #dependencies: DecisionDependencies

  constructor(dependencies: DecisionDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * By roles, grants and policies as they are committed now, on any server, all of one moment. Who is not there, or not
   * active, has no roles. Throws SCOPE_MISSING for anybody but who asks, VALIDATION_FAILED for attributes and context that are none.
   */
  async authorize(principal: Principal, asked: Authorize): Promise<Authorized> {
    const who = accountOf(requireMayAsk(principal, asked))
    const decided = await this.decide(principal, who, [readQuestion(questionIn(asked), '')])
    return present(decided.decisionId, decided.model, decided.judgements[0] as Judgement, asked) // one question, one answer
  }

  /** The same of many questions about one person, each by itself, and one entry of all. Throws VALIDATION_FAILED for one without an action. */
  async authorizeAll(principal: Principal, asked: AuthorizeBatch): Promise<AuthorizedBatch> {
    const who = accountOf(requireMayAsk(principal, { user_id: asked.user_id, explain: false }))
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

  /** Decides questions about one, each by itself; one entry of all. */
  async decide(
    principal: Principal,
    who: Someone,
    questions: readonly Question[],
  ): Promise<{ decisionId: string; model: Model; judgements: Judgement[] }> {
    const { requests } = this.#dependencies
    const key = await requests.keyOf(principal.tenantId, who.userId)
    return this.#inOneMoment(principal.tenantId, async (tx) => {
      const at = this.#dependencies.work.now()
      const state = await this.stateOf(
        tx,
        at,
        who,
        questions.map(({ resource }) => resource),
      )
      const judgements = questions.map((question) => judge(state.model, ask(state, question)))
      const decisionId = newId(this.#dependencies.clock.now())
      const asked = questions.map((one) => one.asked)
      const writes = isRecorded(state.model, questions, judgements)
        ? [
            this.#record(tx, principal, who, { decisionId, questions, model: state.model, judgements }),
            requests.put(tx, key, { decisionId, at, state, attributes: who.told, questions: asked }),
          ]
        : []
      await Promise.all([
        ...writes,
        this.#dependencies.noteDifferences(tx, key, differencesOf(judgements, { decisionId, at })),
      ])
      return { decisionId, model: state.model, judgements }
    })
  }

  /** What decisions about somebody and some resources rest on at a time; `resources` null: without what was told of any entity. */
  async stateOf(tx: Tx, at: Date, who: Someone, resources: readonly EntityReference[] | null): Promise<State> {
    const { userId } = who
    // Sent together: there and back once.
    const [model, held, groups] = await Promise.all([
      this.#dependencies.models.read(tx, at),
      userId === null ? [] : store.heldBy(tx, userId, at),
      userId === null ? [] : store.groupsOf(tx, userId),
    ])
    return {
      ...{ tenantId: tx.tenantId, model, time: timeIn(at, model), subject: subjectOf(who), held },
      groups: groups ?? [],
      known: model.hasEntities && resources ? await KnownEntities.read(tx, [who, ...resources]) : NOTHING_KNOWN,
    }
  }

  /** The same of many people and one resource. */
  async statesOf(tx: Tx, at: Date, all: readonly Someone[], resource: EntityReference): Promise<State[]> {
    const model = await this.#dependencies.models.read(tx, at)
    const users = all.flatMap(({ userId }) => userId ?? [])
    const reached = Map.groupBy(await store.reachOfAll(tx, users, at), ({ user_id }) => user_id)
    const groups = Map.groupBy(await store.groupsOfAll(tx, users), ({ user_id }) => user_id)
    const known = model.hasEntities ? await KnownEntities.read(tx, [resource, ...all]) : NOTHING_KNOWN
    const shared = { tenantId: tx.tenantId, model, time: timeIn(at, model), known }
    return all.map((who) => ({
      ...{ ...shared, subject: subjectOf(who) },
      held: reached.get(who.userId ?? '') ?? [],
      groups: (groups.get(who.userId ?? '') ?? []).map(({ group_id }) => group_id),
    }))
  }

  /**
   * Of which resources of a type that is so: the condition on them, by roles, grants and the time of now, as one entry. What was
   * told of resources as entities is not looked at: where anything was, the condition is not exact. Throws as `authorize` does.
   */
  async filter(principal: Principal, asked: FilterAccess): Promise<AccessFiltered> {
    const who = accountOf(requireMayAsk(principal, { user_id: asked.user_id, explain: false }))
    const resource = { type: asked.resource_type, id: '' }
    const { action, context } = asked
    const question = readQuestion({ resource, action, context, resource_attributes: {} }, '')
    return this.#inOneMoment(principal.tenantId, async (tx) => {
      const state = await this.stateOf(tx, this.#dependencies.work.now(), who, [])
      const held = state.held.map(({ role_id }) => role_id)
      const requestOf = (here: readonly string[]) =>
        ask(state, question, countingOf(state.model, { held, here })).request
      const { filter, isExact } = filterOf(state.model, state.held, asked.resource_type, requestOf)
      const exact = isExact && !state.model.hasEntities
      const told = { decision_id: newId(this.#dependencies.clock.now()), exact, version: state.model.version }
      const lets = filter.op === 'true' ? 'all' : filter.op === 'false' ? 'none' : 'some'
      await recordOf(this.#dependencies.record, tx, principal, {
        ...{ event_type: 'access.decided', resource: asked.resource_type, action: 'authorize' },
        outcome: lets === 'none' ? 'Failure' : 'Success',
        data: {
          ...{ decision: told.decision_id, version: told.version, asked_for: whomOf(principal, who) },
          ...{ action, lets, exact },
        },
      })
      return { ...told, filter: presentFilter(filter) }
    })
  }

  // Roles of one moment with grants of another would allow what was never allowed: a permission that was taken from a role
  // just before somebody was given it.
  #inOneMoment<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#dependencies.work.run(tenantId, work, { isolation: 'repeatable read' })
  }

  async #record(
    tx: Tx,
    by: Principal,
    who: Someone,
    {
      decisionId,
      questions,
      model,
      judgements,
    }: {
      decisionId: string
      questions: readonly Question[]
      model: Model
      judgements: readonly Judgement[]
    },
  ): Promise<void> {
    const allowed = judgements.filter(isAllowed).length
    const of = judgements.slice(0, MOST_NAMED).map((one, i) => toldOf(questions[i] as Question, one)) // one judgement a question
    const [first] = questions
    await recordOf(this.#dependencies.record, tx, by, {
      ...{ event_type: 'access.decided', action: 'authorize' },
      resource: questions.length === 1 && first ? textOf(first.resource) : `questions/${questions.length}`,
      outcome: allowed === questions.length ? 'Success' : 'Failure',
      data: {
        ...{ decision: decisionId, version: model.version, asked_for: whomOf(by, who) },
        ...(questions.length === 1
          ? { ...of[0] }
          : { allowed, denied: judgements.length - allowed, questions: of.map((one) => namedOf(one)) }),
      },
    })
  }
}

/** Each decision is, but where the tenant says that a share of what is allowed is enough. */
function isRecorded(model: Model, questions: readonly Question[], judgements: readonly Judgement[]): boolean {
  const { sampledActions, recordedShare } = model
  const isSampled = questions.every(({ asked }) => sampledActions.has(asked.action)) && judgements.every(isAllowed)
  return !isSampled || Math.random() < recordedShare
}

/** Questions that the entry of a batch names; of more it tells how many. */
const MOST_NAMED = 50

/** Statements that decided, roles by their ids; and policies beside them that would not have. */
function toldOf({ asked, resource }: Question, { answer, others }: Judgement) {
  return {
    ...{ action: asked.action, asked_resource: textOf(resource), decision_was: answer.decision },
    ...(asked.active_roles && { active_roles: asked.active_roles }),
    determining: answer.determining.map(({ id }) => id),
    would: others.map(({ beside, would }) => `${beside.mode} ${beside.policyId}/${beside.version} ${would}`),
  }
}

function namedOf({ decision_was, action, asked_resource }: ReturnType<typeof toldOf>): string {
  return `${decision_was === 'allow' ? 'allowed' : 'denied'} ${action} ${asked_resource}`
}

function questionIn({ resource, resource_attributes, action, context, active_roles }: Authorize): AskedQuestion {
  return { resource: entityOf(resource), resource_attributes, action, context, active_roles }
}

/** As the schema has resources: type, slash, id. */
function entityOf(text: string): { type: string; id: string } {
  const { resource_type: type, resource_id: id } = extentOf(text)
  return { type: type ?? '', id: id ?? '' }
}

export function textOf({ type, id }: { type: string; id: string }): string {
  return `${type}/${id}`
}

/** Null: who asks. */
function whomOf(by: Principal, { type, id, userId }: Someone): string | null {
  if (userId === null) return `${type}/${id}`
  return userId === by.userId ? null : userId
}

function subjectOf({ type, id, userId, attributes }: Someone): State['subject'] {
  return { reference: new EntityReference(type, id), isAccount: userId !== null, attributes }
}

export function accountOf(userId: string): Someone {
  return { type: USER, id: userId, userId, attributes: new Map(), told: {} }
}

export function isAllowed({ answer }: Judgement): boolean {
  return answer.decision === 'allow'
}

function differencesOf(judgements: readonly Judgement[], of: { decisionId: string; at: Date }): Difference[] {
  return judgements.flatMap(({ request, others }) =>
    others.map(({ beside, would }) => ({
      ...{ ...of, beside, would, action: request.action.id },
      principal: textOf(request.principal),
      resource: textOf(request.resource),
    })),
  )
}

/** Whom is asked for. */
function requireMayAsk(principal: Principal, { user_id, explain }: Pick<Authorize, 'user_id' | 'explain'>): string {
  const userId = user_id ?? principal.userId
  if (userId !== principal.userId || explain) requirePermits(principal, ['decision:ask'])
  if (userId === principal.userId && principal.lacksFactor) throw new DomainError('STEP_UP_REQUIRED')
  return userId
}
