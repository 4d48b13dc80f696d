import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, openSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type Arguments, optional } from './command.ts'
import { codeOf, isFolder, reason } from './file.ts'
import { whole } from './options.ts'
import { EXIT, Failure, UsageError } from './output.ts'
import { program } from './shell.ts'

const ENTRY = join(import.meta.dirname, '..', '..', 'server', 'src', 'main.ts')
const HIGHEST_PORT = 65_535

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
  whole(given, 'port', 0, HIGHEST_PORT)
  const forwarded = Object.keys(SERVER_OPTIONS).flatMap((name) => {
    const value = optional(given, name)
    if (value === '') throw new UsageError(`--${name} is empty`)
    return value === undefined ? [] : [`--${name}=${value}`]
  })
  if (command === 'serve') checkFolder(dataFolder(given))
  const error = detach ? openLog(dataFolder(given)) : 'inherit'
  return spawn(process.execPath, [ENTRY, command, `--program=${program()}`, ...forwarded], {
    detached: detach,
    stdio: ['ignore', 'pipe', error, ...(command === 'serve' ? (['ipc'] as const) : [])],
  })
}

/** The JSON that a server's process answers. Throws the Failure that it told instead. */
export async function firstAnswer(server: ChildProcess): Promise<unknown> {
  let text = ''
  server.stdout?.on('data', (piece) => (text += piece))
  const code = await new Promise<number | null>((resolve) => server.once('close', resolve))
  if (code !== 0) throw failureTold(text, true)
  return JSON.parse(text)
}

/** Why a server's process ended, by what it printed; `said` where people saw its sentence too. */
export function failureTold(printed: string, said: boolean): Failure {
  try {
    const told = JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Partial<Failure['json']>
    if (told.error !== undefined && told.message !== undefined)
      return new Failure(told.error, told.message, told.exit_code ?? EXIT.failed, said)
  } catch {}
  return new Failure('START_FAILED', 'the server ended without a word')
}

/** Where a detached server writes its log. */
export function logFile(data: string): string {
  return join(data, 'server.log')
}

function openLog(data: string): number {
  try {
    makeFolder(data)
    return openSync(logFile(data), 'a', 0o600)
  } catch (error) {
    const why = isFolder(data) ? 'written' : 'made'
    throw unusable(
      data,
      `cannot be ${why}: ${codeOf(error) === 'ENOENT' ? 'nothing can be made there' : reason(error)}`,
    )
  }
}

// Before the server looks for its settings in there, and tells of a file instead.
function checkFolder(data: string): void {
  let place = resolve(data)
  while (!existsSync(place)) place = dirname(place)
  if (!isFolder(place)) throw unusable(data, place === resolve(data) ? 'is a file' : `lies below ${place}, a file`)
  try {
    if (place === resolve(data)) accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unusable(data, `cannot be used: ${reason(error)}; run this as its owner`)
  }
}

function unusable(data: string, why: string): Failure {
  return new Failure('START_FAILED', `the data folder ${data} ${why}; choose another with --data`)
}

// Each missing folder by itself: making them in one go never ends where the system lets nothing be made, as in /proc.
function makeFolder(path: string): void {
  const missing: string[] = []
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode: 0o711 })
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || !isFolder(folder)) throw error // another start was first
    }
  }
}
