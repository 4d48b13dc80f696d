import { compile, type Slots } from './compile.ts'
import { Failure } from './failure.ts'
import type { Constraint, Policy } from './policy.ts'
import { type Expression, testOf } from './policy-json.ts'
import { printEntity, printExpression, printValue } from './print.ts'
import { isIn, type Request } from './request.ts'

/** What one part of a policy came to in a request. */
export interface Part {
  /** In Cedar's syntax. */
  text: string
  /** Null: it could not be evaluated. */
  holds: boolean | null
  /** Why it could not, or the values that it looked at. */
  because?: string
  /** Of `&&`, `||` and `!`: their parts. Of `||` those up to the first that holds. */
  parts?: Part[]
}

export interface Explanation {
  policy: string
  effect: 'permit' | 'forbid'
  holds: boolean | null
  parts: Part[]
  /** Of one that permits and does not hold: what else would have to. */
  needs: string[]
}

/**
 * How a policy came to hold or not, part by part, head first. Of one that is of the action and the resource every condition is
 * shown, also where an earlier one has settled the matter.
 */
export function explain(policy: Policy, request: Request): Explanation {
  const about = [...headPart('action', policy.action, request), ...headPart('resource', policy.resource, request)]
  const head = [...headPart('principal', policy.principal, request), ...about]
  const tests = about.every(({ holds }) => holds) ? policy.json.conditions.map(testOf) : []
  const conditions = tests.map((test) => partOf(test, policy.slots, request))
  const parts = [...head, ...conditions]
  const needs = [
    ...head.flatMap(({ text, holds }) => (holds ? [] : [text])),
    ...tests.flatMap((test, i) => neededFor(test, conditions[i], true)),
  ]
  const holds = settledBy(parts, true)
  return { policy: policy.id, effect: policy.effect, holds, parts, needs: policy.effect === 'permit' ? needs : [] }
}

function headPart(of: 'principal' | 'action' | 'resource', constraint: Constraint, request: Request): Part[] {
  const { type, equals, within } = constraint
  const one = request[of]
  const isType = type === null || one.type === type
  const because = `${of} is ${printEntity(one)}`
  if (equals) return [{ text: `${of} == ${printEntity(equals)}`, holds: one.key === equals.key, because }]
  const is = type === null ? '' : ` is ${type}`
  if (!within) return type === null ? [] : [{ text: `${of}${is}`, holds: isType, because }]
  const groups = within.map(printEntity)
  const text = `${of}${is} in ${groups.length === 1 ? groups[0] : `[${groups.join(', ')}]`}`
  return [{ text, holds: isType && within.some((group) => isIn(request.entities, one, group)), because }]
}

/** What comes of some in their order: the first that does not go on to the next settles it. */
function settledBy(parts: readonly Part[], goesOn: boolean): boolean | null {
  const settling = parts.find(({ holds }) => holds !== goesOn)
  return settling ? settling.holds : goesOn
}

function partOf(expression: Expression, slots: Slots, request: Request): Part {
  const text = printExpression(expression)
  const { '!': not } = expression
  if (not) {
    const part = partOf(not.arg, slots, request)
    return { text, holds: part.holds === null ? null : !part.holds, parts: [part] }
  }
  if (expression['&&']) {
    const parts = operandsOf('&&', expression).map((one) => partOf(one, slots, request))
    return { text, holds: settledBy(parts, true), parts }
  }
  if (expression['||']) {
    const parts: Part[] = []
    for (const one of operandsOf('||', expression)) {
      parts.push(partOf(one, slots, request))
      if (parts.at(-1)?.holds !== false) break
    }
    return { text, holds: settledBy(parts, false), parts }
  }
  return leafOf(expression, slots, request)
}

/** All of `a && b && c`, each once, so that long ones are no deep tree. */
function operandsOf(operator: '&&' | '||', expression: Expression): Expression[] {
  const operands: Expression[] = []
  const open = [expression]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const two = one[operator]
    if (two) open.push(two.right, two.left)
    else operands.push(one)
  }
  return operands
}

/** What would have to hold for an expression to come to `wanted`, in Cedar's syntax; where one of several would do, all in one. */
function neededFor(expression: Expression, part: Part | undefined, wanted: boolean): string[] {
  if (part === undefined || part.holds === wanted) return []
  const { '&&': and, '!': not } = expression
  if (not) return neededFor(not.arg, part.parts?.[0], !wanted)
  if (and && wanted) return operandsOf('&&', expression).flatMap((one, i) => neededFor(one, part.parts?.[i], wanted))
  return [wanted ? part.text : `!(${part.text})`]
}

function leafOf(expression: Expression, slots: Slots, request: Request): Part {
  const text = printExpression(expression)
  try {
    const value = compile(expression, slots)(request)
    if (typeof value !== 'boolean')
      return { text, holds: null, because: `it is ${printValue(value)}, which is no boolean` }
    const seen = seenIn(expression, slots, request)
    return { text, holds: value, ...(seen !== '' && { because: seen }) }
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure
    return { text, holds: null, because: failure.message }
  }
}

/** The values of attributes and variables that an expression looks at, each once. */
function seenIn(expression: Expression, slots: Slots, request: Request): string {
  const seen = new Map<string, string>()
  for (const one of lookedAt(expression)) {
    const text = printExpression(one)
    try {
      if (!seen.has(text)) seen.set(text, printValue(compile(one, slots)(request)))
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure // what was not reached
    }
  }
  return [...seen].map(([text, value]) => `${text} is ${value}`).join(', ')
}

function* lookedAt(expression: Expression): Generator<Expression> {
  if (expression['.'] || (expression.Var !== undefined && expression.Var !== 'context')) {
    yield expression
    return
  }
  for (const part of Object.values(expression)) yield* expressionsIn(part)
}

function* expressionsIn(part: unknown): Generator<Expression> {
  if (typeof part !== 'object' || part === null) return
  for (const one of Array.isArray(part) ? part : Object.values(part))
    if (typeof one === 'object' && one !== null) yield* lookedAt(one as Expression) // an operand, or a record of them
}
