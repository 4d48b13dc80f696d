import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { VerifierKey } from '@probity/core'
import type { VerifierCrypto } from './crypto.ts'
import * as pure from './index.ts'
import { inflateRaw } from './inflate.ts'
import type { Result } from './result.ts'
import { unzstd } from './zstd.ts'

export { parseVerifierKey, type VerifierKey } from '@probity/core'

/** Crypto by @noble, and unpacking of our own. */
export const browserCrypto: VerifierCrypto = {
  sha256: (bytes) => sha256(bytes),
  sha256Into: (bytes, into, at) => into.set(sha256(bytes), at),
  hmacSha256: (key, message) => hmac(sha256, key, message),
  hkdfSha256: (key, salt, info, length) => hkdf(sha256, key, salt, info, length),
  ed25519Verify(publicKey, message, signature) {
    try {
      return ed25519.verify(signature, message, publicKey, { zip215: false }) // RFC 8032 §5.1.7, not ZIP 215
    } catch {
      return false
    }
  },
  inflateRaw,
  unzstd,
  createSha256() {
    const hasher = sha256.create()
    return { update: (bytes) => void hasher.update(bytes), digest: () => hasher.digest() }
  },
}

export interface BrowserOptions {
  /** A signed note of an earlier or later checkpoint of the log. */
  pin?: string
  onProgress?: (done: number, total: number) => void
}

/** Verifies a receipt (formats §5) against trusted keys. Never throws. */
export function verifyReceipt(text: string, keys: readonly VerifierKey[], { pin }: BrowserOptions = {}): Result {
  return pure.verifyReceipt(text, keys, { crypto: browserCrypto, ...(pin === undefined ? {} : { pin }) })
}

/** Verifies an export (formats §6) in a file that the user chose, piece by piece. Never throws. */
export function verifyExport(file: Blob, keys: readonly VerifierKey[], options: BrowserOptions = {}): Promise<Result> {
  return pure.verifyExport({ open: () => pieces(file) }, keys, { ...options, crypto: browserCrypto })
}

const PIECE = 2 ** 20

async function* pieces(file: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += PIECE) yield new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer())
}
