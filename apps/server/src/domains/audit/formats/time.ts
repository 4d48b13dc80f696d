import type { Json } from '@probity/core'

const UNITS = { s: 1_000_000, ms: 1_000, us: 1, ns: 0.001 }
export type Unit = keyof typeof UNITS

const DATE_TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)? ?([Zz]|UTC|[+-]\d\d:?\d\d)?$/
const INTEGER = /^\d{9,19}$/

const RFC_3339 = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i

/** Microseconds since the epoch of a time as RFC 3339 §5.6 has it; null for every other text, and a day that is none. */
export function rfc3339Microseconds(text: string): number | null {
  if (isPlainUtc(text)) {
    const day = dayOf(text.slice(0, 10))
    const hour = twoDigits(text, 11)
    const minute = twoDigits(text, 14)
    const second = twoDigits(text, 17)
    if (day !== null && hour < 24 && minute < 60 && second < 60) {
      const fraction = text.length === 24 ? 100 * (text.charCodeAt(20) - ZERO) + twoDigits(text, 21) : 0
      return safe(day * 1000 + (((hour * 60 + minute) * 60 + second) * 1000 + fraction) * 1000)
    }
  }
  return isRfc3339(text) ? microseconds(text, 'us') : null
}

const ZERO = 0x30
/** A digit at each `0`, and everything else as it stands. */
const PLAIN_UTC = '0000-00-00T00:00:00.000Z'

// As most programs write it, to the second or to the millisecond.
function isPlainUtc(text: string): boolean {
  const { length } = text
  if (length !== 24 && length !== 20) return false
  for (let i = 0; i < length - 1; i++) {
    const unit = text.charCodeAt(i)
    const wanted = PLAIN_UTC.charCodeAt(i)
    if (wanted === ZERO ? unit < ZERO || unit > ZERO + 9 : unit !== wanted) return false
  }
  return text.endsWith('Z')
}

function twoDigits(text: string, at: number): number {
  return 10 * (text.charCodeAt(at) - ZERO) + text.charCodeAt(at + 1) - ZERO
}

// Events come in the order of their days.
let lastDate = ''
let lastDay: number | null = null

/** Milliseconds at which a day begins; null: there is no such day. */
function dayOf(date: string): number | null {
  if (date === lastDate) return lastDay
  lastDay = isDay(date) ? Date.parse(date) : null
  lastDate = date
  return lastDay
}

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
