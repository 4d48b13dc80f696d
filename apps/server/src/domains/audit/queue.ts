import { ANCHOR_TENANT } from '@probity/core'
import type { PackedBatch } from './intake/packing.ts'
import type { Prepared } from './intake/prepared.ts'
import { takeFairly } from './rules.ts'

/** What became of an event. `index` is null when it is durable and another process will sequence it. */
export interface Accepted {
  status: 'accepted' | 'duplicate'
  event_id: string
  index: number | null
}

/** One event that waits for a flush, and who waits for it. */
export interface Waiting {
  entry: Prepared
  /** Row of the inbox it came from; null: it came straight from a caller of this process. */
  inboxId: string | null
  resolve(outcome: Accepted): void
  reject(error: unknown): void
}

/** Events of one source that wait together, and who waits for them. */
export interface WaitingBatch {
  batch: PackedBatch
  resolve(outcome: BatchOutcome): void
  reject(error: unknown): void
}

/** All are new and follow each other from the index `first` on; or what became of each. */
export type BatchOutcome = { first: number } | { each: Promise<Accepted>[] }

/** Events of this process that wait to be sequenced, a queue a tenant. */
export class WaitingQueue {
  readonly #tenants = new Map<string, Waiting[]>()
  #batches: WaitingBatch[] = []
  #length = 0
  readonly #recent = new RecentTenants()

  get length(): number {
    return this.#length
  }

  /** Whether several tenants wrote lately. */
  get isShared(): boolean {
    return this.#recent.several
  }

  push(item: Waiting): void {
    const queue = this.#tenants.get(item.entry.tenantId) ?? []
    queue.push(item)
    this.#recent.see(item.entry.tenantId)
    this.#tenants.set(item.entry.tenantId, queue)
    this.#length++
  }

  pushBatch(item: WaitingBatch): void {
    const { tenantId, count } = item.batch
    this.#batches.push(item)
    this.#recent.see(tenantId)
    this.#length += count
  }

  /**
   * Batches of together up to `limit` events, those of a tenant in the order in which they came, and one even if it has
   * more; `oneOfEach`: of each tenant only one, as while several write.
   */
  takeBatches(limit: number, oneOfEach = this.isShared): WaitingBatch[] {
    const taken: WaitingBatch[] = []
    const left: WaitingBatch[] = []
    const waits = new Set<string>() // whose next batch stays, and all after it: none overtakes an earlier one
    let events = 0
    for (const item of this.#batches) {
      const { tenantId, count } = item.batch
      if (!waits.has(tenantId) && (events === 0 || events + count <= limit)) {
        taken.push(item)
        events += count
        if (oneOfEach) waits.add(tenantId)
      } else {
        left.push(item)
        waits.add(tenantId)
      }
    }
    this.#batches = left
    this.#length -= events
    return taken
  }

  /** Up to `limit` events, fairly by tenant and at most `each` of one. */
  take(limit: number, each = limit): Waiting[] {
    const taken = takeFairly(this.#tenants, limit, each)
    this.#length -= taken.length
    return taken
  }
}

/** Who wrote within the last second or two; the anchor log, which always does, does not count. */
class RecentTenants {
  #now = new Set<string>()
  #before = new Set<string>()
  #since = performance.now()

  get several(): boolean {
    this.#turn()
    return this.#now.size > 1 || this.#before.size > 1
  }

  see(tenantId: string): void {
    this.#turn()
    if (tenantId !== ANCHOR_TENANT) this.#now.add(tenantId)
  }

  #turn(): void {
    if (performance.now() - this.#since < 1000) return
    this.#before = this.#now
    this.#now = new Set()
    this.#since = performance.now()
  }
}
