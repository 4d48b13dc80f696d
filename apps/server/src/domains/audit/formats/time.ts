import type { Json } from '@probity/core'

const UNITS = { s: 1_000_000, ms: 1_000, us: 1, ns: 0.001 }
export type Unit = keyof typeof UNITS

const DATE_TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)? ?([Zz]|UTC|[+-]\d\d:?\d\d)?$/
const INTEGER = /^\d{9,19}$/

const RFC_3339 = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i

/** Whether a text has the form of RFC 3339 §5.6; the day may still be none. */
export function isRfc3339(text: string): boolean {
  return RFC_3339.test(text)
}

/**
 * Microseconds since the epoch, or null for what is no time, as 30 February. Texts are ISO 8601, with a space for the `T` and
 * without a zone too (then UTC), to nanoseconds (the rest is cut); numbers are in `unit`, else in the unit that
 * their size tells.
 */
export function microseconds(value: Json | undefined, unit?: Unit): number | null {
  if (typeof value === 'number') return safe(value * UNITS[unit ?? unitOf(value)])
  if (typeof value !== 'string') return null
  if (INTEGER.test(value)) return microseconds(Number(value), unit)
  const match = DATE_TIME.exec(value)
  if (!match) return null
  const [, date = '', minutes, seconds = '00', fraction = '', zone = 'Z'] = match
  const offset = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone === 'UTC' ? 'Z' : zone
  const whole = Date.parse(`${date}T${minutes}:${seconds === '60' ? '59' : seconds}${offset.toUpperCase()}`)
  return Number.isNaN(whole) || !isDay(date) ? null : safe(whole * 1_000 + Number(fraction.padEnd(6, '0').slice(0, 6)))
}

// Date.parse takes 30 February for 2 March.
function isDay(date: string): boolean {
  const at = Date.parse(date)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(date)
}

function unitOf(value: number): Unit {
  const size = Math.abs(value)
  return size < 1e11 ? 's' : size < 1e14 ? 'ms' : size < 1e17 ? 'us' : 'ns'
}

function safe(value: number): number | null {
  const rounded = Math.floor(value)
  return Number.isSafeInteger(rounded) ? rounded : null
}
