import { compile, type Evaluate, type Slots } from './compile.ts'
import { Failure } from './failure.ts'
import type { Expression, PolicyJson, Two, Variable } from './policy-json.ts'
import type { Request } from './request.ts'
import { keyOf, type Value } from './value.ts'

/** That an attribute equals a constant, as the first thing that a policy's conditions ask. */
export interface Literal {
  /** The same for the same attribute. */
  path: string
  attribute: Expression
  /** Whose attribute it is. */
  variable: Variable | undefined
  /** What the constant is found by. */
  key: string
  /** Whether the policy asks first whether there is such an attribute: without one it does not hold, and does not fail. */
  isGuarded: boolean
}

/** What the conditions ask first, where that is a literal; null: it is something else. */
export function literalOf({ conditions }: PolicyJson, slots: Slots): Literal | null {
  const [first] = conditions
  if (first?.kind !== 'when') return null
  const [test, next] = leading(first.body)
  const guard = test?.has
  const equality = (guard ? next : test)?.['==']
  const literal = equality && readEquality(equality, slots)
  if (!literal) return null
  if (guard && !isGuardOf(guard, literal.attribute)) return null
  return { ...literal, isGuarded: guard !== undefined }
}

/** The key that a request has for an attribute; null: there is none, and what asks for it fails. */
export function keyIn(attribute: Evaluate, request: Request): string | null {
  try {
    return keyOf(attribute(request))
  } catch (failure) {
    if (failure instanceof Failure) return null
    throw failure
  }
}

/** The first two of what is joined by `&&`. */
function leading(body: Expression): Expression[] {
  const joined: Expression[] = []
  let one = body
  while (one['&&']) {
    joined.push(one['&&'].right)
    one = one['&&'].left
  }
  return [one, ...joined.reverse().slice(0, 1)]
}

function readEquality({ left, right }: Two, slots: Slots): Omit<Literal, 'isGuarded'> | null {
  const [attribute, other] = left['.'] ? [left, right] : [right, left]
  const path = pathOf(attribute)
  if (path === null || (other.Value === undefined && other.Slot === undefined)) return null
  const value: Value = compile(other, slots)(NO_REQUEST)
  return { path, attribute, variable: variableOf(attribute), key: keyOf(value) }
}

/** A constant looks at nothing of it. */
const NO_REQUEST = {} as Request

/** Null: it is no attribute of principal, resource or context. */
function pathOf(expression: Expression): string | null {
  const access = expression['.']
  if (!access) return null
  if (access.left.Var !== undefined) return JSON.stringify([access.left.Var, access.attr])
  const within = pathOf(access.left)
  return within === null ? null : JSON.stringify([within, access.attr])
}

function variableOf(attribute: Expression): Variable | undefined {
  return attribute['.'] ? variableOf(attribute['.'].left) : attribute.Var
}

function isGuardOf({ left, attr }: NonNullable<Expression['has']>, attribute: Expression): boolean {
  const access = attribute['.']
  const names = [attr].flat()
  // Of a longer path the guard may name more than the last; what stands before could fail.
  return (
    names.length === 1 && access?.attr === names[0] && access?.left.Var !== undefined && left.Var === access.left.Var
  )
}
