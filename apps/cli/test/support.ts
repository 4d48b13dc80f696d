import assert from 'node:assert/strict'
import { type ChildProcessByStdio, type SpawnSyncOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

const LAUNCHER = join(import.meta.dirname, '..', '..', '..', 'probity')

export interface Ran {
  status: number | null
  stdout: string
  stderr: string
}

/** Runs ./probity as a person would, without the variables of the test runner. */
export function probity(words: string[], environment: Record<string, string> = {}, more: SpawnSyncOptions = {}): Ran {
  const { status, stdout, stderr } = spawnSync(LAUNCHER, words, {
    env: environmentOf(environment),
    timeout: 120_000,
    ...more,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** The same where this process has to answer meanwhile. */
export async function probityAsync(words: string[], environment: Record<string, string> = {}): Promise<Ran> {
  const child = startProbity(words, environment)
  const ran: Ran = { status: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (piece) => (ran.stdout += piece))
  child.stderr.setEncoding('utf8').on('data', (piece) => (ran.stderr += piece))
  const [status] = (await once(child, 'close')) as [number | null]
  return { ...ran, status }
}

/** Starts ./probity and lets it run. */
export function startProbity(
  words: string[],
  environment: Record<string, string> = {},
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(LAUNCHER, words, { env: environmentOf(environment), stdio: ['ignore', 'pipe', 'pipe'] })
}

function environmentOf(more: Record<string, string>): NodeJS.ProcessEnv {
  const { TEST_CLUSTER: _, NODE_NO_WARNINGS: __, NODE_TEST_CONTEXT: ___, ...own } = process.env
  return { ...own, ...more }
}

/** One clear sentence on stderr, no stack, the exit code, and the same on the last line of stdout: for --json. */
export function assertFailure(ran: Ran, sentence: RegExp, status: number): void {
  assert.equal(ran.status, status, ran.stdout + ran.stderr)
  assert.match(ran.stderr, sentence)
  assert.doesNotMatch(ran.stderr, /\n\s+at /)
  const told = lastJson<{ error: string; message: string; exit_code: number }>(ran)
  assert.equal(told.exit_code, status)
  assert.match(told.error, /^[A-Z_]+$/)
  assert.ok(ran.stderr.includes(told.message), told.message)
}

/** The object on the last line of stdout. */
export function lastJson<T>(ran: Ran): T {
  return JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as T
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'probity cli '))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
