import { FormatError } from './errors.ts'

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json }

/** Containers within each other that canonicalize and parseStrict accept. */
export const MAX_DEPTH = 128

// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8785 §3.2.2.2 escapes exactly these
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

/**
 * The JSON Canonicalization Scheme (RFC 8785). Member names are sorted by UTF-16 code units (§3.2.3), numbers are
 * written as ECMAScript does (§3.2.2.3). Throws FormatError for a lone surrogate (§3.2.2.2), NaN and the
 * infinities, `undefined` and whatever else JSON has no word for, and for more than 128 nested containers.
 */
export function canonicalize(value: Json): string {
  return canonicalizeWithin(value, 0)
}

/** canonicalize of a value that already stands in `depth` containers. */
export function canonicalizeWithin(value: Json, depth: number): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value)
    case 'number':
      if (!Number.isFinite(value)) throw notAValue(`${value}`)
      return `${value}`
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth >= MAX_DEPTH) throw tooDeep()
      return Array.isArray(value) ? canonicalArray(value, depth + 1) : canonicalObject(value, depth + 1)
    default:
      throw notAValue(typeof value)
  }
}

/** One JSON string by RFC 8785 §3.2.2.2. */
export function canonicalString(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new FormatError('JSON_LONE_SURROGATE', 'text has a lone surrogate')
  return JSON.stringify(text)
}

function canonicalArray(items: Json[], depth: number): string {
  let text = '['
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ','
    text += canonicalizeWithin(items[i] as Json, depth) // a hole is undefined, which is refused
  }
  return `${text}]`
}

function canonicalObject(object: { [member: string]: Json }, depth: number): string {
  requirePlain(object)
  const names = Object.keys(object)
  if (!areSorted(names)) names.sort()
  let text = '{'
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    if (i > 0) text += ','
    text += `${canonicalString(name)}:${canonicalizeWithin(object[name] as Json, depth)}`
  }
  return `${text}}`
}

// A Date or a Map would lose what it holds without a word.
function requirePlain(object: object): void {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype === Object.prototype || prototype === null) return
  if (Object.getPrototypeOf(prototype) !== null) throw notAValue('instance of a class')
}

function areSorted(names: string[]): boolean {
  for (let i = 1; i < names.length; i++) if ((names[i - 1] as string) > (names[i] as string)) return false
  return true
}

function notAValue(what: string): FormatError {
  return new FormatError('JSON_NOT_A_VALUE', `JSON has no ${what}`)
}

export function tooDeep(): FormatError {
  return new FormatError('JSON_DEPTH', `more than ${MAX_DEPTH} nested containers`)
}
