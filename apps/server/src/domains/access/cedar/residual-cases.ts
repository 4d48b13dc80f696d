import { RELATION } from './compile.ts'
import { Failure } from './failure.ts'
import { and, FALSE, type Filter, has, isType, TooLarge, TRUE } from './filter.ts'
import { isLong } from './long.ts'
import { attributeOf } from './operators.ts'
import type { Expression } from './policy-json.ts'
import type { Request } from './request.ts'
import { type Ground, having, RELATIONS, tested } from './residual-relations.ts'
import { fits, type Sum } from './residual-sum.ts'
import {
  anyOf,
  type Case,
  casesOfOutcome,
  conjunction,
  FAILS,
  type Meaning,
  OPAQUE,
  type Outcome,
  opposite,
  outcomeOf,
  RESOURCE,
  total,
  unknown,
} from './residual-symbol.ts'
import type { Value } from './value.ts'

/** Thrown for an entity of the resource's type that may be the resource. */
export class MaybeResource {}

export interface Scope extends Ground {
  /** Evaluates what does not look at the resource. Throws a Failure, or MaybeResource. */
  evaluate(expression: Expression): Value
}

/** When an expression that has to be a boolean is true, and when false. */
export function outcome(expression: Expression, scope: Scope): Outcome {
  const test = looksAtResource(expression) ? testOf(expression, scope) : null
  return test ?? outcomeOf(casesOf(expression, scope), scope.opaque)
}

/** Cases of one expression; with branches within branches there is no end to them. */
const MOST_CASES = 64

function bounded(cases: Case[]): Case[] {
  if (cases.length > MOST_CASES) throw new TooLarge()
  return cases
}

/** What an expression is, by cases. Throws TooLarge. */
function casesOf(expression: Expression, scope: Scope): Case[] {
  if (!looksAtResource(expression)) return attempted(() => known(scope.evaluate(expression)))
  const { Var, '.': access, 'if-then-else': branch } = expression
  if (Var) return [{ when: TRUE, what: RESOURCE }]
  if (access) return bounded(casesOf(access.left, scope).flatMap((one) => field(one, access.attr, scope)))
  if (branch) {
    const { yes, no } = outcome(branch.if, scope)
    return bounded([...limited(yes, casesOf(branch.then, scope)), ...limited(no, casesOf(branch.else, scope))])
  }
  const test = testOf(expression, scope)
  return test ? casesOfOutcome(test) : (sumOf(expression, scope) ?? [{ when: TRUE, what: OPAQUE }])
}

/** Null: it is not among those that are booleans. */
function testOf(expression: Expression, scope: Scope): Outcome | null {
  const { '!': not, '&&': both, '||': either, has: asked, is } = expression
  if (not) return opposite(outcome(not.arg, scope))
  if (both) return allOf(operandsOf(expression, '&&'), (one) => outcome(one, scope))
  if (either) return opposite(allOf(operandsOf(expression, '||'), (one) => opposite(outcome(one, scope))))
  if (asked) return hasAll(casesOf(asked.left, scope), [asked.attr].flat(), scope)
  if (is?.in) {
    const type = single({ is: { left: is.left, entity_type: is.entity_type } }, is.left, scope)
    return conjunction(type, () => outcome({ in: { left: is.left, right: is.in as Expression } }, scope))
  }
  const one = is?.left ?? expression.like?.left ?? expression.isEmpty?.arg
  return one ? single(expression, one, scope) : relationOf(expression, scope)
}

/** Of a chain of one operator, from left to right. */
function operandsOf(expression: Expression, operator: '&&' | '||', before: Expression[] = []): Expression[] {
  const two = expression[operator]
  if (two) for (const one of [two.left, two.right]) operandsOf(one, operator, before)
  else before.push(expression)
  return before
}

// By halves: joined one by one, each of a long chain would be looked at again for each that follows.
function allOf(operands: readonly Expression[], outcomeOfOne: (operand: Expression) => Outcome): Outcome {
  const [first, second] = operands
  if (first && !second) return outcomeOfOne(first)
  const half = Math.ceil(operands.length / 2)
  return conjunction(allOf(operands.slice(0, half), outcomeOfOne), () => allOf(operands.slice(half), outcomeOfOne))
}

function relationOf(expression: Expression, scope: Scope): Outcome | null {
  for (const name of Object.keys(RELATIONS) as RelationName[]) {
    const two = expression[name]
    if (!two) continue
    const [lefts, rights] = [casesOf(two.left, scope), casesOf(two.right, scope)]
    const pairs = lefts.flatMap((left) => rights.map((right) => ({ left, right })))
    return anyOf(
      pairs.map(({ left, right }) => {
        const when = and(left.when, right.when)
        return { when, result: guarded(scope, () => related(name, left.what, right.what, scope)) }
      }),
    )
  }
  return null
}

function related(name: RelationName, left: Meaning, right: Meaning, scope: Scope): Outcome {
  if (left.is !== 'known' || right.is !== 'known') return RELATIONS[name](left, right, scope)
  return total(RELATION[name](left.value, right.value, scope.request as unknown as Request) ? TRUE : FALSE) // of which it takes the entities
}

type RelationName = keyof typeof RELATIONS

/** Of each case of one operand. */
function single(expression: Expression, operand: Expression, scope: Scope): Outcome {
  return anyOf(
    casesOf(operand, scope).map(({ when, what }) => ({
      when,
      result: guarded(scope, () => tested(what, expression, scope)),
    })),
  )
}

/** Whether each has the next, from the first name on. */
function hasAll(cases: readonly Case[], [name, ...rest]: readonly string[], scope: Scope): Outcome {
  if (name === undefined) return total(TRUE)
  return anyOf(
    cases.map((one) => {
      const first = guarded(scope, () => having(one.what, name, scope))
      if (rest.length === 0) return { when: one.when, result: first }
      return {
        when: one.when,
        result: conjunction(first, () => hasAll(field({ ...one, when: TRUE }, name, scope), rest, scope)),
      }
    }),
  )
}

/** An attribute of what a case is; it is there, or the case is none. */
function field({ when, what }: Case, name: string, scope: Scope): Case[] {
  if (what.is === 'resource') return limited(when, [{ when: has([name]), what: { is: 'attribute', path: [name] } }])
  if (what.is === 'opaque') return [{ when, what }]
  if (what.is === 'sum') return []
  if (what.is === 'known') {
    const { value } = what
    return limited(
      when,
      attempted(() => known(attributeOf(scope.request.entities, value, name))),
    )
  }
  const path = [...what.path, name]
  return limited(when, [
    { when: has(path), what: { is: 'attribute', path } },
    { when: isType(what.path, 'entity'), what: OPAQUE },
  ])
}

/** Null: it is no arithmetic. */
function sumOf(expression: Expression, scope: Scope): Case[] | null {
  const { neg, '+': plus, '-': minus, '*': times } = expression
  const negative = neg && { left: { Value: 0 }, right: neg.arg }
  const two = plus ?? minus ?? times ?? negative
  if (!two) return null
  const op = plus ? '+' : times ? '*' : '-'
  const [lefts, rights] = [sums(casesOf(two.left, scope)), sums(casesOf(two.right, scope))]
  return bounded(
    lefts.flatMap((left) =>
      rights.flatMap((right) => limited(and(left.when, right.when), [calculated(left, op, right)])),
    ),
  )
}

type Term = Case & { sum: Sum | null }

/** As what is calculated with: an attribute that is a Long, or a constant; what is neither fails. */
function sums(cases: readonly Case[]): Term[] {
  return cases.flatMap(({ when, what }): Term[] => {
    if (what.is === 'opaque') return [{ when, what, sum: null }]
    if (what.is === 'resource') return []
    if (what.is === 'sum') return [{ when, what, sum: what }]
    if (what.is === 'attribute')
      return [{ when: and(when, isType(what.path, 'long')), what, sum: { path: what.path, factor: 1n, more: 0n } }]
    return isLong(what.value) ? [{ when, what, sum: { path: [], factor: 0n, more: BigInt(what.value) } }] : []
  })
}

function calculated({ sum: a }: Term, op: '+' | '-' | '*', { sum: b }: Term): Case {
  if (!a || !b) return { when: TRUE, what: OPAQUE }
  const isOfOne = a.path.length === 0 || b.path.length === 0 || JSON.stringify(a.path) === JSON.stringify(b.path)
  const isLinear = op !== '*' || a.factor === 0n || b.factor === 0n
  if (!isOfOne || !isLinear) return { when: TRUE, what: OPAQUE }
  const path = a.path.length === 0 ? b.path : a.path
  const made = { path, ...combined(a, op, b) }
  if (path.length > 0) return { when: fits(made), what: { is: 'sum', ...made } }
  return { when: TRUE, what: OPAQUE } // two constants that only cases led to
}

function combined(a: Sum, op: '+' | '-' | '*', b: Sum): Pick<Sum, 'factor' | 'more'> {
  if (op === '*') return { factor: a.factor * b.more + b.factor * a.more, more: a.more * b.more }
  const sign = op === '+' ? 1n : -1n
  return { factor: a.factor + sign * b.factor, more: a.more + sign * b.more }
}

function limited(when: Filter, cases: readonly Case[]): Case[] {
  return cases.map((one) => ({ ...one, when: and(when, one.when) })).filter((one) => one.when.op !== 'false')
}

function known(value: Value | undefined): Case[] {
  return value === undefined ? [] : [{ when: TRUE, what: { is: 'known', value } }]
}

/** Nothing, where it always fails. */
function attempted(work: () => Case[]): Case[] {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof MaybeResource) return [{ when: TRUE, what: OPAQUE }]
    if (thrown instanceof Failure) return []
    throw thrown
  }
}

function guarded({ opaque }: Scope, work: () => Outcome): Outcome {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof MaybeResource) return unknown(opaque)
    if (thrown instanceof Failure) return FAILS
    throw thrown
  }
}

const looking = new WeakMap<Expression, boolean>()

function looksAtResource(expression: Expression): boolean {
  const held = looking.get(expression)
  if (held !== undefined) return held
  const { Value, Var, Record: fields } = expression
  // Fields of a record may be called as expressions are: only what stands in them is one.
  const parts = fields
    ? Object.values(fields)
    : Value === undefined
      ? Object.values(expression).flatMap(operandsIn)
      : []
  const looks = Var === 'resource' || parts.some(looksAtResource)
  looking.set(expression, looks)
  return looks
}

/** Of an operator, or of a call or a set. */
function operandsIn(part: unknown): Expression[] {
  if (Array.isArray(part)) return part
  const { left, right, arg, in: within, if: test, then: yes, else: no } = Object(part) // any of the forms of an operator
  return [left, right, arg, within, test, yes, no].filter((one) => one !== undefined)
}
