import { equal, openCheckpoint, parseVerifierKey } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Head } from './store.ts'

/** Whether a stored head says what its checkpoint says, and the log's key signed that. */
export function isSigned({ origin, size, root, checkpoint }: Head, trusted: readonly string[]): boolean {
  try {
    const keys = trusted.map((key) => parseVerifierKey(nodeCrypto.sha256, key))
    const signed = openCheckpoint(checkpoint, keys, nodeCrypto)
    return signed.origin === origin && signed.size === size && equal(signed.root, root)
  } catch {
    return false
  }
}
