import { BackwardBits, malformed } from './zstd-bits.ts'

/** A finite state entropy table (RFC 8878 §4.1): of each state its symbol, and where the next one is found. */
export interface FseTable {
  log: number
  symbols: Uint8Array
  bits: Uint8Array
  bases: Uint16Array
}

/** A Huffman table (RFC 8878 §4.2): of any next `log` bits the symbol that they begin with, and its length. */
export interface HuffmanTable {
  log: number
  symbols: Uint8Array
  bits: Uint8Array
}

const MAX_WEIGHTS_LOG = 6
const MAX_HUFFMAN_LOG = 11

/** Reads the description of a table (RFC 8878 §4.1.1), and says how many bytes it takes. */
export function readFseTable(
  bytes: Uint8Array,
  maxLog: number,
  maxSymbol: number,
): { table: FseTable; length: number } {
  let at = 0
  const read = (count: number): number => {
    const byte = at >> 3
    const three = (bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8) | ((bytes[byte + 2] ?? 0) << 16)
    const value = (three >> (at & 7)) & ((1 << count) - 1)
    at += count
    return value
  }
  const log = read(4) + 5
  if (log > maxLog) throw malformed('a table too large')
  const counts: number[] = []
  for (let left = 1 << log; left > 0; ) {
    const count = readCount(read, left)
    counts.push(count)
    left -= Math.abs(count)
    for (let zeros = count === 0 ? 3 : 0; zeros === 3; ) {
      zeros = read(2)
      for (let i = 0; i < zeros; i++) counts.push(0)
    }
    if (counts.length > maxSymbol + 1) throw malformed('a table of too many symbols')
  }
  const length = (at + 7) >> 3
  if (length > bytes.length) throw malformed('the input ends too early')
  return { table: fseTable(counts, log), length }
}

// Of the values up to `left` + 1 the small ones take a bit less. −1 stands for a share of less than one.
function readCount(read: (count: number) => number, left: number): number {
  const bits = highestBit(left + 1)
  const small = 2 ** (bits + 1) - left - 2
  const low = read(bits)
  if (low < small) return low - 1
  return (read(1) === 0 ? low : low + 2 ** bits - small) - 1
}

/** The table of these counts, whose sum, −1 taken as 1, is 2^log (RFC 8878 §4.1.1). */
export function fseTable(counts: readonly number[], log: number): FseTable {
  const size = 1 << log
  const symbols = new Uint8Array(size)
  let end = size
  counts.forEach((count, symbol) => {
    if (count === -1) symbols[--end] = symbol
  })
  const step = (size >> 1) + (size >> 3) + 3
  let place = 0
  counts.forEach((count, symbol) => {
    for (let i = 0; i < count; i++) {
      symbols[place] = symbol
      do place = (place + step) & (size - 1)
      while (place >= end)
    }
  })
  const next = counts.map(Math.abs)
  const bits = new Uint8Array(size)
  const bases = new Uint16Array(size)
  symbols.forEach((symbol, state) => {
    const reached = next[symbol] ?? 0
    next[symbol] = reached + 1
    const more = log - highestBit(reached)
    bits[state] = more
    bases[state] = (reached << more) - size
  })
  return { log, symbols, bits, bases }
}

/** A table of one state, which is always left for itself. */
export function constantTable(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), bases: new Uint16Array(1) }
}

/** Reads the description of a Huffman code (RFC 8878 §4.2.1), and says how many bytes it takes. */
export function readHuffmanTable(bytes: Uint8Array): { table: HuffmanTable; length: number } {
  const head = bytes[0] ?? 0
  const length = 1 + (head < 128 ? head : (head - 126) >> 1)
  if (length > bytes.length) throw malformed('the input ends too early')
  const content = bytes.subarray(1, length)
  const weights =
    head < 128
      ? compressedWeights(content)
      : Array.from({ length: head - 127 }, (_, i) => ((content[i >> 1] ?? 0) >> (i % 2 === 0 ? 4 : 0)) & 15)
  return { table: huffmanTable(weights), length }
}

// RFC 8878 §4.2.1.2: two states take turns, until the bits no longer suffice for another step.
function compressedWeights(bytes: Uint8Array): number[] {
  const { table, length } = readFseTable(bytes, MAX_WEIGHTS_LOG, 255)
  const input = new BackwardBits(bytes.subarray(length))
  const states = [input.read(table.log), input.read(table.log)]
  if (input.left < 0) throw malformed('weights of too few bits')
  const weights: number[] = []
  for (let turn = 0; weights.length < 255; turn = 1 - turn) {
    const state = states[turn] ?? 0
    weights.push(table.symbols[state] ?? 0)
    states[turn] = (table.bases[state] ?? 0) + input.read(table.bits[state] ?? 0)
    if (input.left < 0) return [...weights, table.symbols[states[1 - turn] ?? 0] ?? 0]
  }
  throw malformed('too many weights')
}

// The last weight is not written: it makes the code complete (RFC 8878 §4.2.1).
function huffmanTable(written: readonly number[]): HuffmanTable {
  const sum = written.reduce((all, weight) => all + shareOf(weight), 0)
  const log = sum === 0 ? 0 : highestBit(sum) + 1
  if (log === 0 || log > MAX_HUFFMAN_LOG || written.length > 255) throw malformed('the weights of a code')
  const size = 1 << log
  const last = size - sum
  if (last !== 1 << highestBit(last)) throw malformed('a code that is not complete')
  const weights = [...written, highestBit(last) + 1]
  if (!weights.includes(1)) throw malformed('a code with more bits than it needs') // as in zlib: both must refuse the same
  const symbols = new Uint8Array(size)
  const bits = new Uint8Array(size)
  let at = 0
  for (let weight = 1; weight <= log; weight++) {
    weights.forEach((of, symbol) => {
      if (of !== weight) return
      const end = at + shareOf(weight)
      symbols.fill(symbol, at, end)
      bits.fill(log + 1 - weight, at, end)
      at = end
    })
  }
  return { log, symbols, bits }
}

function shareOf(weight: number): number {
  return weight === 0 ? 0 : 2 ** (weight - 1)
}

function highestBit(value: number): number {
  return 31 - Math.clz32(value)
}
