import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../../../test/support/server.ts'
import { systemClock } from '../../platform/clock.ts'
import { withClient } from '../../platform/database/provision.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const indexes = async () =>
  (
    await server.sql<{ name: string }>(
      `SELECT indexname AS name FROM pg_indexes WHERE tablename LIKE 'audit\\_entries\\_%' AND indexname NOT LIKE '%pkey' ORDER BY 1`,
    )
  ).map((row) => row.name)

test('months that are over get indexes by actor, type and resource once, and the open one gets none', async () => {
  const event = { event_type: 'now', user_id: 'ada' }
  assert.equal((await server.call('POST', '/v1/audit/events', event)).status, 200)
  await server.sql(`SELECT audit_ensure_partition('2024-02-10'), audit_ensure_partition('2024-03-10')`)
  await server.sql(`SELECT probity_jobs.add_job('close_partitions')`)
  const expected = ['202402', '202403'].flatMap((month) =>
    ['actor', 'event_type', 'resource'].map((column) => `audit_entries_${month}_${column}`),
  )
  await until('the job has run', async () => (await indexes()).length >= expected.length)
  assert.deepEqual(await indexes(), expected)
  const [again] = await server.sql<{ built: string | null }>('SELECT audit_build_next_index(now()) AS built')
  assert.equal(again?.built, null)
})

test('each index stays once it is built, whatever keeps a later one from being built', async () => {
  await server.sql(`SELECT audit_ensure_partition('2023-04-10'), audit_ensure_partition('2023-05-10')`)
  const built = async (month: string) => (await indexes()).filter((name) => name.includes(month)).length
  await withClient(server.installation.superuser, async (client) => {
    await client.query('BEGIN')
    await client.query('LOCK TABLE audit_entries_202305 IN ACCESS EXCLUSIVE MODE')
    await server.sql(`SELECT probity_jobs.add_job('close_partitions')`)
    await until('the earlier month has its own', async () => (await built('202304')) === 3)
    assert.equal(await built('202305'), 0)
    await client.query('ROLLBACK')
  })
  await until('the later one has too', async () => (await built('202305')) === 3)
})

test('a flush that fails at the turn of the month leaves the new month to the next one', async () => {
  const real = systemClock()
  let ahead = 0
  const clock = { now: (count?: number) => real.now(count) + ahead }
  const turning = await testServer({ anchor_interval_ms: '60000' }, undefined, { clock }) // else an anchor may be first
  try {
    const neighbour = await turning.secondTenant('neighbour')
    const write = (token: string) => turning.call('POST', '/v1/audit/events', { event_type: 'turn' }, { token })
    for (const { token } of [turning, neighbour]) assert.equal((await write(token)).status, 200)
    const [log] = await turning.sql<{ size: number }>('SELECT size FROM audit_logs WHERE tenant_id = $1', [
      turning.tenantId,
    ])
    await turning.sql(
      `INSERT INTO audit_bundles (tenant_id, first_seq, entries, body, hashes) VALUES ($1, $2, 1, 'x', 'x')`,
      [turning.tenantId, log?.size],
    )
    const months = async () =>
      (await turning.sql(`SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit_entries'::regclass`)).length
    const before = await months()
    ahead = 40 * 86_400_000_000
    assert.equal((await write(turning.token)).status, 503)
    assert.equal(await months(), before, 'the month that it made is undone with it')
    const answer = await write(neighbour.token)
    assert.equal(answer.status, 200, answer.text)
    await turning.sql(`DELETE FROM audit_bundles WHERE body = 'x'`)
    await until('the log is written again', async () => (await write(turning.token)).status === 200)
  } finally {
    await turning.stop()
  }
})
