import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { type Agent, type ClientRequest, request } from 'node:http'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { formatToken } from '@probity/core'
import { withClient } from '../apps/server/src/platform/database/provision.ts'
import { startOn } from '../apps/server/test/faults/process.ts'
import { type Answer, caller, setUp, testInstallation } from '../apps/server/test/support/server.ts'

/** Median and spread of some measurements. */
export function spread(values: readonly number[]): { median: number; least: number; most: number } {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: percentile(sorted, 0.5), least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN }
}

/** The value that a share of the measurements does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export async function timed<T>(work: () => Promise<T>): Promise<{ milliseconds: number; result: T }> {
  const start = performance.now()
  const result = await work()
  return { milliseconds: performance.now() - start, result }
}

/** What the figures were measured on. */
export function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory_gb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  }
}

/** Sends a body, which `give` writes; answers what came back. Throws when that is no 200. */
export function post(
  { url, agent, token, type }: { url: string; agent: Agent; token: string; type: string },
  give: (sent: ClientRequest) => unknown,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type }
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece) => pieces.push(piece))
      answer.on('end', () => {
        const text = Buffer.concat(pieces).toString()
        if (answer.statusCode === 200) resolve(text)
        else reject(new Error(`${answer.statusCode}: ${text}`))
      })
      answer.on('error', reject)
    })
    sent.on('error', reject)
    give(sent)
  })
}

/** A server in a process of its own on a fresh installation, as applications meet it, with a first tenant. */
export async function benchServer(settings: Record<string, string> = {}) {
  const installation = await testInstallation()
  const data = await mkdtemp(join(tmpdir(), 'probity-bench-'))
  const server = await startOn(installation, data, { PROBITY_RATE_LIMIT_PER_SECOND: '1000000', ...settings })
  const call = caller(server.url)
  const first = await setUp(call, server.setupUrl ?? '', 'first')
  return {
    url: server.url,
    pid: server.child.pid,
    token: first.token,
    tenantId: first.tenantId,
    call: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      call(method, path, body, { token: first.token, headers }),
    sql: (text: string, values: unknown[] = []) =>
      withClient(installation.superuser, async (client) => (await client.query(text, values)).rows),
    /** Another server on the same databases. */
    async another() {
      const folder = await mkdtemp(join(tmpdir(), 'probity-bench-'))
      const second = await startOn(installation, folder, { PROBITY_RATE_LIMIT_PER_SECOND: '1000000', ...settings })
      const stop = async () => {
        await second.stop()
        await rm(folder, { recursive: true, force: true })
      }
      return { url: second.url, stop }
    },
    async stop() {
      await server.stop()
      await installation.release()
      await rm(data, { recursive: true, force: true })
    },
  }
}

export type BenchServer = Awaited<ReturnType<typeof benchServer>>

/** Makes tenants as an operator does, each with a token that writes; set-up links would cost a password hash each. */
export async function makeTenants(
  server: { call(method: string, path: string, body: unknown): Promise<Answer>; sql: BenchServer['sql'] },
  count: number,
): Promise<{ tenantId: string; token: string }[]> {
  const made: { tenantId: string; token: string }[] = []
  for (let i = 0; i < count; i++) {
    const { body } = await server.call('POST', '/v1/tenants', { name: `tenant ${randomBytes(6).toString('hex')}` })
    const tenantId = body.tenant.id as string
    const token = formatToken({ kind: 'at', tenantId, secret: randomBytes(32) })
    await server.sql(
      `WITH person AS (
         INSERT INTO security_users (tenant_id, id, username_index, email_index, profile_sealed, password_hash, created_at, updated_at)
         VALUES ($1, gen_random_uuid(), $2, $2, '', '', now(), now()) RETURNING id)
       INSERT INTO api_tokens (tenant_id, id, name, secret_hash, scopes, created_by, created_at, made_by)
       SELECT $1, gen_random_uuid(), 'bench', $3, '{audit:write,audit:read,audit:verify}', id, now(), ARRAY[id] FROM person`,
      [tenantId, randomBytes(32), createHash('sha256').update(token).digest()],
    )
    made.push({ tenantId, token })
  }
  return made
}
