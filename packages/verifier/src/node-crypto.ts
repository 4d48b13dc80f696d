import { createHash, createPublicKey, createSecretKey, hash, hkdfSync, verify } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { concat } from '@probity/core'
import type { VerifierCrypto } from './crypto.ts'

// RFC 8410 §4: what stands before the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo.
const ED25519_SPKI = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00)

/** Crypto by node:crypto and node:zlib. */
export const nodeCrypto: VerifierCrypto = {
  sha256: (bytes) => bytesOfBinary(hash('sha256', bytes, 'binary')),
  hmacSha256,
  hkdfSha256: (key, salt, info, length) => new Uint8Array(hkdfSync('sha256', createSecretKey(key), salt, info, length)),
  ed25519Verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false
    try {
      const der = Buffer.from(concat([ED25519_SPKI, publicKey]))
      return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
    } catch {
      return false
    }
  },
  inflateRaw(bytes, maximum) {
    const options = { maxOutputLength: Math.max(maximum, 1), info: true }
    const { buffer, engine } = inflateRawWithInfo(bytes, options)
    if (engine.bytesWritten !== bytes.length) throw new RangeError('bytes after the last block')
    return buffer
  },
  createSha256() {
    const hasher = createHash('sha256')
    return { update: (bytes) => void hasher.update(bytes), digest: () => hasher.digest() }
  },
}

const BLOCK = 64

// RFC 2104 by two digests: ten times as fast as to have node:crypto make an object for a key that is used once.
function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const short = key.length > BLOCK ? bytesOfBinary(hash('sha256', key, 'binary')) : key
  const inner = new Uint8Array(BLOCK + message.length).fill(0x36, 0, BLOCK)
  const outer = new Uint8Array(BLOCK + 32).fill(0x5c, 0, BLOCK)
  for (let i = 0; i < short.length; i++) {
    inner[i] = (inner[i] as number) ^ (short[i] as number)
    outer[i] = (outer[i] as number) ^ (short[i] as number)
  }
  inner.set(message, BLOCK)
  outer.set(bytesOfBinary(hash('sha256', inner, 'binary')), BLOCK)
  return bytesOfBinary(hash('sha256', outer, 'binary'))
}

// Twice as fast as to have node:crypto make a Buffer, and this is called for every node of a tree.
function bytesOfBinary(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

// With `info` zlib gives an object, which the published types do not know. bytesWritten are those consumed.
const inflateRawWithInfo = inflateRawSync as unknown as (
  bytes: Uint8Array,
  options: { maxOutputLength: number; info: boolean },
) => { buffer: Uint8Array; engine: { bytesWritten: number } }
