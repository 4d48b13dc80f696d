import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { testServer } from '../support/server.ts'

const RUNS = Number(process.env.TEST_CLEAN_RUNS ?? 10)
/** Verifications of one log: it grows all the while, and each reads it whole. */
const RUNS_A_LOG = 10
const WRITERS = 64

for (let from = 1; from <= RUNS; from += RUNS_A_LOG) {
  const last = Math.min(RUNS, from + RUNS_A_LOG - 1)
  test(`verifications ${from} to ${last} beside ${WRITERS} writers raise no false alarm`, (t) =>
    verifyBesideWriters(t, last - from + 1))
}

async function verifyBesideWriters(t: TestContext, runs: number): Promise<void> {
  const server = await testServer()
  t.after(() => server.stop())
  const acknowledged = new Map<string, number>()
  let writing = true
  const writer = async (n: number) => {
    while (writing) {
      const events = Array.from({ length: n % 2 === 0 ? 1 : 20 }, () => ({
        event_type: 'login',
        event_id: randomUUID(),
        user_id: `person-${n}@example.org`,
        event_data: { writer: n },
      }))
      const { status, body, text } = await server.call('POST', '/v1/audit/events', n % 2 === 0 ? events[0] : events)
      assert.equal(status, 200, text)
      for (const { event_id, index } of body.results) {
        assert.ok(!acknowledged.has(event_id), 'an id is acknowledged once')
        acknowledged.set(event_id, index)
      }
    }
  }
  const writers = Array.from({ length: WRITERS }, (_, n) => writer(n))
  try {
    for (let run = 0; run < runs; run++) {
      const { status, body, text } = await server.call('POST', '/v1/audit/verify', {})
      assert.equal(status, 200, text)
      assert.deepEqual(body.invalid_entries, [], `run ${run}`)
    }
  } finally {
    writing = false
  }
  await Promise.all(writers)
  const { body } = await server.call('POST', '/v1/audit/verify', {})
  assert.equal(body.valid, true)
  const rows = await server.sql<{ event_id: string; seq: number }>(
    'SELECT event_id, seq::int FROM audit_event_ids WHERE tenant_id = $1',
    [server.tenantId],
  )
  assert.deepEqual(
    new Map(rows.map((row) => [row.event_id, row.seq])),
    acknowledged,
    'each acknowledged id has the index it was told',
  )
  assert.equal(new Set(acknowledged.values()).size, acknowledged.size, 'no index is told twice')
  const [dense] = await server.sql<{ count: number; highest: number; size: number }>(
    `SELECT sum(entries)::int AS count, max(first_seq + entries - 1)::int AS highest,
       (SELECT size::int FROM audit_logs WHERE tenant_id = $1) AS size
     FROM audit_bundles WHERE tenant_id = $1`,
    [server.tenantId],
  )
  assert.equal(dense?.count, dense?.size)
  assert.equal(dense?.highest, (dense?.size ?? 0) - 1)
  t.diagnostic(`${acknowledged.size} events acknowledged`)
}
