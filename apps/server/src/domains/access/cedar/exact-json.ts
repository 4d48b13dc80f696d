import type { JsonValue } from './json-value.ts'

/** JSON in which an integer that no number holds is a bigint. Throws a SyntaxError. */
export function parseExact(text: string): JsonValue {
  return JSON.parse(text, exactly as (name: string, value: unknown) => unknown)
}

// The third parameter is of ECMAScript's JSON.parse with source text access, which the compiler's library lacks.
function exactly(_name: string, value: unknown, { source }: { source?: string }): unknown {
  const isRounded = typeof value === 'number' && !Number.isSafeInteger(value)
  return isRounded && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value
}
