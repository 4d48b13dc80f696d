import { isLong } from './long.ts'
import { CedarSet, EntityReference, Extension, IpAddress, keyOf, type Value } from './value.ts'

/** Names of an attribute of the resource, and of fields of the record in it, and so on. */
export type Path = readonly string[]

export type TypeName = 'boolean' | 'long' | 'string' | 'entity' | 'set' | 'record'
export type Ordering = 'less_than' | 'at_most' | 'more_than' | 'at_least'

/** What asks something of one attribute. It holds or does not; where there is no such attribute, or one of another type, it does not. */
export type AttributeTest =
  | { op: 'has'; path: Path }
  | { op: 'is'; path: Path; type: TypeName }
  | { op: 'is_entity'; path: Path; entityType: string }
  | { op: 'one_of'; path: Path; values: readonly Value[] }
  /** Of two Longs, datetimes or durations. */
  | { op: Ordering; path: Path; value: Value }
  | { op: 'like'; path: Path; pattern: readonly ('Wildcard' | { Literal: string })[] }
  /** It is a set with this in it. */
  | { op: 'contains'; path: Path; value: Value }

/** A condition on a resource that is not known yet; its type is. */
export type Filter =
  | { op: 'true' }
  | { op: 'false' }
  | { op: 'and' | 'or'; of: readonly Filter[] }
  | { op: 'not'; of: Filter }
  | AttributeTest
  | { op: 'id_in'; ids: readonly string[] }
  /** It is in one of these, directly or not. */
  | { op: 'within'; entities: readonly EntityReference[] }
  /** What only the engine can tell, by the policies of these ids. */
  | { op: 'opaque'; policies: readonly string[] }

export const TRUE: Filter = { op: 'true' }
export const FALSE: Filter = { op: 'false' }

/** A condition has grown beyond what is of use: it has so many parts within parts. */
export class TooLarge {}
export const LARGEST = 2000

export function has(path: Path): Filter {
  return { op: 'has', path }
}

export function isType(path: Path, type: TypeName): Filter {
  return { op: 'is', path, type }
}

export function equalTo(path: Path, ...values: Value[]): Filter {
  return values.length === 0 ? FALSE : { op: 'one_of', path, values: [...new CedarSet(values).byKey.values()] }
}

export function idIn(ids: readonly string[]): Filter {
  return ids.length === 0 ? FALSE : { op: 'id_in', ids: [...new Set(ids)].sort() }
}

export function not(filter: Filter): Filter {
  if (filter.op === 'not') return filter.of
  if (filter.op === 'true') return FALSE
  return filter.op === 'false' ? TRUE : { op: 'not', of: filter }
}

export function and(...filters: readonly Filter[]): Filter {
  return joined('and', filters)
}

export function or(...filters: readonly Filter[]): Filter {
  return joined('or', filters)
}

/** Throws TooLarge. */
function joined(op: 'and' | 'or', filters: readonly Filter[]): Filter {
  const [neutral, deciding] = op === 'and' ? [TRUE, FALSE] : [FALSE, TRUE]
  if (filters.some((one) => one.op === deciding.op)) return deciding
  const given = filters.filter((one) => one.op !== neutral.op)
  if (given.length < 2) return given[0] ?? neutral
  const parts = new Map<string, Filter>()
  for (const one of given) for (const part of one.op === op ? one.of : [one]) parts.set(textOf(part), part)
  // A part and its opposite: one of them decides. An opaque part is none: two that read alike may be weakened both.
  for (const one of parts.values()) if (parts.has(oppositeOf(one)) && isExact(one)) return deciding
  const shorter = [...parts.values()].map((one) => without(op, one, parts))
  if (shorter.some((one) => !parts.has(textOf(one)))) return joined(op, shorter)
  const of = shorter.filter((one) => !isImplied(op, one, parts))
  const [first, ...rest] = of
  if (!first) return neutral
  if (rest.length === 0) return first
  const made: Filter = { op, of }
  if (sizeOf(made) > LARGEST) throw new TooLarge()
  return made
}

/** A part without what its neighbours say already: of `a or (not a and b)` the `not a`. */
function without(op: 'and' | 'or', part: Filter, beside: ReadonlyMap<string, Filter>): Filter {
  const other = op === 'and' ? 'or' : 'and'
  if (part.op !== other) return part
  const of = part.of.filter((one) => !beside.has(oppositeOf(one)) || !isExact(one))
  return of.length === part.of.length ? part : joined(other, of)
}

/** Whether a part says nothing beside the others: it has one of them in it, or asks for what another could not do without. */
function isImplied(op: 'and' | 'or', part: Filter, beside: ReadonlyMap<string, Filter>): boolean {
  if (part.op === 'and' || part.op === 'or') return part.of.some((one) => beside.has(textOf(one)))
  if (op !== 'and' || (part.op !== 'has' && part.op !== 'is')) return false
  for (const one of beside.values()) {
    if (one === part || !('path' in one) || !isSamePath(one.path, part.path)) continue
    if (part.op === 'has' || (one.op !== 'is' && typeAskedBy(one) === part.type)) return true
  }
  return false
}

function isSamePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i])
}

/** The type without which a test does not hold; null: it is none of these, or not one. */
function typeAskedBy(test: AttributeTest): TypeName | null {
  if (test.op === 'like') return 'string'
  if (test.op === 'contains') return 'set'
  if (test.op === 'is_entity') return 'entity'
  if (test.op === 'one_of') {
    const [first, ...more] = test.values.map(nameOfType)
    return more.every((type) => type === first) ? (first ?? null) : null
  }
  return 'value' in test && isLong(test.value) ? 'long' : null
}

function nameOfType(value: Value): TypeName | null {
  if (isLong(value)) return 'long'
  if (value instanceof EntityReference) return 'entity'
  if (value instanceof CedarSet) return 'set'
  if (value instanceof Extension || value instanceof IpAddress) return null
  return typeof value === 'object' ? 'record' : typeof value === 'string' ? 'string' : 'boolean'
}

/** Whether it says all that the engine would. */
export function isExact(filter: Filter): boolean {
  if (filter.op === 'opaque') return false
  if (filter.op === 'not') return isExact(filter.of)
  return filter.op === 'and' || filter.op === 'or' ? filter.of.every(isExact) : true
}

/** The same of a resource whose id is known, and what it is in. */
export function ofOne(filter: Filter, id: string, isIn: (one: EntityReference) => boolean): Filter {
  switch (filter.op) {
    case 'and':
    case 'or':
      return joined(
        filter.op,
        filter.of.map((one) => ofOne(one, id, isIn)),
      )
    case 'not':
      return not(ofOne(filter.of, id, isIn))
    case 'id_in':
      return filter.ids.includes(id) ? TRUE : FALSE
    case 'within':
      return filter.entities.some(isIn) ? TRUE : FALSE
    default:
      return filter
  }
}

const texts = new WeakMap<Filter, string>()

/** The same for the same. */
function textOf(filter: Filter): string {
  const known = texts.get(filter)
  if (known !== undefined) return known
  const text = written(filter)
  texts.set(filter, text)
  return text
}

/** The text of its negation. */
function oppositeOf(filter: Filter): string {
  return filter.op === 'not' ? textOf(filter.of) : `!${textOf(filter)}`
}

function written(filter: Filter): string {
  if (filter.op === 'not') return `!${textOf(filter.of)}`
  if (filter.op === 'and' || filter.op === 'or') return `${filter.op}(${filter.of.map(textOf).join()})`
  if ('values' in filter) return `one_of${JSON.stringify([filter.path, filter.values.map(keyOf)])}`
  if ('value' in filter) return `${filter.op}${JSON.stringify([filter.path, keyOf(filter.value)])}`
  return JSON.stringify(filter)
}

const sizes = new WeakMap<Filter, number>()

export function sizeOf(filter: Filter): number {
  const known = sizes.get(filter)
  if (known !== undefined) return known
  const parts = filter.op === 'and' || filter.op === 'or' ? filter.of : filter.op === 'not' ? [filter.of] : []
  const size = parts.reduce((sum, part) => sum + sizeOf(part), 1)
  sizes.set(filter, size)
  return size
}
