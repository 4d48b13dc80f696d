import { createHash, createPublicKey, createSecretKey, hash, hkdfSync, verify } from 'node:crypto'
import * as zlib from 'node:zlib'
import { concat } from '@probity/core'
import type { VerifierCrypto } from './crypto.ts'
import { unzstd } from './zstd.ts'
import { readFrame } from './zstd-frame.ts'

// RFC 8410 §4: what stands before the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo.
const ED25519_SPKI = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00)

/** Crypto by node:crypto and node:zlib. */
export const nodeCrypto: VerifierCrypto = {
  sha256,
  sha256Into,
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
  unzstd: 'zstdDecompressSync' in zlib ? unzstdByZlib : unzstd,
  createSha256() {
    const hasher = createHash('sha256')
    return { update: (bytes) => void hasher.update(bytes), digest: () => hasher.digest() }
  },
}

const BLOCK = 64

// RFC 2104 by two digests: ten times as fast as to have node:crypto make an object for a key that is used once.
function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const short = key.length > BLOCK ? sha256(key) : key
  const inner = new Uint8Array(BLOCK + message.length).fill(0x36, 0, BLOCK)
  const outer = new Uint8Array(BLOCK + 32).fill(0x5c, 0, BLOCK)
  for (let i = 0; i < short.length; i++) {
    inner[i] = (inner[i] as number) ^ (short[i] as number)
    outer[i] = (outer[i] as number) ^ (short[i] as number)
  }
  inner.set(message, BLOCK)
  sha256Into(inner, outer, BLOCK)
  return sha256(outer)
}

function sha256(bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(32)
  sha256Into(bytes, digest, 0)
  return digest
}

// Twice as fast as to have node:crypto make a Buffer, and this is called for every node of a tree.
function sha256Into(bytes: Uint8Array, into: Uint8Array, at: number): void {
  const digest = hash('sha256', bytes, 'binary')
  for (let i = 0; i < 32; i++) into[at + i] = digest.charCodeAt(i)
}

// With `info` zlib gives an object, which the published types do not know. bytesWritten are those consumed.
const inflateRawWithInfo = zlib.inflateRawSync as unknown as (
  bytes: Uint8Array,
  options: { maxOutputLength: number; info: boolean },
) => { buffer: Uint8Array; engine: { bytesWritten: number } }

// Node 22.15 and later. That the frame is all of the input is known from its outline; zlib would read on.
function unzstdByZlib(bytes: Uint8Array, maximum: number): Uint8Array {
  const { length } = readFrame(bytes, maximum)
  const output = zlib.zstdDecompressSync(bytes, {
    maxOutputLength: Math.max(length, 1),
    chunkSize: Math.max(length, 64),
  })
  if (output.length !== length) throw new RangeError('the output is shorter than the frame says')
  return output
}
