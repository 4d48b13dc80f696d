import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { type BundleJob, type BundleReport, checkBundle } from './bundle.ts'
import { nodeCrypto } from './node-crypto.ts'
import { type NotVerified, notVerified } from './result.ts'

/** What a thread of the pool is told that it is. */
export const ROLE = 'probity-verifier'

/** The module that a thread of the pool runs: this one, or the single file that it was built into. */
export const WORKER = new URL(import.meta.url)

/** Whether this is a thread of the pool and not the program. */
export const isPoolThread = !isMainThread && workerData === ROLE

export type Answer = { report: BundleReport } | NotVerified

// Several jobs a message: a message costs more than what is in it. Answers are small enough to be copied.
if (isPoolThread) parentPort?.on('message', (jobs: BundleJob[]) => parentPort?.postMessage(jobs.map(answer)))

function answer(job: BundleJob): Answer {
  try {
    return { report: checkBundle(nodeCrypto, job) }
  } catch (error) {
    return notVerified(error)
  }
}
