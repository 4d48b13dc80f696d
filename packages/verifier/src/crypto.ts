import type { Crypto } from '@probity/core'

/** SHA-256 of bytes that come piece by piece. */
export interface Hasher {
  update(bytes: Uint8Array): void
  digest(): Uint8Array
}

/** What the verifier needs from outside: core's Crypto, unpacking, and a digest of a stream. */
export interface VerifierCrypto extends Crypto {
  /** sha256, into the 32 bytes from `at` on: there are many leaves, and all their hashes are wanted as one piece. */
  sha256Into(bytes: Uint8Array, into: Uint8Array, at: number): void
  inflateRaw(bytes: Uint8Array, maximum: number): Uint8Array
  /** One frame of RFC 8878 as formats §6 allows it; throws as inflateRaw does, and for bytes after the frame. */
  unzstd(bytes: Uint8Array, maximum: number): Uint8Array
  createSha256(): Hasher
}
