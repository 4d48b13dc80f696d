import { isDeepStrictEqual } from 'node:util'
import type { AccessFilter } from '@probity/contract'

export interface Thing {
  id: string
  attributes: Record<string, unknown>
}

/** Whether a resource passes a condition, by what the contract says of it and nothing else: as an application would read it. */
export function passes(filter: AccessFilter, thing: Thing, up = true): boolean {
  switch (filter.op) {
    case 'true':
    case 'false':
      return filter.op === 'true'
    case 'and':
      return filter.of.every((one) => passes(one, thing, up))
    case 'or':
      return filter.of.some((one) => passes(one, thing, up))
    case 'not':
      return !passes(filter.of, thing, !up)
    case 'opaque':
      return up
    case 'id_in':
      return filter.ids.includes(thing.id)
    default:
      return holds(filter, valueAt(thing.attributes, filter.attribute))
  }
}

type Test = Extract<AccessFilter, { attribute: string[] }>

function holds(test: Test, value: unknown): boolean {
  switch (test.op) {
    case 'has':
      return value !== undefined
    case 'is':
      return typeOf(value) === test.type
    case 'is_entity':
      return (value as { __entity?: { type: string } } | undefined)?.__entity?.type === test.entity_type
    case 'one_of':
      return test.values.some((one) => isDeepStrictEqual(one, value))
    case 'like':
      return typeof value === 'string' && new RegExp(`^${test.pattern.map(patternOf).join('')}$`, 'su').test(value)
    case 'contains':
      return Array.isArray(value) && value.some((one) => isDeepStrictEqual(one, test.value))
    default: {
      const [a, b] = [longOf(value), longOf(test.value)]
      if (a === null || b === null) return false
      return { less_than: a < b, at_most: a <= b, more_than: a > b, at_least: a >= b }[test.op]
    }
  }
}

function longOf(value: unknown): bigint | null {
  if (typeof value === 'number') return BigInt(value)
  const { __long } = (value ?? {}) as { __long?: string }
  return __long === undefined ? null : BigInt(__long)
}

function valueAt(attributes: Record<string, unknown>, names: readonly string[]): unknown {
  return names.reduce<unknown>(
    (at, name) => (typeOf(at) === 'record' ? (at as Record<string, unknown>)[name] : undefined),
    attributes,
  )
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'set'
  if (typeof value !== 'object') return typeof value === 'number' ? 'long' : typeof value
  return Object.hasOwn(value ?? {}, '__entity') ? 'entity' : 'record'
}

function patternOf(part: string | null): string {
  return part === null ? '.*' : part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
