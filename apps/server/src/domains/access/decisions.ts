import type {
  AccessFiltered,
  Authorize,
  AuthorizeBatch,
  Authorized,
  AuthorizedBatch,
  FilterAccess,
} from '@probity/contract'
import { actorOf, type Principal, requireScopes } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { NO_ANSWER, present, reasonOf } from './answers.ts'
import { Failure } from './cedar/failure.ts'
import { readIp } from './cedar/ip-address.ts'
import { type JsonValue, readRecord } from './cedar/json-value.ts'
import type { Answer } from './cedar/policy-set.ts'
import type { Entity, Request } from './cedar/request.ts'
import { type CedarRecord, EntityReference, Extension, type Value } from './cedar/value.ts'
import { localTime } from './conditions.ts'
import { filterOf, presentFilter } from './filters.ts'
import type { Model, Models } from './model.ts'
import { ACTION, extentOf, ROLE, USER } from './permissions.ts'
import type { AccessDependencies } from './roles.ts'
import { closureOf, covers } from './rules.ts'
import * as store from './store-grants.ts'

const NOTHING: ReadonlyMap<string, Value> = new Map()

/** Decides what somebody may do, and records it. */
export class Decisions {
  readonly #dependencies: AccessDependencies
  readonly #models: Models

  constructor(dependencies: AccessDependencies, models: Models) {
    this.#dependencies = dependencies
    this.#models = models
  }

  /**
   * By roles and grants as they are committed now, on any server, all of one moment. Who is not there, or not active, may do
   * nothing. Throws SCOPE_MISSING for anybody but who asks, VALIDATION_FAILED for attributes and context that are none.
   */
  async authorize(principal: Principal, asked: Authorize): Promise<Authorized> {
    const userId = requireMayAsk(principal, asked)
    const question = read(asked, asked.action, contextIn(asked.context, ''), '')
    return this.#inOneMoment(principal.tenantId, async (tx) => {
      const state = await this.#stateOf(tx, userId)
      const { request, answer } = decide(state, question)
      const told = present(this.#newId(), state.model, answer, request, asked)
      await this.#record(tx, principal, userId, {
        ...{ resource: asked.resource, isAllowed: told.authorized },
        data: {
          decision: told.decision_id,
          action: asked.action,
          roles: told.roles.map(({ id }) => id),
          version: told.version,
        },
      })
      return told
    })
  }

  /** The same of many questions about one person, each by itself, and one entry of all. Throws VALIDATION_FAILED for one without an action. */
  async authorizeAll(principal: Principal, asked: AuthorizeBatch): Promise<AuthorizedBatch> {
    const userId = requireMayAsk(principal, { user_id: asked.user_id, explain: false })
    const shared = contextIn(asked.context, '')
    const questions = asked.questions.map((one, i) => {
      const pointer = `/questions/${i}`
      const context = one.context === undefined ? shared : contextIn(one.context, pointer)
      return read(one, one.action ?? asked.action, context, pointer)
    })
    return this.#inOneMoment(principal.tenantId, async (tx) => {
      const state = await this.#stateOf(tx, userId)
      const answers = questions.map((question) => {
        const { request, answer } = decide(state, question)
        return { authorized: answer.decision === 'allow', reason: reasonOf(state.model, answer, request) }
      })
      const told = { decision_id: this.#newId(), answers, version: state.model?.version ?? 0 }
      const allowed = answers.filter(({ authorized }) => authorized).length
      const named = questions.slice(0, MOST_NAMED).map(({ action, resource }, i) => {
        return `${answers[i]?.authorized ? 'allowed' : 'denied'} ${action} ${resource}`
      })
      await this.#record(tx, principal, userId, {
        ...{ resource: `questions/${questions.length}`, isAllowed: allowed === questions.length },
        data: {
          decision: told.decision_id,
          allowed,
          denied: answers.length - allowed,
          questions: named,
          version: told.version,
        },
      })
      return told
    })
  }

  /**
   * Of which resources of a type that is so: the condition on them, by roles, grants and the time of now, as one entry. Throws
   * as `authorize` does.
   */
  async filter(principal: Principal, asked: FilterAccess): Promise<AccessFiltered> {
    const userId = requireMayAsk(principal, { user_id: asked.user_id, explain: false })
    const resource = `${asked.resource_type}/`
    const question = { resource, action: asked.action, attributes: NOTHING, context: contextIn(asked.context, '') }
    return this.#inOneMoment(principal.tenantId, async (tx) => {
      const state = await this.#stateOf(tx, userId)
      const requested = (roles: ReadonlySet<string>) => requestOf(state, question, roles)
      const { filter, isExact: exact } = filterOf(state.model, state.held, asked.resource_type, requested)
      const told = { decision_id: this.#newId(), exact, version: state.model?.version ?? 0 }
      const lets = filter.op === 'true' ? 'all' : filter.op === 'false' ? 'none' : 'some'
      await this.#record(tx, principal, userId, {
        ...{ resource: asked.resource_type, isAllowed: lets !== 'none' },
        data: { decision: told.decision_id, action: asked.action, lets, exact, version: told.version },
      })
      return { ...told, filter: presentFilter(filter) }
    })
  }

  // Roles of one moment with grants of another would allow what was never allowed: a permission that was taken from a role
  // just before somebody was given it.
  #inOneMoment<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#dependencies.work.run(tenantId, work, { isolation: 'repeatable read' })
  }

  async #stateOf(tx: Tx, userId: string): Promise<State> {
    const model = await this.#models.read(tx)
    const at = this.#dependencies.work.now()
    const held = model === null ? [] : await store.heldBy(tx, userId, at)
    const local = (model?.zones ?? []).map((zone) => [zone, new Map(Object.entries(localTime(at, zone)))] as const)
    const time: [string, Value][] = [
      ['now', new Extension('datetime', at.getTime())],
      ['local', new Map(local)],
    ]
    return { tenantId: tx.tenantId, userId, model, held, time }
  }

  async #record(
    tx: Tx,
    by: Principal,
    userId: string,
    { resource, isAllowed, data }: { resource: string; isAllowed: boolean; data: Record<string, unknown> },
  ): Promise<void> {
    await this.#dependencies.record(tx, {
      ...{ event_type: 'access.decided', actor: actorOf(by), resource, action: 'authorize' },
      ...{ outcome: isAllowed ? 'Success' : 'Failure' },
      data: { asked_for: userId === by.userId ? null : userId, ...data },
    })
  }

  #newId(): string {
    return newId(this.#dependencies.clock.now())
  }
}

/** What a decision rests on. */
interface State {
  tenantId: string
  userId: string
  model: Model | null
  held: readonly store.GrantRow[]
  /** What the context says of the time, by the server's clock. */
  time: readonly (readonly [string, Value])[]
}

interface Question {
  resource: string
  action: string
  attributes: CedarRecord
  context: CedarRecord
}

/** Questions that the entry of a batch names; of more it tells how many. */
const MOST_NAMED = 50

/** Whom is asked for. */
function requireMayAsk(principal: Principal, { user_id, explain }: Pick<Authorize, 'user_id' | 'explain'>): string {
  const userId = user_id ?? principal.userId
  if (userId !== principal.userId || explain) requireScopes(principal, ['access:decide'])
  if (userId === principal.userId && principal.lacksFactor) throw new DomainError('STEP_UP_REQUIRED')
  return userId
}

function decide(state: State, question: Question): { request: Request; answer: Answer } {
  const { model, held } = state
  const of = extentOf(question.resource)
  const here = held.filter((one) => covers(one, of))
  const roles = closureOf(
    model?.parents ?? [],
    here.map(({ role_id }) => role_id),
  )
  const request = requestOf(state, question, roles)
  return { request, answer: model?.policies.isAuthorized(request) ?? NO_ANSWER }
}

/** Throws VALIDATION_FAILED. */
function read(
  { resource, resource_attributes }: Pick<Authorize, 'resource' | 'resource_attributes'>,
  action: string | undefined,
  context: CedarRecord,
  pointer: string,
): Question {
  if (action === undefined) throw refusedField(`${pointer}/action`, 'is missing, here and for all')
  return { resource, action, context, attributes: recordIn(resource_attributes, `${pointer}/resource_attributes`) }
}

/** An address may be told as the text that it is. */
function contextIn(json: unknown, pointer: string): CedarRecord {
  const context = recordIn(json, `${pointer}/context`)
  const ip = context.get('ip')
  if (typeof ip !== 'string') return context
  const address = readIp(ip)
  if (address === null) throw refusedField(`${pointer}/context/ip`, 'is no address such as 192.0.2.7')
  return new Map(context).set('ip', address)
}

function recordIn(json: unknown, pointer: string): CedarRecord {
  try {
    return readRecord(json as JsonValue) // of a body of JSON
  } catch (failure) {
    if (failure instanceof Failure) throw refusedField(pointer, failure.message)
    throw failure
  }
}

/** What the engine is asked. The server's own words on time stand over the caller's. */
function requestOf({ tenantId, userId, time }: State, asked: Question, roles: ReadonlySet<string>): Request {
  const { resource_type, resource_id } = extentOf(asked.resource)
  const who = new EntityReference(USER, userId)
  const what = new EntityReference(resource_type ?? '', resource_id ?? '') // the schema has both
  const entities = new Map<string, Entity>([
    [what.key, { attributes: asked.attributes, tags: NOTHING, ancestors: new Set() }],
    [
      who.key, // last: nobody describes themselves as a resource
      {
        attributes: new Map<string, Value>([
          ['id', userId],
          ['tenant_id', tenantId],
        ]),
        tags: NOTHING,
        ancestors: new Set([...roles].map((role) => new EntityReference(ROLE, role).key)),
      },
    ],
  ])
  const context = new Map([...asked.context, ...time])
  const action = new EntityReference(ACTION, asked.action)
  return { principal: who, action, resource: what, context, entities: { find: (key) => entities.get(key) } }
}
