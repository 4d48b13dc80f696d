import { mkdtemp, readFile, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../../apps/server/src/platform/database/embedded.ts'
import type { Connection } from '../../apps/server/src/platform/database/pools.ts'
import { withClient } from '../../apps/server/src/platform/database/provision.ts'
import { startProcess } from '../../apps/server/test/faults/process.ts'
import { caller, setUp } from '../../apps/server/test/support/server.ts'

/**
 * What all contestants stand on: the embedded PostgreSQL as `probity up` starts it (fsync on), and on it Probity's
 * server in a process of its own, as applications meet it.
 */
export async function prepareGround() {
  const data = await mkdtemp(join(tmpdir(), 'probity-bench-'))
  const server = await startProcess(data, {
    PROBITY_RATE_LIMIT_PER_SECOND: '1000000',
    PROBITY_PUBLIC_RATE_LIMIT_PER_SECOND: '1000000',
  })
  const postgres = await startEmbedded(data, () => undefined) // the same one, for its superuser
  const call = caller(server.url)
  const first = await setUp(call, server.setupUrl ?? '', 'first')
  const connection = (database: string): Connection => ({ ...postgres.superuser, database })
  return {
    data,
    url: server.url,
    pid: server.child.pid as number,
    token: first.token,
    tenantId: first.tenantId,
    connection,
    call: (method: string, path: string, body?: unknown, options: { token?: string } = {}) =>
      call(method, path, body, { token: options.token ?? first.token }),
    sql: (text: string, values: unknown[] = []) =>
      withClient(connection('probity'), async (client) => (await client.query(text, values)).rows),
    /** A database for another contestant, without anything in it. */
    async emptyDatabase(name: string): Promise<Connection> {
      await withClient(connection('postgres'), (client) => client.query(`CREATE DATABASE ${name}`))
      return connection(name)
    },
    /** What PostgreSQL runs with, of what bears on speed. */
    async settings(): Promise<Record<string, string>> {
      const rows = await withClient(connection('postgres'), async (client) => {
        const names = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers']
        const text = 'SELECT name, current_setting(name) AS setting FROM pg_settings WHERE name = ANY ($1)'
        return (await client.query(text, [[...names, 'wal_compression', 'max_wal_size']])).rows
      })
      return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
    },
    /** The server's resident memory, in MB, and its peak. */
    memory: () => memoryOf(server.child.pid, 'VmRSS'),
    peakMemory: () => memoryOf(server.child.pid, 'VmHWM'),
    async stop() {
      await server.stop()
      await postgres.stop()
      await rm(data, { recursive: true, force: true })
    },
  }
}

async function memoryOf(pid: number | undefined, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
}

export type Ground = Awaited<ReturnType<typeof prepareGround>>

/** Free bytes where the data lies. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
