import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from '../../src/platform/database/pools.ts'
import { TEST_ROOT_KEY, type TestInstallation } from '../support/server.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

/** A server in a process of its own, which a test may kill. */
export interface ServerProcess {
  url: string
  setupUrl: string | null
  child: ChildProcess
  /** Kills it at once, or resolves when it is dead already. */
  kill(): Promise<void>
  /** Ends it in order; answers its exit code. */
  stop(): Promise<number | null>
}

/** Starts the server on a data folder. Throws with what it said when it does not start. */
export async function startProcess(data: string, environment: Record<string, string> = {}): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, 'serve', '--data', data, '--port', '0'],
    {
      env: { ...process.env, PROBITY_LOG_LEVEL: process.env.TEST_LOG ?? 'silent', ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  )
  let said = ''
  child.stderr?.on('data', (piece) => {
    said = (said + piece).slice(-10_000)
    if (process.env.TEST_LOG) process.stderr.write(piece)
  })
  const dead = once(child, 'exit')
  const started = await Promise.race([once(child, 'message'), dead.then(() => null)])
  if (started === null) throw new Error(`the server did not start: ${said}`)
  const { url, setup_url } = started[0] as { url: string; setup_url: string | null }
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await dead
    return child.exitCode
  }
  return {
    url,
    setupUrl: setup_url,
    child,
    kill: () => end('SIGKILL').then(() => undefined),
    stop: () => end('SIGTERM'),
  }
}

/** Starts a server on the databases of a test installation; several may run on the same ones. */
export function startOn(
  installation: TestInstallation,
  data: string,
  environment: Record<string, string> = {},
): Promise<ServerProcess> {
  return startProcess(data, {
    ...environment,
    DATABASE_URL: urlOf(installation.owned.main),
    PROBITY_ROOT_KEY: TEST_ROOT_KEY.toString('base64'),
  })
}

/** As DATABASE_URL has it. */
export function urlOf({ host, port, database, user, password }: Connection): string {
  const query = new URLSearchParams({ host })
  return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@localhost:${port}/${database}?${query}`
}

/** Kills the PostgreSQL of a cluster: its postmaster, whose children then end by themselves. */
export async function killPostgres(cluster: string): Promise<void> {
  process.kill(await postmasterOf(cluster), 'SIGKILL')
}

async function postmasterOf(cluster: string): Promise<number> {
  return Number((await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')[0])
}

/** Process ids of a cluster: the postmaster first, then those that it started. */
export async function postgresProcesses(cluster: string): Promise<number[]> {
  const postmaster = await postmasterOf(cluster)
  const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
  return [postmaster, ...children.trim().split(' ').filter(Boolean).map(Number)]
}
