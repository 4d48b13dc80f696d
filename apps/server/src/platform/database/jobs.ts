import { Logger, runMigrations } from 'graphile-worker'
import pg from 'pg'
import type { Connection } from './pools.ts'
import { withClient } from './provision.ts'

/** Schema of the job queue's own tables. */
export const JOBS_SCHEMA = 'probity_jobs'

/**
 * Brings the queue's tables up to date. They belong to the queue's role, in a schema of its own; the right to
 * create, which its migration asks for, is lent for as long.
 */
export async function migrateJobs(owner: Connection, jobs: Connection): Promise<void> {
  const database = pg.escapeIdentifier(owner.database)
  await withClient(owner, async (client) => {
    await client.query(`GRANT CREATE ON DATABASE ${database} TO probity_jobs`)
    try {
      await migrateAs(jobs)
    } finally {
      await client.query(`REVOKE CREATE ON DATABASE ${database} FROM probity_jobs`)
    }
  })
}

async function migrateAs({ ssl, ...connection }: Connection): Promise<void> {
  const pool = new pg.Pool({ ...connection, ...(ssl && { ssl: { rejectUnauthorized: true } }), max: 2 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  try {
    await runMigrations({ pgPool: pool, schema: JOBS_SCHEMA, logger: new Logger(() => () => undefined) })
  } finally {
    await pool.end()
  }
}
