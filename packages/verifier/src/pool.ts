import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { BundleJob, BundleReport } from './bundle.ts'
import { Refusal } from './result.ts'
import { type Answer, ROLE, WORKER } from './worker.ts'

// What a bundle leaves behind is garbage at once; a thread that lets it lie would fill the memory.
const LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 }

interface Waiting {
  resolve: (report: BundleReport) => void
  reject: (error: Refusal) => void
}

/** Threads that check bundles. Owns them: close() ends them, with whatever is under way. */
export class Pool {
  readonly #workers: { worker: Worker; waiting: Waiting[] }[]

  constructor(threads = availableParallelism()) {
    this.#workers = Array.from({ length: threads }, () => this.#start())
  }

  /** Has a bundle checked by the thread with the least to do; its buffers go there and are gone here. */
  check = (job: BundleJob): Promise<BundleReport> =>
    new Promise((resolve, reject) => {
      const least = this.#workers.reduce((a, b) => (b.waiting.length < a.waiting.length ? b : a))
      least.waiting.push({ resolve, reject })
      const buffers = [job.payload, ...job.parts].map(({ buffer }) => buffer as ArrayBuffer)
      least.worker.postMessage(job, buffers)
    })

  async close(): Promise<void> {
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()))
  }

  #start() {
    const worker = new Worker(WORKER, { workerData: ROLE, resourceLimits: LIMITS })
    const waiting: Waiting[] = []
    // A thread answers in the order in which it was asked.
    worker.on('message', (answer: Answer) => {
      const asked = waiting.shift()
      if ('report' in answer) asked?.resolve(answer.report)
      else asked?.reject(new Refusal(answer.code, answer.index, answer.message))
    })
    const fail = (why: string) => {
      for (const { reject } of waiting.splice(0)) reject(new Refusal('INTERNAL', null, `a thread ended: ${why}`))
    }
    worker.on('error', (error) => fail(error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => fail('exit'))
    return { worker, waiting }
  }
}
