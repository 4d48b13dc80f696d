import type { Json } from '@probity/core'
import { type BinaryName, callIn, type EntityJson, type Expression } from './policy-json.ts'
import { CedarSet, EntityReference, Extension, IpAddress, type Value } from './value.ts'

const METHODS: BinaryName[] = ['contains', 'containsAll', 'containsAny', 'getTag', 'hasTag']
const INFIX: BinaryName[] = ['&&', '||', '==', '!=', 'in', '<', '<=', '>', '>=', '+', '-', '*']
const CONSTRUCTED = new Set(['ip', 'decimal', 'datetime', 'duration'])
const IDENTIFIER = /^[A-Za-z_]\w*$/

/** An expression in Cedar's syntax, for people to read. */
export function printExpression(expression: Expression): string {
  const { Value, Var, Slot, Set: elements, Record: fields, '!': not, neg, '.': access, has, like, is } = expression
  if (Value !== undefined) return printConstant(Value)
  if (Var !== undefined) return Var
  if (Slot !== undefined) return Slot
  if (elements) return `[${elements.map(printExpression).join(', ')}]`
  if (fields)
    return `{${Object.entries(fields)
      .map(([name, one]) => `${printName(name)}: ${printExpression(one)}`)
      .join(', ')}}`
  if (not) return `!${inner(not.arg)}`
  if (neg) return `-${inner(neg.arg)}`
  if (access) return printAccess(inner(access.left), access.attr)
  if (has) return `${inner(has.left)} has ${[has.attr].flat().map(printName).join('.')}`
  if (like) return `${inner(like.left)} like "${like.pattern.map(printPattern).join('')}"`
  if (is) return `${inner(is.left)} is ${is.entity_type}${is.in ? ` in ${inner(is.in)}` : ''}`
  return printOperator(expression)
}

function printOperator(expression: Expression): string {
  const { isEmpty, 'if-then-else': branch } = expression
  if (isEmpty) return `${inner(isEmpty.arg)}.isEmpty()`
  if (branch)
    return `if ${printExpression(branch.if)} then ${printExpression(branch.then)} else ${printExpression(branch.else)}`
  for (const name of INFIX) {
    const two = expression[name]
    if (two) return `${inner(two.left)} ${name} ${inner(two.right)}`
  }
  for (const name of METHODS) {
    const two = expression[name]
    if (two) return `${inner(two.left)}.${name}(${printExpression(two.right)})`
  }
  const { name = '', parameters = [] } = callIn(expression) ?? {}
  const [first, ...rest] = parameters.map(printExpression)
  if (CONSTRUCTED.has(name)) return `${name}(${[first, ...rest].join(', ')})`
  return `${parameters[0] ? inner(parameters[0]) : ''}.${name}(${rest.join(', ')})`
}

export function printEntity({ type, id }: EntityJson | EntityReference): string {
  return `${type}::${JSON.stringify(id)}`
}

/** A value as Cedar writes it; of a long one the beginning. */
export function printValue(value: Value): string {
  const text = printWhole(value)
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text
}

const MOST_LETTERS = 200

function printWhole(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof EntityReference) return printEntity(value)
  if (value instanceof Extension) return printExtension(value)
  if (value instanceof IpAddress) return `ip("${printAddress(value)}")`
  if (value instanceof CedarSet) return `[${[...value.byKey.values()].map(printWhole).join(', ')}]`
  return `{${[...value].map(([name, one]) => `${printName(name)}: ${printWhole(one)}`).join(', ')}}`
}

function printExtension({ kind, amount }: Extension): string {
  if (kind === 'duration') return `duration("${amount}ms")`
  if (kind === 'datetime') {
    const date = new Date(Number(amount))
    return Number.isNaN(date.getTime()) ? `datetime at ${amount} ms` : `datetime("${date.toISOString()}")`
  }
  const digits = String(amount).replace('-', '').padStart(5, '0')
  return `decimal("${amount < 0 ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}")`
}

function printAddress({ family, bits, prefix }: IpAddress): string {
  const [size, count, base] = family === 4 ? [8n, 4, 10] : ([16n, 8, 16] as const)
  const groups = Array.from({ length: count }, (_, i) =>
    ((bits >> (size * BigInt(count - 1 - i))) & ((1n << size) - 1n)).toString(base),
  )
  const whole = prefix === (family === 4 ? 32 : 128)
  return `${groups.join(family === 4 ? '.' : ':')}${whole ? '' : `/${prefix}`}`
}

function printConstant(json: Json | bigint): string {
  if (typeof json !== 'object' || json === null) return typeof json === 'string' ? JSON.stringify(json) : String(json)
  const { __entity } = json as { __entity?: EntityJson }
  return __entity ? printEntity(__entity) : JSON.stringify(json)
}

function printAccess(holder: string, name: string): string {
  return IDENTIFIER.test(name) ? `${holder}.${name}` : `${holder}[${JSON.stringify(name)}]`
}

function printName(name: string): string {
  return IDENTIFIER.test(name) ? name : JSON.stringify(name)
}

function printPattern(one: 'Wildcard' | { Literal: string }): string {
  return one === 'Wildcard' ? '*' : JSON.stringify(one.Literal).slice(1, -1).replaceAll('*', '\\*')
}

/** In brackets where it is more than one word. */
function inner(expression: Expression): string {
  const isOne =
    ['Value', 'Var', 'Slot', 'Set', 'Record', '.'].some((name) => name in expression) || callIn(expression) !== null
  return isOne ? printExpression(expression) : `(${printExpression(expression)})`
}
