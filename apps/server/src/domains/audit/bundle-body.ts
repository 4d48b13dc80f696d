import { inflateRawSync } from 'node:zlib'
import { decodeBundle, LENGTH_BYTES, MAX_ENTRY_LENGTH } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { BUNDLE } from './rules.ts'
import { ZstdPacker } from './zstd-packer.ts'

// Bodies of bundles are Zstandard frames (RFC 8878). Logs of before 2026-11 also hold raw DEFLATE (RFC 1951), which
// nothing rewrites; no such stream begins as a frame does: it would be a stored block whose two lengths disagree.

/** A full bundle is written once and read for years; a fragment is soon written again. */
const LEVEL = { full: 3, fragment: 1 }
/** A fragment of fewer bytes stays as it is: to compress it is dear, and it goes when the bundle is full. */
const SMALL = 16_384

/** Two of each, since zlib has several threads. */
const packers = {
  full: [new ZstdPacker(LEVEL.full), new ZstdPacker(LEVEL.full)],
  fragment: [new ZstdPacker(LEVEL.fragment), new ZstdPacker(LEVEL.fragment)],
}
let turn = 0

/** Packs pieces of an entry bundle (C2SP tlog-tiles) of so many leaves: a full one, or a fragment of the open one. */
export async function packBody(pieces: readonly Uint8Array[], entries: number): Promise<Buffer> {
  const kind = entries === BUNDLE ? 'full' : 'fragment'
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (kind === 'fragment' && length <= SMALL) return plainFrame(pieces, length)
  const [one, other] = packers[kind] as [ZstdPacker, ZstdPacker]
  return (turn++ % 2 === 0 ? one : other).pack(pieces)
}

const MAGIC = 0xfd2fb528
/** A content size of four bytes, which is the window as well; no checksum and no dictionary (RFC 8878 §3.1.1.1.1). */
const DESCRIPTOR = 0xa0
const HEAD_BYTES = 12

/**
 * A frame of one block that is the content itself (RFC 8878 §3.1.1.2, Raw_Block). zlib would make a context for each, whose
 * megabyte outside the heap sets off a garbage collection every few seconds.
 */
function plainFrame(pieces: readonly Uint8Array[], length: number): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + length)
  frame.writeUInt32LE(MAGIC, 0)
  frame.writeUInt8(DESCRIPTOR, 4)
  frame.writeUInt32LE(length, 5)
  frame.writeUIntLE((length << 3) | 1, 9, 3) // the last block, raw
  let at = HEAD_BYTES
  for (const piece of pieces) {
    frame.set(piece, at)
    at += piece.length
  }
  return frame
}

/** The leaves of a body. Throws for a body that is damaged or has another number of leaves. */
export function openBody({ body, entries }: { body: Buffer; entries: number }): Uint8Array[] {
  return decodeBundle(unpackBody({ body, entries }), entries)
}

/**
 * The bundle (C2SP tlog-tiles) of a body. Throws for one that is damaged or longer than its entries can be, and for a
 * Zstandard frame that offline verification would refuse (formats §6), since exports carry frames as they are stored.
 */
export function unpackBody({ body, entries }: { body: Buffer; entries: number }): Buffer {
  const maximum = entries * (LENGTH_BYTES + MAX_ENTRY_LENGTH)
  if (!isZstd(body)) return inflateRawSync(body, { maxOutputLength: maximum })
  const { buffer, byteOffset, length } = nodeCrypto.unzstd(body, maximum)
  return Buffer.from(buffer, byteOffset, length)
}

/** Whether a body is a Zstandard frame. */
export function isZstd(body: Uint8Array): boolean {
  return body[0] === 0x28 && body[1] === 0xb5 && body[2] === 0x2f && body[3] === 0xfd
}
