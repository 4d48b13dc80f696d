/** The part of the time that one tenant has at the threads while several write. */
const SHARE = 0.33

interface Waiting {
  start(): void
}

/**
 * Turns of tenants at something that takes `slots` jobs at once: one of each tenant in a round, so that a flood of one
 * keeps no other waiting. While `isShared`, a tenant that just had a turn pauses twice as long as it took, so that it
 * leaves the machine most of its time.
 */
export class Turns {
  readonly #queues = new Map<string, Waiting[]>()
  readonly #pausing = new Set<string>()
  readonly #slots: number
  readonly #isShared: () => boolean
  #running = 0

  constructor(slots: number, isShared: () => boolean) {
    this.#slots = slots
    this.#isShared = isShared
  }

  /** Does the work when it is the tenant's turn. */
  take<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
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
    this.#running--
    if (this.#isShared()) {
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
      if (this.#running >= this.#slots) return
      if (this.#pausing.has(tenantId)) continue
      const [first, ...rest] = queue
      this.#queues.delete(tenantId)
      if (rest.length > 0) this.#queues.set(tenantId, rest)
      if (!first) continue
      this.#running++
      first.start()
    }
  }
}
