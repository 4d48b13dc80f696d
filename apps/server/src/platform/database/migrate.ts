import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import type { Connection } from './pools.ts'
import { withClient } from './provision.ts'
import { StartError } from './start-error.ts'

const LOCK = 7_072_696_479 // "probity" on a telephone

/** Folders of the numbered migrations. */
export const SQL_FOLDER = join(import.meta.dirname, '..', '..', '..', 'sql')
export const KEYSTORE_SQL_FOLDER = join(SQL_FOLDER, 'keystore')

interface Migration {
  version: number
  name: string
  text: string
  sha256: string
}

/**
 * Applies what is missing, each file in a transaction of its own, one process at a time; answers how many. Throws
 * StartError, with nothing touched, for a database of a newer Probity or a file that changed since it was applied.
 */
export async function migrate(owner: Connection, folder: string): Promise<number> {
  const migrations = await readMigrations(folder)
  return withClient(owner, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK])
    const applied = await readApplied(client)
    refuseStrangers(migrations, applied, owner.database)
    const missing = migrations.filter(({ version }) => !applied.has(version))
    for (const migration of missing) await apply(client, migration)
    return missing.length
  })
}

/** Whether the database was ever migrated. */
export async function isMigrated(owner: Connection): Promise<boolean> {
  return withClient(owner, async (client) => (await readApplied(client)).size > 0)
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8')
      return { version: Number(name.slice(0, 4)), name, text, sha256: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

async function readApplied(client: pg.Client): Promise<Map<number, string>> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = 'schema_migrations'`,
  )
  if (rowCount === 0) return new Map()
  const { rows } = await client.query<{ version: number; sha256: string }>(
    'SELECT version, sha256 FROM schema_migrations',
  )
  return new Map(rows.map((row) => [row.version, row.sha256]))
}

function refuseStrangers(
  migrations: readonly Migration[],
  applied: ReadonlyMap<number, string>,
  database: string,
): void {
  const newest = migrations.at(-1)?.version ?? 0
  const beyond = [...applied.keys()].filter((version) => version > newest)
  if (beyond.length > 0)
    throw new StartError(
      `the database ${database} has schema ${Math.max(...beyond)} and this Probity knows ${newest}: it was used by a newer one; start that`,
    )
  const changed = migrations.find(({ version, sha256 }) => applied.has(version) && applied.get(version) !== sha256)
  if (changed)
    throw new StartError(
      `the migration ${changed.name} is not the one that was applied to the database ${database}; restore the file`,
    )
}

async function apply(client: pg.Client, { version, name, text, sha256 }: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
    await client.query(text)
    await client.query('INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)', [
      version,
      name,
      sha256,
    ])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    if (error instanceof Error && 'code' in error && error.code === '53100')
      throw new StartError('the disk is full; free some space and start again')
    throw error
  }
}
