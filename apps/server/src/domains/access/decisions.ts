import type { Authorize, AuthorizeBatch, Authorized, AuthorizedBatch } from '@probity/contract'
import { actorOf, type Principal, requireScopes } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { NO_ANSWER, present, reasonOf } from './answers.ts'
import { Failure } from './cedar/failure.ts'
import { readIp } from './cedar/ip-address.ts'
import { type JsonValue, readRecord } from './cedar/json-value.ts'
import type { Answer } from './cedar/policy-set.ts'
import type { Entity, Request } from './cedar/request.ts'
import { EntityReference, Extension, type Value } from './cedar/value.ts'
import { localTime } from './conditions.ts'
import type { Model, Models } from './model.ts'
import { ACTION, partsOf, ROLE, USER } from './permissions.ts'
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
    const question = read(asked, asked, '')
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
    const questions = asked.questions.map((one, i) => read({ ...asked, ...definedOf(one) }, one, `/questions/${i}`))
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

  // Roles of one moment with grants of another would allow what was never allowed: a permission that was taken from a role
  // just before somebody was given it.
  #inOneMoment<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#dependencies.work.run(tenantId, work, { isolation: 'repeatable read' })
  }

  async #stateOf(tx: Tx, userId: string): Promise<State> {
    const model = await this.#models.read(tx)
    const at = this.#dependencies.work.now()
    const held = model === null ? [] : await store.heldBy(tx, userId, at)
    return { tenantId: tx.tenantId, userId, model, held, at }
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
  at: Date
}

interface Question {
  resource: string
  action: string
  attributes: Map<string, Value>
  context: Map<string, Value>
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
  const { type, id } = partsOf(question.resource)
  const here = held.filter((one) => covers(one, { resource_type: type, resource_id: id }))
  const roles = closureOf(
    model?.parents ?? [],
    here.map(({ role_id }) => role_id),
  )
  const request = requestOf(state, question, roles)
  return { request, answer: model?.policies.isAuthorized(request) ?? NO_ANSWER }
}

/** A question with what it says itself, and the context of the whole where it has none. Throws VALIDATION_FAILED. */
function read(
  asked: { action?: string | undefined; context: unknown },
  own: { resource: string; resource_attributes: unknown },
  pointer: string,
): Question {
  const { action } = asked
  if (action === undefined) throw refused(`${pointer}/action`, 'is missing, here and for all')
  return {
    ...{ resource: own.resource, action },
    attributes: recordIn(own.resource_attributes, `${pointer}/resource_attributes`),
    context: withAddress(recordIn(asked.context, `${pointer}/context`), `${pointer}/context/ip`),
  }
}

function recordIn(json: unknown, pointer: string): Map<string, Value> {
  try {
    return new Map(readRecord(json as JsonValue)) // of a body of JSON
  } catch (failure) {
    if (failure instanceof Failure) throw refused(pointer, failure.message)
    throw failure
  }
}

/** An address may be told as the text that it is. */
function withAddress(context: Map<string, Value>, pointer: string): Map<string, Value> {
  const ip = context.get('ip')
  if (typeof ip !== 'string') return context
  const address = readIp(ip)
  if (address === null) throw refused(pointer, 'is no address such as 192.0.2.7')
  return context.set('ip', address)
}

function refused(pointer: string, message: string): DomainError {
  return new DomainError('VALIDATION_FAILED', { issues: [{ pointer, message }] })
}

function definedOf({ action, context }: AuthorizeBatch['questions'][number]) {
  return { ...(action !== undefined && { action }), ...(context !== undefined && { context }) }
}

/** What the engine is asked. The server's own words on time stand over the caller's. */
function requestOf({ tenantId, userId, model, at }: State, asked: Question, roles: ReadonlySet<string>): Request {
  const { type, id } = partsOf(asked.resource)
  const [who, what] = [new EntityReference(USER, userId), new EntityReference(type, id ?? '')]
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
  const local = (model?.zones ?? []).map((zone) => [zone, new Map(Object.entries(localTime(at, zone)))] as const)
  const context = new Map(asked.context)
  context.set('now', new Extension('datetime', at.getTime())).set('local', new Map(local))
  const action = new EntityReference(ACTION, asked.action)
  return { principal: who, action, resource: what, context, entities: { find: (key) => entities.get(key) } }
}
