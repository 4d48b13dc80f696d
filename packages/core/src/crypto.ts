/** One-shot SHA-256 (FIPS 180-4): 32 bytes. */
export type Digest = (bytes: Uint8Array) => Uint8Array

/** What core needs from outside; `node:crypto` fills it on Node, `@noble/*` in a browser. All synchronous. */
export interface Crypto {
  /** FIPS 180-4. */
  sha256: Digest
  /** RFC 2104 with SHA-256. */
  hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array
  /** RFC 5869 with SHA-256; `length` in bytes, at most 8,160. */
  hkdfSha256(key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array
  /** RFC 8032 §5.1.7; false for anything malformed, never a throw. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** RFC 1951; throws when the output would be longer than `maximum` bytes or the input is malformed. */
  inflateRaw?(bytes: Uint8Array, maximum: number): Uint8Array
}
