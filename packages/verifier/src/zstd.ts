import { BackwardBits, malformed } from './zstd-bits.ts'
import { type HuffmanTable, readHuffmanTable } from './zstd-entropy.ts'
import { littleEndian, readFrame } from './zstd-frame.ts'
import { SequenceReader } from './zstd-sequences.ts'

/**
 * RFC 8878, for where zlib has no Zstandard. Throws RangeError for a frame that is malformed or not of the kind that
 * readFrame allows, for bytes after it, and for an output of more than `maximum` bytes.
 */
export function unzstd(bytes: Uint8Array, maximum: number): Uint8Array {
  const { length, maxBlock, blocks } = readFrame(bytes, maximum)
  const output = new Output(length)
  const literals = new LiteralsReader(maxBlock)
  const sequences = new SequenceReader()
  for (const { type, size, content } of blocks) {
    if (type === 'raw') output.append(content)
    else if (type === 'repeated') output.append(new Uint8Array(size).fill(content[0] ?? 0))
    else compressed(content, output, literals, sequences)
  }
  return output.whole()
}

// RFC 8878 §3.1.1.3
function compressed(block: Uint8Array, output: Output, reader: LiteralsReader, sequences: SequenceReader): void {
  const { literals, length } = reader.read(block)
  let used = 0
  sequences.read(block.subarray(length), (count, offset, match) => {
    if (used + count > literals.length) throw malformed('too few literals')
    output.append(literals.subarray(used, used + count))
    output.repeat(match, offset)
    used += count
  })
  output.append(literals.subarray(used))
}

class Output {
  readonly #bytes: Uint8Array
  #length = 0

  constructor(length: number) {
    this.#bytes = new Uint8Array(length)
  }

  append(piece: Uint8Array): void {
    this.#require(piece.length)
    this.#bytes.set(piece, this.#length)
    this.#length += piece.length
  }

  // Source and target may overlap: what was just written is read again.
  repeat(length: number, offset: number): void {
    if (offset > this.#length) throw malformed('an offset beyond the start')
    this.#require(length)
    for (const end = this.#length + length; this.#length < end; this.#length++) {
      this.#bytes[this.#length] = this.#bytes[this.#length - offset] ?? 0
    }
  }

  whole(): Uint8Array {
    if (this.#length !== this.#bytes.length) throw malformed('an output of another length')
    return this.#bytes
  }

  #require(more: number): void {
    if (this.#length + more > this.#bytes.length) throw malformed('an output of another length')
  }
}

/** Reads the literals of a frame's blocks (RFC 8878 §3.1.1.3.1); a Huffman table goes from one block to the next. */
class LiteralsReader {
  readonly #maximum: number
  #table: HuffmanTable | null = null

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  /** The literals with which a block begins, and how many bytes of it they take. */
  read(block: Uint8Array): { literals: Uint8Array; length: number } {
    const type = (block[0] ?? 0) & 3
    const format = ((block[0] ?? 0) >> 2) & 3
    if (type < 2) {
      const head = [1, 2, 1, 3][format] ?? 0
      return this.#plain(block, head, littleEndian(block, 0, head) >> (head === 1 ? 3 : 4), type === 1)
    }
    const head = Math.max(format + 2, 3)
    const bits = head * 4 - 2 // of each of two sizes
    const sizes = Math.floor(littleEndian(block, 0, head) / 16)
    return this.#coded(block, head, sizes % 2 ** bits, Math.floor(sizes / 2 ** bits), type === 2, format > 0)
  }

  #plain(block: Uint8Array, head: number, size: number, isRepeated: boolean) {
    this.#requireFit(block, head + (isRepeated ? 1 : size), size)
    if (isRepeated) return { literals: new Uint8Array(size).fill(block[head] ?? 0), length: head + 1 }
    return { literals: block.subarray(head, head + size), length: head + size }
  }

  #coded(block: Uint8Array, head: number, size: number, packed: number, isNew: boolean, inFour: boolean) {
    const end = head + packed
    this.#requireFit(block, end, size)
    let streams = block.subarray(head, end)
    if (isNew) {
      const { table, length } = readHuffmanTable(streams)
      this.#table = table
      streams = streams.subarray(length)
    }
    if (this.#table === null) throw malformed('no code to repeat')
    if (size < (inFour ? MIN_IN_FOUR : 1)) throw malformed('too few literals')
    const literals = new Uint8Array(size)
    if (inFour) decodeFour(streams, literals, this.#table)
    else decode(streams, literals, this.#table)
    return { literals, length: end }
  }

  #requireFit(block: Uint8Array, end: number, size: number): void {
    if (end > block.length) throw malformed('the input ends too early')
    if (size > this.#maximum) throw malformed('too many literals')
  }
}

/** Fewer literals are not cut into four. */
const MIN_IN_FOUR = 6

// RFC 8878 §3.1.1.3.1.6: the lengths of three streams, then all four.
function decodeFour(bytes: Uint8Array, literals: Uint8Array, table: HuffmanTable): void {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes
  const lengths = [a | (b << 8), c | (d << 8), e | (f << 8)]
  const each = Math.ceil(literals.length / 4)
  let at = 6
  for (let i = 0; i < 4; i++) {
    const end = at + (lengths[i] ?? bytes.length - at)
    if (end > bytes.length) throw malformed('the input ends too early')
    decode(bytes.subarray(at, end), literals.subarray(i * each, (i + 1) * each), table)
    at = end
  }
}

// RFC 8878 §4.2.2
function decode(bytes: Uint8Array, literals: Uint8Array, { log, symbols, bits }: HuffmanTable): void {
  const input = new BackwardBits(bytes)
  for (let i = 0; i < literals.length; i++) {
    const next = input.peek(log)
    literals[i] = symbols[next] ?? 0
    input.skip(bits[next] ?? 0)
  }
  input.requireEnd()
}
