import { malformed } from './zstd-bits.ts'

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
const MAX_BLOCK = 2 ** 17 // RFC 8878 §3.1.1.2.4
/** What libzstd grants a frame unless it is told otherwise. */
const MAX_WINDOW = 2 ** 27

/** A block of a frame (RFC 8878 §3.1.1.2). */
export interface ZstdBlock {
  type: 'raw' | 'repeated' | 'compressed'
  /** Of a repeated byte, how often it comes; else the bytes that the block has in the frame. */
  size: number
  content: Uint8Array
}

/** A frame whose outline is sound; what is in its compressed blocks was not looked at. */
export interface ZstdFrame {
  /** Bytes that come out of it. */
  length: number
  /** Most bytes that come out of a block. */
  maxBlock: number
  blocks: ZstdBlock[]
}

/**
 * The outline of a Zstandard frame of the kind that formats §6 allows: it says its content size, names no dictionary
 * and has no checksum, and is all that there is. Throws RangeError for any other, and where it says that more than
 * `maximum` bytes come out of it: nothing has been unpacked then.
 */
export function readFrame(bytes: Uint8Array, maximum: number): ZstdFrame {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) throw malformed('not a Zstandard frame')
  const descriptor = byteAt(bytes, 4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  // RFC 8878 §3.1.1.1.1: a reserved bit, a checksum, an id of a dictionary
  if ((descriptor & 0x0f) !== 0) throw malformed('a checksum, a dictionary or a reserved bit')
  const at = isSingleSegment ? 5 : 6
  const flag = descriptor >> 6
  const sizeBytes = flag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** flag
  if (sizeBytes === 0) throw malformed('a frame without its content size')
  const length = littleEndian(bytes, at, sizeBytes) + (flag === 1 ? 256 : 0)
  if (length > maximum) throw malformed('the output is too long')
  const window = isSingleSegment ? length : windowOf(byteAt(bytes, 5))
  if (window > MAX_WINDOW) throw malformed('a window too large')
  const maxBlock = Math.min(window, MAX_BLOCK)
  return { length, maxBlock, blocks: readBlocks(bytes, at + sizeBytes, maxBlock) }
}

// RFC 8878 §3.1.1.1.2
function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function readBlocks(bytes: Uint8Array, start: number, maxBlock: number): ZstdBlock[] {
  const blocks: ZstdBlock[] = []
  let at = start
  for (let isLast = false; !isLast; ) {
    const head = littleEndian(bytes, at, 3)
    isLast = (head & 1) === 1
    const type = (['raw', 'repeated', 'compressed'] as const)[(head >> 1) & 3]
    const size = head >> 3
    if (type === undefined) throw malformed('a block of a reserved type')
    if (size > maxBlock) throw malformed('a block too large')
    const begin = at + 3
    at = begin + (type === 'repeated' ? 1 : size)
    if (at > bytes.length) throw malformed('the input ends too early')
    blocks.push({ type, size, content: bytes.subarray(begin, at) })
  }
  if (at !== bytes.length) throw malformed('bytes after the last block')
  return blocks
}

export function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let i = length - 1; i >= 0; i--) value = value * 256 + byteAt(bytes, at + i)
  return value
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw malformed('the input ends too early')
  return byte
}
