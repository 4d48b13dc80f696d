import { encodeHex, encodeUtf8 } from './bytes.ts'
import { FormatError } from './errors.ts'
import { bytesToUuid, uuidToBytes } from './ids.ts'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const VALUES = new Uint8Array(128)
for (let i = 0; i < DIGITS.length; i++) VALUES[DIGITS.charCodeAt(i)] = i
const TENANT_LENGTH = 22
const SECRET_LENGTH = 43
const TOKEN = /^prb_(at|se|re|li|su|de|fr|cs)_([0-9A-Za-z]{22})([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/
const KINDS = new Set<string>(['at', 'se', 're', 'li', 'su', 'de', 'fr', 'cs'])
const NO_TENANT = new Uint8Array(16)

/** API token, session, refresh of a session, link to an account, set-up link, device that is remembered, log-in under way at a provider, or secret of an application. */
export type TokenKind = 'at' | 'se' | 're' | 'li' | 'su' | 'de' | 'fr' | 'cs'

export interface TokenParts {
  kind: TokenKind
  tenantId: string | null
}

/** The text of a token (formats §10); `secret` are 32 random bytes. Throws FormatError ID_MALFORMED. */
export function formatToken({ kind, tenantId, secret }: TokenParts & { secret: Uint8Array }): string {
  if (secret.length !== 32) throw new FormatError('ID_MALFORMED', "a token's secret has 32 bytes")
  const tenant = tenantId === null ? NO_TENANT : uuidToBytes(tenantId)
  const body = `prb_${kind}_${encodeBase62(tenant, TENANT_LENGTH)}${encodeBase62(secret, SECRET_LENGTH)}`
  return body + checkOf(body)
}

/** What a token says of itself; null when it is not the text of a token. Whether it is valid the server knows. */
export function parseToken(text: string): TokenParts | null {
  const [, kind, tenantDigits = '', secretDigits = '', check] = TOKEN.exec(text) ?? []
  if (!isTokenKind(kind) || check !== checkOf(text.slice(0, -6))) return null
  if (tenantDigits > MOST_TENANT || secretDigits > MOST_SECRET) return null // more than so many bits
  const tenant = decodeBase62(tenantDigits, 16)
  return { kind, tenantId: tenant.every((byte) => byte === 0) ? null : bytesToUuid(tenant) }
}

function isTokenKind(kind: string | undefined): kind is TokenKind {
  return kind !== undefined && KINDS.has(kind)
}

function checkOf(body: string): string {
  let digits = ''
  for (let i = 0, rest = crc32(encodeUtf8(body)); i < 6; i++, rest = Math.floor(rest / 62)) {
    digits = DIGITS.charAt(rest % 62) + digits
  }
  return digits
}

function encodeBase62(bytes: Uint8Array, length: number): string {
  let digits = ''
  for (let rest = BigInt(`0x${encodeHex(bytes)}`); rest > 0n; rest /= 62n)
    digits = DIGITS.charAt(Number(rest % 62n)) + digits
  return digits.padStart(length, '0')
}

// Digits ascend as their characters do: of two texts of a length the greater is the greater number.
const MOST_TENANT = encodeBase62(new Uint8Array(16).fill(255), TENANT_LENGTH)
const MOST_SECRET = encodeBase62(new Uint8Array(32).fill(255), SECRET_LENGTH)

function decodeBase62(digits: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < digits.length; i++) {
    let rest = VALUES[digits.charCodeAt(i)] ?? 0
    for (let at = length - 1; at >= 0; at--) {
      rest += (bytes[at] ?? 0) * 62
      bytes[at] = rest
      rest >>= 8
    }
  }
  return bytes
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
  return remainder
})

/** CRC-32 (IEEE 802.3), reflected. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}
