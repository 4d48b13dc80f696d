import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DOT,
  ENDS,
  ESCAPES,
  hexDigits,
  isDigit,
  KINDS,
  MINUS,
  NINE,
  NOTED,
  NOTED_IN_STRINGS,
  numberAt,
  OPEN_ARRAY,
  OPEN_OBJECT,
  ORDINARY,
  PERCENT,
  putUtf8,
  QUOTE,
  SPACE,
  ZERO,
} from './json-bytes.ts'
import { EXACT_DIGITS } from './json-parse.ts'
import { areSorted, compareNames, orderOf } from './member-order.ts'

/** Containers within each other that are read this way. */
const DEPTH = 64
/** From this first byte of UTF-8 on its order is another than that of UTF-16 (RFC 8785 §3.2.3 sorts by that). */
const ANOTHER_ORDER = 0xee
/** Bytes that an object's canonical form may be longer than it came; a longer one is left to parseStrict. */
const SLACK = 512
const ARENA = 262_144

/**
 * Reads JSON objects straight into the canonical forms (RFC 8785) of their members, byte by byte and without making
 * values of them: several times as fast as parseStrict and canonicalize, and for the same result. Says no wherever
 * that is not plain to see — malformed text, a member name that comes twice or is escaped, a number that a double
 * cannot hold, deep nesting — and leaves the word to parseStrict. What it wrote stays where it is.
 */
export class CanonicalReader {
  /** Where the canonical forms stand; another one for every few objects. */
  out = new Uint8Array(ARENA)
  /** How many members the object has. */
  count = 0
  /**
   * Of each member: start and end of its name in the source, start and end of its value's canonical form in `out`. While
   * an object is read, those of the objects within it come after.
   */
  members = new Int32Array(4 * 256)
  /** NOTED_IN_STRINGS of the object. */
  noted = 0
  #source: Uint8Array = new Uint8Array()
  #end = 0
  #at = 0
  #to = 0
  #most = 0
  #opened = 0

  /** Reads the object that is all of `source` from `start` to `end`, which is UTF-8. False: it was not read. */
  read(source: Uint8Array, start: number, end: number): boolean {
    const room = 2 * (end - start + SLACK)
    if (this.#to + room > this.out.length) {
      this.out = new Uint8Array(Math.max(ARENA, 2 * room))
      this.#to = 0
    }
    this.#source = source
    this.#at = start
    this.#end = end
    this.#most = this.#to + (end - start) + SLACK / 2
    this.#opened = 0
    this.count = 0
    this.noted = 0
    return this.#topLevel()
  }

  /**
   * An object of some members of the object that was read last, under their names, as a view of `out`; -1 in `places`:
   * leave it out. The names are ASCII and in their order.
   */
  compose(names: readonly string[], places: readonly number[]): Uint8Array {
    const { out, members } = this
    const start = this.#to
    out[this.#to++] = OPEN_OBJECT
    for (const [i, place] of places.entries()) {
      if (place === -1) continue
      if (this.#to > start + 1) out[this.#to++] = COMMA
      this.#word(`"${names[i]}":`)
      const from = members[4 * place + 2] as number
      const until = members[4 * place + 3] as number
      out.copyWithin(this.#to, from, until)
      this.#to += until - from
    }
    out[this.#to++] = CLOSE_OBJECT
    return out.subarray(start, this.#to)
  }

  #word(text: string): void {
    for (let i = 0; i < text.length; i++) this.out[this.#to++] = text.charCodeAt(i)
  }

  #topLevel(): boolean {
    this.#skipSpace()
    if (this.#source[this.#at] !== OPEN_OBJECT || !this.#readMembers(1)) return false
    this.#skipSpace()
    if (this.#at !== this.#end) return false
    this.count = this.#opened / 4
    return this.count <= MOST_MEMBERS && !this.#hasTwins()
  }

  // Top-level members are few and of other lengths.
  #hasTwins(): boolean {
    const { members, count } = this
    for (let i = 1; i < count; i++)
      for (let j = 0; j < i; j++) if (compareNames(this.#source, members, 4 * i, 4 * j) === 0) return true
    return false
  }

  // Every reader below begins at its first byte and ends after its last; false: not read.

  #value(depth: number): boolean {
    if (this.#to > this.#most) return false
    const byte = this.#source[this.#at] as number
    if (byte === QUOTE) return this.#string()
    if (byte === OPEN_OBJECT) return this.#object(depth + 1)
    if (byte === OPEN_ARRAY) return this.#array(depth + 1)
    if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return this.#number()
    return this.#literal('true') || this.#literal('false') || this.#literal('null')
  }

  #literal(word: string): boolean {
    for (let i = 0; i < word.length; i++) if (this.#source[this.#at + i] !== word.charCodeAt(i)) return false
    this.#word(word)
    this.#at += word.length
    return this.#at <= this.#end
  }

  // The end is looked at where something ends: a line that is cut short goes on with a line end, which is refused.
  #string(): boolean {
    const source = this.#source
    const { out } = this
    let i = this.#at + 1
    let to = this.#to
    out[to++] = QUOTE
    for (;;) {
      const next = this.#copyOrdinary(i, to)
      to += next - i
      i = next
      const byte = source[i] as number
      const kind = KINDS[byte]
      if (i >= this.#end) return false
      if (kind === NOTED) {
        this.#note(byte, source[i + 1] as number)
        out[to++] = byte
        i++
      } else if (kind === ENDS) {
        out[to++] = QUOTE
        this.#at = i + 1
        this.#to = to
        return true
      } else if (kind === ESCAPES) {
        this.#at = i
        this.#to = to
        if (!this.#escape()) return false
        i = this.#at
        to = this.#to
      } else return false // a control character
    }
  }

  // Bytes of a string that stand for themselves, from `from` on; answers the place of the first that does not.
  #copyOrdinary(from: number, to: number): number {
    const source = this.#source
    const { out } = this
    const kinds = KINDS
    let i = from
    let put = to
    let byte = source[i] as number
    while (kinds[byte] === ORDINARY) {
      out[put++] = byte
      byte = source[++i] as number
    }
    return i
  }

  #note(byte: number, next: number): void {
    if (byte === SPACE) {
      if (next === SPACE) this.noted |= NOTED_IN_STRINGS.room
    } else this.noted |= byte === PERCENT ? NOTED_IN_STRINGS.percent : NOTED_IN_STRINGS.beyondAscii
  }

  // RFC 8785 §3.2.2.2: two characters where there are, else \u and four digits for control characters, else as it is.
  #escape(): boolean {
    const escaped = this.#source[this.#at + 1] as number
    if (escaped === 0x75) return this.#unicodeEscape()
    this.#at += 2
    switch (escaped) {
      case 0x22:
        break
      case 0x6e: // n
      case 0x72: // r
      case 0x74: // t
        this.noted |= NOTED_IN_STRINGS.room
        break
      case 0x5c:
      case 0x62: // b
      case 0x66: // f
        this.noted |= NOTED_IN_STRINGS.escape
        break
      case 0x2f: // a slash needs none
        this.out[this.#to++] = escaped
        return true
      default:
        return false
    }
    this.out[this.#to++] = BACKSLASH
    this.out[this.#to++] = escaped
    return true
  }

  #unicodeEscape(): boolean {
    const unit = hexDigits(this.#source, this.#at + 2)
    if (unit < SPACE || unit === QUOTE || unit === BACKSLASH || unit === 0x7f) return false // rare, and the end: -1
    this.#at += 6
    if (unit >= 0xd800 && unit <= 0xdfff) {
      const low = this.#source[this.#at] === BACKSLASH && this.#source[this.#at + 1] === 0x75
      const second = low ? hexDigits(this.#source, this.#at + 2) : -1
      if (unit > 0xdbff || second < 0xdc00 || second > 0xdfff) return false
      this.#at += 6
      this.#utf8(0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00))
      return true
    }
    if (unit === SPACE || unit === PERCENT) this.noted |= NOTED_IN_STRINGS.escape // what is beside it is not looked at
    this.#utf8(unit)
    return true
  }

  #utf8(point: number): void {
    if (point >= 0x80) this.noted |= NOTED_IN_STRINGS.beyondAscii
    this.#to = putUtf8(this.out, this.#to, point)
  }

  #number(): boolean {
    const source = this.#source
    const start = this.#at
    let i = start
    while (isDigit(source[i] as number)) i++
    const next = source[i] as number
    const isPlain = i > start && i - start <= EXACT_DIGITS && next !== DOT && (next | 0x20) !== 0x65
    if (!isPlain || (source[start] === ZERO && i > start + 1) || i > this.#end) return this.#anyNumber()
    for (let from = start; from < i; from++) this.out[this.#to++] = source[from] as number
    this.#at = i
    return true
  }

  #anyNumber(): boolean {
    const number = numberAt(this.#source, this.#at, this.#end)
    if (number === null) return false
    this.#word(number.canonical)
    this.#at = number.end
    return true
  }

  #array(depth: number): boolean {
    if (depth > DEPTH) return false
    const source = this.#source
    this.out[this.#to++] = OPEN_ARRAY
    this.#at++
    this.#skipSpace()
    if (source[this.#at] === CLOSE_ARRAY) {
      this.#at++
      this.out[this.#to++] = CLOSE_ARRAY
      return true
    }
    for (;;) {
      if (!this.#value(depth)) return false
      this.#skipSpace()
      const byte = source[this.#at++] as number
      this.out[this.#to++] = byte
      if (byte === CLOSE_ARRAY) return true
      if (byte !== COMMA) return false
      this.#skipSpace()
    }
  }

  #object(depth: number): boolean {
    const first = this.#opened
    if (depth > DEPTH) return false
    this.out[this.#to++] = OPEN_OBJECT
    const start = this.#to
    if (!this.#readMembers(depth)) return false
    if (this.#opened > first) {
      if (!areSorted(this.#source, this.members, first, this.#opened)) {
        const order = orderOf(this.#source, this.members, first, this.#opened)
        if (order === null) return false
        this.#rewrite(order, start)
      }
      this.out[this.#to - 1] = CLOSE_OBJECT // where the last comma stood
    } else this.out[this.#to++] = CLOSE_OBJECT
    this.#opened = first
    return true
  }

  // Each member is written with a comma after it; at the top level only values are.
  #readMembers(depth: number): boolean {
    const source = this.#source
    const isTop = depth === 1
    this.#at++
    this.#skipSpace()
    if (source[this.#at] === CLOSE_OBJECT) {
      this.#at++
      return true
    }
    for (;;) {
      const place = this.#opened
      if (place + 4 > this.members.length) this.members = grown(this.members)
      this.#opened += 4
      const start = this.#to
      if (!this.#name(place)) return false
      if (isTop) this.#to = start
      else this.out[this.#to++] = COLON
      this.#skipSpace()
      if (source[this.#at++] !== COLON) return false
      this.#skipSpace()
      if (!this.#value(depth)) return false
      if (!isTop) this.out[this.#to++] = COMMA
      this.members[place + 2] = start
      this.members[place + 3] = this.#to
      this.#skipSpace()
      const byte = source[this.#at++]
      if (byte === CLOSE_OBJECT) return true
      if (byte !== COMMA) return false
      this.#skipSpace()
    }
  }

  /** A member's name that is written as it is. */
  #name(place: number): boolean {
    const source = this.#source
    const { out } = this
    if (source[this.#at] !== QUOTE) return false
    const start = this.#at + 1
    let i = start
    let to = this.#to
    out[to++] = QUOTE
    for (;;) {
      const next = this.#copyOrdinary(i, to)
      to += next - i
      i = next
      const byte = source[i] as number
      out[to++] = byte
      if (KINDS[byte] === ENDS) break
      if (KINDS[byte] !== NOTED || byte >= ANOTHER_ORDER || i >= this.#end) return false
      this.#note(byte, source[++i] as number)
    }
    this.members[place] = start
    this.members[place + 1] = i
    this.#at = i + 1
    this.#to = to
    return i < this.#end
  }

  // Behind what is written there is as much room again.
  #rewrite(order: readonly number[], start: number): void {
    const { out } = this
    const end = this.#to
    let to = end
    for (const member of order) {
      const until = this.members[member + 3] as number
      const from = this.members[member + 2] as number
      if (until - from > LONG) {
        out.copyWithin(to, from, until)
        to += until - from
      } else for (let i = from; i < until; i++) out[to++] = out[i] as number
    }
    out.copyWithin(start, end, to)
  }

  #skipSpace(): void {
    if ((this.#source[this.#at] as number) > SPACE) return
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#source[this.#at] as number
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
    }
  }
}

const LONG = 96
/** Members of an object itself, each of which is held against each other. */
const MOST_MEMBERS = 64

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length)
  larger.set(array)
  return larger
}
