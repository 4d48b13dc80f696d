import {
  ACTION,
  CedarSet,
  type Constraint,
  compile,
  type Entity,
  EntityReference,
  type Expression,
  Extension,
  Failure,
  type Policy,
  printValue,
  type Request,
  testOf,
  type Value,
} from '../access/index.ts'

// Requests that a set of statements tells apart: made of what the statements themselves compare with, at and beside each
// constant. It finds examples and proves nothing: that none was found does not say that there is none.

type Side = 'principal' | 'resource' | 'context'

/** What the conditions of some statements look at: by side and path, the values that make a difference. */
interface Seen {
  values: Map<string, Map<string, Value>>
  /** Paths that are compared with one another. */
  pairs: [string, string][]
  /** Entities that something is asked to be in. */
  places: EntityReference[]
}

/** Requests around each statement in turn, and around each two that could meet; the same for the same statements. */
export function* requestsFor(
  statements: readonly Policy[],
  each: number,
  principals: readonly EntityReference[] = [],
): Generator<Request> {
  const random = sequence()
  const grounds = statements.map((statement) => {
    const near = statements.filter((other) => other !== statement && couldMeet(statement, other)).slice(0, MOST_NEAR)
    return { statement, near, seen: seenIn([statement, ...near]) }
  })
  for (let i = 0; i < each; i++)
    for (const { statement, near, seen } of grounds) {
      const other = near[i % (near.length + 1)] ?? statement
      yield requestAround(statement, other, seen, principals, random)
    }
}

const MOST_NEAR = 8
const NOBODY = 'nobody in particular'

function requestAround(
  statement: Policy,
  other: Policy,
  seen: Seen,
  principals: readonly EntityReference[],
  random: () => number,
): Request {
  const given = principals.length > 0 && random() < 0.3 ? pick(principals, random) : null
  const principal = given ?? someone(statement.principal, other.principal, 'User', random)
  const action = someone(statement.action, other.action, ACTION, random)
  const resource = someone(statement.resource, other.resource, 'Thing', random)
  const values = valuesFor(seen, random)
  const within = (...constraints: Constraint[]) => [
    ...constraints.flatMap(({ within }) => within ?? []),
    ...seen.places.filter(() => random() < 0.5),
  ]
  const entity = (side: Side, places: readonly EntityReference[]): Entity => ({
    attributes: recordOf(values, side),
    tags: new Map(),
    ancestors: new Set(places.map(({ key }) => key)),
  })
  const entities = new Map<string, Entity>([
    [
      action.key,
      { attributes: new Map(), tags: new Map(), ancestors: new Set(within(statement.action).map(({ key }) => key)) },
    ],
    [resource.key, entity('resource', within(statement.resource, other.resource))],
    [principal.key, entity('principal', within(statement.principal, other.principal))],
  ])
  return {
    principal,
    action,
    resource,
    context: recordOf(values, 'context'),
    entities: { find: (key) => entities.get(key) },
  }
}

/** An entity that the heads of two statements fit, as far as one does. */
function someone(one: Constraint, other: Constraint, type: string, random: () => number): EntityReference {
  const exact = one.equals ?? other.equals
  if (exact) return exact
  const within = one.within ?? other.within
  if (type === ACTION && within) return pick(within, random)
  return new EntityReference(one.type ?? other.type ?? type, NOBODY)
}

function couldMeet(one: Policy, other: Policy): boolean {
  return (['principal', 'action', 'resource'] as const).every((side) => {
    const [a, b] = [one[side], other[side]]
    if (a.equals && b.equals) return a.equals.key === b.equals.key
    const types = [a, b].map(({ type, equals }) => type ?? equals?.type ?? null)
    return types[0] === null || types[1] === null || types[0] === types[1]
  })
}

function valuesFor(seen: Seen, random: () => number): Map<string, Value> {
  const values = new Map<string, Value>()
  for (const [path, all] of seen.values) {
    const candidates = [...all.values()]
    if (candidates.length === 0) candidates.push('some', true, 1)
    if (random() < 0.85) values.set(path, pick(candidates, random))
  }
  for (const [one, other] of seen.pairs) {
    const shared = values.get(one) ?? values.get(other) ?? 'some'
    if (random() < 0.6) values.set(one, shared).set(other, shared)
    else values.set(one, 'some').set(other, 'another')
  }
  return values
}

/** Values by paths of one side as a record of records. */
function recordOf(values: ReadonlyMap<string, Value>, side: Side): Map<string, Value> {
  const record = new Map<string, Value>()
  for (const [path, value] of values) {
    const [variable, ...names] = path.split('.')
    if (variable !== side) continue
    let at = record
    for (const name of names.slice(0, -1)) {
      const inner = at.get(name)
      const next = inner instanceof Map ? inner : new Map<string, Value>()
      at.set(name, next)
      at = next
    }
    const last = names.at(-1)
    if (last !== undefined) at.set(last, value)
  }
  return record
}

function seenIn(statements: readonly Policy[]): Seen {
  const seen: Seen = { values: new Map(), pairs: [], places: [] }
  for (const { json } of statements) for (const condition of json.conditions) look(testOf(condition), seen)
  return seen
}

function look(expression: Expression, seen: Seen): void {
  const { has, like, is, '!': not, neg, isEmpty, '.': access } = expression
  if (has) note(seen, pathOf({ '.': { left: has.left, attr: [has.attr].flat().join('.') } }), [])
  if (like)
    note(seen, pathOf(like.left), [like.pattern.map((one) => (one === 'Wildcard' ? 'x' : one.Literal)).join('')])
  if (access) note(seen, pathOf(expression), access.attr.startsWith('is_') ? [true, false] : [])
  for (const name of COMPARISONS) {
    const two = expression[name]
    if (two) compared(two.left, two.right, name, seen)
  }
  for (const part of [not?.arg, neg?.arg, isEmpty?.arg, has?.left, like?.left, is?.left, access?.left])
    if (part) look(part, seen)
  const choice = expression['if-then-else']
  for (const part of [choice?.if, choice?.then, choice?.else]) if (part) look(part, seen)
  for (const value of Object.values(expression)) {
    if (Array.isArray(value)) called(value, seen)
    if (isTwo(value)) for (const one of [value.left, value.right]) look(one, seen)
  }
}

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>=', 'in', 'contains', 'containsAll', 'containsAny'] as const

function compared(left: Expression, right: Expression, name: (typeof COMPARISONS)[number], seen: Seen): void {
  const [one, other] = [pathOf(left), pathOf(right)]
  if (one !== null && other !== null) {
    if (isAttribute(one) && isAttribute(other)) seen.pairs.push([one, other])
    return
  }
  const [path, constant] = one === null ? [other, constantOf(left)] : [one, constantOf(right)]
  if (constant === null) return
  const members = constant instanceof CedarSet ? [...constant.byKey.values()] : [constant]
  if (name === 'in') seen.places.push(...members.filter((member) => member instanceof EntityReference))
  if (path === null || !isAttribute(path)) return
  const isOfSet = name.startsWith('contains') && one !== null
  note(seen, path, isOfSet ? [new CedarSet(members), new CedarSet([])] : members.flatMap(beside))
}

/** What a function is called with, or the members of a set. */
function called(parameters: readonly unknown[], seen: Seen): void {
  const expressions = parameters.filter(isExpression)
  for (const one of expressions) look(one, seen)
  const [first, second] = expressions
  const constant = second && constantOf(second)
  if (first && constant) note(seen, pathOf(first), beside(constant))
}

/** A value, and what lies beside it. */
function beside(value: Value): Value[] {
  if (typeof value === 'boolean') return [true, false]
  if (typeof value === 'number') return [value, value + 1, value - 1]
  if (typeof value === 'string') return [value, `${value} other`]
  if (value instanceof Extension && typeof value.amount === 'number')
    return [value, new Extension(value.kind, value.amount + 1), new Extension(value.kind, value.amount - 1)]
  return [value]
}

function note(seen: Seen, path: string | null, values: readonly Value[]): void {
  if (path === null || !isAttribute(path)) return
  const known = seen.values.get(path) ?? new Map<string, Value>()
  for (const value of values) known.set(printValue(value), value)
  seen.values.set(path, known)
}

/** `resource.owner.id` for what looks up attributes of a variable; null: it is something else. */
function pathOf(expression: Expression): string | null {
  if (expression.Var !== undefined) return expression.Var
  const access = expression['.']
  const left = access && pathOf(access.left)
  return left ? `${left}.${access.attr}` : null
}

function isAttribute(path: string): boolean {
  return /^(principal|resource|context)\./.test(path)
}

/** What an expression is in every request; null: it depends on it, or cannot be evaluated. */
function constantOf(expression: Expression): Value | null {
  if (asksRequest(expression)) return null
  try {
    return compile(expression)(ANY)
  } catch (failure) {
    if (failure instanceof Failure) return null
    throw failure
  }
}

function asksRequest(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false
  return 'Var' in part || Object.values(part).some(asksRequest)
}

const ANY: Request = {
  ...{
    principal: new EntityReference('User', ''),
    action: new EntityReference(ACTION, ''),
    resource: new EntityReference('Thing', ''),
  },
  ...{ context: new Map(), entities: { find: () => undefined } },
}

function isTwo(value: unknown): value is { left: Expression; right: Expression } {
  return typeof value === 'object' && value !== null && 'left' in value && 'right' in value
}

function isExpression(value: unknown): value is Expression {
  return typeof value === 'object' && value !== null
}

function pick<T>(all: readonly T[], random: () => number): T {
  return all[Math.floor(random() * all.length)] as T // of what is not empty
}

/** Numbers from 0 to 1 that look random and are the same each time (xorshift). */
function sequence(): () => number {
  let state = 0x9e3779b9
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
