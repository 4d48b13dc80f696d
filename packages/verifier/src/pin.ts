import { type Checkpoint, equal, openCheckpoint, type VerifierKey } from '@probity/core'
import type { VerifierCrypto } from './crypto.ts'
import { Refusal } from './result.ts'

/**
 * A checkpoint that was kept from an earlier look at the log. A log that grew honestly has this root at this
 * size; one that lost entries, went back or shows different people different entries has not.
 */
export class Pin {
  readonly #pinned: Checkpoint
  #held = false

  constructor(pinned: Checkpoint) {
    this.#pinned = pinned
  }

  /** The size at which a root can be compared. */
  get size(): number {
    return this.#pinned.size
  }

  /** Compares with the checkpoint under verification; throws ROLLBACK, FORK, or PIN_INVALID for another log. */
  compare({ origin, size, root }: Checkpoint): void {
    if (origin !== this.#pinned.origin) throw new Refusal('PIN_INVALID', null, 'the pin is of another log')
    if (size < this.size) {
      const lost = `the log had ${this.size} entries when it was pinned and has ${size} here: it went back or was truncated`
      const message = `${lost}, unless this file is older than the pin, which then says nothing of it: compare a file made after the pin`
      throw new Refusal('ROLLBACK', null, message)
    }
    if (size === this.size) this.observe(root)
  }

  /** Takes note of the root that the log has at the pinned size; throws FORK when it is another. */
  observe(root: Uint8Array): void {
    if (!equal(root, this.#pinned.root)) {
      throw new Refusal('FORK', null, `the log had another root at ${this.size} entries when it was pinned`)
    }
    this.#held = true
  }

  /** Throws PIN_UNDECIDED unless the root was compared. */
  requireHeld(): void {
    if (this.#held || this.size === 0) return
    const message = `the pin of ${this.size} entries cannot be compared with this: an export from 0 or from an older pin can`
    throw new Refusal('PIN_UNDECIDED', null, message)
  }
}

/** The pin of a signed note, by the same keys as everything else; throws PIN_INVALID. */
export function openPin(note: string, keys: readonly VerifierKey[], crypto: VerifierCrypto): Pin {
  try {
    return new Pin(openCheckpoint(note, keys, crypto))
  } catch (error) {
    throw new Refusal('PIN_INVALID', null, `the pin: ${error instanceof Error ? error.message : 'no checkpoint'}`)
  }
}
