import { AsyncLocalStorage } from 'node:async_hooks'

interface Waiting<Item, Answer> {
  item: Item
  resolve(answer: Answer): void
  reject(reason: unknown): void
}

interface Queue<Item, Answer> {
  waiting: Waiting<Item, Answer>[]
  running: number
}

export interface TogetherOptions<Item, Answer> {
  /** Does what several callers asked for under a key; each gets an outcome of their own, in their order. What it throws is told to all. */
  work(key: string, items: readonly Item[]): Promise<readonly PromiseSettledResult<Answer>[]>
  /** Items that are worked on at once, at most. */
  most: number
  /** Works of one key that are under way at once, at most. */
  atOnce: number
}

/**
 * Does together what is asked for while the same is under way: many callers share a transaction, and wait for one commit.
 * The work that answers somebody begins after they asked, so that it sees whatever was committed by then.
 */
export class Together<Item, Answer> {
  readonly #options: TogetherOptions<Item, Answer>
  readonly #queues = new Map<string, Queue<Item, Answer>>()
  // What is done for many is done in nobody's name: the context of whoever came first does not reach it.
  readonly #outside = AsyncLocalStorage.snapshot()

  constructor(options: TogetherOptions<Item, Answer>) {
    this.#options = options
  }

  ask(key: string, item: Item): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const queue = this.#queues.get(key) ?? { waiting: [], running: 0 }
    this.#queues.set(key, queue)
    queue.waiting.push({ item, resolve, reject })
    // Whoever is read from the network in the same turn comes along.
    if (queue.waiting.length === 1) setImmediate(() => this.#outside(() => this.#start(key, queue)))
    return promise
  }

  #start(key: string, queue: Queue<Item, Answer>): void {
    while (queue.waiting.length > 0 && queue.running < this.#options.atOnce) {
      queue.running++
      void this.#work(key, queue.waiting.splice(0, this.#options.most)).finally(() => {
        queue.running--
        if (queue.waiting.length > 0) this.#start(key, queue)
        else if (queue.running === 0) this.#queues.delete(key)
      })
    }
  }

  async #work(key: string, taken: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const items = taken.map(({ item }) => item)
      const outcomes = await this.#options.work(key, items)
      for (const [i, { resolve, reject }] of taken.entries()) {
        const outcome = outcomes[i]
        if (outcome?.status === 'fulfilled') resolve(outcome.value)
        else reject(outcome?.reason ?? new Error('a part of what was done together has no outcome'))
      }
    } catch (failure) {
      for (const { reject } of taken) reject(failure)
    }
  }
}
