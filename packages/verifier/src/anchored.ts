import { openAnchor, type VerifierKey } from '@probity/core'
import type { VerifierCrypto } from './crypto.ts'
import type { Verified } from './result.ts'

/** What a checkpoint's note says of its anchor; throws when a trusted anchor log's line does not hold (formats §11). */
export function anchoredBy(note: string, keys: readonly VerifierKey[], crypto: VerifierCrypto): Verified['anchored'] {
  const anchored = openAnchor(note, keys, crypto)
  if (anchored === null) return null
  return { origin: anchored.origin, index: anchored.index, at: new Date(anchored.at / 1000).toISOString() }
}
