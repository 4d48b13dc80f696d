import { decodeUtf8 } from './bytes.ts'
import { canonicalString } from './json.ts'
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  compareSpans,
  isDigit,
  MINUS,
  NINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  ZERO,
} from './json-bytes.ts'

/** Containers within each other that are walked. */
const DEPTH = 64
/** Instead of the start of a name: there is none yet, or the container is an array. */
const NO_NAME = -1
const ARRAY = -2
/** What may follow a backslash in canonical form (RFC 8785 §3.2.2.2), but for `u`. */
const ESCAPED = new Uint8Array(256)
for (const unit of '"\\bfnrt') ESCAPED[unit.charCodeAt(0)] = 1
/** Controls as canonical form writes them: those that have no such escape have one of six characters. */
const CONTROLS = new Set(
  Array.from({ length: 32 }, (_, unit) => canonicalString(String.fromCharCode(unit)).slice(1, -1)),
)
const LONG_ESCAPE = 6

/** What numbers are written with. */
const NUMERIC = new Uint8Array(256)
for (const unit of '0123456789+-.e') NUMERIC[unit.charCodeAt(0)] = 1

const WORDS = ['true', 'false', 'null'].map(piece)

const IS_MARKED = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte < SPACE || byte > 0x7f))
IS_MARKED[QUOTE] = 1
IS_MARKED[BACKSLASH] = 1

/**
 * Marks the bytes that a string may not hold as they are, or that need a look: quotes, backslashes, controls, and all
 * beyond ASCII. Bit `i % 32` of item `i / 32` stands for byte `i`.
 */
export function markBytes(bytes: Uint8Array): Uint32Array {
  const marks = new Uint32Array(Math.ceil(bytes.length / 32))
  for (let at = 0; at < bytes.length; ) {
    const index = at >> 5
    const end = Math.min(at + 32, bytes.length)
    let bits = 0
    for (let bit = 1; at < end; at++, bit <<= 1) if (IS_MARKED[bytes[at] as number] === 1) bits |= bit
    marks[index] = bits
  }
  return marks
}

/** Text of at least four bytes that is looked for, four bytes at a time; the last four may reach back. */
export interface Piece {
  length: number
  words: Int32Array
  last: number
}

export function piece(text: string): Piece {
  const bytes = new TextEncoder().encode(text)
  const view = new DataView(bytes.buffer)
  const words = Int32Array.from({ length: (bytes.length - 1) >> 2 }, (_, i) => view.getInt32(4 * i, true))
  return { length: bytes.length, words, last: view.getInt32(bytes.length - 4, true) }
}

/**
 * Walks over JSON in canonical form (RFC 8785), as UTF-8, without making anything of it. Each method says whether
 * what it is named after certainly stands at `at`, in canonical form, and then goes to its end; false says nothing:
 * it may be there, in a form too unusual to be worth the code.
 */
export class JsonWalk {
  at = 0
  /** Of the last integer. */
  value = 0
  #bytes: Uint8Array = new Uint8Array()
  #view: DataView = new DataView(new ArrayBuffer())
  #marks: Uint32Array = new Uint32Array()
  /** Of each container that is open: where the last name in it starts and ends. */
  readonly #starts = new Int32Array(DEPTH + 1)
  readonly #ends = new Int32Array(DEPTH + 1)

  open(bytes: Uint8Array, marks: Uint32Array): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#marks = marks
  }

  byte(offset: number): number {
    return this.#bytes[this.at + offset] as number
  }

  skip({ length, words, last }: Piece): boolean {
    const at = this.at
    const view = this.#view
    if (at + length > view.byteLength) return false
    for (let i = 0; i < words.length; i++) if (view.getInt32(at + 4 * i, true) !== words[i]) return false
    if (view.getInt32(at + length - 4, true) !== last) return false
    this.at = at + length
    return true
  }

  skipOne(pieces: readonly Piece[]): boolean {
    for (let i = 0; i < pieces.length; i++) if (this.skip(pieces[i] as Piece)) return true
    return false
  }

  string(): boolean {
    return this.#bytes[this.at] === QUOTE && this.#goTo(this.#endOfString(this.at))
  }

  integer(): boolean {
    return this.#goTo(this.#endOfInteger(this.at))
  }

  /** An object, with all that is in it. */
  object(): boolean {
    return this.#bytes[this.at] === OPEN_OBJECT && this.#goTo(this.#endOfValue(this.at))
  }

  /** Whether the first span of bytes comes before the second. */
  ascends(start: number, end: number, otherStart: number, otherEnd: number): boolean {
    return compareSpans(this.#bytes, start, end, otherStart, otherEnd) < 0
  }

  #goTo(end: number): boolean {
    if (end < 0) return false
    this.at = end
    return true
  }

  // Each of the following gives the place after what begins at `at`, or −1.

  #endOfValue(start: number): number {
    const bytes = this.#bytes
    const starts = this.#starts
    let depth = 0
    let at = start
    for (;;) {
      const byte = bytes[at] as number
      if (byte === QUOTE) at = this.#endOfString(at)
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (depth === DEPTH) return -1
        if (bytes[at + 1] === byte + 2) at += 2
        else {
          starts[++depth] = byte === OPEN_ARRAY ? ARRAY : NO_NAME
          at = byte === OPEN_ARRAY ? at + 1 : this.#endOfName(at + 1, depth)
          if (at < 0) return -1
          continue
        }
      } else at = byte <= NINE ? this.#endOfNumber(at) : this.#endOfWord(at)
      if (at < 0) return -1
      for (;;) {
        if (depth === 0) return at
        const isArray = starts[depth] === ARRAY
        const next = bytes[at++] as number
        if (next === COMMA) {
          if (!isArray) at = this.#endOfName(at, depth)
          if (at < 0) return -1
          break
        }
        if (next !== (isArray ? CLOSE_ARRAY : CLOSE_OBJECT)) return -1
        depth--
      }
    }
  }

  // Names ascend by UTF-16 code units (RFC 8785 §3.2.3), which in ASCII are the bytes. Ends after the colon.
  #endOfName(at: number, depth: number): number {
    const bytes = this.#bytes
    const start = at + 1
    if (bytes[at] !== QUOTE) return -1
    const end = this.#nextMark(start)
    if (bytes[end] !== QUOTE || bytes[end + 1] !== COLON) return -1
    const last = this.#starts[depth] as number
    if (last !== NO_NAME && !this.ascends(last, this.#ends[depth] as number, start, end)) return -1
    this.#starts[depth] = start
    this.#ends[depth] = end
    return end + 2
  }

  #endOfString(at: number): number {
    const end = this.#nextMark(at + 1)
    return this.#bytes[end] === QUOTE ? end + 1 : this.#endOfUnusualString(end)
  }

  #endOfUnusualString(mark: number): number {
    const bytes = this.#bytes
    let isAscii = true
    for (let at = mark; ; ) {
      const byte = bytes[at] ?? 0
      if (byte === QUOTE) return isAscii || isUtf8(bytes.subarray(mark, at)) ? at + 1 : -1
      if (byte > 0x7f) isAscii = false
      const length = byte > 0x7f ? 1 : byte === BACKSLASH ? this.#lengthOfEscape(at) : 0
      if (length === 0) return -1
      at = this.#nextMark(at + length)
    }
  }

  // In canonical form; 0 for any other.
  #lengthOfEscape(at: number): number {
    if (ESCAPED[this.#bytes[at + 1] ?? 0] === 1) return 2
    const written = String.fromCharCode(...this.#bytes.subarray(at, at + LONG_ESCAPE))
    return CONTROLS.has(written) ? LONG_ESCAPE : 0
  }

  #endOfInteger(at: number): number {
    const bytes = this.#bytes
    const first = bytes[at] === MINUS ? at + 1 : at
    let end = first
    let value = 0
    for (let byte = bytes[end] as number; isDigit(byte); byte = bytes[++end] as number)
      value = value * 10 + (byte - ZERO)
    if (end === first || value > Number.MAX_SAFE_INTEGER) return -1
    if (bytes[first] === ZERO && (end > first + 1 || first > at)) return -1
    this.value = first > at ? -value : value
    return end
  }

  // What is no plain integer is rare enough to be read and written.
  #endOfNumber(at: number): number {
    const bytes = this.#bytes
    const plain = this.#endOfInteger(at)
    if (plain >= 0 && (NUMERIC[bytes[plain] ?? 0] as number) === 0) return plain
    let text = ''
    for (let end = at; ; end++) {
      const byte = bytes[end] ?? 0
      if ((NUMERIC[byte] as number) === 0) return text.length > 0 && `${Number(text)}` === text ? end : -1
      text += String.fromCharCode(byte)
    }
  }

  #endOfWord(start: number): number {
    this.at = start
    return this.skipOne(WORDS) ? this.at : -1
  }

  // The next marked byte from `at` on, or the end of all.
  #nextMark(at: number): number {
    const marks = this.#marks
    let index = at >> 5
    let bits = (marks[index] as number) >>> (at & 31)
    if (bits !== 0) return at + 31 - Math.clz32(bits & -bits)
    do bits = marks[++index] as number
    while (bits === 0)
    return bits === undefined ? this.#bytes.length : index * 32 + 31 - Math.clz32(bits & -bits)
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    decodeUtf8(bytes)
    return true
  } catch {
    return false
  }
}
