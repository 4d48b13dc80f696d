import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Arguments, optional } from './command.ts'

const ENTRY = join(import.meta.dirname, '..', '..', 'server', 'src', 'main.ts')

/** Options that go on to the server. */
export const SERVER_OPTIONS = {
  data: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  config: { type: 'string' },
} as const

/** Data folder, as the server finds it. */
export function dataFolder(given: Arguments): string {
  return optional(given, 'data') ?? process.env.PROBITY_DATA ?? join(homedir(), '.local', 'share', 'probity')
}

/** Starts the server's process with its own command. */
export function startServer(
  command: 'serve' | 'doctor' | 'config' | 'stop-database',
  given: Arguments,
  detach: boolean,
): ChildProcess {
  const forwarded = Object.keys(SERVER_OPTIONS).flatMap((name) => {
    const value = optional(given, name)
    return value === undefined ? [] : [`--${name}`, value]
  })
  const error = detach ? openLog(dataFolder(given)) : 'inherit'
  return spawn(process.execPath, [ENTRY, command, ...forwarded], {
    detached: detach,
    stdio: ['ignore', 'pipe', error, ...(command === 'serve' ? (['ipc'] as const) : [])],
  })
}

/** Where a detached server writes its log. */
export function logFile(data: string): string {
  return join(data, 'server.log')
}

function openLog(data: string): number {
  mkdirSync(data, { recursive: true, mode: 0o711 })
  return openSync(logFile(data), 'a', 0o600)
}

/** Last sentence that a server said before it ended. */
export function lastSentence(data: string): string {
  const lines = readFileSync(logFile(data), 'utf8').split('\n')
  return lines.findLast((line) => line.startsWith('probity: ')) ?? 'probity: the server ended without a word'
}
