import { BoundedMap } from '../bounded-map.ts'
import { DomainError } from '../errors.ts'

interface Bucket {
  tokens: number
  at: number
}

/** Token buckets by key: `rate` a second, bursts of `burst`. Each process counts for itself. */
export class RateLimit {
  readonly #buckets = new BoundedMap<string, Bucket>(50_000)
  readonly #rate: number
  readonly #burst: number

  constructor(rate: number, burst: number) {
    this.#rate = rate
    this.#burst = burst
  }

  /** Takes one token at `now` (milliseconds); throws RATE_LIMITED with the seconds to wait. */
  take(key: string, now: number): void {
    this.require(key, now).tokens--
  }

  /** As `take`, and takes none. */
  require(key: string, now: number): Bucket {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, at: now }
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * this.#rate)
    bucket.at = now
    this.#buckets.set(key, bucket)
    if (bucket.tokens < 1)
      throw new DomainError('RATE_LIMITED', { retry_after: Math.ceil((1 - bucket.tokens) / this.#rate) })
    return bucket
  }
}
