import { Failure, wrongType } from './failure.ts'
import { FUNCTIONS } from './functions.ts'
import { type JsonValue, readValue } from './json-value.ts'
import { add, multiply, negate, subtract } from './long.ts'
import {
  asBoolean,
  asEntity,
  asLong,
  asSet,
  asString,
  attributeOf,
  compare,
  containsAll,
  containsAny,
  hasAttribute,
  isMember,
} from './operators.ts'
import { Pattern } from './pattern.ts'
import { callIn, type Expression } from './policy-json.ts'
import { printEntity } from './print.ts'
import type { Request } from './request.ts'
import { CedarSet, type EntityReference, equals, typeName, type Value } from './value.ts'

/** What a compiled expression is. Throws a Failure where Cedar's evaluation is an error. */
export type Evaluate = (request: Request) => Value
export type Test = (request: Request) => boolean

/** What fills the slots of a template, by the slot's name (`?principal`). */
export type Slots = Readonly<Record<string, EntityReference>>

const NO_SLOTS: Slots = {}

/** Compiles an expression to a closure. Throws a TypeError for what is no expression of Cedar. */
export function compile(expression: Expression, slots: Slots = NO_SLOTS): Evaluate {
  const { Value, Var, Slot, Set: elements, Record: fields } = expression
  if (Value !== undefined) return constant(readConstant(Value))
  if (Var !== undefined) return (request) => request[Var] as Value // each of the four is one
  if (Slot !== undefined) return constant(filled(Slot, slots))
  if (elements) return compileSet(elements, slots)
  if (fields) return compileRecord(fields, slots)
  return compileOperator(expression, slots) ?? compileTest(expression, slots) ?? compileCall(expression, slots)
}

/** The same of what has to be a boolean: a condition, or an operand of one. */
export function compileBoolean(expression: Expression, slots: Slots = NO_SLOTS): Test {
  const test = compileTest(expression, slots)
  if (test) return test
  const evaluate = compile(expression, slots)
  return (request) => asBoolean(evaluate(request))
}

/** Those that are never anything but a boolean; null: it is another. */
function compileTest(expression: Expression, slots: Slots): Test | null {
  const { '!': not, isEmpty, has, like, is } = expression
  if (expression['&&']) {
    const { left, right } = booleans(expression['&&'], slots)
    return (request) => left(request) && right(request)
  }
  if (expression['||']) {
    const { left, right } = booleans(expression['||'], slots)
    return (request) => left(request) || right(request)
  }
  if (not) {
    const test = compileBoolean(not.arg, slots)
    return (request) => !test(request)
  }
  if (isEmpty) {
    const set = compile(isEmpty.arg, slots)
    return (request) => asSet(set(request)).byKey.size === 0
  }
  if (has) return compileHas(compile(has.left, slots), [has.attr].flat())
  if (like) {
    const [text, pattern] = [compile(like.left, slots), new Pattern(like.pattern)]
    return (request) => pattern.matches(asString(text(request)))
  }
  if (is) return compileIs(is, slots)
  for (const name of RELATIONS) {
    const two = expression[name]
    if (two) return relation(RELATION[name], compile(two.left, slots), compile(two.right, slots))
  }
  return null
}

const RELATIONS = [
  ...(['==', '!=', 'in', '<', '<=', '>', '>='] as const),
  ...(['contains', 'containsAll', 'containsAny', 'hasTag'] as const),
]

/** Of two values and what is known of entities. Each throws a Failure. */
export const RELATION: Record<(typeof RELATIONS)[number], (a: Value, b: Value, request: Request) => boolean> = {
  '==': equals,
  '!=': (a, b) => !equals(a, b),
  in: (a, b, { entities }) => isMember(entities, a, b),
  '<': (a, b) => compare(a, b) < 0,
  '<=': (a, b) => compare(a, b) <= 0,
  '>': (a, b) => compare(a, b) > 0,
  '>=': (a, b) => compare(a, b) >= 0,
  contains: (a, b) => asSet(a).has(b),
  containsAll,
  containsAny,
  hasTag(a, b, { entities }) {
    const [entity, name] = [asEntity(a), asString(b)]
    return entities.find(entity.key)?.tags.has(name) ?? false
  },
}

function relation(holds: (a: Value, b: Value, request: Request) => boolean, left: Evaluate, right: Evaluate): Test {
  return (request) => holds(left(request), right(request), request)
}

function compileHas(holder: Evaluate, names: readonly string[]): Test {
  const [first = '', ...rest] = names
  if (rest.length === 0) return (request) => hasAttribute(request.entities, holder(request), first)
  return (request) => {
    let value = holder(request)
    for (const [i, name] of names.entries()) {
      if (!hasAttribute(request.entities, value, name)) return false
      if (i < rest.length) value = attribute(request, value, name)
    }
    return true
  }
}

function compileIs({ left, entity_type, in: within }: NonNullable<Expression['is']>, slots: Slots): Test {
  const entity = compile(left, slots)
  if (!within) return (request) => asEntity(entity(request)).type === entity_type
  const holder = compile(within, slots)
  return (request) => {
    const one = asEntity(entity(request))
    return one.type === entity_type && isMember(request.entities, one, holder(request))
  }
}

/** Those that are of another type; null: it is none of them. */
function compileOperator(expression: Expression, slots: Slots): Evaluate | null {
  const { neg, '.': access, getTag, 'if-then-else': branch } = expression
  if (neg) {
    const value = compile(neg.arg, slots)
    return (request) => negate(asLong(value(request)))
  }
  if (access) {
    const [value, name] = [compile(access.left, slots), access.attr]
    return (request) => attribute(request, value(request), name)
  }
  if (getTag) {
    const [entity, name] = [compile(getTag.left, slots), compile(getTag.right, slots)]
    return (request) => tag(request, entity(request), name(request))
  }
  if (branch) {
    const test = compileBoolean(branch.if, slots)
    const [yes, no] = [compile(branch.then, slots), compile(branch.else, slots)]
    return (request) => (test(request) ? yes(request) : no(request))
  }
  for (const [name, calculate] of CALCULATIONS) {
    const two = expression[name]
    if (!two) continue
    const [left, right] = [compile(two.left, slots), compile(two.right, slots)]
    return (request) => calculate(asLong(left(request)), asLong(right(request)))
  }
  return null
}

const CALCULATIONS = [
  ['+', add],
  ['-', subtract],
  ['*', multiply],
] as const

function compileCall(expression: Expression, slots: Slots): Evaluate {
  const { name = '', parameters = [] } = callIn(expression) ?? {}
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (!known) throw new TypeError(`no expression of Cedar: ${name}`)
  if (known.arity !== parameters.length)
    return failing(wrongType(`${known.arity} arguments of ${name}`, `${parameters.length}`))
  const [first, second] = parameters.map((one) => compile(one, slots))
  const { call } = known
  if (!first) throw new TypeError(`${name} without what it is called on`)
  const given = constants.get(first)
  if (!second && given !== undefined) return calledOnce(() => call(given, undefined))
  if (!second) return (request) => call(first(request), undefined)
  return (request) => call(first(request), second(request))
}

function compileSet(elements: readonly Expression[], slots: Slots): Evaluate {
  const each = elements.map((one) => compile(one, slots))
  const known = each.flatMap((evaluate) => constants.get(evaluate) ?? [])
  if (known.length === each.length) return constant(new CedarSet(known))
  return (request) => new CedarSet(each.map((evaluate) => evaluate(request)))
}

function compileRecord(fields: Record<string, Expression>, slots: Slots): Evaluate {
  const each = Object.entries(fields).map(([name, one]) => [name, compile(one, slots)] as const)
  return (request) => new Map(each.map(([name, evaluate]) => [name, evaluate(request)]))
}

function booleans({ left, right }: { left: Expression; right: Expression }, slots: Slots): { left: Test; right: Test } {
  return { left: compileBoolean(left, slots), right: compileBoolean(right, slots) }
}

function attribute({ entities }: Request, holder: Value, name: string): Value {
  const value = attributeOf(entities, holder, name)
  if (value === undefined)
    throw new Failure('no_attribute', `${typeName(holder)} has no attribute ${JSON.stringify(name)}`)
  return value
}

function tag({ entities }: Request, holder: Value, name: Value): Value {
  const [reference, text] = [asEntity(holder), asString(name)]
  const entity = entities.find(reference.key)
  if (!entity) throw new Failure('no_entity', `there is no ${printEntity(reference)}`)
  const value = entity.tags.get(text)
  if (value === undefined) throw new Failure('no_tag', `${printEntity(reference)} has no tag ${JSON.stringify(text)}`)
  return value
}

/** What fills a slot. Throws a TypeError where nothing does. */
export function filled(slot: string, slots: Slots): EntityReference {
  const entity = slots[slot]
  if (!entity) throw new TypeError(`nothing fills ${slot}`)
  return entity
}

/** What is the same in every request, so that what is made of it is made once. */
const constants = new WeakMap<Evaluate, Value>()

function constant(value: Value): Evaluate {
  const evaluate = () => value
  constants.set(evaluate, value)
  return evaluate
}

/** A constant of what is worked out now; where that fails, it fails in each evaluation. */
function calledOnce(call: () => Value): Evaluate {
  try {
    return constant(call())
  } catch (failure) {
    return failing(failure)
  }
}

function failing(failure: unknown): Evaluate {
  return () => {
    throw failure
  }
}

function readConstant(json: JsonValue): Value {
  try {
    return readValue(json)
  } catch (error) {
    throw error instanceof Failure ? new TypeError(error.message) : error
  }
}
