import type { Checkpoint, ExportHeader } from '@probity/core'
import type { CheckBundle } from './bundle.ts'
import type { VerifierCrypto } from './crypto.ts'
import type { Pin } from './pin.ts'

/** What the verification of a body knows from the frames before it, and whom it tells what it meets. */
export interface Context {
  crypto: VerifierCrypto
  check: CheckBundle
  header: ExportHeader
  checkpoint: Checkpoint
  pin: Pin | null
  /** Event ids, 16 bytes each, of the entries from `first` on. */
  onEventIds: (eventIds: Uint8Array, first: number) => void
  /** Entries verified so far, of so many. */
  onProgress: (done: number, total: number) => void
}

/** What a body held. */
export interface BodyReport {
  entries: number
  /** Opened sealed parts. */
  opened: number
}
