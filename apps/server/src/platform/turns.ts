import { DomainError } from './errors.ts'

/** The part of the time that one tenant has at the threads while several write. */
const SHARE = 0.33
const RETRY_SECONDS = 5

interface Waiting {
  start(): void
}

export interface TurnsOptions {
  /** Jobs that are under way at once, at most. */
  slots: number
  /** Of them one tenant's; all without it. */
  mostOfOne?: number
  /** Jobs of one tenant that wait, at most; any number without it. */
  mostWaiting?: number
  /** Whether tenants pause behind their turns just now; never without it. */
  isShared?(): boolean
}

/**
 * Turns of tenants at something that takes `slots` jobs at once: one of each tenant in a round, so that a flood of one
 * keeps no other waiting. While `isShared`, a tenant that just had a turn pauses twice as long as it took, so that it
 * leaves the machine most of its time.
 */
export class Turns {
  readonly #queues = new Map<string, Waiting[]>()
  readonly #pausing = new Set<string>()
  readonly #running = new Map<string, number>()
  readonly #options: Required<TurnsOptions>

  constructor({
    slots,
    mostOfOne = slots,
    mostWaiting = Number.POSITIVE_INFINITY,
    isShared = () => false,
  }: TurnsOptions) {
    this.#options = { slots, mostOfOne, mostWaiting, isShared }
  }

  /** Does the work when it is the tenant's turn. Throws RATE_LIMITED where too much of the tenant's waits already. */
  take<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
    if ((this.#queues.get(tenantId)?.length ?? 0) >= this.#options.mostWaiting)
      return Promise.reject(new DomainError('RATE_LIMITED', { retry_after: RETRY_SECONDS }))
    return new Promise((resolve, reject) => {
      const start = () => {
        const began = performance.now()
        work()
          .then(resolve, reject)
          .finally(() => this.#ended(tenantId, performance.now() - began))
      }
      const queue = this.#queues.get(tenantId) ?? []
      this.#queues.set(tenantId, queue)
      queue.push({ start })
      this.#next()
    })
  }

  #ended(tenantId: string, milliseconds: number): void {
    const left = this.#runningOf(tenantId) - 1
    if (left > 0) this.#running.set(tenantId, left)
    else this.#running.delete(tenantId)
    if (this.#options.isShared()) {
      this.#pausing.add(tenantId)
      setTimeout(
        () => {
          this.#pausing.delete(tenantId)
          this.#next()
        },
        milliseconds * (1 / SHARE - 1),
      )
    }
    this.#next()
  }

  // Who had a turn goes to the end of the round: a Map keeps the order of insertion.
  #next(): void {
    for (const [tenantId, queue] of this.#queues) {
      if ([...this.#running.values()].reduce((sum, one) => sum + one, 0) >= this.#options.slots) return
      if (this.#pausing.has(tenantId) || this.#runningOf(tenantId) >= this.#options.mostOfOne) continue
      const [first, ...rest] = queue
      this.#queues.delete(tenantId)
      if (rest.length > 0) this.#queues.set(tenantId, rest)
      if (!first) continue
      this.#running.set(tenantId, this.#runningOf(tenantId) + 1)
      first.start()
    }
  }

  #runningOf(tenantId: string): number {
    return this.#running.get(tenantId) ?? 0
  }
}
