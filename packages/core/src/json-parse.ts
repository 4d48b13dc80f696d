import { FormatError } from './errors.ts'
import { type Json, MAX_DEPTH, tooDeep } from './json.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
export const NUMBER = /-?[0-9][0-9.eE+-]*/y
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/
/** A double holds every integer of so many decimal digits. */
export const EXACT_DIGITS = 15

interface Scan {
  /** Member names in the text, duplicates included. */
  members: number
  /** Where numbers stand that a double cannot hold: start and end of each. */
  lossy: [number, number][]
}

/**
 * JSON.parse (RFC 8259) that loses nothing: duplicate member names, lone surrogates and more than 128 nested
 * containers throw FormatError; an integer of which a double holds neither the value nor the digits, or a number
 * beyond its range, becomes a string of the characters as written. `__proto__` is a member like any other.
 */
export function parseStrict(text: string): Json {
  const { members, lossy } = scan(text)
  let value = parse(text)
  if (lossy.length > 0) value = parse(quote(text, lossy))
  if (!text.isWellFormed() || SURROGATE_ESCAPE.test(text)) requireWellFormed(value)
  if (countMembers(value) !== members) throw new FormatError('JSON_DUPLICATE_MEMBER', 'a member name comes twice')
  return value
}

// Reads malformed text too, and gives nonsense for it: JSON.parse has the word on syntax.
function scan(text: string): Scan {
  let members = 0
  let depth = 0
  const lossy: [number, number][] = []
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === QUOTE) i = endOfString(text, i)
    else if (unit === 0x3a) members++
    else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > MAX_DEPTH) throw tooDeep()
    } else if (unit === 0x7d || unit === 0x5d) depth--
    else if (unit === 0x2d || (unit >= 0x30 && unit <= 0x39)) {
      const end = endOfNumber(text, i)
      if (isLossy(text, i, end)) lossy.push([i, end])
      i = end - 1
    }
  }
  return { members, lossy }
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++
    if (escapes % 2 === 0) return end
  }
  return text.length
}

function endOfNumber(text: string, start: number): number {
  NUMBER.lastIndex = start
  return NUMBER.test(text) ? NUMBER.lastIndex : start + 1
}

export function isLossy(text: string, start: number, end: number): boolean {
  if (end - start <= 3) return false
  const written = text.slice(start, end)
  const double = Number(written)
  if (!Number.isFinite(double)) return true
  if (written.length <= EXACT_DIGITS || !/^-?[0-9]+$/.test(written)) return false
  return `${double}` !== written && BigInt(double) !== BigInt(written)
}

function quote(text: string, spans: [number, number][]): string {
  let quoted = ''
  let from = 0
  for (const [start, end] of spans) {
    quoted += `${text.slice(from, start)}"${text.slice(start, end)}"`
    from = end
  }
  return quoted + text.slice(from)
}

function parse(text: string): Json {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new FormatError('JSON_SYNTAX', syntaxMessage(error))
  }
}

function countMembers(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item)
    return count
  }
  for (const name of Object.keys(value)) count += 1 + countMembers(value[name] as Json)
  return count
}

function requireWellFormed(value: Json): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new FormatError('JSON_LONE_SURROGATE', 'text has a lone surrogate')
  } else if (Array.isArray(value)) {
    for (const item of value) requireWellFormed(item)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      requireWellFormed(name)
      requireWellFormed(member)
    }
  }
}

// The engine's message quotes the text, which may be personal; the place is enough to find it.
function syntaxMessage(error: unknown): string {
  const place = error instanceof Error ? /position \d+/.exec(error.message)?.[0] : undefined
  return place === undefined ? 'not JSON' : `not JSON at ${place}`
}
