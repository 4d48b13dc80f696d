import { promisify } from 'node:util'
import {
  constants,
  inflateRawSync,
  type ZstdOptions,
  zstdCompress,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import { decodeBundle, encodeBundle, MAX_ENTRY_LENGTH } from '@probity/core'
import { BUNDLE } from './rules.ts'

// Bodies of bundles are Zstandard frames (RFC 8878). Logs of before 2026-11 also hold raw DEFLATE (RFC 1951), which
// nothing rewrites; no such stream begins as a frame does: it would be a stored block whose two lengths disagree.

const compress = promisify(zstdCompress)

/** A full bundle is written once and read for years; a fragment is soon written again. */
const LEVEL = { full: 3, fragment: 1 }
/** Bytes that are compressed sooner than another thread is asked. */
const SMALL = 16_384

/** The leaves of a bundle or of a fragment, as they are stored. */
export async function packBody(leaves: readonly Uint8Array[]): Promise<Buffer> {
  const bundle = encodeBundle(leaves)
  const options = optionsFor(leaves.length === BUNDLE ? LEVEL.full : LEVEL.fragment, bundle.length)
  return bundle.length <= SMALL ? zstdCompressSync(bundle, options) : compress(bundle, options)
}

/** Inverse of packBody. Throws for a body that is damaged or has another number of leaves. */
export function openBody({ body, entries }: { body: Buffer; entries: number }): Uint8Array[] {
  return decodeBundle(unpackBody({ body, entries }), entries)
}

/** The bundle (C2SP tlog-tiles) of a body. Throws for one that is damaged or longer than its entries can be. */
export function unpackBody({ body, entries }: { body: Buffer; entries: number }): Buffer {
  const maxOutputLength = entries * (MAX_ENTRY_LENGTH + 2)
  if (!isZstd(body)) return inflateRawSync(body, { maxOutputLength })
  return zstdDecompressSync(body, { maxOutputLength, chunkSize: chunkFor(body.length) })
}

/** Whether a body is a Zstandard frame. */
export function isZstd(body: Uint8Array): boolean {
  return body[0] === 0x28 && body[1] === 0xb5 && body[2] === 0x2f && body[3] === 0xfd
}

function optionsFor(level: number, length: number): ZstdOptions {
  return {
    pledgedSrcSize: length,
    // No output fills it: where one does to the brim, zlib ends it once more, with an empty frame (formats §6 has one).
    chunkSize: length + (length >> 7) + 512,
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 0 },
  }
}

// Most bodies come out in one piece; zlib puts several together by copying them.
function chunkFor(compressed: number): number {
  return 2 ** Math.ceil(Math.log2(Math.min(Math.max(compressed * 5, 4096), 2 ** 20)))
}
