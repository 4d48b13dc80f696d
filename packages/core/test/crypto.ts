import { createHmac, createPrivateKey, createPublicKey, hash, hkdfSync, sign, verify } from 'node:crypto'
import type { Crypto } from '../src/index.ts'

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex') // RFC 8410 §7
const SPKI = Buffer.from('302a300506032b6570032100', 'hex') // RFC 8410 §4

/** SHA-256, for the tests of core, which has no digest of its own. */
export const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')

export const crypto: Crypto = {
  sha256,
  hmacSha256: (key, message) => createHmac('sha256', key).update(message).digest(),
  hkdfSha256: (key, salt, info, length) => new Uint8Array(hkdfSync('sha256', key, salt, info, length)),
  ed25519Verify: (publicKey, message, signature) =>
    verify(
      null,
      message,
      createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' }),
      signature,
    ),
}

/** An Ed25519 key pair from one byte, the same at every run. */
export function signer(seed: number): { publicKey: Uint8Array; sign: (text: string) => Uint8Array } {
  const key = Buffer.concat([PKCS8, Buffer.alloc(32, seed)])
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { publicKey, sign: (text) => sign(null, Buffer.from(text), privateKey) }
}
