import type { PolicyAnalysis, PolicyFinding } from '@probity/contract'
import { Breath } from '../../platform/breath.ts'
import {
  ACTION,
  EntityReference,
  enforced,
  instead,
  type Model,
  type Policy,
  printValue,
  type Request,
  ROLE,
  textOf,
  USER,
  type Value,
  type Verdict,
  verdictOf,
} from '../access/index.ts'
import { requestsFor } from './request-search.ts'

/** Requests that are tried around a statement at most; what all of them may cost, in statements and pairs that are looked at; of one, how many others are counted. */
const EACH = 400
const BUDGET = 4_000_000
const MOST_STATEMENTS = 200
const MOST_OTHERS = 50

export interface Analysed {
  policyId: string
  /** The version in question, and whether it will decide at all. */
  statements: readonly Policy[]
  decides: boolean
  expires: boolean
  author: string
}

/** What was seen of a statement over all requests. */
interface Holding {
  policy: Policy
  held: number
  errored: string | null
  /** Of those in which it held: how many something else decided, and by what. */
  overruled: Map<string, number>
  allowedAnyway: Map<string, number>
}

/**
 * What the author of a version may not have meant, each with a request that shows it. The requests are made of what the
 * statements compare with; that nothing is found proves nothing.
 */
export async function analyse(model: Model, analysed: Analysed): Promise<PolicyAnalysis> {
  const { statements, policyId, author } = analysed
  const current = [...model.rulings].flatMap(([id, one]) => (one.policyId === policyId ? [id] : []))
  const replaced = new Set(current)
  const old = [...model.rulings.values()].flatMap((one) => (one.policyId === policyId ? one.statements : []))
  const others = [...model.rulings.values()].flatMap((one) => (one.policyId === policyId ? [] : one.statements))
  const own = [...model.permissions.values()].map(({ policy }) => policy)
  const about = [...statements, ...new Set(old)]
  const people = [new EntityReference(USER, author)]
  const tried = [...about, ...new Set(others), ...own].slice(0, MOST_STATEMENTS)
  const contradictions = new Map<string, PolicyFinding>()
  let [count, cost] = [0, 0]
  const breath = new Breath()
  const seen = new Map(statements.map((policy): [string, Holding] => [policy.id, emptyOf(policy)]))
  const changes = { more: null as PolicyFinding | null, less: null as PolicyFinding | null }
  for (const request of requestsFor(tried, EACH, people)) {
    if (cost > BUDGET) break
    count++
    await breath.take()
    const before = model.policies.judge(request)
    const after = instead(before, replaced, statements, request)
    cost += statements.length + MOST_STATEMENTS / 4 + (after.permits.length + after.forbids.length) ** 2
    note(seen, after)
    contradict(contradictions, seen, after, request)
    const [was, is] = [enforced(before).decision, enforced(after).decision]
    if (!analysed.decides || was === is) continue
    if (is === 'allow') changes.more ??= moreOf(request, policyNames(model, after))
    else changes.less ??= lessOf(request)
  }
  const findings = [
    ...[...seen.values()].flatMap(findingsOf),
    ...contradictions.values(),
    ...(changes.more ? [changes.more] : []),
    ...(changes.less ? [changes.less] : []),
    ...(analysed.decides ? lockouts(model, analysed, replaced) : []),
    ...unknownRoles(model, statements),
    ...(analysed.expires && statements.some(({ effect }) => effect === 'forbid') ? [OPENS] : []),
  ]
  return { findings, requests_tried: count }
}

function emptyOf(policy: Policy): Holding {
  return { policy, held: 0, errored: null, overruled: new Map(), allowedAnyway: new Map() }
}

function note(seen: Map<string, Holding>, { permits, forbids, errors }: Verdict): void {
  for (const { policy, failure } of errors) {
    const one = seen.get(policy.id)
    if (one) one.errored ??= failure.message
  }
  for (const policy of [...permits, ...forbids]) {
    const one = seen.get(policy.id)
    if (!one) continue
    one.held++
    const over = policy.effect === 'permit' ? forbids : []
    for (const { id } of over.slice(0, MOST_OTHERS)) one.overruled.set(id, (one.overruled.get(id) ?? 0) + 1)
    const beside = policy.effect === 'permit' ? permits : forbids
    for (const { id } of beside.slice(0, MOST_OTHERS))
      if (id !== policy.id) one.allowedAnyway.set(id, (one.allowedAnyway.get(id) ?? 0) + 1)
  }
}

function findingsOf({ policy, held, errored, overruled, allowedAnyway }: Holding): PolicyFinding[] {
  const statement = nameOf(policy)
  const found: PolicyFinding[] = []
  if (errored !== null)
    found.push({
      ...{ kind: 'erroring', is_warning: policy.effect === 'forbid', statement },
      message:
        policy.effect === 'forbid'
          ? `cannot be evaluated where what it asks for is missing or of another type, and then denies: ${errored}`
          : `cannot be evaluated where what it asks for is missing or of another type, and then permits nothing: ${errored}`,
    })
  if (held === 0)
    return [
      ...found,
      { kind: 'never_matches', is_warning: true, statement, message: 'no request was found in which it holds' },
    ]
  const always = (all: Map<string, number>) => [...all].find(([, times]) => times === held)?.[0]
  const forbidden = always(overruled)
  const repeated = always(allowedAnyway)
  if (forbidden)
    found.push({
      ...{ kind: 'shadowed', is_warning: true, statement },
      message: `wherever it was found to hold, ${nameOfId(forbidden)} forbids`,
    })
  else if (repeated)
    found.push({
      ...{ kind: 'shadowed', is_warning: false, statement },
      message: `wherever it was found to hold, ${nameOfId(repeated)} says the same`,
    })
  return found
}

/** One request for each two statements of the version that hold at once and say the opposite. */
function contradict(
  found: Map<string, PolicyFinding>,
  seen: ReadonlyMap<string, Holding>,
  { permits, forbids }: Verdict,
  request: Request,
): void {
  const own = (all: readonly Policy[]) => all.filter(({ id }) => seen.has(id)).slice(0, MOST_OTHERS)
  for (const forbid of own(forbids))
    for (const permit of own(permits)) {
      const key = `${permit.id} ${forbid.id}`
      if (found.has(key) || found.size >= MOST_CONTRADICTIONS) continue
      found.set(key, {
        ...{ kind: 'contradicts', is_warning: false, statement: nameOf(permit) },
        message: `${nameOf(permit)} permits what ${nameOf(forbid)} forbids; it is denied`,
        example: exampleOf(request, 'deny', 'deny'),
      })
    }
}

const MOST_CONTRADICTIONS = 20

function isPermit({ effect }: Policy): boolean {
  return effect === 'permit'
}

function holdsIn(policy: Policy, request: Request): boolean {
  const { permits, forbids } = verdictOf([policy], request)
  return permits.length + forbids.length > 0
}

/** Whether something forbids all, to the author or to everyone, that was not forbidden before. */
function lockouts(model: Model, { statements, author }: Analysed, replaced: ReadonlySet<string>): PolicyFinding[] {
  const everyone = new EntityReference(USER, 'anybody')
  const found = (who: EntityReference) => {
    const requests = [...actionsIn(model)].map((action) => plainRequest(who, action))
    const locking = statements.find((one) => !isPermit(one) && requests.every((request) => holdsIn(one, request)))
    const wasOpen = requests.some((request) => {
      const before = model.policies.judge(request)
      return !before.forbids.some(({ id }) => !replaced.has(id))
    })
    return locking && wasOpen ? locking : null
  }
  const [all, own] = [found(everyone), found(new EntityReference(USER, author))]
  if (all)
    return [
      {
        kind: 'locks_out_everyone',
        is_warning: true,
        statement: nameOf(all),
        message: 'forbids every action on everything to everyone',
      },
    ]
  if (own)
    return [
      {
        kind: 'locks_out_author',
        is_warning: true,
        statement: nameOf(own),
        message: 'forbids every action on everything to its author',
      },
    ]
  return []
}

/** Actions that something names, and one that nothing does. */
function* actionsIn(model: Model): Generator<string> {
  yield 'an action that nothing names'
  const named = [...model.permissions.values()].map(({ permission }) => permission.action)
  yield* new Set(named.filter((action) => action !== '*'))
}

function plainRequest(principal: EntityReference, action: string): Request {
  const resource = new EntityReference('Thing', 'any')
  const nothing = { attributes: new Map(), tags: new Map(), ancestors: new Set<string>() }
  return {
    ...{ principal, action: new EntityReference(ACTION, action), resource, context: new Map() },
    entities: { find: (key) => (key === principal.key || key === resource.key ? nothing : undefined) },
  }
}

/** Roles are named by their ids, which do not change with their names. */
function unknownRoles(model: Model, statements: readonly Policy[]): PolicyFinding[] {
  return statements.flatMap((policy) => {
    const ids = (policy.principal.within ?? []).filter(({ type }) => type === ROLE).map(({ id }) => id)
    return ids
      .filter((id) => !model.names.has(id))
      .map((id): PolicyFinding => {
        const [byName] = [...model.names].find(([, name]) => name === id) ?? []
        const hint = byName === undefined ? '' : `; the role of this name is ${ROLE}::"${byName}"`
        return {
          kind: 'unknown_role',
          is_warning: true,
          statement: nameOf(policy),
          message: `there is no role of the id "${id}"${hint}`,
        }
      })
  })
}

const OPENS: PolicyFinding = {
  ...{ kind: 'opens_at_expiry', is_warning: false, statement: null },
  message: 'what it forbids is forbidden no more from its expiration date on',
}

function moreOf(request: Request, by: string): PolicyFinding {
  const message = `what was denied before is allowed${by}`
  return {
    kind: 'grants_more',
    is_warning: false,
    statement: null,
    message,
    example: exampleOf(request, 'deny', 'allow'),
  }
}

function lessOf(request: Request): PolicyFinding {
  const message = 'what was allowed before is denied'
  return {
    kind: 'grants_less',
    is_warning: false,
    statement: null,
    message,
    example: exampleOf(request, 'allow', 'deny'),
  }
}

function policyNames(model: Model, { permits }: Verdict): string {
  const own = permits.filter(({ id }) => !model.rulings.has(id) && !model.permissions.has(id)).map(nameOf)
  return own.length > 0 ? ` by ${[...new Set(own)].join(', ')}` : ', since what forbade it is gone'
}

function exampleOf(request: Request, before: 'allow' | 'deny', after: 'allow' | 'deny') {
  const attributes = request.entities.find(request.resource.key)?.attributes ?? new Map()
  const of = request.entities.find(request.principal.key)
  return {
    ...{
      principal: textOf(request.principal),
      action: request.action.id,
      resource: textOf(request.resource),
      before,
      after,
    },
    attributes: {
      principal: shown(of?.attributes),
      resource: shown(attributes),
      in: [...(of?.ancestors ?? [])].map((key) => key.replace('\0', '/')),
    },
    context: shown(request.context),
  }
}

/** As Cedar writes the values. */
function shown(record: ReadonlyMap<string, Value> = new Map()): Record<string, string> {
  return Object.fromEntries([...record].map(([name, value]) => [name, printValue(value)]))
}

/** By its place in the text. */
function nameOf({ id }: Policy): string {
  return nameOfId(id)
}

function nameOfId(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}
