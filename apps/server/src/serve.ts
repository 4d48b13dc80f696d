import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { type RunningApp, startApp } from './app.ts'
import type { Config } from './config.ts'
import { RootKeyError } from './domains/keys/index.ts'
import { type EmbeddedPostgres, startEmbedded } from './platform/database/embedded.ts'
import { migrateJobs } from './platform/database/jobs.ts'
import { isMigrated, KEYSTORE_SQL_FOLDER, migrate, SQL_FOLDER } from './platform/database/migrate.ts'
import { type Connection, type Database, openDatabase } from './platform/database/pools.ts'
import { connectionOf, parseDatabaseUrl, provision, provisionEmbedded } from './platform/database/provision.ts'
import { StartError } from './platform/database/start-error.ts'
import { readRootKey } from './root-key.ts'
import { claim, dropState, processBirth, writeState } from './state.ts'

export interface RunningServer {
  url: string
  setupUrl: string | null
  stop(): Promise<void>
}

/** From settings to a server that answers. Throws StartError with one sentence; nothing is left running then. */
export async function serve(config: Config, say: (line: string) => void): Promise<RunningServer> {
  await prepareFolder(config.data)
  const giveBack = await claim(config.data)
  try {
    return await serveClaimed(config, say, giveBack)
  } catch (error) {
    await giveBack()
    throw error
  }
}

async function serveClaimed(
  config: Config,
  say: (line: string) => void,
  giveBack: () => Promise<void>,
): Promise<RunningServer> {
  const log = pino(
    { level: config.log_level, redact: ['req.headers', 'password', 'token', '*.password', '*.token'] },
    pino.destination(2),
  )
  const embedded = config.database_url === undefined
  const isNew = () => isNewInstallation(config)
  const root = await readRootKey(config, isNew)
  const postgres = embedded ? await startEmbedded(config.data, say) : null
  try {
    const { database, app } = await startOn(config, postgres, root, log, say)
    await writeState(config.data, {
      pid: process.pid,
      birth: processBirth(process.pid),
      url: app.url,
      started_at: new Date().toISOString(),
    })
    return {
      url: app.url,
      setupUrl: app.setupUrl,
      async stop() {
        await app.stop()
        await database.close()
        await postgres?.stop()
        await dropState(config.data)
        await giveBack()
      },
    }
  } catch (error) {
    await postgres?.stop()
    throw error
  }
}

type Root = Awaited<ReturnType<typeof readRootKey>>

async function startOn(
  config: Config,
  postgres: EmbeddedPostgres | null,
  root: Root,
  log: Logger,
  say: (line: string) => void,
): Promise<{ database: Database; app: RunningApp }> {
  const owner = postgres
    ? await provisionEmbedded(postgres.superuser, root.key)
    : parseDatabaseUrl('DATABASE_URL', config.database_url ?? '')
  const keystore = config.keystore_url === undefined ? null : parseDatabaseUrl('KEYSTORE_URL', config.keystore_url)
  const owned = await provision(owner, keystore, root.key)
  const applied = (await migrate(owned.main, SQL_FOLDER)) + (await migrate(owned.keystore, KEYSTORE_SQL_FOLDER))
  await migrateJobs(owned.main, connectionOf(owned, root.key, 'probity_jobs'))
  if (applied > 0) say(`applied ${applied} migrations`)
  const database = await openDatabase((role) => connectionOf(owned, root.key, role), log)
  try {
    return { database, app: await startApp({ config, database, rootKey: root.key, epochsFile: root.epochsFile, log }) }
  } catch (error) {
    await database.close()
    throw error
  }
}

async function prepareFolder(data: string): Promise<void> {
  try {
    await mkdir(data, { recursive: true, mode: 0o711 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw new StartError(`the data folder ${data} cannot be made (${code === 'ENOSPC' ? 'the disk is full' : code})`)
  }
}

async function isNewInstallation(config: Config): Promise<boolean> {
  if (config.database_url === undefined) return !existsSync(join(config.data, 'postgres.password'))
  const owner: Connection = parseDatabaseUrl('DATABASE_URL', config.database_url)
  return !(await isMigrated(owner))
}

/** The sentence for whatever kept the server from starting. */
export function whyNotStarted(error: unknown, config: { host: string; port: number } | null): string {
  if (error instanceof StartError || error instanceof RootKeyError) return error.message
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'EADDRINUSE')
    return `port ${config?.port} on ${config?.host} is taken by another program; choose another with --port`
  if (code === 'EACCES') return `not allowed to do this: ${error instanceof Error ? error.message : ''}`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `the address ${config?.host} is not one of this machine`
  if (code === 'ENOSPC' || code === '53100') return 'the disk is full; free some space and start again'
  return `Probity could not start: ${error instanceof Error ? error.message : String(error)}`
}
