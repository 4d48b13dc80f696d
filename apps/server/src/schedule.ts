import { run, type Task, type TaskList, Logger as WorkerLogger } from 'graphile-worker'
import type { Logger } from 'pino'
import type { Access } from './domains/access/index.ts'
import type { Audit } from './domains/audit/index.ts'
import type { Policies } from './domains/policies/index.ts'
import type { Privacy } from './domains/privacy/index.ts'
import type { Tenancy } from './domains/tenancy/index.ts'
import { JOBS_SCHEMA } from './platform/database/jobs.ts'
import type { Database } from './platform/database/pools.ts'
import type { Idempotency } from './platform/http/idempotency.ts'
import type { Telemetry } from './platform/telemetry.ts'

export interface ScheduleDependencies {
  database: Database
  log: Logger
  tenancy: Tenancy
  privacy: Privacy
  audit: Audit
  access: Access
  policies: Policies
  idempotency: Idempotency
  telemetry: Telemetry
  /** How long a job may go on when the server stops. */
  graceSeconds: number
}

/** Verifies every log by night; finishes what crashes interrupted, closes what is due and drops old answers every ten minutes. In UTC. */
export const SCHEDULE = { verify_logs: '23 3 * * *', sweep: '*/10 * * * *' } as const
const CRONTAB = Object.entries(SCHEDULE)
  .map(([task, times]) => `${times} ${task}\n`)
  .join('')

/** Starts the jobs. The queue has a role and a schema of its own; a job enters a tenant as a request does. */
export async function startSchedule(dependencies: ScheduleDependencies): Promise<{ stop(): Promise<void> }> {
  const stopping = new AbortController()
  const runner = await run({
    pgPool: dependencies.database.jobs,
    taskList: endable(tasks(dependencies, stopping.signal)),
    crontab: CRONTAB,
    concurrency: 1,
    noHandleSignals: true,
    pollInterval: 5_000,
    schema: JOBS_SCHEMA,
    gracefulShutdownAbortTimeout: dependencies.graceSeconds * 1000,
    logger: silentLogger(dependencies.log),
  })
  await runner.addJob('sweep', {}, { jobKey: 'sweep-at-start', maxAttempts: 3 }) // what the last process left undone
  runner.promise.catch((error: unknown) => dependencies.log.error({ err: error }, 'the job runner stopped'))
  const stop = () => {
    stopping.abort(new Error('the server stops'))
    return runner.stop()
  }
  return { stop }
}

// A job that goes on beyond the grace of a stop is given back to the queue; what it has under way ends with its connection.
function endable(jobs: Record<string, () => Promise<void>>): TaskList {
  const ended = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('the server stops'))))
  const entries = Object.entries(jobs).map(([name, work]): [string, Task] => [
    name,
    (_, { abortSignal }) => Promise.race([work(), ended(abortSignal)]),
  ])
  return Object.fromEntries(entries)
}

function tasks(
  { tenancy, privacy, audit, access, policies, idempotency, telemetry, log }: ScheduleDependencies,
  stopping: AbortSignal,
): Record<string, () => Promise<void>> {
  return {
    async verify_logs() {
      await each('verify_logs', async (tenantId) => {
        const { valid } = await audit.verify(tenantId, null, { start_position: 0 })
        telemetry.countVerification(valid)
        if (!valid) log.error({ tenant_id: tenantId }, 'the audit log does not verify')
      })
    },
    async sweep() {
      await each('sweep', (tenantId) => privacy.finishErasures(tenantId))
      await each('sweep', (tenantId) => audit.recordTurns(tenantId))
      await each('sweep', (tenantId) => access.replays.sweep(tenantId))
      await each('sweep', (tenantId) => access.moments.sweep(tenantId))
      await each('sweep', (tenantId) => policies.trials.sweep(tenantId))
      await each('sweep', (tenantId) => access.reviews.closeDue(tenantId))
      await each('sweep', (tenantId) => idempotency.sweep(tenantId))
    },
  }

  // What fails for one tenant is tried again at the next turn, and keeps no other waiting.
  async function each(job: string, work: (tenantId: string) => Promise<unknown>): Promise<void> {
    for (const tenantId of await tenancy.ids()) {
      stopping.throwIfAborted()
      await work(tenantId).catch((error: unknown) =>
        log.error({ err: error, tenant_id: tenantId, job }, 'a job failed'),
      )
    }
  }
}

function silentLogger(log: Logger) {
  return new WorkerLogger(() => (level, message) => {
    if (level === 'error' || level === 'warning') log.warn({ job_runner: level }, message)
  })
}
