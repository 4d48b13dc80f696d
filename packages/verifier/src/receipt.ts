import { encodeBase64, type OpenedReceipt, openReceipt, parseReceipt, type VerifierKey } from '@probity/core'
import { requireTenant } from './agreement.ts'
import { anchoredBy } from './anchored.ts'
import type { VerifierCrypto } from './crypto.ts'
import { openPin } from './pin.ts'
import { notVerified, Refusal, type Result, type Verified } from './result.ts'

export interface ReceiptOptions {
  crypto: VerifierCrypto
  /** A signed note of an earlier or later checkpoint of the log. */
  pin?: string
}

// It may be from before the pin, or its checkpoint from a second before: of a log that went back it tells nothing.
function older(size: number, pinned: number): Refusal {
  const message = `the receipt is of ${size} entries and the pin of ${pinned}: they cannot be compared; take the receipt again`
  return new Refusal('PIN_UNDECIDED', null, message)
}

/** Verifies a receipt (formats §5) against trusted keys. Never throws. */
export function verifyReceipt(text: string, keys: readonly VerifierKey[], { crypto, pin }: ReceiptOptions): Result {
  try {
    const opened = openReceipt(text, keys, crypto)
    const { leaf, index, checkpoint } = opened
    requireTenant(checkpoint.origin, leaf.tenant_id, index)
    const anchored = anchoredBy(parseReceipt(text).checkpoint, keys, crypto)
    if (pin !== undefined) {
      const pinned = openPin(pin, keys, crypto)
      if (checkpoint.size < pinned.size) throw older(checkpoint.size, pinned.size)
      pinned.compare(checkpoint)
      pinned.requireHeld()
    }
    return verifiedEntry('receipt', opened, anchored)
  } catch (error) {
    return notVerified(error)
  }
}

/** What is said of one entry whose receipt verified. */
export function verifiedEntry(
  kind: 'receipt' | 'certificate',
  { leaf, index, checkpoint }: OpenedReceipt,
  anchored: Verified['anchored'],
): Verified {
  return {
    verified: true,
    kind,
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
}
