import { readFileSync } from 'node:fs'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartError } from './platform/database/start-error.ts'

/** What a running server tells about itself, in server.json of its data folder. */
export interface ServerState {
  pid: number
  /** When the process began, by the kernel: a recycled pid is not taken for ours. */
  birth: string
  url: string
  started_at: string
}

/** The server that runs on this data; null when none does, whatever a killed one left. */
export async function readState(data: string): Promise<ServerState | null> {
  try {
    const state = JSON.parse(await readFile(join(data, 'server.json'), 'utf8')) as ServerState
    return processBirth(state.pid) === state.birth ? state : null
  } catch {
    return null
  }
}

export async function writeState(data: string, state: ServerState): Promise<void> {
  await writeFile(join(data, 'server.json.next'), JSON.stringify(state), { mode: 0o600 })
  await rename(join(data, 'server.json.next'), join(data, 'server.json'))
}

export async function dropState(data: string): Promise<void> {
  await rm(join(data, 'server.json'), { force: true })
}

/**
 * Claims a data folder for this process; answers what gives it back. Throws StartError when another process that
 * lives has it. Two that start at the same moment see one link made: the second would else stop the first's database.
 */
export async function claim(data: string): Promise<() => Promise<void>> {
  const lock = join(data, 'server.lock')
  const own = `${lock}.${process.pid}`
  try {
    await writeFile(own, JSON.stringify({ pid: process.pid, birth: processBirth(process.pid) }), { mode: 0o600 })
    while (!(await linked(own, lock))) {
      const held = await readFile(lock, 'utf8').catch(() => null)
      if (held === null) continue // given back meanwhile
      await refuseLiving(held, data)
      await takeAway(lock, `${own}.stale`, held)
    }
  } finally {
    await rm(own, { force: true })
  }
  return () => rm(lock, { force: true })
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function refuseLiving(held: string, data: string): Promise<void> {
  const running = await readState(data)
  if (running) throw new StartError(`Probity already runs on ${data}: ${running.url} (process ${running.pid})`)
  const { pid, birth } = parseHolder(held)
  if (pid > 0 && processBirth(pid) === birth)
    throw new StartError(`Probity is already being started or stopped on ${data} (process ${pid})`)
}

function parseHolder(held: string): { pid: number; birth: string } {
  try {
    return JSON.parse(held) as { pid: number; birth: string }
  } catch {
    return { pid: 0, birth: '' } // a full disk cut it short: nobody got it
  }
}

// Only the claim that was looked at: if a quicker start has replaced it since, its own is put back.
async function takeAway(lock: string, aside: string, held: string): Promise<void> {
  await rename(lock, aside).catch(() => undefined)
  const taken = await readFile(aside, 'utf8').catch(() => held)
  if (taken !== held) await linked(aside, lock)
  await rm(aside, { force: true })
}

/** When a process began, in the kernel's own count; empty for one that does not run. */
export function processBirth(pid: number): string {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return '' // EPERM: somebody else's
  }
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? '' : (fields[19] ?? 'unknown') // a zombie is dead, only nobody has asked for it yet
  } catch {
    return 'unknown' // no /proc here: the pid alone must do
  }
}
