import type { Json } from '@probity/core'
import type { Attribute, ResourceType } from './attributes.ts'
import { fault, shown } from './fault.ts'
import { type Filter, matchesValue, parseTarget } from './filter.ts'
import { attributesOf, extensionOf, type Path } from './paths.ts'
import { coerce, isObject, type Resource, requireFew, requireRequired } from './resource.ts'

/** One operation of RFC 7644 §3.5.2. */
export interface Operation {
  op: 'add' | 'replace' | 'remove'
  path?: string | undefined
  value?: Json | undefined
}

/**
 * The resource with all operations done in turn; the one given stays as it is, so a later one that fails undoes those
 * before. Throws noTarget, mutability, invalidPath, invalidValue, invalidFilter.
 */
export function applyPatch(type: ResourceType, resource: Resource, operations: readonly Operation[]): Resource {
  const patched = structuredClone(resource)
  for (const operation of operations) apply(type, patched, operation)
  requireRequired(type, patched)
  return patched
}

function apply(type: ResourceType, resource: Resource, { op, path, value }: Operation): void {
  if (op !== 'remove' && value === undefined) throw fault('invalidValue', `"${op}" needs a value`)
  if (path === undefined || path === '') {
    if (op === 'remove') throw fault('noTarget', '"remove" needs a path')
    spread(type, resource, op, value ?? null, '')
    return
  }
  const extension = extensionOf(type, path)
  if (extension !== null) {
    if (op === 'remove') delete resource[extension]
    else spread(type, resource, op, value ?? null, `${extension}:`)
    return
  }
  applyAt(type, resource, op, { ...parseTarget(type, path), value: value ?? null, hasValue: value !== undefined })
}

// Without a path the value holds what would be paths; clients send whole ones as names too.
function spread(type: ResourceType, resource: Resource, op: 'add' | 'replace', value: Json, prefix: string): void {
  if (!isObject(value)) throw fault('invalidValue', `"${op}" without a path needs an object of attributes`)
  for (const [name, given] of Object.entries(value)) {
    if (prefix === '' && (name.toLowerCase() === 'schemas' || isReadOnly(type, name))) continue
    apply(type, resource, { op, path: `${prefix}${name}`, value: given })
  }
}

function isReadOnly(type: ResourceType, name: string): boolean {
  const attribute = attributesOf(type, null).find((one) => one.name.toLowerCase() === name.toLowerCase())
  return attribute?.mutability === 'readOnly'
}

interface Target {
  path: Path
  filter: Filter | null
  value: Json
  hasValue: boolean
}

function applyAt(type: ResourceType, resource: Resource, op: Operation['op'], target: Target): void {
  const { extension, attribute, sub } = target.path
  const isFixed = attribute.mutability === 'readOnly' || sub?.mutability === 'readOnly'
  if (isFixed) throw fault('mutability', `${attribute.name} can't be changed by a client`)
  if (sub?.mutability === 'immutable') throw fault('mutability', `${sub.name} can't be changed once it is there`)
  if (extension !== null) resource[extension] ??= {}
  const holder = (extension === null ? resource : resource[extension]) as Resource
  const changed = changedValue(op, holder[attribute.name] ?? null, target)
  if (changed === null) delete holder[attribute.name]
  else holder[attribute.name] = changed
  if (extension !== null && Object.keys(holder).length === 0) delete resource[extension]
  if (op === 'remove') requireRequired(type, resource)
}

function changedValue(op: Operation['op'], held: Json, target: Target): Json {
  const { attribute } = target.path
  if (!attribute.multiValued) return changedSingle(op, held, target)
  const values = Array.isArray(held) ? held : []
  const changed = target.filter === null ? changedAll(op, values, target) : changedSome(op, values, target)
  if (changed === null || changed.length === 0) return null
  return requireFew(attribute, changed)
}

function changedSingle(op: Operation['op'], held: Json, { path, value }: Target): Json {
  const { attribute, sub } = path
  if (sub) return withPart(attribute, held, sub, op === 'remove' ? null : value)
  if (op === 'remove') return null
  const given = coerce(attribute, single(attribute, value))
  const isMerged = op === 'add' && isObject(held) && isObject(given)
  return isMerged ? { ...held, ...given } : given
}

/** Without a filter: of all values. */
function changedAll(op: Operation['op'], held: Json[], { path, value, hasValue }: Target): Json[] | null {
  const { attribute, sub } = path
  if (sub) return changedEach(attribute, sub, op, held, value)
  const given = coerce(attribute, value)
  const values = Array.isArray(given) ? given : []
  if (op === 'replace') return values
  if (op === 'add') return united(attribute, held, values)
  // Some clients name what is to go in the value, instead of in a filter; without one, all goes.
  if (!hasValue) return null
  const gone = new Set(values.map((one) => identityOf(attribute, one)))
  return held.filter((one) => !gone.has(identityOf(attribute, one)))
}

function changedSome(op: Operation['op'], held: Json[], { path, filter, value }: Target): Json[] {
  const { attribute, sub } = path
  const isMeant = (one: Json) => filter !== null && matchesValue(filter, one)
  const found = held.filter(isMeant)
  if (found.length === 0) {
    if (op === 'remove') return held
    if (op === 'replace') throw fault('noTarget', `no value of ${attribute.name} matches the filter`)
    return united(attribute, held, [coerceWith(attribute, sub, filter, value)])
  }
  if (op === 'remove' && !sub) return held.filter((one) => !isMeant(one))
  const change = (one: Json) => {
    if (sub) return withPart(attribute, one, sub, op === 'remove' ? null : value)
    const given = firstOf(coerce(attribute, value))
    return op === 'add' && isObject(one) && isObject(given) ? { ...one, ...given } : given
  }
  const changed = held.map((one) => (isMeant(one) ? change(one) : one)).filter((one) => one !== null)
  const primary = changed.find((one, i) => isObject(one) && one.primary === true && !isSame(one, held[i] ?? null))
  return primary === undefined ? changed : changed.map((one) => (one === primary ? one : withoutPrimary(one)))
}

function changedEach(attribute: Attribute, sub: Attribute, op: Operation['op'], held: Json[], value: Json): Json[] {
  if (held.length === 0 && op !== 'remove') return [withPart(attribute, null, sub, value)].filter((one) => one !== null)
  return held.map((one) => withPart(attribute, one, sub, op === 'remove' ? null : value)).filter((one) => one !== null)
}

/** What is added where no value matches a filter: one that does, as far as its equalities say. */
function coerceWith(attribute: Attribute, sub: Attribute | null, filter: Filter | null, value: Json): Json {
  const given = sub ? { [sub.name]: value } : firstOf(coerce(attribute, value))
  const made = firstOf(coerce(attribute, { ...partsOf(filter), ...(isObject(given) ? given : {}) }))
  if (made === null || (filter && !matchesValue(filter, made)))
    throw fault('noTarget', `no value of ${attribute.name} matches the filter, and none can be made that does`)
  return made
}

function partsOf(filter: Filter | null): Resource {
  if (filter?.kind === 'compare' && filter.operator === 'eq') return { [filter.path.attribute.name]: filter.value }
  if (filter?.kind === 'and') return Object.assign({}, ...filter.parts.map(partsOf))
  return {}
}

function withPart(attribute: Attribute, held: Json, sub: Attribute, value: Json): Json {
  const whole = isObject(held) ? { ...held } : {}
  const part = coerce(sub, single(sub, value))
  if (part === null) delete whole[sub.name]
  else whole[sub.name] = part
  return Object.keys(whole).length === 0 ? null : (firstOf(coerce(attribute, whole)) ?? null)
}

/** A single value, which some directories send as a list of one, or of one object that holds it. */
function single(attribute: Attribute, value: Json): Json {
  const one = Array.isArray(value) && value.length === 1 ? (value[0] ?? null) : value
  return attribute.type !== 'complex' && isObject(one) && one.value !== undefined ? one.value : one
}

/** Both, each once; where one that comes is primary, none before is. */
function united(attribute: Attribute, held: Json[], given: Json[]): Json[] {
  const idOf = (one: Json) => identityOf(attribute, one)
  const known = new Set(held.map(idOf))
  const isTaken = given.some((one) => isObject(one) && one.primary === true)
  const kept = isTaken ? held.map(withoutPrimary) : held
  const fresh = given.filter((one) => !known.has(idOf(one)))
  const again = new Map(given.map((one) => [idOf(one), one]))
  return [...kept.map((one) => both(one, again.get(idOf(one)))), ...fresh]
}

function both(held: Json, given: Json | undefined): Json {
  return isObject(held) && isObject(given) ? { ...held, ...given } : held
}

/** What tells values of an attribute apart: `value`, with `type` where it can be changed (RFC 7643 §2.4). */
function identityOf({ subAttributes = [] }: Attribute, one: Json): string {
  if (!isObject(one) || one.value === undefined) return JSON.stringify(one)
  const isKey = subAttributes.some(({ name, mutability }) => name === 'value' && mutability === 'immutable')
  return isKey && typeof one.value === 'string' ? one.value : JSON.stringify([one.value, one.type ?? null])
}

function withoutPrimary(one: Json): Json {
  if (!isObject(one) || one.primary !== true) return one
  const { primary: _, ...rest } = one
  return rest
}

function isSame(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function firstOf(value: Json): Json {
  return Array.isArray(value) ? (value[0] ?? null) : value
}

/** Reads operations as clients send them: `op` in any case. Throws invalidSyntax. */
export function readOperations(
  given: readonly { op: string; path?: string | undefined; value?: Json | undefined }[],
): Operation[] {
  return given.map(({ op, path, value }) => {
    const lower = op.toLowerCase()
    if (lower !== 'add' && lower !== 'replace' && lower !== 'remove')
      throw fault('invalidSyntax', `${shown(op)} is no operation: add, replace, remove`)
    return { op: lower, path, value }
  })
}
