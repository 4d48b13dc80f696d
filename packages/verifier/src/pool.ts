import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { BundleJob, BundleReport } from './bundle.ts'
import { Refusal } from './result.ts'
import { type Answer, ROLE, WORKER } from './worker.ts'

const MAX_THREADS = 8
/** Jobs that go to a thread in one message, if they come without a pause. */
const MAX_JOBS = 8
// What a bundle leaves behind is garbage at once; a thread that lets it lie would fill the memory.
const LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 }

/** Threads that check bundles. Owns them: close() ends them, with whatever is under way. */
export class Pool {
  readonly #threads: Thread[]

  constructor(threads = Math.min(availableParallelism(), MAX_THREADS)) {
    this.#threads = Array.from({ length: threads }, () => new Thread())
  }

  /** Has a bundle checked by the thread with the least to do; its buffers go there and are gone here. */
  check = (job: BundleJob): Promise<BundleReport> =>
    this.#threads.reduce((a, b) => (b.load < a.load ? b : a)).check(job)

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }
}

interface Asked {
  resolve: (report: BundleReport) => void
  reject: (error: Refusal) => void
}

class Thread {
  readonly #worker = new Worker(WORKER, { workerData: ROLE, resourceLimits: LIMITS })
  /** What it was asked and has not answered; it answers in order. */
  readonly #asked: Asked[] = []
  /** Of those, what it was not told yet. */
  readonly #waiting: BundleJob[] = []
  /** Why it ended. */
  #ended: Refusal | null = null

  constructor() {
    this.#worker.on('message', (answers: Answer[]) => {
      for (const answer of answers) {
        const asked = this.#asked.shift()
        if ('report' in answer) asked?.resolve(answer.report)
        else asked?.reject(new Refusal(answer.code, answer.index, answer.message))
      }
    })
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error.message : String(error)))
    this.#worker.on('exit', () => this.#end('it was closed'))
  }

  get load(): number {
    return this.#asked.length
  }

  check(job: BundleJob): Promise<BundleReport> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended)
      this.#asked.push({ resolve, reject })
      if (this.#waiting.push(job) === MAX_JOBS) this.#tell()
      else if (this.#waiting.length === 1) setImmediate(() => this.#tell())
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #tell(): void {
    const jobs = this.#waiting.splice(0)
    const buffers = jobs.flatMap(({ payload, parts }) => [payload, ...parts]).map(({ buffer }) => buffer as ArrayBuffer)
    if (jobs.length > 0) this.#worker.postMessage(jobs, buffers)
  }

  // Nothing is verified that this thread had not answered for.
  #end(why: string): void {
    this.#ended ??= new Refusal('INTERNAL', null, `a thread ended: ${why}`)
    for (const { reject } of this.#asked.splice(0)) reject(this.#ended)
  }
}
