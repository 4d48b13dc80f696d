import { concat, encodeHex, u64 } from './bytes.ts'
import { FormatError } from './errors.ts'

const HYPHEN = 0x2d

/** Whether a value is a UUID in lower case, of any version. Asked several times an entry, so by hand. */
export function isUuid(value: unknown): value is string {
  if (typeof value !== 'string' || value.length !== 36) return false
  for (let i = 0; i < 36; i++) {
    const unit = value.charCodeAt(i)
    const isHyphen = i === 8 || i === 13 || i === 18 || i === 23
    if (isHyphen ? unit !== HYPHEN : !isHexDigit(unit)) return false
  }
  return true
}

// Of a digit that isHexDigit knows.
function hexValue(unit: number): number {
  return unit < 0x61 ? unit - 0x30 : unit - 0x57
}

function isHexDigit(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || (unit >= 0x61 && unit <= 0x66)
}

/** The 16 bytes of a UUID. Throws FormatError ID_MALFORMED. */
export function uuidToBytes(uuid: string): Uint8Array {
  if (!isUuid(uuid)) throw new FormatError('ID_MALFORMED', 'not a UUID in lower case')
  const bytes = new Uint8Array(16)
  for (let i = 0, at = 0; i < 16; i++, at += 2) {
    if (uuid.charCodeAt(at) === HYPHEN) at++
    bytes[i] = (hexValue(uuid.charCodeAt(at)) << 4) | hexValue(uuid.charCodeAt(at + 1))
  }
  return bytes
}

/** The UUID of 16 bytes. Throws FormatError ID_MALFORMED. */
export function bytesToUuid(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new FormatError('ID_MALFORMED', 'a UUID has 16 bytes')
  const hex = encodeHex(bytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** UUIDv7 (RFC 9562 §5.7) of milliseconds since 1970 and ten random bytes, six bits of which are not used. */
export function uuidv7(unixMs: number, random: Uint8Array): string {
  if (random.length !== 10) throw new FormatError('ID_MALFORMED', 'a UUIDv7 takes ten random bytes')
  if (!(unixMs >= 0 && unixMs < 2 ** 48)) throw new FormatError('ID_MALFORMED', 'a UUIDv7 takes 48 bits of time')
  return withVersion(concat([u64(unixMs).subarray(2), random]), 7)
}

/** UUIDv8 (RFC 9562 §5.8) of the first 16 bytes of a digest: the same id for the same thing. */
export function uuidFromDigest(digest: Uint8Array): string {
  if (digest.length < 16) throw new FormatError('ID_MALFORMED', 'a UUIDv8 takes 16 bytes')
  return withVersion(Uint8Array.from(digest.subarray(0, 16)), 8) // slice of a Buffer would be a view
}

// RFC 9562 §4.1 and §4.2: the variant is binary 10.
function withVersion(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytesToUuid(bytes)
}
