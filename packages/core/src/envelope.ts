import { concat, encodeUtf8, readU32, u32 } from './bytes.ts'
import { FormatError } from './errors.ts'
import { bytesToUuid, uuidToBytes } from './ids.ts'
import { canonicalString } from './json.ts'

/** Bytes from the magic to the epoch: what stands before the JCS in the associated data. */
export const ENVELOPE_HEADER_LENGTH = 24

/** AES-256-GCM. */
export const SUITE_AES_256_GCM = 1

const MAGIC = encodeUtf8('PBE')
const NONCE_END = ENVELOPE_HEADER_LENGTH + 12
const TAG_LENGTH = 16

/** A ciphertext and what is needed to find its key (formats §8). */
export interface Envelope {
  suite: number
  /** UUID of the data key. */
  keyId: string
  epoch: number
  /** 12 bytes, unique under the key. */
  nonce: Uint8Array
  ciphertext: Uint8Array
  /** 16 bytes. */
  tag: Uint8Array
}

/** Where a ciphertext belongs; in another place it does not open. */
export interface EnvelopeContext {
  tenant: string
  table: string
  column: string
  row: string
  subject: string
  class: string
}

/** `"PBE"` ‖ suite ‖ key id ‖ epoch ‖ nonce ‖ ciphertext ‖ tag. Throws FormatError. */
export function encodeEnvelope({ suite, keyId, epoch, nonce, ciphertext, tag }: Envelope): Uint8Array {
  if (suite !== SUITE_AES_256_GCM) throw malformed('an unknown suite')
  if (nonce.length !== 12 || tag.length !== TAG_LENGTH) throw malformed('nonce or tag of a wrong length')
  return concat([envelopeHeader({ keyId, epoch }), nonce, ciphertext, tag])
}

/** What stands before the nonce of an envelope of suite 1: its first ENVELOPE_HEADER_LENGTH bytes. */
export function envelopeHeader({ keyId, epoch }: Pick<Envelope, 'keyId' | 'epoch'>): Uint8Array {
  const header = new Uint8Array(ENVELOPE_HEADER_LENGTH)
  header.set(MAGIC)
  header[MAGIC.length] = SUITE_AES_256_GCM
  header.set(uuidToBytes(keyId), MAGIC.length + 1)
  header.set(u32(epoch), ENVELOPE_HEADER_LENGTH - 4)
  return header
}

/** Inverse of encodeEnvelope, as views of the bytes. Throws FormatError ENVELOPE_MALFORMED. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length < NONCE_END + TAG_LENGTH) throw malformed('too short')
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw malformed('no magic')
  const suite = bytes[3] ?? 0
  if (suite !== SUITE_AES_256_GCM) throw malformed('an unknown suite')
  return {
    suite,
    keyId: bytesToUuid(bytes.subarray(4, 20)),
    epoch: readU32(bytes, 20),
    nonce: bytes.subarray(ENVELOPE_HEADER_LENGTH, NONCE_END),
    ciphertext: bytes.subarray(NONCE_END, -TAG_LENGTH),
    tag: bytes.subarray(-TAG_LENGTH),
  }
}

/** The JCS part of the associated data; the envelope's first ENVELOPE_HEADER_LENGTH bytes stand before it. */
export function associatedData({ tenant, table, column, row, subject, class: class_ }: EnvelopeContext): Uint8Array {
  const text = canonicalString // its members are known, so nothing is sorted
  return encodeUtf8(
    `{"class":${text(class_)},"column":${text(column)},"row":${text(row)},"subject":${text(subject)},` +
      `"table":${text(table)},"tenant":${text(tenant)},"v":1}`,
  )
}

function malformed(message: string): FormatError {
  return new FormatError('ENVELOPE_MALFORMED', `the envelope is malformed: ${message}`)
}
