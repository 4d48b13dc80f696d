import { concat, decodeUtf8, encodeUtf8, readU16, readU32, readU64, u16, u32, u64 } from './bytes.ts'
import { FormatError } from './errors.ts'
import { isUuid } from './ids.ts'
import { canonicalize } from './json.ts'
import { HASH_LENGTH } from './merkle.ts'
import { TILE_WIDTH } from './tile.ts'

/** First bytes of an export (formats §6). */
export const EXPORT_MAGIC = encodeUtf8('probity-export/1\n')

/** Kinds of frames, by the letters of formats §6. */
export const FRAME = {
  header: 0x48,
  checkpoint: 0x43,
  left: 0x4c,
  bundle: 0x42,
  entry: 0x45,
  part: 0x50,
  right: 0x52,
  trailer: 0x5a,
} as const

/** Bytes of a frame before its payload: kind and length. */
export const FRAME_HEAD_LENGTH = 5
/** Most bytes of a payload. */
export const MAX_PAYLOAD = 2 ** 25
/** Bytes of each leaf hash that a bundle frame carries. */
export const PREFIX_LENGTH = 8

export const CODEC_STORED = 0
export const CODEC_DEFLATE = 1
export const CODEC_ZSTD = 2

export interface ExportHeader {
  kind: 'range' | 'selection'
  origin: string
  tenant_id: string
  /** Microseconds since 1970-01-01T00:00:00Z. */
  created_at: number
  start: number
  end: number
}

export interface BundlePayload {
  first: number
  count: number
  codec: number
  /** count × 8 bytes. */
  prefixes: Uint8Array
  /** The entry bundle, encoded by codec. */
  bundle: Uint8Array
}

export interface EntryPayload {
  index: number
  proof: Uint8Array[]
  leaf: Uint8Array
}

export interface PartPayload {
  index: number
  part: number
  /** 32 bytes. */
  r: Uint8Array
  /** JCS of the part. */
  text: Uint8Array
}

/** A frame: u8 kind ‖ u32 length ‖ payload. */
export function encodeFrame(kind: number, payload: Uint8Array): Uint8Array {
  if (payload.length > MAX_PAYLOAD) throw malformed(`a payload of more than ${MAX_PAYLOAD} bytes`)
  return concat([Uint8Array.of(kind), u32(payload.length), payload])
}

/** Kind and payload length of the frame that begins at `at`. Throws FormatError for a length above MAX_PAYLOAD. */
export function decodeFrameHead(bytes: Uint8Array, at = 0): { kind: number; length: number } {
  const length = readU32(bytes, at + 1)
  if (length > MAX_PAYLOAD) throw malformed(`a payload of more than ${MAX_PAYLOAD} bytes`)
  return { kind: bytes[at] ?? 0, length }
}

/** Payload of `H`. */
export function encodeHeader({ kind, origin, tenant_id, created_at, start, end }: ExportHeader): Uint8Array {
  return encodeUtf8(canonicalize({ kind, origin, tenant_id, created_at, start, end }))
}

/** Inverse of encodeHeader. Throws FormatError unless it is canonical and each member is as it should be. */
export function decodeHeader(payload: Uint8Array): ExportHeader {
  const header = parseHeader(decodeUtf8(payload))
  if (decodeUtf8(encodeHeader(header)) !== decodeUtf8(payload)) throw malformed('the header is not canonical')
  return header
}

function parseHeader(text: string): ExportHeader {
  let header: Partial<ExportHeader> | null
  try {
    header = JSON.parse(text)
  } catch {
    throw malformed('the header is not JSON')
  }
  const { kind, origin, tenant_id, created_at = -1, start = -1, end = -1 } = header ?? {}
  if (kind !== 'range' && kind !== 'selection') throw malformed('the kind of export')
  if (typeof origin !== 'string' || !isUuid(tenant_id)) throw malformed('the origin or tenant of the header')
  if (![created_at, start, end].every(isCount) || start > end) throw malformed('a number of the header')
  return { kind, origin, tenant_id, created_at, start, end }
}

/** Payload of `B`. */
export function encodeBundlePayload({ first, count, codec, prefixes, bundle }: BundlePayload): Uint8Array {
  if (count < 1 || count > TILE_WIDTH || prefixes.length !== count * PREFIX_LENGTH)
    throw malformed('count or prefixes of a bundle')
  return concat([u64(first), u16(count), Uint8Array.of(codec), prefixes, bundle])
}

/** Inverse of encodeBundlePayload, as views of the payload. Throws FormatError. */
export function decodeBundlePayload(payload: Uint8Array): BundlePayload {
  if (payload.length < 11) throw malformed('a bundle frame too short')
  const count = readU16(payload, 8)
  const codec = payload[10] ?? 0
  const begin = 11 + count * PREFIX_LENGTH
  if (count < 1 || count > TILE_WIDTH) throw malformed('a bundle of not 1 to 256 entries')
  if (codec !== CODEC_STORED && codec !== CODEC_DEFLATE && codec !== CODEC_ZSTD) throw malformed('an unknown codec')
  if (payload.length < begin) throw malformed('a bundle frame too short')
  return {
    first: readU64(payload),
    count,
    codec,
    prefixes: payload.subarray(11, begin),
    bundle: payload.subarray(begin),
  }
}

/** Payload of `E`. */
export function encodeEntryPayload({ index, proof, leaf }: EntryPayload): Uint8Array {
  return concat([u64(index), Uint8Array.of(proof.length), ...proof, leaf])
}

/** Inverse of encodeEntryPayload, as views of the payload. Throws FormatError. */
export function decodeEntryPayload(payload: Uint8Array): EntryPayload {
  const begin = 9 + (payload[8] ?? 0) * HASH_LENGTH
  if (payload.length < 9 || payload.length < begin) throw malformed('an entry frame too short')
  return {
    index: readU64(payload),
    proof: splitHashes(payload.subarray(9, begin)),
    leaf: payload.subarray(begin),
  }
}

/** Payload of `P`. */
export function encodePartPayload({ index, part, r, text }: PartPayload): Uint8Array {
  if (r.length !== 32) throw malformed('r is not 32 bytes long')
  return concat([u64(index), u16(part), r, text])
}

/** Inverse of encodePartPayload, as views of the payload. Throws FormatError. */
export function decodePartPayload(payload: Uint8Array): PartPayload {
  if (payload.length < 42) throw malformed('a part frame too short')
  return {
    index: readU64(payload),
    part: readU16(payload, 8),
    r: payload.subarray(10, 42),
    text: payload.subarray(42),
  }
}

/** The hashes of a payload of `L` or `R`, as views of it. Throws FormatError for a rest. */
export function splitHashes(payload: Uint8Array): Uint8Array[] {
  if (payload.length % HASH_LENGTH !== 0) throw malformed('not a multiple of 32 bytes')
  const hashes: Uint8Array[] = []
  for (let at = 0; at < payload.length; at += HASH_LENGTH) hashes.push(payload.subarray(at, at + HASH_LENGTH))
  return hashes
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function malformed(message: string): FormatError {
  return new FormatError('EXPORT_MALFORMED', `the export is malformed: ${message}`)
}
