import type {
  AuthZenActionSearch,
  AuthZenActions,
  AuthZenDecision,
  AuthZenDecisions,
  AuthZenEntities,
  AuthZenEvaluation,
  AuthZenEvaluations,
  AuthZenResourceSearch,
  AuthZenSubjectSearch,
} from '@probity/contract'
import { isUuid } from '@probity/core'
import type { Principal } from '../../platform/authority.ts'
import { Breath } from '../../platform/breath.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { refusedField } from '../../platform/errors.ts'
import { recordOf } from '../../platform/record.ts'
import { obligationsOf, reasonOf } from './answers.ts'
import { isAllowed, textOf } from './decision-entry.ts'
import type { Decisions } from './decisions.ts'
import { type Judgement, judge } from './judgement.ts'
import { ACTION, foldedUuid, OWN_KINDS, USER } from './kinds.ts'
import type { Model } from './model.ts'
import { ask, type Question, readQuestion, recordIn, type State } from './question.ts'
import type { AccessDependencies } from './roles.ts'
import type { Someone, States } from './states.ts'
import { listEntityIds } from './store-entities.ts'
import { accountsAmong, listAccountIds } from './store-grants.ts'

type Known = AuthZenEvaluation['subject']
type AskedAction = AuthZenEvaluation['action']

/** Of a search: results that a page has unless it is told, and candidates that are looked at for one. */
const PAGE = 100
const MOST_LOOKED_AT = 2_000
/** What an account may be called as the type of a subject. */
const ACCOUNT = new Set(['user', USER])

/** Decisions as OpenID AuthZEN 1.0 asks for them: about accounts, by their id, and about entities of the application. */
export class AuthZen {
  readonly #dependencies: AccessDependencies
  readonly #decisions: Decisions
  readonly #states: States

  constructor(dependencies: AccessDependencies, decisions: Decisions, states: States) {
    this.#dependencies = dependencies
    this.#decisions = decisions
    this.#states = states
  }

  /** Access Evaluation API (§6). */
  async evaluate(principal: Principal, asked: AuthZenEvaluation): Promise<AuthZenDecision> {
    const who = await this.someone(principal.tenantId, asked.subject, '/subject')
    const { decisionId, model, judgements } = await this.#decisions.decide(principal, who, [questionOf(asked, '')])
    return presentOne(decisionId, model, judgements[0] as Judgement) // one question, one answer
  }

  /** Access Evaluations API (§7). An evaluation that cannot be read is denied, and says why. */
  async evaluateAll(principal: Principal, asked: AuthZenEvaluations): Promise<AuthZenDecisions> {
    const { evaluations = [], options, ...whole } = asked
    if (evaluations.length === 0) return this.evaluate(principal, requireWhole(whole))
    const answers: AuthZenDecision[] = evaluations.map(() => UNREADABLE)
    const readable = evaluations.flatMap((one, i) => {
      const { subject, action, resource, context } = { ...whole, ...one }
      return subject && action && resource ? [{ i, subject, action, resource, context }] : []
    })
    const bySubject = [...Map.groupBy(readable, ({ subject }) => JSON.stringify(subject)).values()]
    const decide = async (same: typeof readable) => {
      const [{ subject, i }] = same as [(typeof same)[0]]
      const who = await this.someone(principal.tenantId, subject, `/evaluations/${i}/subject`)
      const questions = same.map((one) => questionOf(one, `/evaluations/${one.i}`))
      const { decisionId, model, judgements } = await this.#decisions.decide(principal, who, questions)
      for (const [n, judgement] of judgements.entries())
        answers[same[n]?.i ?? 0] = presentOne(decisionId, model, judgement)
    }
    for (let from = 0; from < bySubject.length; from += SUBJECTS_AT_ONCE)
      await Promise.all(bySubject.slice(from, from + SUBJECTS_AT_ONCE).map(decide))
    return { evaluations: upTo(answers, options?.evaluations_semantic) }
  }

  /** Subject Search API (§8): who may, of the entities and accounts of a type. */
  async searchSubjects(principal: Principal, asked: AuthZenSubjectSearch): Promise<AuthZenEntities> {
    const { subject, resource } = asked
    const isAccounts = ACCOUNT.has(subject.type)
    const question = questionOf(asked, '')
    const given = propertiesIn(subject.properties)
    const asks = { of: textOf(resource), type: subject.type }
    return this.#search(principal, asked.page, asks, async (tx, after, limit) => {
      const entities = await listEntityIds(tx, subject.type, after, limit)
      const accounts = isAccounts ? await listAccountIds(tx, after, limit) : []
      const ids = [...new Set([...entities, ...accounts])].sort(byBytes).slice(0, limit)
      const known = isAccounts ? await accountsAmong(tx, ids.map(foldedUuid).filter(isUuid)) : new Set()
      const people = ids.map((id) => someone({ type: subject.type, id }, given, known.has(foldedUuid(id))))
      const about = people.map((who) => ({ who, resources: [question.resource] }))
      const states = await this.#states.ofAll(tx, this.#dependencies.work.now(), about)
      return { ids, found: await chosen(ids, (_, i) => allows(states[i], question)) }
    })
  }

  /** Resource Search API (§8): what somebody may do it to, of the entities of a type. */
  async searchResources(principal: Principal, asked: AuthZenResourceSearch): Promise<AuthZenEntities> {
    const { subject, resource, action, context } = asked
    const who = await this.someone(principal.tenantId, subject, '/subject')
    return this.#search(principal, asked.page, { of: textOf(who), type: resource.type }, async (tx, after, limit) => {
      const ids = await listEntityIds(tx, resource.type, after, limit)
      const questions = ids.map((id) => questionOf({ action, resource: { ...resource, id }, context }, ''))
      const at = this.#dependencies.work.now()
      const state = await this.#states.of(tx, at, { who, resources: questions.map((one) => one.resource) })
      return { ids, found: await chosen(ids, (_, i) => allows(state, questions[i])) }
    })
  }

  /** Action Search API (§8): what somebody may do to something, of the actions that roles and policies name. */
  async searchActions(principal: Principal, asked: AuthZenActionSearch): Promise<AuthZenActions> {
    const who = await this.someone(principal.tenantId, asked.subject, '/subject')
    const resource = questionOf({ ...asked, action: { name: 'any' } }, '').resource
    return this.#inOneMoment(principal.tenantId, async (tx) => {
      const state = await this.#states.of(tx, this.#dependencies.work.now(), { who, resources: [resource] })
      const names = await chosen(actionsOf(state.model), (name) => {
        return allows(state, questionOf({ ...asked, action: { name } }, ''))
      })
      await this.#record(tx, principal, { of: textOf(who), type: ACTION }, names.length)
      return { results: names.map((name) => ({ name })) }
    })
  }

  async #search(
    principal: Principal,
    page: AuthZenSubjectSearch['page'],
    asked: { of: string; type: string },
    look: (tx: Tx, after: string | null, limit: number) => Promise<{ ids: string[]; found: string[] }>,
  ): Promise<AuthZenEntities> {
    const { limit = PAGE, token = '' } = page ?? {}
    let after: string | null = token === '' ? null : Buffer.from(token, 'base64url').toString()
    if (after?.includes('\0')) throw refusedField('/page/token', 'is none that was given')
    return this.#inOneMoment(principal.tenantId, async (tx) => {
      const found: string[] = []
      for (let looked = 0; looked < MOST_LOOKED_AT && found.length < limit; looked += AT_ONCE) {
        const part = await look(tx, after, AT_ONCE)
        found.push(...part.found)
        after = part.ids.length < AT_ONCE ? null : (part.ids.at(-1) ?? null)
        if (after === null) break
      }
      const shown = found.slice(0, limit)
      const next = found.length > limit ? (shown.at(-1) ?? null) : after
      await this.#record(tx, principal, asked, shown.length)
      return {
        results: shown.map((id) => ({ type: asked.type, id })),
        page: { next_token: next === null ? '' : Buffer.from(next).toString('base64url') },
      }
    })
  }

  /** Throws VALIDATION_FAILED for one of Probity's own kinds that is not there. */
  async someone(tenantId: string, asked: Known, pointer: string): Promise<Someone> {
    const given = propertiesIn(asked.properties)
    const id = foldedUuid(asked.id)
    const isOne =
      ACCOUNT.has(asked.type) &&
      isUuid(id) &&
      (await this.#dependencies.work.run(tenantId, (tx) => accountsAmong(tx, [id]), { readOnly: true })).has(id)
    if (!isOne && (asked.type === USER || OWN_KINDS.has(asked.type)))
      throw refusedField(`${pointer}/type`, 'is of Probity itself, and nobody of that id is')
    return someone(asked, given, isOne)
  }

  #inOneMoment<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#dependencies.work.run(tenantId, work, { isolation: 'repeatable read' })
  }

  async #record(tx: Tx, by: Principal, { of, type }: { of: string; type: string }, count: number): Promise<void> {
    await recordOf(this.#dependencies.record, tx, by, {
      ...{ event_type: 'access.searched', resource: `search/${type}`, action: 'search' },
      ...{ outcome: 'Information', data: { of, type, found: count } },
    })
  }
}

const AT_ONCE = 200
/** Of one caller: others want connections too. */
const SUBJECTS_AT_ONCE = 8
const UNREADABLE: AuthZenDecision = {
  decision: false,
  context: { reason: 'subject, action or resource is missing, here and for all' },
}

/** Where there is one of each. */
function allows(state: State | undefined, question: Question | undefined): boolean {
  return state !== undefined && question !== undefined && isAllowed(judge(state.model, ask(state, question)))
}

/** Those of some that are so; others have their turn between two of them. */
async function chosen(all: readonly string[], isSo: (one: string, i: number) => boolean): Promise<string[]> {
  const breath = new Breath()
  const found: string[] = []
  for (const [i, one] of all.entries()) {
    if (isSo(one, i)) found.push(one)
    await breath.take()
  }
  return found
}

/** As the database orders ids. */
function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}

function someone({ type, id }: { type: string; id: string }, given: Record<string, unknown>, isOne: boolean): Someone {
  const attributes = recordIn(given, '')
  if (!isOne) return { type, id, userId: null, attributes, told: given }
  return { type: USER, id: foldedUuid(id), userId: foldedUuid(id), attributes, told: given }
}

function questionOf(
  {
    action,
    resource,
    context = {},
  }: {
    action: AskedAction
    resource: { type: string; id: string; properties?: Known['properties'] }
    context?: Record<string, unknown> | undefined
  },
  pointer: string,
): Question {
  const told = {
    resource: { type: resource.type, id: resource.id },
    resource_attributes: propertiesIn(resource.properties),
    action: action.name,
    action_attributes: propertiesIn(action.properties),
    context: propertiesIn(context),
  }
  return readQuestion(told, pointer)
}

/** What Cedar has no value for is not told of: the standard has properties of any JSON. */
function propertiesIn(properties: Record<string, unknown> = {}): Record<string, unknown> {
  return representable(properties) as Record<string, unknown> // a record stays one
}

function representable(json: unknown): unknown {
  if (typeof json === 'number' && !Number.isInteger(json)) return decimalOf(json)
  if (json === null || typeof json !== 'object') return json ?? undefined
  if (Array.isArray(json)) return json.map(representable).filter((one) => one !== undefined)
  const entries = Object.entries(json).map(([name, value]) => [name, representable(value)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** Cedar's decimals have four places. What is no decimal is a text, with which no comparison of numbers holds: what forbids by one then denies. */
function decimalOf(number: number): unknown {
  const text = number.toFixed(4)
  return Number(text) === number && Math.abs(number) < 9e14 ? { __extn: { fn: 'decimal', arg: text } } : String(number)
}

function presentOne(decision_id: string, model: Model, judgement: Judgement): AuthZenDecision {
  const allowed = isAllowed(judgement)
  const obligations = allowed ? obligationsOf(judgement.answer.determining) : []
  const context = { decision_id, reason: reasonOf(model, judgement), ...(obligations.length > 0 && { obligations }) }
  return { decision: allowed, context }
}

/** Short-circuits end with the answer that they look for (§7.1.2). */
function upTo(
  answers: AuthZenDecision[],
  semantic: NonNullable<AuthZenEvaluations['options']>['evaluations_semantic'] = 'execute_all',
): AuthZenDecision[] {
  if (semantic === 'execute_all') return answers
  const end = answers.findIndex(({ decision }) => decision === (semantic === 'permit_on_first_permit'))
  return end < 0 ? answers : answers.slice(0, end + 1)
}

function requireWhole({ subject, action, resource, context }: Omit<AuthZenEvaluations, 'evaluations' | 'options'>) {
  if (!subject) throw refusedField('/subject', 'is missing')
  if (!action) throw refusedField('/action', 'is missing')
  if (!resource) throw refusedField('/resource', 'is missing')
  return { subject, action, resource, context }
}

/** Actions that permissions and statements name. */
function actionsOf(model: Model): string[] {
  const permitted = [...model.permissions.values()].map(({ permission }) => permission.action)
  const statements = [...model.rulings.values()].flatMap((one) => one.statements)
  const named = statements.flatMap(({ action: { equals, within } }) => [...(equals ? [equals] : []), ...(within ?? [])])
  return [...new Set([...permitted, ...named.map(({ id }) => id)])].filter((name) => name !== '*').sort()
}
