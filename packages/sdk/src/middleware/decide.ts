import type { Obligation } from '@probity/contract'
import type { Probity } from '../client.ts'
import { ProbityError } from '../error.ts'
import { type Refusal, refusal, secondFactorAsked } from './refusal.ts'

/** Whom a request is of: the id of an account, or an entity of the application. */
export type Subject = string | { type: string; id: string; properties?: Record<string, unknown> }

type Told<Request> = (request: Request) => Record<string, unknown> | Promise<Record<string, unknown>>

export interface GuardOptions<Request> {
  /** Client with a token of scope access:decide. */
  client: Pick<Probity, 'authorize' | 'evaluate'>
  /** Whom your application has authenticated; null: nobody. */
  subject(request: Request): Subject | null | undefined | Promise<Subject | null | undefined>
  /** Whether who is denied is told why: reasons name roles and policies. */
  tellReason?: boolean
  /** How long a decision may take; 2,000 without it. */
  timeoutMilliseconds?: number
  /** Whether they showed a second factor, at most so many seconds ago (null: whenever). Without it nobody has. */
  steppedUp?(request: Request, maxAgeSeconds: number | null): boolean | Promise<boolean>
  /** Told of why a request was answered with 503. */
  onUnavailable?(error: unknown, request: Request): void
}

export interface Permission<Request> {
  action: string
  /** Type and id, such as `document/17`. */
  resource(request: Request): string | Promise<string>
  /** What your application knows of the resource. */
  attributes?: Told<Request>
  /** Circumstances, such as `ip`. */
  context?: Told<Request>
}

/** What a handler reads of the decisions by which a request came to it. */
export interface Passed {
  /** Of the last of them. */
  decisionId: string
  decisions: readonly { action: string; resource: string; decisionId: string }[]
  /** Fields that are not to be shown, by any of them. */
  mask: readonly string[]
}

export type Outcome = { passed: Passed } | { refusal: Refusal }

interface Decision {
  decisionId: string
  isAllowed: boolean
  reason: string
  /** As they came: a later server may know more of them. */
  obligations: readonly unknown[]
}

interface Asked {
  subject: Subject
  action: string
  resource: string
  attributes: Record<string, unknown>
  context: Record<string, unknown>
}

const TIMEOUT_MILLISECONDS = 2_000

const decided = new WeakMap<object, Set<string>>()

/** Of all decisions about a request, those too that refused it. */
export function decisionIdsOf(request: object): string[] {
  return [...(decided.get(request) ?? [])]
}

function note(request: object, { decisionId }: Decision): void {
  const ids = decided.get(request) ?? new Set<string>()
  if (decisionId !== '') decided.set(request, ids.add(decisionId))
}

/**
 * Decides requests of any framework. Nobody comes through by a failure: without a decision that allows, the answer is a
 * refusal, or the error of a function of the application is thrown on.
 */
export class Guard<Request extends object> {
  readonly #options: GuardOptions<Request>
  /** Questions of each request that is under way. */
  readonly #asked = new WeakMap<object, Map<string, Promise<Decision>>>()

  constructor(options: GuardOptions<Request>) {
    this.#options = options
  }

  /** `before`: by which decisions the request came as far as here. Throws what functions of the application throw. */
  async decide(request: Request, permission: Permission<Request>, before: Passed | undefined): Promise<Outcome> {
    const subject = await this.#options.subject(request)
    if (!isSomebody(subject)) return { refusal: refusal(401, 'Log in first', {}, { 'www-authenticate': 'Bearer' }) }
    const asked = {
      ...{ subject, action: permission.action, resource: await permission.resource(request) },
      attributes: (await permission.attributes?.(request)) ?? {},
      context: (await permission.context?.(request)) ?? {},
    }
    let decision: Decision
    try {
      decision = await this.#once(request, asked)
    } catch (error) {
      return { refusal: this.#unavailable(error, request) }
    }
    note(request, decision)
    const refused = await this.#refusalOf(request, decision)
    return refused ? { refusal: refused } : { passed: passedBy(asked, decision, before) }
  }

  // The same question has one answer within a request.
  #once(request: Request, asked: Asked): Promise<Decision> {
    const ofRequest = this.#asked.get(request) ?? new Map<string, Promise<Decision>>()
    this.#asked.set(request, ofRequest)
    const key = JSON.stringify(asked)
    const decision = ofRequest.get(key) ?? this.#ask(asked)
    ofRequest.set(key, decision)
    return decision
  }

  async #ask({ subject, action, resource, attributes, context }: Asked): Promise<Decision> {
    const { client, timeoutMilliseconds = TIMEOUT_MILLISECONDS } = this.#options
    // Once: who waits for the answer hears of a server that is busy, and when to come again.
    const options = { signal: AbortSignal.timeout(timeoutMilliseconds), retries: 0 }
    if (typeof subject === 'string') {
      const question = { user_id: subject, action, resource, resource_attributes: attributes, context }
      const { decision_id, authorized, reason, obligations } = await client.authorize(question, options)
      return { decisionId: decision_id, isAllowed: authorized === true, reason, obligations }
    }
    const [type = '', ...id] = resource.split('/')
    const question = {
      ...{ subject, action: { name: action }, context },
      resource: { type, id: id.join('/'), properties: attributes },
    }
    const { decision, context: told = {} } = await client.evaluate(question, options)
    return {
      ...{
        decisionId: String(told.decision_id ?? ''),
        isAllowed: decision === true,
        reason: String(told.reason ?? ''),
      },
      obligations: Array.isArray(told.obligations) ? told.obligations : [],
    }
  }

  async #refusalOf(
    request: Request,
    { isAllowed, decisionId, reason, obligations }: Decision,
  ): Promise<Refusal | null> {
    const told = { decision_id: decisionId }
    const detail = this.#options.tellReason ? { detail: reason } : {}
    if (!isAllowed) return refusal(403, 'You may not do this', { ...told, ...detail })
    if (!obligations.every(isKnown)) return refusal(403, 'What this takes cannot be seen to here', told)
    for (const one of obligations) {
      if (one.type !== 'step_up') continue
      const age = one.max_age_seconds
      if ((await this.#options.steppedUp?.(request, age)) === true) continue
      return secondFactorAsked(age, told)
    }
    return null
  }

  #unavailable(error: unknown, request: Request): Refusal {
    const isProblem = error instanceof ProbityError
    // What Probity refuses is a fault of the application, such as its token: trying again does not help.
    if (isProblem && error.code === 'VALIDATION_FAILED')
      return refusal(400, 'This names nothing that can be asked about')
    if (isProblem && error.status < 500 && error.status !== 429)
      throw new Error(`Probity refused to decide: ${error.code}`, { cause: error })
    this.#options.onUnavailable?.(error, request)
    const after = isProblem ? error.retryAfterSeconds : null
    const headers = after === null ? {} : { 'retry-after': String(after) }
    return refusal(503, 'It cannot be decided just now whether you may do this', {}, headers)
  }
}

// An empty id would ask about whoever asks: the application itself.
function isSomebody(subject: Subject | null | undefined): subject is Subject {
  return typeof subject === 'string' ? subject !== '' : !!subject?.id
}

function isKnown(obligation: unknown): obligation is Obligation {
  const { type, fields, max_age_seconds: age } = (obligation ?? {}) as Record<string, unknown> // any value has properties
  return type === 'mask'
    ? Array.isArray(fields) && fields.every((one) => typeof one === 'string')
    : type === 'step_up' && (age === null || typeof age === 'number')
}

function passedBy({ action, resource }: Asked, { decisionId, obligations }: Decision, before?: Passed): Passed {
  const fields = obligations.filter(isKnown).flatMap((one) => (one.type === 'mask' ? one.fields : []))
  return {
    decisionId,
    decisions: [...(before?.decisions ?? []), { action, resource, decisionId }],
    mask: [...new Set([...(before?.mask ?? []), ...fields])],
  }
}
