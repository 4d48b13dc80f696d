import { createHash, randomBytes } from 'node:crypto'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { formatToken } from '@probity/core'
import type { TestServer } from '../apps/server/test/support/server.ts'

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

/** Makes tenants as an operator does, each with a token that writes; set-up links would cost a password hash each. */
export async function makeTenants(server: TestServer, count: number): Promise<{ tenantId: string; token: string }[]> {
  const made: { tenantId: string; token: string }[] = []
  for (let i = 0; i < count; i++) {
    const { body } = await server.call('POST', '/v1/tenants', { name: `tenant ${i}` })
    const tenantId = body.tenant.id as string
    const token = formatToken({ kind: 'at', tenantId, secret: randomBytes(32) })
    await server.sql(
      `WITH person AS (
         INSERT INTO security_users (tenant_id, id, username_index, email_index, profile_sealed, password_hash, created_at, updated_at)
         VALUES ($1, gen_random_uuid(), $2, $2, '', '', now(), now()) RETURNING id)
       INSERT INTO api_tokens (tenant_id, id, name, secret_hash, scopes, created_by, created_at)
       SELECT $1, gen_random_uuid(), 'bench', $3, '{audit:write,audit:read}', id, now() FROM person`,
      [tenantId, randomBytes(32), createHash('sha256').update(token).digest()],
    )
    made.push({ tenantId, token })
  }
  return made
}
