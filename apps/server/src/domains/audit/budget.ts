import { DomainError } from '../../platform/errors.ts'

const MEGABYTE = 2 ** 20

/** What may be under way, by its cost. */
export interface Bounds {
  /** Of one tenant. */
  each: number
  /** Of all together. */
  all: number
}

const BOUNDS: Bounds = { each: 32 * MEGABYTE, all: 128 * MEGABYTE }
/** Bytes of memory that a byte of an event takes on its way, and those of an event besides. */
const A_BYTE = 4
const AN_EVENT = 512

/** Memory that events take until they are written, by their bytes as sent. */
export function costOf(bytes: number, events: number): number {
  return bytes * A_BYTE + events * AN_EVENT
}

interface Waiting {
  cost: number
  enter(): void
}

/**
 * What is on its way into the log: everything that a caller waits for is counted from when it was read until it is
 * durable, so that memory stays flat however long the database stands still. A body is refused where there is no room,
 * a stream waits for it and is read no further meanwhile: its sender is held by the connection.
 */
export class Budget {
  readonly #bounds: Bounds
  readonly #of = new Map<string, number>()
  readonly #waiting = new Map<string, Waiting[]>()
  #all = 0

  constructor(bounds = BOUNDS) {
    this.#bounds = bounds
  }

  /** Makes room, or throws RATE_LIMITED. What it answers gives the room back, once. */
  take(tenantId: string, cost: number): () => void {
    if (!this.#fits(tenantId, cost))
      throw new DomainError('RATE_LIMITED', {
        reason: 'more events wait to be written than the server holds: send this one again in a moment',
        retry_after: 1,
      })
    return this.#enter(tenantId, cost)
  }

  /** Waits for room, behind what waits of the same tenant. What it answers gives the room back, once. */
  async wait(tenantId: string, cost: number): Promise<() => void> {
    const queue = this.#waiting.get(tenantId)
    if (!queue && this.#fits(tenantId, cost)) return this.#enter(tenantId, cost)
    return new Promise((resolve) => {
      const enter = () => resolve(this.#enter(tenantId, cost))
      if (queue) queue.push({ cost, enter })
      else this.#waiting.set(tenantId, [{ cost, enter }])
    })
  }

  // What is larger than all room enters alone.
  #fits(tenantId: string, cost: number): boolean {
    const own = this.#of.get(tenantId) ?? 0
    const { each, all } = this.#bounds
    return (own === 0 || own + cost <= each) && (this.#all === 0 || this.#all + cost <= all)
  }

  #enter(tenantId: string, cost: number): () => void {
    this.#of.set(tenantId, (this.#of.get(tenantId) ?? 0) + cost)
    this.#all += cost
    let isIn = true
    return () => {
      if (isIn) this.#leave(tenantId, cost)
      isIn = false
    }
  }

  #leave(tenantId: string, cost: number): void {
    const left = (this.#of.get(tenantId) ?? 0) - cost
    if (left > 0) this.#of.set(tenantId, left)
    else this.#of.delete(tenantId)
    this.#all -= cost
    this.#admit()
  }

  // One of each tenant in a round; who was admitted goes to the end of it, since a Map keeps the order of insertion.
  #admit(): void {
    for (const [tenantId, queue] of this.#waiting) {
      const first = queue[0]
      if (!first || !this.#fits(tenantId, first.cost)) continue
      queue.shift()
      this.#waiting.delete(tenantId)
      if (queue.length > 0) this.#waiting.set(tenantId, queue)
      first.enter()
    }
  }
}
