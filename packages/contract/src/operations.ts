import { z } from 'zod'
import { timestamp } from './primitives.ts'

const count = z.number().int()

/** How the installation does: for who operates it, and for no tenant. */
export const operationsState = z.object({
  version: z.string(),
  epoch: count.describe('Of the root key; 0: there is none yet'),
  destroys_epochs: z
    .boolean()
    .describe('Whether a turn destroys the epoch before; false: the root key is given by the environment'),
  log: z.object({
    waiting: count.describe('Events that this process took and that are not in a log yet'),
    leads: z.boolean().describe('Whether this process writes the logs'),
    blocked: count.describe('Logs that stand still, since they are not what was signed'),
  }),
  jobs: z.array(
    z.object({
      task: z.string(),
      schedule: z.string().describe('As cron has it, in UTC'),
      last_run_at: timestamp.nullable(),
      waiting: count,
      failed: count.describe('Given up after all attempts'),
      last_error: z.string().nullable(),
    }),
  ),
  storage: z.object({
    database_bytes: count,
    keystore_bytes: count,
    tables: z.array(z.object({ name: z.string(), bytes: count, rows: count.describe('As PostgreSQL estimates them') })),
  }),
})
export type OperationsState = z.infer<typeof operationsState>
