import { FormatError } from './errors.ts'

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BASE64_VALUES = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++) BASE64_VALUES[BASE64.charCodeAt(i)] = i

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Lower-case hex. */
export function encodeHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}

/** Inverse of encodeHex; refuses upper case. */
export function decodeHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw malformed('not lower-case hex')
  const bytes = new Uint8Array(text.length / 2)
  let wrong = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = (hexDigit(text.charCodeAt(2 * i)) << 4) | hexDigit(text.charCodeAt(2 * i + 1))
    wrong |= byte
    bytes[i] = byte
  }
  if (wrong < 0) throw malformed('not lower-case hex')
  return bytes
}

/** RFC 4648 §4, with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (byteAt(bytes, i) << 16) | (byteAt(bytes, i + 1) << 8) | byteAt(bytes, i + 2)
    text += BASE64.charAt(group >> 18) + BASE64.charAt((group >> 12) & 63)
    text += i + 1 < bytes.length ? BASE64.charAt((group >> 6) & 63) : '='
    text += i + 2 < bytes.length ? BASE64.charAt(group & 63) : '='
  }
  return text
}

/** Inverse of encodeBase64; refuses missing padding, other alphabets and trailing bits that are not zero (§3.5). */
export function decodeBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw malformed('base64 is not a multiple of four characters')
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < digits; i++) {
    const value = BASE64_VALUES[text.charCodeAt(i)] ?? -1
    if (value < 0) throw malformed('not a base64 character')
    bits = ((bits << 6) | value) & 0xffff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[at++] = bits >> held
  }
  if ((bits & ((1 << held) - 1)) !== 0) throw malformed('base64 has trailing bits')
  return bytes
}

/** The byte strings joined, in memory of their own. An array of any length: arguments have a limit. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Whether both are the same bytes, in time that depends on their length only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= byteAt(a, i) ^ byteAt(b, i)
  return difference === 0
}

/** UTF-8 of a text; a lone surrogate is refused instead of replaced. */
export function encodeUtf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw malformed('text has a lone surrogate')
  return encoder.encode(text)
}

/** Text of well-formed UTF-8; a byte order mark is kept, malformed bytes are refused. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw malformed('not UTF-8')
  }
}

/** Two bytes, big-endian. */
export function u16(value: number): Uint8Array {
  return unsigned(value, 2)
}

/** Four bytes, big-endian. */
export function u32(value: number): Uint8Array {
  return unsigned(value, 4)
}

/** Eight bytes, big-endian; `value` is a safe integer. */
export function u64(value: number): Uint8Array {
  return unsigned(value, 8)
}

export function readU16(bytes: Uint8Array, at = 0): number {
  return readUnsigned(bytes, at, 2)
}

export function readU32(bytes: Uint8Array, at = 0): number {
  return readUnsigned(bytes, at, 4)
}

/** Eight bytes, big-endian; refuses what is not a safe integer (2^53 and above). */
export function readU64(bytes: Uint8Array, at = 0): number {
  const value = readUnsigned(bytes, at, 8)
  if (!Number.isSafeInteger(value)) throw malformed('integer of 2^53 or more')
  return value
}

function unsigned(value: number, length: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 256 ** length) {
    throw malformed(`not an unsigned integer of ${length} bytes: ${value}`)
  }
  const bytes = new Uint8Array(length)
  for (let i = length - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  return bytes
}

function readUnsigned(bytes: Uint8Array, at: number, length: number): number {
  if (at + length > bytes.length) throw malformed('too short')
  let value = 0
  for (let i = at; i < at + length; i++) value = value * 256 + byteAt(bytes, i)
  return value
}

function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30
  return unit >= 0x61 && unit <= 0x66 ? unit - 0x61 + 10 : -1
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}

function malformed(message: string): FormatError {
  return new FormatError('BYTES_MALFORMED', message)
}
