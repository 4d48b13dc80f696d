import type { BundleJob, BundleReport, CheckBundle } from './bundle.ts'

/** Bundles under way: enough to keep every thread busy, few enough for the memory. */
const MAX_JOBS = 128
const MAX_BYTES = 2 ** 25

interface Job {
  report: Promise<BundleReport>
  take: (report: BundleReport) => void
  bytes: number
}

/** Checks bundles in parallel and takes their reports in the order in which they were given. */
export class Pipeline {
  readonly #check: CheckBundle
  readonly #jobs: Job[] = []
  #bytes = 0

  constructor(check: CheckBundle) {
    this.#check = check
  }

  /** Gives a bundle to check; waits for older ones where too many are under way, and throws what they throw. */
  async give(job: BundleJob, take: (report: BundleReport) => void): Promise<void> {
    const bytes = job.parts.reduce((sum, part) => sum + part.length, job.payload.length)
    const report = this.#check(job)
    report.catch(() => undefined) // thrown where its turn comes
    this.#jobs.push({ report, take, bytes })
    this.#bytes += bytes
    while (this.#jobs.length > MAX_JOBS || this.#bytes > MAX_BYTES) await this.#takeOldest()
  }

  /** Waits for all. */
  async drain(): Promise<void> {
    while (this.#jobs.length > 0) await this.#takeOldest()
  }

  async #takeOldest(): Promise<void> {
    const job = this.#jobs.shift()
    if (!job) return
    this.#bytes -= job.bytes
    job.take(await job.report)
  }
}
