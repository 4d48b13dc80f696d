import { type OperationsState, operationsState } from '@probity/contract'
import { z } from 'zod'
import type { Audit, Sequencer } from './domains/audit/index.ts'
import type { Keys } from './domains/keys/index.ts'
import type { Tenancy } from './domains/tenancy/index.ts'
import { readStorage, readTasks } from './platform/database/installation.ts'
import type { Database } from './platform/database/pools.ts'
import { DomainError } from './platform/errors.ts'
import { type Route, route } from './platform/http/route.ts'
import type { Telemetry } from './platform/telemetry.ts'
import { SCHEDULE } from './schedule.ts'

export interface Operations {
  database: Database
  sequencer: Sequencer
  telemetry: Telemetry
  keys: Keys
  tenancy: Tenancy
  audit: Audit
  version: string
}

const health = z.object({ status: z.literal('ok'), version: z.string() })
const rotated = z.object({ epoch: z.number().int(), rewrapped: z.number().int(), destroyed: z.boolean() })

const anchorKeys = z.object({ keys: z.array(z.string()).describe('Verifier keys of the anchor log, the newest first') })

/** Health, metrics and keys: what belongs to the installation and to no tenant. */
export function operationsRoutes(operations: Operations): Route[] {
  const { database, sequencer, telemetry, keys, tenancy, audit, version } = operations
  return [
    route({
      method: 'GET',
      path: '/v1/operations',
      summary: 'How the installation does: logs, jobs, storage, epochs of the root key',
      permit: 'tenant:operate',
      answers: { 200: operationsState },
      handle: () => stateOf(operations),
    }),
    route({
      method: 'GET',
      path: '/livez',
      summary: 'Whether the process runs',
      permit: 'public',
      answers: { 200: health },
      handle: async () => ({ status: 'ok', version }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      summary: 'Whether it can work: the database answers',
      permit: 'public',
      answers: { 200: health },
      async handle() {
        await database.answers().catch(() => {
          throw new DomainError('UNAVAILABLE', { reason: 'the database does not answer', retry_after: 1 })
        })
        return { status: 'ok', version }
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      summary: 'Prometheus metrics',
      permit: 'public',
      answers: { 200: 'text/plain' },
      async handle({ reply }) {
        reply.type(telemetry.contentType)
        return telemetry.text({ waiting: sequencer.waiting, leads: sequencer.leads, blocked: sequencer.blocked })
      },
    }),
    route({
      method: 'POST',
      path: '/v1/keys/rotate',
      summary: 'Turn to the next key epoch, re-wrap every data key and destroy the old epoch',
      permit: 'installation_key:turn',
      changes: true,
      answers: { 200: rotated },
      async handle() {
        const done = await keys.rotate(await tenancy.ids())
        return { ...done, destroyed: keys.root.destroys }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/keys/turn-anchor',
      summary: "Turn to the next signing key of the installation's anchor log; both sign while they overlap",
      permit: 'installation_key:turn',
      changes: true,
      answers: { 200: anchorKeys },
      handle: ({ principal }) => audit.turnAnchorKey(principal),
    }),
  ]
}

async function stateOf({ database, sequencer, keys, version }: Operations): Promise<OperationsState> {
  const [tasks, storage] = await Promise.all([readTasks(database), readStorage(database)])
  const jobs = Object.entries(SCHEDULE).map(([task, schedule]) => {
    const found = tasks.find((one) => one.task === task)
    return {
      ...{ task, schedule, last_run_at: found?.lastRunAt?.toISOString() ?? null },
      ...{ waiting: found?.waiting ?? 0, failed: found?.failed ?? 0, last_error: found?.lastError ?? null },
    }
  })
  return {
    version,
    epoch: keys.root.epochs().at(-1) ?? 0,
    destroys_epochs: keys.root.destroys,
    log: { waiting: sequencer.waiting, leads: sequencer.leads, blocked: sequencer.blocked },
    jobs,
    storage: {
      database_bytes: storage.databaseBytes,
      keystore_bytes: storage.keystoreBytes,
      tables: storage.tables,
    },
  }
}
