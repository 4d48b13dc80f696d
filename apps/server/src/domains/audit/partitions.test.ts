import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../../../test/support/server.ts'

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
  await until('the job has run', async () => (await indexes()).length > 0)
  assert.deepEqual(await indexes(), expected)
  const again = await server.sql<{ built: number }>(`SELECT audit_close_partitions(now()) AS built`)
  assert.equal(again[0]?.built, 0)
})
