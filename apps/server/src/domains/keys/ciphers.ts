import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync } from 'node:crypto'
import {
  associatedData,
  decodeEnvelope,
  ENVELOPE_HEADER_LENGTH,
  type EnvelopeContext,
  encodeEnvelope,
} from '@probity/core'
import { randomPiece } from '../../platform/random.ts'

// Keys go to node:crypto as objects: it takes five times as long with a key that is bytes.

const KWP_IV = Buffer.from('a65959a6', 'hex') // RFC 5649 §3

/** AES-256-KWP (RFC 5649). */
export function wrapKey(wrapping: Uint8Array, key: Uint8Array): Buffer {
  const cipher = createCipheriv('id-aes256-wrap-pad', createSecretKey(wrapping), KWP_IV)
  return Buffer.concat([cipher.update(key), cipher.final()])
}

/** Inverse of wrapKey; throws when the wrapping key or a byte is wrong. */
export function unwrapKey(wrapping: Uint8Array, wrapped: Uint8Array): Buffer {
  const decipher = createDecipheriv('id-aes256-wrap-pad', createSecretKey(wrapping), KWP_IV)
  return Buffer.concat([decipher.update(wrapped), decipher.final()])
}

/** HKDF-SHA256 (RFC 5869) to 32 bytes. */
export function deriveKey(key: Uint8Array, info: string, salt: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.from(hkdfSync('sha256', createSecretKey(key), salt, info, 32))
}

export function hmacSha256(key: Uint8Array, message: Uint8Array | string): Buffer {
  return createHmac('sha256', createSecretKey(key)).update(message).digest()
}

/** Seals one field: an envelope of suite 1 (docs/formats.md §8). */
export function sealField(
  fieldKey: Uint8Array,
  key: { id: string; epoch: number },
  context: EnvelopeContext,
  plaintext: Uint8Array,
): Buffer {
  const nonce = randomPiece(12)
  const header = { suite: 1, keyId: key.id, epoch: key.epoch, nonce }
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(fieldKey), nonce)
  const bare = encodeEnvelope({ ...header, ciphertext: new Uint8Array(), tag: new Uint8Array(16) })
  cipher.setAAD(Buffer.concat([bare.subarray(0, ENVELOPE_HEADER_LENGTH), associatedData(context)]))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.from(encodeEnvelope({ ...header, ciphertext, tag: cipher.getAuthTag() }))
}

/** Opens what sealField sealed; throws when key, context or a byte differs. */
export function openField(fieldKey: Uint8Array, context: EnvelopeContext, envelope: Uint8Array): Buffer {
  const parts = decodeEnvelope(envelope)
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(fieldKey), parts.nonce)
  decipher.setAAD(Buffer.concat([envelope.subarray(0, ENVELOPE_HEADER_LENGTH), associatedData(context)]))
  decipher.setAuthTag(parts.tag)
  return Buffer.concat([decipher.update(parts.ciphertext), decipher.final()])
}
