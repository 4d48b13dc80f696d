import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { decodeBundle, formatTilePath, parseLeaf, parseVerifierKey } from '@probity/core'
import { nodeCrypto, verifyExportFile } from '@probity/verifier/node'
import { KeepAlive } from '../keep-alive.ts'
import { percentile } from '../support.ts'
import type { Ground } from './ground.ts'
import { actorName, numbers } from './input.ts'

/** Bytes on disk an entry, by what takes them: heap, indexes and TOAST of each table; sealed parts apart. */
export async function bytesPerEntry(ground: Ground) {
  await ground.sql('VACUUM ANALYZE')
  const rows = await ground.sql(
    `SELECT regexp_replace(c.relname, '_\\d{4}_?\\d{2}.*$', '') AS table, sum(pg_total_relation_size(c.oid))::float AS bytes
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname = 'public' AND c.relname LIKE 'audit\\_%' GROUP BY 1 ORDER BY 2 DESC`,
  )
  const [{ entries }] = await ground.sql('SELECT sum(size)::float AS entries FROM audit_logs')
  const byTable: Record<string, number> = Object.fromEntries(
    rows.map(({ table, bytes }) => [table, Math.round((bytes / entries) * 10) / 10]),
  )
  const sealed = byTable.audit_sealed_parts ?? 0
  const all = Object.values(byTable).reduce((sum, bytes) => sum + bytes, 0)
  return { without_sealed_parts: all - sealed, sealed_parts: sealed, by_table: byTable }
}

/** Entries a second that the server verifies of its own log: leaves, tree, index and sealed parts. */
export async function serverVerification(
  ground: Ground,
  most: number,
  { tenantId, token } = { tenantId: ground.tenantId, token: ground.token },
): Promise<number> {
  const [{ size }] = await ground.sql('SELECT size::int FROM audit_logs WHERE tenant_id = $1', [tenantId])
  const end = Math.min(size, most)
  const start = performance.now()
  const { body, text } = await ground.call(
    'POST',
    '/v1/audit/verify',
    { start_position: 0, end_position: end },
    { token },
  )
  if (body.valid !== true) throw new Error(text)
  return end / ((performance.now() - start) / 1000)
}

/** Entries a second that the offline verifier checks of an export, signatures and tree included. */
export async function offlineVerification(ground: Ground): Promise<number> {
  const path = join(ground.data, 'export')
  const headers = { authorization: `Bearer ${ground.token}` }
  const answer = await fetch(`${ground.url}/v1/audit/export`, { headers })
  if (!answer.ok || !answer.body) throw new Error(await answer.text())
  await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(path))
  const { body } = await ground.call('GET', '/v1/audit/key')
  const key = parseVerifierKey(nodeCrypto.sha256, body.keys[0])
  const start = performance.now()
  const result = await verifyExportFile(path, [key])
  if (!result.verified) throw new Error(JSON.stringify(result))
  const perSecond = result.entries / ((performance.now() - start) / 1000)
  await rm(path)
  return perSecond
}

/** Waits for receipts of entries from all over the log. */
export async function receipts(
  ground: Ground,
  count: number,
  token = ground.token,
): Promise<{ p50: number; p99: number }> {
  const below = numbers(7)
  const ids = await idsFromAllOver(ground, token, below)
  return waits(ground, count, (connection) =>
    connection.get(`/v1/audit/events/${ids[below(ids.length)]}/receipt`, token),
  )
}

/** Ids of entries of bundles that are drawn from the whole log, by the paths of C2SP tlog-tiles. */
async function idsFromAllOver(ground: Ground, token: string, below: (below: number) => number): Promise<string[]> {
  const { body } = await ground.call('GET', '/v1/audit/events?limit=1', undefined, { token })
  const full = Math.floor(body.total / 256)
  const ids: string[] = []
  for (let drawn = 0; drawn < 250; drawn++) {
    const path = formatTilePath({ level: 'entries', index: below(full), width: 256 })
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${ground.url}/v1/audit/${path}`, { headers })
    if (!answer.ok) throw new Error(await answer.text())
    const leaves = decodeBundle(new Uint8Array(await answer.arrayBuffer()), 256)
    for (let i = 0; i < 4; i++) ids.push(parseLeaf(leaves[below(256)] as Uint8Array).event_id)
  }
  return ids
}

/** Waits for the newest entries of an actor within a day. */
export async function searches(
  ground: Ground,
  count: number,
  token = ground.token,
): Promise<{ p50: number; p99: number }> {
  const below = numbers(8)
  const day = new Date().toISOString().slice(0, 10)
  return waits(ground, count, (connection) => {
    const query = new URLSearchParams({ user_id: actorName(below(200)), start_time: `${day}T00:00:00Z`, limit: '50' })
    return connection.get(`/v1/audit/events?${query}`, token)
  })
}

async function waits(
  ground: Ground,
  count: number,
  ask: (connection: KeepAlive) => Promise<void>,
): Promise<{ p50: number; p99: number }> {
  const connection = new KeepAlive(ground.url)
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await ask(connection)
    times.push(performance.now() - start)
  }
  connection.end()
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
}
