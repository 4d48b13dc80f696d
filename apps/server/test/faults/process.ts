import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

/** A server in a process of its own, which a test may kill. */
export interface ServerProcess {
  url: string
  setupUrl: string | null
  child: ChildProcess
  /** Kills it at once, or resolves when it is dead already. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Starts the server on a data folder. Throws with what it said when it does not start. */
export async function startProcess(data: string): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, 'serve', '--data', data, '--port', '0'],
    {
      env: { ...process.env, PROBITY_LOG_LEVEL: 'silent' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  )
  let said = ''
  child.stderr?.on('data', (piece) => (said += piece))
  const dead = once(child, 'exit')
  const started = await Promise.race([once(child, 'message'), dead.then(() => null)])
  if (started === null) throw new Error(`the server did not start: ${said}`)
  const { url, setup_url } = started[0] as { url: string; setup_url: string | null }
  const end = (signal: NodeJS.Signals) => async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await dead
  }
  return { url, setupUrl: setup_url, child, kill: end('SIGKILL'), stop: end('SIGTERM') }
}

/** Kills the PostgreSQL of a cluster: its postmaster, whose children then end by themselves. */
export async function killPostgres(cluster: string): Promise<void> {
  const [pid] = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
}
