import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..', '..')

export interface Ran {
  status: number | null
  stdout: string
  stderr: string
}

/** Runs ./probity as a person would, without the variables of the test runner. */
export function probity(words: string[], environment: Record<string, string> = {}): Ran {
  const { TEST_CLUSTER: _, NODE_NO_WARNINGS: __, NODE_TEST_CONTEXT: ___, ...own } = process.env
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'probity'), words, {
    encoding: 'utf8',
    env: { ...own, ...environment },
    timeout: 120_000,
  })
  return { status, stdout, stderr }
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
