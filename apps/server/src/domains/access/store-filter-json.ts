import type { AttributeTest, Ordering, Path, TypeName } from './cedar/filter.ts'
import { isLong } from './cedar/long.ts'
import { CedarSet, EntityReference, type Value } from './cedar/value.ts'
import { anyOf, isStorable, likePattern, type Statement } from './store-filter-statement.ts'

const OPERATORS: Record<Ordering, string> = { less_than: '<', at_most: '<=', more_than: '>', at_least: '>=' }

/** What stands under some names; NULL where there is nothing, or no object to look in. */
export function partOf(statement: Statement, column: string, names: Path): string {
  return names.reduce((within, name) => `(${within} -> ${statement.parameter(name, 'text')})`, column)
}

/** That it is an object which stands for a record, and not for an entity or what a function makes. */
export function recordTest(part: string): string {
  return `jsonb_typeof(${part}) = 'object' AND (${part} -> '__entity') IS NULL AND (${part} -> '__extn') IS NULL`
}

/**
 * What is asked of a value in JSON. A null is none, nor is a number that is no 64-bit integer, which the engine refuses.
 * The type is looked at before anything is made of the value, so that none makes the statement fail.
 */
export function jsonTest(statement: Statement, part: string, test: AttributeTest, up: boolean): string {
  switch (test.op) {
    case 'has':
      return `CASE jsonb_typeof(${part}) WHEN 'null' THEN false WHEN 'number' THEN ${longTest(part)} ELSE ${part} IS NOT NULL END`
    case 'is':
      return typeTest(part, test.type)
    case 'is_entity':
      return `(${part} -> '__entity' -> 'type') = to_jsonb(${statement.parameter(test.entityType, 'text')})`
    case 'one_of':
      return oneOf(statement, part, test.values, up)
    case 'like': {
      const pattern = likePattern(test.pattern)
      if (pattern === null) return 'false'
      return `(jsonb_typeof(${part}) = 'string' AND (${part} #>> '{}') LIKE ${statement.parameter(pattern, 'text')})`
    }
    case 'contains':
      return contains(statement, part, test.value, up)
    default: {
      if (!isLong(test.value)) return statement.unknown(up, extensionTest(part))
      const bound = statement.parameter(String(test.value), 'numeric')
      const compared = `${part}::numeric ${OPERATORS[test.op]} ${bound} AND ${longTest(part)}`
      return `CASE jsonb_typeof(${part}) WHEN 'number' THEN ${compared} ELSE false END`
    }
  }
}

/** Of a number. */
function longTest(part: string): string {
  return `${part}::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 AND ${part}::numeric % 1 = 0`
}

function typeTest(part: string, type: TypeName): string {
  if (type === 'entity') return `(${part} -> '__entity') IS NOT NULL`
  if (type === 'record') return `(${recordTest(part)})`
  if (type === 'long') return `CASE jsonb_typeof(${part}) WHEN 'number' THEN ${longTest(part)} ELSE false END`
  return `jsonb_typeof(${part}) = '${type === 'set' ? 'array' : type}'`
}

function extensionTest(part: string): string {
  return `((${part} -> '__extn') IS NOT NULL AND (${part} -> '__entity') IS NULL)`
}

function oneOf(statement: Statement, part: string, values: readonly Value[], up: boolean): string {
  const plain = values.flatMap((value) => plainText(value) ?? [])
  const tests: string[] = []
  if (plain.length === 1) tests.push(`${part} = ${statement.parameter(plain[0], 'jsonb')}`)
  if (plain.length > 1) tests.push(`${part} = ANY (${statement.parameter(plain, 'jsonb[]')})`)
  for (const value of values) {
    if (typeof value !== 'object') continue
    if (value instanceof EntityReference) {
      if (isStorable(value.id)) tests.push(`${part} @> ${statement.parameter(entityText(value), 'jsonb')}`)
    } else if (plainText(value) === null) tests.push(statement.unknown(up, guardOf(part, value)))
  }
  return anyOf(tests)
}

function contains(statement: Statement, part: string, value: Value, up: boolean): string {
  if (value instanceof EntityReference ? !isStorable(value.id) : typeof value === 'string' && !isStorable(value))
    return 'false'
  const text =
    value instanceof EntityReference ? entityText(value) : typeof value === 'object' ? null : plainText(value)
  if (text === null) return statement.unknown(up, typeTest(part, 'set'))
  return `${part} @> ${statement.parameter(`[${text}]`, 'jsonb')}` // nothing but an array has one in it
}

/** A value that has one form in JSON, which it is equal to; null: it has none, or one of many. */
function plainText(value: Value): string | null {
  if (typeof value === 'string') return isStorable(value) ? JSON.stringify(value) : null
  if (typeof value !== 'object') return String(value)
  return value instanceof CedarSet && value.byKey.size === 0 ? '[]' : null
}

// By containment: other members beside type and id do not make it another.
function entityText({ type, id }: EntityReference): string {
  return JSON.stringify({ __entity: { type, id } })
}

/** What a value of the same kind is at least. */
function guardOf(part: string, value: Value): string {
  if (value instanceof CedarSet) return `jsonb_typeof(${part}) = 'array'`
  return value instanceof Map ? `(${recordTest(part)})` : extensionTest(part)
}
