import { and, equalTo, FALSE, type Filter, has, idIn, isType, not, type Ordering, or, TRUE } from './filter.ts'
import { isLong } from './long.ts'
import { asEntity, asSet, asString, hasAttribute } from './operators.ts'
import type { BinaryName, Expression } from './policy-json.ts'
import { ordered, sameAs } from './residual-sum.ts'
import {
  among,
  FAILS,
  type Meaning,
  type Outcome,
  opposite,
  type PartialRequest,
  total,
  unknown,
} from './residual-symbol.ts'
import { CedarSet, EntityReference, Extension, type Value } from './value.ts'

/** What relations are worked out by: what is known, and what stands for what only the engine can tell. */
export interface Ground {
  request: PartialRequest
  opaque: Filter
}

/** Of two of which one is not known at least. Throws a Failure where it always fails. */
type Relation = (left: Meaning, right: Meaning, ground: Ground) => Outcome

export const RELATIONS = {
  '==': same,
  '!=': (left, right, ground) => opposite(same(left, right, ground)),
  in: within,
  '<': compared('less_than'),
  '<=': compared('at_most'),
  '>': compared('more_than'),
  '>=': compared('at_least'),
  contains,
  containsAll: (left, right, ground) => containing(left, right, ground, and, TRUE),
  containsAny: (left, right, ground) => containing(left, right, ground, or, FALSE),
  hasTag,
} satisfies Partial<Record<BinaryName, Relation>>

function same(left: Meaning, right: Meaning, { request, opaque }: Ground): Outcome {
  const [one, other] = left.is === 'known' ? [right, left] : [left, right]
  if (other.is !== 'known') {
    const isSame = JSON.stringify(one, bigints) === JSON.stringify(other, bigints) && one.is !== 'opaque'
    return isSame ? total(TRUE) : unknown(opaque)
  }
  const { value } = other
  if (one.is === 'attribute') return total(equalTo(one.path, value))
  if (one.is === 'sum') return isLong(value) ? sameAs(one, BigInt(value)) : total(FALSE)
  if (one.is === 'resource') return total(idIn(idsOf(request, [value])))
  return unknown(opaque)
}

function compared(op: Ordering): Relation {
  return (left, right, { opaque }) => {
    if (left.is === 'known') return comparison(right, MIRRORED[op], left, opaque)
    return comparison(left, op, right, opaque)
  }
}

const MIRRORED: Record<Ordering, Ordering> = {
  less_than: 'more_than',
  at_most: 'at_least',
  more_than: 'less_than',
  at_least: 'at_most',
}

const CONTRARY: Record<Ordering, Ordering> = {
  less_than: 'at_least',
  at_most: 'more_than',
  more_than: 'at_most',
  at_least: 'less_than',
}

function comparison(one: Meaning, op: Ordering, other: Meaning, opaque: Filter): Outcome {
  if (one.is === 'resource' || other.is === 'resource') return FAILS
  if (other.is !== 'known') return unknown(opaque)
  const { value } = other
  const isOrdered = isLong(value) || (value instanceof Extension && value.kind !== 'decimal')
  if (!isOrdered) return FAILS
  if (one.is === 'sum') return isLong(value) ? ordered(one, op, BigInt(value)) : FAILS
  if (one.is !== 'attribute') return unknown(opaque)
  // Each of them asks that the attribute is of the constant's type, so that one of another fails.
  return { yes: { op, path: one.path, value }, no: { op: CONTRARY[op], path: one.path, value } }
}

function within(left: Meaning, right: Meaning, { request, opaque }: Ground): Outcome {
  if (left.is === 'sum' || right.is === 'sum') return FAILS
  if (left.is === 'resource')
    return right.is === 'known' ? total(inSome(request, entitiesIn(right.value))) : unknown(opaque)
  if (left.is === 'attribute') {
    if (right.is !== 'known') return unknown(opaque)
    const [isEntity, isOne] = [isType(left.path, 'entity'), equalTo(left.path, ...entitiesIn(right.value))]
    if (isOne === FALSE) return { yes: FALSE, no: isEntity }
    const perhaps = and(isEntity, not(isOne), opaque) // what another entity is in, nobody here knows
    return { yes: or(isOne, perhaps), no: perhaps }
  }
  if (left.is !== 'known') return unknown(opaque)
  const one = asEntity(left.value)
  const reached = [one, ...ancestorsOf(request, one)]
  if (right.is === 'resource') return total(idIn(idsOf(request, reached)))
  if (right.is !== 'attribute') return unknown(opaque)
  const { yes, no } = among(isType(right.path, 'entity'), equalTo(right.path, ...reached))
  const perhaps = and(isType(right.path, 'set'), opaque)
  return { yes: or(yes, perhaps), no: or(no, perhaps) }
}

function contains(left: Meaning, right: Meaning, { request, opaque }: Ground): Outcome {
  if (left.is === 'resource' || left.is === 'sum') return FAILS
  if (left.is === 'attribute') {
    const isSet = isType(left.path, 'set')
    if (right.is !== 'known') return { yes: and(isSet, opaque), no: and(isSet, opaque) }
    return among(isSet, { op: 'contains', path: left.path, value: right.value })
  }
  if (left.is !== 'known') return unknown(opaque)
  const values = [...asSet(left.value).byKey.values()]
  if (right.is === 'attribute') return total(equalTo(right.path, ...values))
  if (right.is === 'resource') return total(idIn(idsOf(request, values)))
  if (right.is !== 'sum') return unknown(opaque)
  return total(or(...values.filter(isLong).map((value) => sameAs(right, BigInt(value)).yes)))
}

/** All of a set, or any of it. */
function containing(left: Meaning, right: Meaning, { opaque }: Ground, joined: typeof and, ofNone: Filter): Outcome {
  if ([left.is, right.is].some((is) => is === 'resource' || is === 'sum')) return FAILS
  if (left.is !== 'attribute' || right.is !== 'known') return unknown(opaque)
  const each = [...asSet(right.value).byKey.values()].map(
    (value): Filter => ({ op: 'contains', path: left.path, value }),
  )
  return among(isType(left.path, 'set'), each.length === 0 ? ofNone : joined(...each))
}

function hasTag(left: Meaning, right: Meaning, { request, opaque }: Ground): Outcome {
  if (left.is === 'sum' || right.is === 'sum' || right.is === 'resource') return FAILS
  if (left.is !== 'resource' || right.is !== 'known') return unknown(opaque)
  asString(right.value)
  return request.resource.isPlain ? total(FALSE) : unknown(opaque)
}

/** `like`, `isEmpty` and `is` of one value that is not known. */
export function tested(what: Meaning, { like, isEmpty, is }: Expression, { request, opaque }: Ground): Outcome {
  if (what.is === 'sum') return FAILS
  if (what.is === 'resource') return is ? total(is.entity_type === request.resource.type ? TRUE : FALSE) : FAILS
  if (what.is !== 'attribute') return unknown(opaque)
  const { path } = what
  if (like) return among(isType(path, 'string'), { op: 'like', path, pattern: like.pattern })
  if (isEmpty) return among(isType(path, 'set'), equalTo(path, new CedarSet([])))
  return is ? among(isType(path, 'entity'), { op: 'is_entity', path, entityType: is.entity_type }) : FAILS
}

/** Whether it has an attribute. */
export function having(what: Meaning, name: string, { request, opaque }: Ground): Outcome {
  if (what.is === 'sum') return FAILS
  if (what.is === 'resource') return total(has([name]))
  if (what.is === 'known') return total(hasAttribute(request.entities, what.value, name) ? TRUE : FALSE)
  if (what.is === 'opaque') return unknown(opaque)
  const { yes, no } = among(isType(what.path, 'record'), has([...what.path, name]))
  const perhaps = and(isType(what.path, 'entity'), opaque)
  return { yes: or(yes, perhaps), no: or(no, perhaps) }
}

/** That the resource is one of these, or in one. */
export function inSome({ resource }: PartialRequest, entities: readonly EntityReference[]): Filter {
  const itself = idIn(entities.flatMap(({ type, id }) => (type === resource.type ? [id] : [])))
  return resource.isPlain || entities.length === 0 ? itself : or(itself, { op: 'within', entities })
}

function entitiesIn(value: Value): EntityReference[] {
  return value instanceof EntityReference ? [value] : [...asSet(value).byKey.values()].map(asEntity)
}

function idsOf({ resource }: PartialRequest, values: readonly Value[]): string[] {
  return values.flatMap((one) => (one instanceof EntityReference && one.type === resource.type ? [one.id] : []))
}

function ancestorsOf({ entities }: PartialRequest, one: EntityReference): EntityReference[] {
  return [...(entities.find(one.key)?.ancestors ?? [])].map((key) => {
    const at = key.indexOf('\0')
    return new EntityReference(key.slice(0, at), key.slice(at + 1))
  })
}

function bigints(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
