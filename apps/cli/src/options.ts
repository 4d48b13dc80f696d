import { SCOPES, type Scope, timestamp, uuid } from '@probity/contract'
import { type Arguments, optional } from './command.ts'
import { UsageError } from './output.ts'

/** A whole number of an option, or undefined. Throws UsageError with the option's name. */
export function whole(
  given: Arguments,
  name: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const text = optional(given, name)
  if (text === undefined) return undefined
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= most) return number
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`
  throw new UsageError(`--${name} is a whole number ${range}, not "${text}"`)
}

/** One of some words, or undefined. */
export function oneOf<T extends string>(given: Arguments, name: string, words: readonly T[]): T | undefined {
  const text = optional(given, name)
  if (text === undefined || isOneOf(text, words)) return text
  const near = words.find((word) => word.toLowerCase() === text.toLowerCase())
  throw new UsageError(
    `--${name} is one of ${words.join(', ')}, not "${text}"${near === undefined ? '' : `; did you mean ${near}?`}`,
  )
}

/** A point in time, or undefined. */
export function time(given: Arguments, name: string): string | undefined {
  const text = optional(given, name)
  if (text === undefined || timestamp.safeParse(text).success) return text
  throw new UsageError(`--${name} is a time with its zone such as 2026-01-31T08:00:00Z, not "${text}"`)
}

/** Scopes with commas between. */
export function scopesOf(text: string): Scope[] {
  const words = text.split(',').map((word) => word.trim())
  const unknown = words.find((word) => !(SCOPES as readonly string[]).includes(word))
  if (unknown !== undefined) throw new UsageError(`${unknown} is not a scope; they are ${SCOPES.join(', ')}`)
  return words as Scope[] // each was looked up just now
}

/** An id that was given as a word: `what` is what has it. */
export function identifier(word: string | undefined, what: string, found: string): string {
  if (word !== undefined && uuid.safeParse(word).success) return word
  throw new UsageError(`"${word}" is not the id of ${what}, which is a UUID; ${found}`)
}

function isOneOf<T extends string>(text: string, words: readonly T[]): text is T {
  return (words as readonly string[]).includes(text)
}
