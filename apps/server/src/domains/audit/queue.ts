import { ANCHOR_TENANT } from '@probity/core'
import { DomainError } from '../../platform/errors.ts'
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

const PER_TENANT = 16_384

/** Events of this process that wait to be sequenced, a queue a tenant. */
export class WaitingQueue {
  readonly #tenants = new Map<string, Waiting[]>()
  #length = 0
  #room: (() => void)[] = []
  readonly #recent = new RecentTenants()

  get length(): number {
    return this.#length
  }

  /** Whether several tenants wrote lately. */
  get isShared(): boolean {
    return this.#recent.several
  }

  /** Throws UNAVAILABLE when the tenant has too much waiting. */
  push(item: Waiting): void {
    const queue = this.#tenants.get(item.entry.tenantId) ?? []
    if (queue.length >= PER_TENANT)
      throw new DomainError('UNAVAILABLE', { reason: 'too many events wait to be written', retry_after: 1 })
    queue.push(item)
    this.#recent.see(item.entry.tenantId)
    this.#tenants.set(item.entry.tenantId, queue)
    this.#length++
  }

  /** Up to `limit` events, fairly by tenant and at most `each` of one. */
  take(limit: number, each = limit): Waiting[] {
    const taken = takeFairly(this.#tenants, limit, each)
    this.#length -= taken.length
    const waiters = this.#room
    this.#room = []
    for (const wake of waiters) wake()
    return taken
  }

  /** Resolves at the next flush when the tenant has more than a flush waiting: flow control for streams. */
  async room(tenantId: string): Promise<void> {
    while ((this.#tenants.get(tenantId)?.length ?? 0) > PER_TENANT / 4) {
      await new Promise<void>((resolve) => this.#room.push(resolve))
    }
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
