import { encodeBase64, encodeHex, inclusionPath, leafHash, parseCheckpoint, parseReceipt } from '@probity/core'
import type { Result } from '@probity/verifier'
import {
  type BrowserOptions,
  browserCrypto,
  verifyExport as exportOf,
  parseVerifierKey,
  verifyReceipt as receiptOf,
  type VerifierKey,
} from '@probity/verifier/browser'

export type { NotVerified, Result, Verified } from '@probity/verifier'

/** Keys of a log that you trust, as `client.key()` answers with `keys`: kept when you first met it, and not asked for with each receipt. */
export type TrustedKeys = readonly string[]

/** Verifies a receipt (tlog-proof) without the server, in any runtime. Never throws but for keys that are none. */
export function verifyReceipt(receipt: string, keys: TrustedKeys, options: BrowserOptions = {}): Result {
  return receiptOf(receipt, keys.map(keyOf), options)
}

/** Verifies an export of the log likewise, piece by piece. */
export function verifyExport(file: Blob, keys: TrustedKeys, options: BrowserOptions = {}): Promise<Result> {
  return exportOf(file, keys.map(keyOf), options)
}

/** What a receipt holds, to be shown; whether it holds true `verifyReceipt` says. */
export interface ShownReceipt {
  /** The entry, as it was hashed: canonical JSON. */
  leaf: string
  leaf_hash: string
  index: number
  size: number
  origin: string
  /** Of the checkpoint, hex. */
  root: string
  /** From the leaf up: the hash beside, and what both make, hex. */
  path: { sibling: string; side: 'left' | 'right'; parent: string }[]
}

/** Takes a receipt apart. Throws where it is none. */
export function readReceipt(receipt: string): ShownReceipt {
  const { leaf, index, proof, checkpoint } = parseReceipt(receipt)
  const { origin, size, root } = parseCheckpoint(`${checkpoint.split('\n\n')[0]}\n`, { extensions: true })
  const hash = leafHash(browserCrypto.sha256, leaf)
  const path = inclusionPath(browserCrypto.sha256, hash, BigInt(index), BigInt(size), proof)
  return {
    leaf: new TextDecoder().decode(leaf),
    leaf_hash: encodeHex(hash),
    ...{ index, size, origin, root: encodeHex(root) },
    path: path.map(({ sibling, side, parent }) => ({ sibling: encodeHex(sibling), side, parent: encodeHex(parent) })),
  }
}

/** Puts another entry into a receipt, for who wants to see that it no longer verifies. */
export function withLeaf(receipt: string, leaf: string): string {
  return receipt.replace(/^extra .*$/m, `extra ${encodeBase64(new TextEncoder().encode(leaf))}`)
}

function keyOf(text: string): VerifierKey {
  return parseVerifierKey(browserCrypto.sha256, text)
}
