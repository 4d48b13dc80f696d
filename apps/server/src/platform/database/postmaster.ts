import { existsSync } from 'node:fs'
import { readdir, readFile, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StartError } from './start-error.ts'

const PATIENCE_MILLISECONDS = 30_000
const LOOK_MILLISECONDS = 20
/** Line of postmaster.pid that says starting, stopping or ready. */
const STATUS_LINE = 7

/**
 * Removes the lock files of a postmaster that is gone. PostgreSQL does so itself where the number is nobody's; it
 * takes a zombie, and another program that was given the number since, for a postmaster that runs. Backends outlive
 * a killed postmaster for a moment, and two postmasters on one cluster destroy it: so first everybody has to leave.
 */
export async function forgetDeadPostmaster(folder: string, sockets: string): Promise<void> {
  if (!existsSync('/proc/self/stat')) return // not Linux: PostgreSQL's own look must do
  const locks = [join(folder, 'postmaster.pid'), join(sockets, '.s.PGSQL.5432.lock')]
  const pids = await Promise.all(locks.map(pidIn))
  if (pids.every((pid) => pid === null)) return
  for (const pid of pids) if (pid !== null && (await isPostgres(pid))) return
  for (const end = Date.now() + PATIENCE_MILLISECONDS; await isUsed(folder); ) {
    if (Date.now() > end)
      throw new StartError(`processes of a killed PostgreSQL still use ${folder}; end them and start again`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS))
  }
  for (const lock of locks) await rm(lock, { force: true })
}

/** Whether the postmaster of a cluster runs. */
export async function isPostmasterAlive(folder: string): Promise<boolean> {
  const pid = await pidIn(join(folder, 'postmaster.pid'))
  if (pid === null) return false
  if (existsSync('/proc/self/stat')) return isPostgres(pid)
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' // it runs as somebody else
  }
}

/** Waits while a postmaster is starting; whether it then takes connections. False at once where none runs. */
export async function becomesReady(folder: string): Promise<boolean> {
  for (const end = Date.now() + PATIENCE_MILLISECONDS; await isPostmasterAlive(folder); ) {
    const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    if (lines[STATUS_LINE]?.trim() === 'ready') return true
    if (Date.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS))
  }
  return false
}

async function pidIn(lock: string): Promise<number | null> {
  const pid = Number((await readFile(lock, 'utf8').catch(() => '')).split('\n')[0])
  return pid > 0 ? pid : null
}

// stat: number (name) state …; a zombie is dead, only nobody has asked for it yet.
async function isPostgres(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return /^\d+ \(postgres\) [^Z]/.test(stat)
}

// Every process of a cluster works in its folder.
async function isUsed(folder: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => null)))
  return places.includes(folder)
}
