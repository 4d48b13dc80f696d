import { Failure, wrongType } from './failure.ts'
import { isLong, type Long } from './long.ts'
import { printEntity } from './print.ts'
import { type Entities, isIn } from './request.ts'
import { CedarSet, EntityReference, Extension, typeName, type Value } from './value.ts'

export function asBoolean(value: Value): boolean {
  if (typeof value === 'boolean') return value
  throw wrongType('boolean', typeName(value))
}

export function asLong(value: Value): Long {
  if (isLong(value)) return value
  throw wrongType('long', typeName(value))
}

export function asString(value: Value): string {
  if (typeof value === 'string') return value
  throw wrongType('string', typeName(value))
}

export function asSet(value: Value): CedarSet {
  if (value instanceof CedarSet) return value
  throw wrongType('set', typeName(value))
}

export function asEntity(value: Value): EntityReference {
  if (value instanceof EntityReference) return value
  throw wrongType('entity', typeName(value))
}

/** Below zero, zero or above, of two Longs, two datetimes or two durations. */
export function compare(a: Value, b: Value): number {
  if (isLong(a) && isLong(b)) return a < b ? -1 : a > b ? 1 : 0
  const isOrdered = a instanceof Extension && a.kind !== 'decimal'
  if (isOrdered && b instanceof Extension && a.kind === b.kind) return compare(a.amount, b.amount)
  throw wrongType(isOrdered ? a.kind : 'two longs, datetimes or durations', `${typeName(a)} and ${typeName(b)}`)
}

/** `in`: an entity in another, or in one of a set of them. */
export function isMember(entities: Entities, one: Value, other: Value): boolean {
  const entity = asEntity(one)
  if (other instanceof EntityReference) return isIn(entities, entity, other)
  const all = [...asSet(other).byKey.values()].map(asEntity)
  return all.some((each) => isIn(entities, entity, each))
}

export function containsAll(a: Value, b: Value): boolean {
  const [all, some] = [asSet(a).byKey, asSet(b).byKey]
  if (some.size > all.size) return false
  for (const key of some.keys()) if (!all.has(key)) return false
  return true
}

export function containsAny(a: Value, b: Value): boolean {
  const [first, second] = [asSet(a).byKey, asSet(b).byKey]
  const [fewer, more] = first.size < second.size ? [first, second] : [second, first]
  for (const key of fewer.keys()) if (more.has(key)) return true
  return false
}

/** The attribute of a record or an entity; undefined: it has none of that name. Throws a Failure for an entity that is not there. */
export function attributeOf(entities: Entities, value: Value, name: string): Value | undefined {
  if (value instanceof Map) return value.get(name)
  const entity = entities.find(asHolder(value).key)
  if (!entity) throw new Failure('no_entity', `there is no ${printEntity(value as EntityReference)}`)
  return entity.attributes.get(name)
}

export function hasAttribute(entities: Entities, value: Value, name: string): boolean {
  if (value instanceof Map) return value.has(name)
  return entities.find(asHolder(value).key)?.attributes.has(name) ?? false
}

function asHolder(value: Value): EntityReference {
  if (value instanceof EntityReference) return value
  throw wrongType('record or entity', typeName(value))
}
