import { encodeBase64, openReceipt, parseReceipt, type VerifierKey } from '@probity/core'
import { requireTenant } from './agreement.ts'
import { anchoredBy } from './anchored.ts'
import type { VerifierCrypto } from './crypto.ts'
import { openPin } from './pin.ts'
import { notVerified, type Result } from './result.ts'

export interface ReceiptOptions {
  crypto: VerifierCrypto
  /** A signed note of an earlier or later checkpoint of the log. */
  pin?: string
}

/** Verifies a receipt (formats §5) against trusted keys. Never throws. */
export function verifyReceipt(text: string, keys: readonly VerifierKey[], { crypto, pin }: ReceiptOptions): Result {
  try {
    const { leaf, index, checkpoint } = openReceipt(text, keys, crypto)
    requireTenant(checkpoint.origin, leaf.tenant_id, index)
    const anchored = anchoredBy(parseReceipt(text).checkpoint, keys, crypto)
    if (pin !== undefined) {
      const pinned = openPin(pin, keys, crypto)
      pinned.compare(checkpoint)
      pinned.requireHeld()
    }
    return {
      verified: true,
      kind: 'receipt',
      origin: checkpoint.origin,
      tenant_id: leaf.tenant_id,
      start: index,
      end: index + 1,
      size: checkpoint.size,
      root: encodeBase64(checkpoint.root),
      entries: 1,
      anchored,
      sealed_opened: 0,
    }
  } catch (error) {
    return notVerified(error)
  }
}
