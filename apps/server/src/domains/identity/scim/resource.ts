import type { Json } from '@probity/core'
import type { Attribute, ResourceType } from './attributes.ts'
import { fault, shown } from './fault.ts'
import { attributesOf, extensionOf, named, type Path, pathOf } from './paths.ts'

/** A resource: members by the names that its schemas have, those of an extension under its URI; nothing that is unassigned. */
export type Resource = { [member: string]: Json }

const LONGEST_TEXT = 2_000
const MOST_VALUES = 100
/** Characters of what a client keeps of one person. */
const MOST_CHARACTERS = 65_536
/** Members of a group, which one request may name. */
const MOST_MEMBERS = 20_000

/** What a client sends of a whole resource, without what is read-only. Throws invalidSyntax, invalidValue. */
export function readResource(type: ResourceType, body: Json): Resource {
  if (!isObject(body)) throw fault('invalidSyntax', `a ${type.name} is a JSON object`)
  requireSchemas(type.schema.id, body)
  const resource: Resource = {}
  for (const [name, value] of Object.entries(body)) {
    const extension = extensionOf(type, name)
    if (extension === null) readMember(attributesOf(type, null), type.name, name, value, resource)
    else if (isObject(value)) {
      const within: Resource = {}
      for (const [inner, given] of Object.entries(value))
        readMember(attributesOf(type, extension), type.name, inner, given, within)
      if (Object.keys(within).length > 0) resource[extension] = within
    } else if (value !== null) throw fault('invalidValue', `${extension} is an object`)
  }
  requireRequired(type, resource)
  return resource
}

/** Throws invalidValue where what a resource must have is missing. */
export function requireRequired(type: ResourceType, resource: Resource): void {
  if (type.name === 'User' && JSON.stringify(resource).length > MOST_CHARACTERS)
    throw fault('invalidValue', `what is kept of a person has at most ${MOST_CHARACTERS} characters`)
  for (const { name, required } of type.schema.attributes)
    if (required && resource[name] === undefined) throw fault('invalidValue', `a ${type.name} needs ${name}`)
}

/** Throws invalidValue for a name that is no line of at most 255 characters. */
export function requireLine(attribute: string, text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a name must not contain
  if (text.length > 255 || /[\u0000-\u001f\u007f]/.test(text))
    throw fault('invalidValue', `${attribute} is a line of at most 255 characters`)
}

/** Throws invalidSyntax unless `schemas` names the one. */
export function requireSchemas(id: string, body: Resource): void {
  const given = body[Object.keys(body).find((name) => name.toLowerCase() === 'schemas') ?? 'schemas']
  const isNamed = Array.isArray(given) && given.some((one) => String(one).toLowerCase() === id.toLowerCase())
  if (!isNamed) throw fault('invalidSyntax', `"schemas" must name ${id}`)
}

/** A value as the attribute holds it; null: unassigned. Throws invalidValue. */
export function coerce(attribute: Attribute, value: Json): Json {
  if (!attribute.multiValued) return coerceOne(attribute, value)
  const given = Array.isArray(value) ? value : value === null ? [] : [value]
  const most = attribute.name === 'members' ? MOST_MEMBERS : MOST_VALUES
  if (given.length > most) throw fault('invalidValue', `${attribute.name} has at most ${most} values`)
  const values = given.map((one) => coerceOne(attribute, one)).filter((one) => one !== null)
  return values.length === 0 ? null : requireFew(attribute, values)
}

/** Values that were coerced: not too many, and one primary. Throws invalidValue. */
export function requireFew(attribute: Attribute, values: Json[]): Json[] {
  const most = attribute.name === 'members' ? MOST_MEMBERS : MOST_VALUES
  if (values.length > most) throw fault('invalidValue', `${attribute.name} has at most ${most} values`)
  if (values.filter((one) => isObject(one) && one.primary === true).length > 1)
    throw fault('invalidValue', `one of ${attribute.name} is primary, not several`)
  return values
}

/** What of a resource is asked for (RFC 7644 §3.9). `schemas`, `id` and what is always returned stay. */
export function project(type: ResourceType, resource: Resource, { attributes, excluded }: Projection): Resource {
  if (attributes === null && excluded === null) return resource
  const kept: Resource = attributes === null ? structuredClone(resource) : {}
  if (attributes !== null) for (const path of attributes) copy(resource, kept, path)
  for (const path of excluded ?? []) drop(kept, path)
  for (const attribute of attributesOf(type, null))
    if (attribute.returned === 'always' && resource[attribute.name] !== undefined)
      kept[attribute.name] = resource[attribute.name] as Json
  return kept
}

export interface Projection {
  attributes: (Path | string)[] | null
  excluded: (Path | string)[] | null
}

/** Reads `attributes` and `excludedAttributes`: paths, or the URI of an extension. Throws invalidPath. */
export function projectionOf(
  type: ResourceType,
  attributes: readonly string[] | undefined,
  excluded: readonly string[] | undefined,
): Projection {
  const read = (given: readonly string[] | undefined) =>
    given === undefined ? null : given.map((one) => extensionOf(type, one) ?? pathOf(type, one, 'invalidPath'))
  return { attributes: read(attributes), excluded: read(excluded) }
}

export function isObject(value: Json | undefined): value is { [member: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readMember(attributes: readonly Attribute[], of: string, name: string, value: Json, into: Resource): void {
  const attribute = named(attributes, name)
  if (name.toLowerCase() === 'password')
    throw fault('invalidValue', 'passwords are not taken: people set theirs by invitation, or have none')
  if (!attribute) throw fault('invalidSyntax', `${shown(name)} is no attribute of a ${of}`)
  if (into[attribute.name] !== undefined) throw fault('invalidSyntax', `${attribute.name} is there twice`)
  if (attribute.mutability === 'readOnly') return
  const held = coerce(attribute, value)
  if (held !== null) into[attribute.name] = held
}

function coerceOne(attribute: Attribute, value: Json): Json {
  const { name, type } = attribute
  if (value === null) return null
  if (type === 'complex') return coerceComplex(attribute, value)
  if (type === 'boolean') {
    // Text is what one large directory sends for booleans in PATCH.
    const text = typeof value === 'string' ? value.toLowerCase() : value
    if (text === true || text === 'true') return true
    if (text === false || text === 'false') return false
    throw fault('invalidValue', `${name} is true or false`)
  }
  if (typeof value !== 'string') throw fault('invalidValue', `${name} is text`)
  if (value.length > (type === 'binary' ? 20_000 : LONGEST_TEXT) || value.includes('\0') || !value.isWellFormed())
    throw fault('invalidValue', `${name} is Unicode text without NUL, of at most ${LONGEST_TEXT} characters`)
  return value === '' ? null : value
}

function coerceComplex(attribute: Attribute, value: Json): Json {
  const { name, subAttributes = [] } = attribute
  const inner = named(subAttributes, 'value')
  const given = isObject(value) ? value : inner && typeof value === 'string' ? { value } : null
  if (given === null) throw fault('invalidValue', `${name} is an object`)
  const held: Resource = {}
  for (const [part, partValue] of Object.entries(given)) {
    const sub = named(subAttributes, part)
    if (!sub) throw fault('invalidSyntax', `${shown(part)} is no attribute of ${name}`)
    if (sub.mutability === 'readOnly') continue
    const coerced = coerce(sub, partValue)
    if (coerced !== null) held[sub.name] = coerced
  }
  return Object.keys(held).length === 0 ? null : held
}

function copy(from: Resource, into: Resource, path: Path | string): void {
  if (typeof path === 'string') {
    if (from[path] !== undefined) into[path] = structuredClone(from[path])
    return
  }
  const holder = path.extension === null ? from : from[path.extension]
  if (!isObject(holder)) return
  const value = holder[path.attribute.name]
  if (value === undefined) return
  if (path.extension !== null) into[path.extension] ??= {}
  const target = (path.extension === null ? into : into[path.extension]) as Resource
  const { sub } = path
  if (!sub) target[path.attribute.name] = structuredClone(value)
  else target[path.attribute.name] = merged(value, target[path.attribute.name], sub.name)
}

/** One part of a complex value, or of each of several, beside parts that were copied before. */
function merged(value: Json, before: Json | undefined, part: string): Json {
  if (Array.isArray(value))
    return value.map((one, i) => merged(one, Array.isArray(before) ? before[i] : undefined, part))
  const kept = isObject(before) ? before : {}
  return isObject(value) && value[part] !== undefined ? { ...kept, [part]: value[part] } : kept
}

function drop(from: Resource, path: Path | string): void {
  if (typeof path === 'string') {
    delete from[path]
    return
  }
  const holder = path.extension === null ? from : from[path.extension]
  if (!isObject(holder)) return
  const { name } = path.attribute
  if (!path.sub) delete holder[name]
  else
    for (const one of Array.isArray(holder[name]) ? holder[name] : [holder[name] ?? null])
      if (isObject(one)) delete one[path.sub.name]
}
