import { isLossy, NUMBER } from './json-parse.ts'

// JSON as bytes of UTF-8.

export const SPACE = 0x20
export const QUOTE = 0x22
export const PERCENT = 0x25
export const COMMA = 0x2c
export const MINUS = 0x2d
export const DOT = 0x2e
export const ZERO = 0x30
export const NINE = 0x39
export const COLON = 0x3a
export const OPEN_ARRAY = 0x5b
export const BACKSLASH = 0x5c
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d

// What a byte means within a string; NOTED stands for itself, but somebody may ask for it.
export const ORDINARY = 0
export const ENDS = 1
export const ESCAPES = 2
export const REFUSED = 3
export const NOTED = 4

/** By byte. */
export const KINDS = new Uint8Array(256)
KINDS.fill(REFUSED, 0, SPACE)
KINDS.fill(NOTED, 0x7f)
KINDS[SPACE] = NOTED
KINDS[PERCENT] = NOTED
KINDS[QUOTE] = ENDS
KINDS[BACKSLASH] = ESCAPES

/** What strings have in them: flags. */
export const NOTED_IN_STRINGS = {
  /** A byte beyond printable ASCII. */
  beyondAscii: 1,
  percent: 2,
  /** Two spaces in a row, or an escaped line end or tab. */
  room: 4,
  /** An escape other than those and that of a quote. */
  escape: 8,
} as const

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE
}

/** Compares two spans of bytes. Below 0: the first comes before the other; 0: they are the same. */
export function compareSpans(
  bytes: Uint8Array,
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): number {
  let at = start
  let otherAt = otherStart
  while (at < end && otherAt < otherEnd) {
    const difference = (bytes[at++] as number) - (bytes[otherAt++] as number)
    if (difference !== 0) return difference
  }
  return end - at - (otherEnd - otherAt)
}

/** Value of four hexadecimal digits; -1: they are not. */
export function hexDigits(bytes: Uint8Array, from: number): number {
  let value = 0
  for (let i = from; i < from + 4; i++) {
    const byte = bytes[i] as number
    const lower = byte | 0x20
    if (isDigit(byte)) value = value * 16 + byte - ZERO
    else if (lower >= 0x61 && lower <= 0x66) value = value * 16 + lower - 0x57
    else return -1
  }
  return value
}

/** Writes a character (RFC 3629); answers the place after it. */
export function putUtf8(out: Uint8Array, at: number, point: number): number {
  let to = at
  if (point < 0x80) {
    out[to++] = point
    return to
  }
  if (point < 0x800) out[to++] = 0xc0 | (point >> 6)
  else {
    if (point < 0x10000) out[to++] = 0xe0 | (point >> 12)
    else {
      out[to++] = 0xf0 | (point >> 18)
      out[to++] = 0x80 | ((point >> 12) & 0x3f)
    }
    out[to++] = 0x80 | ((point >> 6) & 0x3f)
  }
  out[to++] = 0x80 | (point & 0x3f)
  return to
}

const LONGEST_NUMBER = 64
const WELL_FORMED = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

/** Canonical form of the number that begins at a place, and where it ends; null: none that a double holds. */
export function numberAt(bytes: Uint8Array, at: number, end: number): { canonical: string; end: number } | null {
  const most = Math.min(end, at + LONGEST_NUMBER)
  let text = ''
  for (let i = at; i < most; i++) text += String.fromCharCode(bytes[i] as number)
  NUMBER.lastIndex = 0
  if (!NUMBER.test(text)) return null
  const length = NUMBER.lastIndex
  const written = text.slice(0, length)
  if (length === LONGEST_NUMBER || !WELL_FORMED.test(written) || isLossy(text, 0, length)) return null
  return { canonical: `${Number(written)}`, end: at + length }
}
