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
  /** Of `&&`, `||` and `!`: their parts, as far as they were looked at. */
  parts?: Part[]
}

export interface Explanation {
  policy: string
  effect: 'permit' | 'forbid'
  holds: boolean | null
  parts: Part[]
}

/** How a policy came to hold or not, part by part: head first, as far as each is looked at. */
export function explain(policy: Policy, request: Request): Explanation {
  const head = headParts(policy, request)
  const fits = head.every(({ holds }) => holds)
  const conditions = fits ? conditionParts(policy, request) : []
  const parts = [...head, ...conditions]
  const holds = parts.some((part) => part.holds === null) ? null : parts.every((part) => part.holds)
  return { policy: policy.id, effect: policy.effect, holds, parts }
}

function headParts({ principal, action, resource }: Policy, request: Request): Part[] {
  return [
    ...headPart('principal', principal, request),
    ...headPart('action', action, request),
    ...headPart('resource', resource, request),
  ]
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

/** Up to the first that does not hold, which is where the evaluation ends. */
function conditionParts({ json, slots }: Policy, request: Request): Part[] {
  const parts: Part[] = []
  for (const condition of json.conditions) {
    const part = partOf(testOf(condition), slots, request)
    parts.push(part)
    if (!part.holds) break
  }
  return parts
}

function partOf(expression: Expression, slots: Slots, request: Request): Part {
  const { '&&': and, '||': or, '!': not } = expression
  if (and) return joined(expression, slots, request, ({ holds }) => holds === true)
  if (or) return joined(expression, slots, request, ({ holds }) => holds === false)
  if (not) {
    const part = partOf(not.arg, slots, request)
    return { text: printExpression(expression), holds: part.holds === null ? null : !part.holds, parts: [part] }
  }
  return leafOf(expression, slots, request)
}

/** Both sides, or the left one where it settles the matter. */
function joined(expression: Expression, slots: Slots, request: Request, goesOn: (left: Part) => boolean): Part {
  const { left, right } = expression['&&'] ?? expression['||'] ?? { left: expression, right: expression }
  const first = partOf(left, slots, request)
  const text = printExpression(expression)
  if (!goesOn(first)) return { text, holds: first.holds, parts: [first] }
  const second = partOf(right, slots, request)
  return { text, holds: second.holds, parts: [first, second] }
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
