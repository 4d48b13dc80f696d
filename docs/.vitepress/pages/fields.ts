import { description } from './areas.ts'
import { code } from './markdown.ts'
import type { Schema } from './openapi.ts'

export interface Field {
  /** `policies[].id`; empty for the whole. */
  path: string
  type: string
  about: string
}

/** How far a table goes into what is in one another. */
const DEEPEST = 5
const UUID = '[0-9a-f]{8}-'

/** The fields of a schema, and what is in them, one after the other. */
export function fieldsOf(schema: Schema, path: string, seen: readonly string[] = []): Field[] {
  const { resolved, names } = resolve(schema, seen)
  const variants = resolved.oneOf ?? resolved.anyOf ?? []
  const objects = variants.filter((one) => inside(resolve(one, names).resolved))
  const own: Field[] =
    path === '' && inside(resolved) ? [] : [{ path, type: typeOf(resolved), about: aboutOf(schema, resolved) }]
  if (names.length > DEEPEST || path.split(/[.[]/).length > DEEPEST || repeats(names)) return own
  if (objects.length > 1)
    return [
      ...(own.length > 0 ? own : [{ path, type: `one of ${objects.length} forms`, about: aboutOf(schema, resolved) }]),
      ...objects.flatMap((one, i) => [
        { path, type: `form ${i + 1} of ${objects.length}`, about: resolve(one, names).resolved.description ?? '' },
        ...fieldsOf(one, path, names).filter((field) => field.path !== path),
      ]),
    ]
  const [only] = objects
  return [...own, ...within(only ?? resolved, path, names)]
}

function within(schema: Schema, path: string, names: readonly string[]): Field[] {
  const { resolved, names: more } = resolve(schema, names)
  const required = new Set(resolved.required)
  const properties = Object.entries(resolved.properties ?? {}).flatMap(([name, property]) => {
    const [first, ...rest] = fieldsOf(property, path === '' ? name : `${path}.${name}`, more)
    if (!first) return rest
    return [{ ...first, type: `${first.type}${required.has(name) ? '' : ', optional'}` }, ...rest]
  })
  const items = resolved.items ? fieldsOf(resolved.items, `${path}[]`, more) : []
  return [
    ...properties,
    ...(inside(resolve(resolved.items ?? {}, more).resolved) ? items.slice(path === '' ? 0 : 1) : []),
  ]
}

/** Whether there is anything in it to show. */
function inside({ properties, items, anyOf, oneOf }: Schema): boolean {
  return (
    properties !== undefined ||
    (items !== undefined && inside(items)) ||
    (anyOf ?? oneOf ?? []).some(inside) ||
    items?.$ref !== undefined
  )
}

function resolve(schema: Schema, names: readonly string[]): { resolved: Schema; names: readonly string[] } {
  const name = schema.$ref?.split('/').at(-1)
  const target = name === undefined ? undefined : description.components.schemas[name]
  return name === undefined || !target ? { resolved: schema, names } : { resolved: target, names: [...names, name] }
}

function repeats(names: readonly string[]): boolean {
  return new Set(names).size < names.length
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  if (schema.enum) return schema.enum.map((one) => code(JSON.stringify(one))).join(' or ')
  const either = schema.anyOf ?? schema.oneOf
  if (either) return [...new Set(either.map((one) => typeOf(resolve(one, []).resolved)))].join(' or ')
  if (schema.type === 'array')
    return `list of ${typeOf(resolve(schema.items ?? {}, []).resolved)}${bounds(schema.minItems, schema.maxItems)}`
  if (schema.type === 'string') return `${textOf(schema)}`
  if (schema.type === 'integer' || schema.type === 'number')
    return `${schema.type}${bounds(safe(schema.minimum), safe(schema.maximum))}`
  return [schema.type ?? 'anything'].flat().join(' or ')
}

function textOf({ format, pattern = '', minLength, maxLength }: Schema): string {
  if (pattern.includes(UUID)) return 'UUID'
  if (format) return format
  return `text${bounds(minLength, maxLength)}`
}

// The bounds of what a number can be say nothing.
function safe(bound: number | undefined): number | undefined {
  return bound !== undefined && Number.isSafeInteger(bound) && Math.abs(bound) === Number.MAX_SAFE_INTEGER
    ? undefined
    : bound
}

function bounds(least: number | undefined, most: number | undefined): string {
  if (least === undefined && most === undefined) return ''
  if (most === undefined) return ` (${least} or more)`
  return least === undefined || least === 0 ? ` (at most ${most})` : ` (${least} to ${most})`
}

function aboutOf(schema: Schema, resolved: Schema): string {
  const about = schema.description ?? resolved.description ?? ''
  const fallback = schema.default ?? resolved.default
  if (fallback === undefined) return about
  return `${about}${about === '' ? '' : '. '}Unless given: ${code(JSON.stringify(fallback))}`
}
