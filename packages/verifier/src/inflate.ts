// RFC 1951 §3.2.5
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]
// RFC 1951 §3.2.7
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const END_OF_BLOCK = 256
const MAX_BITS = 15

/** A Huffman code (RFC 1951 §3.2.2): how many codes of each length there are, and their symbols in order. */
interface Huffman {
  counts: Uint16Array
  symbols: Uint16Array
}

/**
 * RFC 1951, for where there is no zlib. Throws RangeError for malformed input, for bytes after the last block and
 * for an output of more than `maximum` bytes.
 */
export function inflateRaw(bytes: Uint8Array, maximum: number): Uint8Array {
  const input = new BitReader(bytes)
  const output = new Output(maximum)
  for (let final = false; !final; ) {
    final = input.bits(1) === 1
    const type = input.bits(2)
    if (type === 0) stored(input, output)
    else if (type === 1) compressed(input, output, FIXED_LITERALS, FIXED_DISTANCES)
    else if (type === 2) compressed(input, output, ...dynamic(input))
    else throw new RangeError('a block of a reserved type')
  }
  input.requireEnd()
  return output.bytes()
}

class BitReader {
  readonly #bytes: Uint8Array
  #at = 0
  #held = 0
  #count = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  bits(count: number): number {
    while (this.#count < count) {
      this.#held |= this.#byte() << this.#count
      this.#count += 8
    }
    const value = this.#held & ((1 << count) - 1)
    this.#held >>>= count
    this.#count -= count
    return value
  }

  // A code is read from its first bit on; codes of one length are consecutive integers (RFC 1951 §3.2.2).
  symbol({ counts, symbols }: Huffman): number {
    let code = 0
    let first = 0
    let index = 0
    for (let length = 1; length <= MAX_BITS; length++) {
      code |= this.bits(1)
      const count = counts[length] ?? 0
      if (code - first < count) return symbols[index + code - first] ?? 0
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw new RangeError('no such code')
  }

  aligned(length: number): Uint8Array {
    this.#held = 0
    this.#count = 0
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError('the input ends too early')
    const piece = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return piece
  }

  requireEnd(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError('bytes after the last block')
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new RangeError('the input ends too early')
    return byte
  }
}

class Output {
  readonly #maximum: number
  #bytes: Uint8Array
  #length = 0

  constructor(maximum: number) {
    this.#maximum = maximum
    this.#bytes = new Uint8Array(Math.min(maximum, 65_536))
  }

  literal(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  append(piece: Uint8Array): void {
    this.#reserve(piece.length)
    this.#bytes.set(piece, this.#length)
    this.#length += piece.length
  }

  // Source and target may overlap: what was just written is read again (RFC 1951 §3.2.3).
  repeat(length: number, distance: number): void {
    if (distance > this.#length) throw new RangeError('a distance beyond the start')
    this.#reserve(length)
    for (let i = 0; i < length; i++) {
      this.#bytes[this.#length] = this.#bytes[this.#length - distance] ?? 0
      this.#length++
    }
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed > this.#maximum) throw new RangeError('the output is too long')
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.min(this.#maximum, Math.max(needed, this.#bytes.length * 2)))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

// A code with room for more symbols is none, but for the one of a single symbol of one bit (RFC 1951 §3.2.7), as in
// zlib: both must refuse the same.
function huffman(lengths: readonly number[], orSingle: boolean): Huffman {
  const counts = new Uint16Array(MAX_BITS + 1)
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1
  counts[0] = 0
  const offsets = new Uint16Array(MAX_BITS + 2)
  let left = 1
  for (let length = 1; length <= MAX_BITS; length++) {
    const count = counts[length] ?? 0
    left = left * 2 - count
    if (left < 0) throw new RangeError('a code with too many symbols')
    offsets[length + 1] = (offsets[length] ?? 0) + count
  }
  const longest = Math.max(...lengths)
  if (left > 0 && longest > (orSingle ? 1 : 0)) throw new RangeError('a code with too few symbols')
  const symbols = new Uint16Array(lengths.length)
  lengths.forEach((length, symbol) => {
    if (length === 0) return
    const offset = offsets[length] ?? 0
    symbols[offset] = symbol
    offsets[length] = offset + 1
  })
  return { counts, symbols }
}

// RFC 1951 §3.2.6
const FIXED_LITERALS = huffman(
  Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
  false,
)
const FIXED_DISTANCES = huffman(
  Array.from({ length: 32 }, () => 5),
  false,
)

// RFC 1951 §3.2.4
function stored(input: BitReader, output: Output): void {
  const [a = 0, b = 0, c = 0, d = 0] = input.aligned(4)
  const length = a | (b << 8)
  if (length !== (~(c | (d << 8)) & 0xffff)) throw new RangeError('the length of a stored block')
  output.append(input.aligned(length))
}

// RFC 1951 §3.2.7
function dynamic(input: BitReader): [Huffman, Huffman] {
  const literals = input.bits(5) + 257
  const distances = input.bits(5) + 1
  const codes = input.bits(4) + 4
  if (literals > 286 || distances > 30) throw new RangeError('too many codes')
  const codeLengths = new Array<number>(19).fill(0)
  for (const symbol of CODE_LENGTH_ORDER.slice(0, codes)) codeLengths[symbol] = input.bits(3)
  const lengths = readLengths(input, huffman(codeLengths, false), literals + distances)
  if (lengths[END_OF_BLOCK] === 0) throw new RangeError('a block without an end')
  return [huffman(lengths.slice(0, literals), true), huffman(lengths.slice(literals), true)]
}

function readLengths(input: BitReader, code: Huffman, count: number): number[] {
  const lengths: number[] = []
  while (lengths.length < count) {
    const symbol = input.symbol(code)
    if (symbol < 16) {
      lengths.push(symbol)
      continue
    }
    const last = lengths.at(-1)
    if (symbol === 16 && last === undefined) throw new RangeError('nothing to repeat')
    const times = symbol === 16 ? 3 + input.bits(2) : symbol === 17 ? 3 + input.bits(3) : 11 + input.bits(7)
    for (let i = 0; i < times; i++) lengths.push(symbol === 16 ? (last ?? 0) : 0)
  }
  if (lengths.length > count) throw new RangeError('too many lengths')
  return lengths
}

function compressed(input: BitReader, output: Output, literals: Huffman, distances: Huffman): void {
  for (let symbol = input.symbol(literals); symbol !== END_OF_BLOCK; symbol = input.symbol(literals)) {
    if (symbol < END_OF_BLOCK) {
      output.literal(symbol)
      continue
    }
    const length = LENGTH_BASE[symbol - 257]
    if (length === undefined) throw new RangeError('no such length')
    const total = length + input.bits(LENGTH_EXTRA[symbol - 257] ?? 0)
    const code = input.symbol(distances)
    const distance = DISTANCE_BASE[code]
    if (distance === undefined) throw new RangeError('no such distance')
    output.repeat(total, distance + input.bits(DISTANCE_EXTRA[code] ?? 0))
  }
}
