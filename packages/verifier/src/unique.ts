import { bytesToUuid } from '@probity/core'
import { Refusal } from './result.ts'

const MAX_RUN = 2 ** 20
/** Fingerprints held at once: 256 MB. An export of more entries is read several times, a share of them each time. */
export const MAX_HELD = 2 ** 25
const MAX_SUSPECTS = 2 ** 20

/** In how many shares so many event ids must be looked at. */
export function sharesOf(entries: number): number {
  return Math.max(1, Math.ceil(entries / MAX_HELD))
}

/**
 * Finds event ids that may come twice. Of each id it holds 53 bits, 8 bytes in memory, in sorted runs; equal
 * fingerprints are suspects. They are few in honest exports (none in a million entries, most of the time), and
 * DuplicateFinder decides on them exactly.
 */
export class Fingerprints {
  readonly #share: number
  readonly #shares: number
  readonly #runs: Float64Array[] = []
  #run: Float64Array
  #length = 0

  /** The ids of one share of so many; `expected` is how many ids there are at most in all of them. */
  constructor(share: number, shares: number, expected: number) {
    this.#share = share
    this.#shares = shares
    this.#run = new Float64Array(Math.max(1, Math.min(expected, MAX_RUN)))
  }

  /** Takes event ids of 16 bytes each. */
  add(eventIds: Uint8Array): void {
    for (let at = 0; at < eventIds.length; at += 16) {
      const fingerprint = fingerprintAt(eventIds, at)
      if (fingerprint % this.#shares !== this.#share) continue
      if (this.#length === this.#run.length) this.#endRun()
      this.#run[this.#length++] = fingerprint
    }
  }

  /** The fingerprints that came more than once. Throws EVENT_ID_UNDECIDED when they are too many to decide on. */
  suspects(): Set<number> {
    this.#endRun()
    const suspects = new Set<number>()
    let last = -1
    for (const fingerprint of merged(this.#runs)) {
      if (fingerprint === last) suspects.add(fingerprint)
      if (suspects.size > MAX_SUSPECTS) throw undecided()
      last = fingerprint
    }
    return suspects
  }

  // Ids that an honest source makes spread evenly over the shares.
  #endRun(): void {
    if (this.#runs.length * this.#run.length > 2 * MAX_HELD) throw undecided()
    this.#runs.push(this.#run.slice(0, this.#length).sort())
    this.#run = new Float64Array(this.#run.length)
    this.#length = 0
  }
}

/** Reads the event ids once more and decides on the suspects by all 16 bytes. */
export class DuplicateFinder {
  readonly #suspects: Set<number>
  readonly #seen = new Set<string>()

  constructor(suspects: Set<number>) {
    this.#suspects = suspects
  }

  /** Takes event ids of 16 bytes each, of the entries from `first` on; throws EVENT_ID_DUPLICATE. */
  add(eventIds: Uint8Array, first: number): void {
    for (let at = 0; at < eventIds.length; at += 16) {
      if (!this.#suspects.has(fingerprintAt(eventIds, at))) continue
      const id = bytesToUuid(eventIds.subarray(at, at + 16))
      const index = first + at / 16
      if (this.#seen.has(id))
        throw new Refusal('EVENT_ID_DUPLICATE', index, `the event id of entry ${index} came before`)
      if (this.#seen.size >= 2 * MAX_SUSPECTS) throw undecided()
      this.#seen.add(id)
    }
  }
}

// The last 53 bits: random in every version of UUID that an honest source makes.
function fingerprintAt(eventIds: Uint8Array, at: number): number {
  let bits = (eventIds[at + 9] ?? 0) & 0x1f
  for (let i = at + 10; i < at + 16; i++) bits = bits * 256 + (eventIds[i] ?? 0)
  return bits
}

// A tree of two-way merges would be faster; with a run a million entries there are too few runs for it to matter.
function* merged(runs: readonly Float64Array[]): Generator<number> {
  const heads = runs.map((run) => run[0] ?? Number.POSITIVE_INFINITY)
  const next = runs.map(() => 0)
  for (;;) {
    let least = 0
    for (let i = 1; i < heads.length; i++) if ((heads[i] as number) < (heads[least] as number)) least = i
    const head = heads[least] ?? Number.POSITIVE_INFINITY
    if (head === Number.POSITIVE_INFINITY) return
    yield head
    const at = (next[least] as number) + 1
    next[least] = at
    heads[least] = runs[least]?.[at] ?? Number.POSITIVE_INFINITY
  }
}

function undecided(): Refusal {
  return new Refusal('EVENT_ID_UNDECIDED', null, 'too many event ids look alike to decide that each comes once')
}
