import { BackwardBits, malformed } from './zstd-bits.ts'
import { constantTable, type FseTable, fseTable, readFseTable } from './zstd-entropy.ts'

/** Literals to copy, then a match to repeat (RFC 8878 §3.1.1.3.2). */
export type OnSequence = (literals: number, offset: number, match: number) => void

/** What a kind of code means: its value is base + that many more bits. */
interface Codes {
  bases: readonly number[]
  extra: readonly number[]
  maxLog: number
  predefined: FseTable
}

// RFC 8878 §3.1.1.3.2.1.1
const LITERAL_EXTRA = [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
const MATCH_EXTRA = [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
const OFFSET_EXTRA = Array.from({ length: 32 }, (_, code) => code)

// Default distributions: RFC 8878 §3.1.1.3.2.2.
const LITERALS: Codes = {
  bases: basesOf(LITERAL_EXTRA, 0),
  extra: LITERAL_EXTRA,
  maxLog: 9,
  predefined: fseTable(
    [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
    6,
  ),
}
const MATCHES: Codes = {
  bases: basesOf(MATCH_EXTRA, 3),
  extra: MATCH_EXTRA,
  maxLog: 9,
  predefined: fseTable([1, 4, 3, 2, 2, 2, 2, 2, 2, ...Array<number>(37).fill(1), -1, -1, -1, -1, -1, -1, -1], 6),
}
const OFFSETS: Codes = {
  bases: OFFSET_EXTRA.map((code) => 2 ** code),
  extra: OFFSET_EXTRA,
  maxLog: 8,
  predefined: fseTable([1, 1, 1, 1, 1, 1, 2, 2, 2, ...Array<number>(15).fill(1), -1, -1, -1, -1, -1], 5),
}

const KINDS = [LITERALS, OFFSETS, MATCHES]

/** Reads the sequences of a frame's blocks; tables and offsets go from one block to the next. */
export class SequenceReader {
  #tables: FseTable[] = []
  #recent: [number, number, number] = [1, 4, 8]

  /** Reads a section of sequences, which ends where the block does. Throws RangeError. */
  read(bytes: Uint8Array, onSequence: OnSequence): void {
    const { count, length } = readCount(bytes)
    if (count === 0) {
      if (length !== bytes.length) throw malformed('bytes after the last sequence')
      return
    }
    const modes = bytes[length] ?? 0
    if ((modes & 3) !== 0) throw malformed('reserved bits of the modes')
    let rest = bytes.subarray(length + 1)
    this.#tables = KINDS.map((codes, i) => {
      const { table, length } = readTable(rest, (modes >> (6 - 2 * i)) & 3, codes, this.#tables[i])
      rest = rest.subarray(length)
      return table
    })
    this.#decode(new BackwardBits(rest), count, onSequence)
  }

  #decode(input: BackwardBits, count: number, onSequence: OnSequence): void {
    const readers = this.#tables.map((table, i) => new CodeReader(input, table, KINDS[i] as Codes))
    const [literals, offsets, matches] = readers as [CodeReader, CodeReader, CodeReader]
    for (let left = count; ; ) {
      const offset = offsets.value()
      const match = matches.value()
      const literal = literals.value()
      onSequence(literal, this.#offsetOf(offset, literal), match)
      if (--left === 0 || input.left < 0) break
      literals.step()
      matches.step()
      offsets.step()
    }
    input.requireEnd()
  }

  // RFC 8878 §3.1.1.5: the values 1 to 3 stand for recent offsets, and mean others after no literals.
  #offsetOf(value: number, literals: number): number {
    const [first, second, third] = this.#recent
    const which = value > 3 ? 4 : value + (literals === 0 ? 1 : 0)
    if (which === 1) return first
    if (which === 2) this.#recent = [second, first, third]
    else {
      const offset = value > 3 ? value - 3 : which === 3 ? third : first - 1
      if (offset === 0) throw malformed('an offset of nothing')
      this.#recent = [offset, first, second]
    }
    return this.#recent[0]
  }
}

// RFC 8878 §3.1.1.3.2.1
function readCount(bytes: Uint8Array): { count: number; length: number } {
  const [a, b = 0, c = 0] = bytes
  if (a === undefined) throw malformed('the input ends too early')
  if (a < 128) return { count: a, length: 1 }
  if (a < 255) return { count: (a - 128) * 256 + b, length: 2 }
  return { count: b + c * 256 + 0x7f00, length: 3 }
}

function readTable(
  bytes: Uint8Array,
  mode: number,
  codes: Codes,
  last: FseTable | undefined,
): { table: FseTable; length: number } {
  if (mode === 0) return { table: codes.predefined, length: 0 }
  if (mode === 2) return readFseTable(bytes, codes.maxLog, codes.bases.length - 1)
  if (mode === 3) {
    if (last === undefined) throw malformed('no table to repeat')
    return { table: last, length: 0 }
  }
  const [symbol = codes.bases.length] = bytes
  if (symbol >= codes.bases.length) throw malformed('no such code')
  return { table: constantTable(symbol), length: 1 }
}

/** Walks through the states of a table, and reads the value that each stands for. */
class CodeReader {
  readonly #input: BackwardBits
  readonly #table: FseTable
  readonly #codes: Codes
  #state: number

  constructor(input: BackwardBits, table: FseTable, codes: Codes) {
    this.#input = input
    this.#table = table
    this.#codes = codes
    this.#state = input.read(table.log)
  }

  value(): number {
    const code = this.#table.symbols[this.#state] ?? 0
    return (this.#codes.bases[code] ?? 0) + this.#input.read(this.#codes.extra[code] ?? 0)
  }

  step(): void {
    this.#state = (this.#table.bases[this.#state] ?? 0) + this.#input.read(this.#table.bits[this.#state] ?? 0)
  }
}

function basesOf(extra: readonly number[], first: number): number[] {
  let next = first
  return extra.map((bits) => {
    const base = next
    next += 2 ** bits
    return base
  })
}

function zeros(count: number): number[] {
  return Array<number>(count).fill(0)
}
