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

if (isPoolThread) parentPort?.on('message', (job: BundleJob) => answer(job))

function answer(job: BundleJob): void {
  try {
    const report = checkBundle(nodeCrypto, job)
    const buffers = [report.levels, report.roots, report.eventIds].map(({ buffer }) => buffer as ArrayBuffer)
    parentPort?.postMessage({ report } satisfies Answer, buffers)
  } catch (error) {
    parentPort?.postMessage(notVerified(error) satisfies Answer)
  }
}
