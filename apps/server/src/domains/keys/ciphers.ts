import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import {
  associatedData,
  decodeEnvelope,
  ENVELOPE_HEADER_LENGTH,
  type EnvelopeContext,
  envelopeHeader,
} from '@probity/core'
import { randomPiece } from '../../platform/random.ts'

// Keys go to node:crypto as objects: it takes five times as long with a key that is bytes. One lives as long as they do.
const objects = new WeakMap<Uint8Array, KeyObject>()

function secret(key: Uint8Array): KeyObject {
  const known = objects.get(key)
  if (known) return known
  const made = createSecretKey(key)
  objects.set(key, made)
  return made
}

const KWP_IV = Buffer.from('a65959a6', 'hex') // RFC 5649 §3

/** AES-256-KWP (RFC 5649). */
export function wrapKey(wrapping: Uint8Array, key: Uint8Array): Buffer {
  const cipher = createCipheriv('id-aes256-wrap-pad', secret(wrapping), KWP_IV)
  return Buffer.concat([cipher.update(key), cipher.final()])
}

/** Inverse of wrapKey; throws when the wrapping key or a byte is wrong. */
export function unwrapKey(wrapping: Uint8Array, wrapped: Uint8Array): Buffer {
  const decipher = createDecipheriv('id-aes256-wrap-pad', secret(wrapping), KWP_IV)
  return Buffer.concat([decipher.update(wrapped), decipher.final()])
}

/** HKDF-SHA256 (RFC 5869) to 32 bytes. */
export function deriveKey(key: Uint8Array, info: string, salt: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.from(hkdfSync('sha256', secret(key), salt, info, 32))
}

export function hmacSha256(key: Uint8Array, message: Uint8Array | string): Buffer {
  return createHmac('sha256', secret(key)).update(message).digest()
}

/** Seals one field: an envelope of suite 1 (docs/formats.md §8). */
export function sealField(
  fieldKey: Uint8Array,
  key: { id: string; epoch: number },
  context: EnvelopeContext,
  plaintext: Uint8Array,
): Buffer {
  const nonce = randomPiece(12)
  const cipher = createCipheriv('aes-256-gcm', secret(fieldKey), nonce)
  const header = envelopeHeader({ keyId: key.id, epoch: key.epoch })
  cipher.setAAD(Buffer.concat([header, associatedData(context)]))
  const ciphertext = cipher.update(plaintext)
  cipher.final() // of a stream cipher nothing is left
  return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()])
}

/** Opens what sealField sealed; throws when key, context or a byte differs. */
export function openField(fieldKey: Uint8Array, context: EnvelopeContext, envelope: Uint8Array): Buffer {
  const parts = decodeEnvelope(envelope)
  const decipher = createDecipheriv('aes-256-gcm', secret(fieldKey), parts.nonce)
  decipher.setAAD(Buffer.concat([envelope.subarray(0, ENVELOPE_HEADER_LENGTH), associatedData(context)]))
  decipher.setAuthTag(parts.tag)
  return Buffer.concat([decipher.update(parts.ciphertext), decipher.final()])
}
