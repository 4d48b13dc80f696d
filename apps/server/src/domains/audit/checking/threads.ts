import { availableParallelism } from 'node:os'
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { AskedThread } from '../../../platform/asked-thread.ts'
import { DomainError } from '../../../platform/errors.ts'
import type { StoredBundle } from '../check-bundle.ts'
import { type Answer, checkedOrNull, type Question, ROLE, THREAD } from './thread.ts'

const MOST_THREADS = 8
/** Below so many entries all is looked at before a thread has started. */
const WORTH_THREADS = 32_768
// What a bundle leaves behind is garbage at once; a thread that lets it lie would fill the memory.
const LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 128 }

/** Looks at a stored stretch; null: it can't be opened. Rejects with UNAVAILABLE where nobody could look at it. */
export type CheckStored = (row: StoredBundle, tenantId: string) => Promise<Answer>

/**
 * Threads that look at stored stretches for verifications, so that those leave this thread free for others. Owns them:
 * they live from the first long verification to the end of the last that goes on then.
 */
export class CheckThreads {
  #threads: AskedThread<Question, Answer>[] = []
  #users = 0

  /** Lets a verification of so many entries have stretches looked at, here or there. */
  async use<T>(entries: number, work: (check: CheckStored) => Promise<T>): Promise<T> {
    if (entries < WORTH_THREADS) return work(checkHere)
    this.#users++
    try {
      if (this.#threads.length === 0) this.#threads = Array.from({ length: countOfThreads() }, start)
      return await work((row, tenantId) => this.#check(row, tenantId))
    } finally {
      this.#users--
      if (this.#users === 0) await this.stop()
    }
  }

  /** Ends the threads; verifications that go on fail. */
  async stop(): Promise<void> {
    const threads = this.#threads
    this.#threads = []
    await Promise.all(threads.map((thread) => thread.stop()))
  }

  #check(row: StoredBundle, tenantId: string): Promise<Answer> {
    const [first, ...others] = this.#threads
    if (!first) return Promise.reject(gone())
    const idlest = others.reduce((a, b) => (b.load < a.load ? b : a), first)
    const given = { ...row, body: Uint8Array.from(row.body) as Buffer } // what comes from the pool is others' too
    return idlest.ask({ row: given, tenantId }, [given.body.buffer as ArrayBuffer])
  }
}

// Between two, others have their turn.
async function checkHere(row: StoredBundle, tenantId: string): Promise<Answer> {
  await yieldToOthers()
  return checkedOrNull(row, tenantId)
}

function countOfThreads(): number {
  return Math.max(1, Math.min(availableParallelism() - 1, MOST_THREADS))
}

function start(): AskedThread<Question, Answer> {
  return new AskedThread(THREAD, ROLE, gone, { resourceLimits: LIMITS })
}

function gone(): DomainError {
  return new DomainError('UNAVAILABLE', {
    reason: 'a thread of the server ended; verify the log again',
    retry_after: 1,
  })
}
