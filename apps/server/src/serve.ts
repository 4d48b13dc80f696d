import { constants, existsSync } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
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
  const missing: string[] = []
  for (let folder = data; !existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
  try {
    // Each by itself: making them in one go never ends where the system lets nothing be made, as in /proc.
    for (const folder of missing) await mkdir(folder, { mode: 0o711 }).catch(ignoreMade)
    if (!(await stat(data)).isDirectory()) throw new StartError(`the data folder ${data} is a file`)
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(`the data folder ${data} cannot be made: ${whyNoFolder(error)}; choose another with --data`)
  }
  await access(data, constants.R_OK | constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw new StartError(
      `the data folder ${data} cannot be used: ${whyNoFolder(error)}; start as its owner or choose another with --data`,
    )
  })
}

function ignoreMade(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error // else another start was first
}

function whyNoFolder(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOSPC') return 'the disk is full'
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  if (code === 'EROFS') return 'the disk is read-only'
  if (code === 'ENOTDIR') return 'a part of its path is a file'
  return code === 'ENOENT' ? 'nothing can be made there' : code
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
  const called = error instanceof Error && 'syscall' in error ? String(error.syscall) : ''
  if (code === 'EACCES' && called === 'listen')
    return `not allowed to listen on port ${config?.port}; choose one above 1023 with --port`
  if (code === 'EACCES') {
    const path = error instanceof Error && 'path' in error ? String(error.path) : 'a file'
    return `not allowed to use ${path}; start as its owner or choose another data folder with --data`
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `the address ${config?.host} is not one of this machine`
  if (code === 'ENOSPC' || code === '53100') return 'the disk is full; free some space and start again'
  return `Probity could not start: ${error instanceof Error ? error.message : String(error)}`
}
