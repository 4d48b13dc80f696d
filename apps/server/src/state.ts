import { readFileSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

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

/** When a process began, in the kernel's own count; empty for one that does not run. */
export function processBirth(pid: number): string {
  try {
    process.kill(pid, 0)
  } catch {
    return ''
  }
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? '' : (fields[19] ?? 'unknown') // a zombie is dead, only nobody has asked for it yet
  } catch {
    return 'unknown' // no /proc here: the pid alone must do
  }
}
