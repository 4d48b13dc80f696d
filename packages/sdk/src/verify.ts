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

function keyOf(text: string): VerifierKey {
  return parseVerifierKey(browserCrypto.sha256, text)
}
