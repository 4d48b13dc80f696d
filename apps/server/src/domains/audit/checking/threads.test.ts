import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type TestServer, testServer } from '../../../../test/support/server.ts'
import type { StoredBundle } from '../check-bundle.ts'
import type { Answer } from './thread.ts'
import { CheckThreads } from './threads.ts'

const MANY = 1_000_000
const threads = new CheckThreads()
let server: TestServer
let row: StoredBundle

before(async () => {
  server = await testServer()
  for (let i = 0; i < 2; i++) {
    const event = { event_type: 'a', user_id: 'ada', risk_score: 5, personal: { note: `n${i}` } }
    const events = [event, { event_type: 'b', actor_type: 'service', user_id: 'cron', resource: `job/${i}` }]
    assert.equal((await server.call('POST', '/v1/audit/events', events)).status, 200)
  }
  const [stored] = await server.sql(
    `SELECT tenant_id, first_seq::int, entries, body, hashes, max_risk, terms,
       (extract(epoch FROM received_from) * 1000000)::float AS received_from,
       (extract(epoch FROM received_to) * 1000000)::float AS received_to
     FROM audit_bundles WHERE tenant_id = $1 ORDER BY entries DESC, first_seq LIMIT 1`,
    [server.tenantId],
  )
  row = stored as StoredBundle
})
after(() => server.stop())

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  changed[bytes.length >> 1] = (changed[bytes.length >> 1] as number) ^ 1
  return changed
}

async function inThreadAndHere(given: StoredBundle, tenantId = server.tenantId): Promise<Answer> {
  const [there, here] = await Promise.all(
    [MANY, 1].map((entries) => threads.use(entries, (check) => check(given, tenantId))),
  )
  assert.deepEqual(there, here)
  return there as Answer
}

test('what a thread sees in a stored stretch is what is seen here: nothing wrong, or what was changed', async () => {
  const sound = await inThreadAndHere(row)
  assert.ok(sound && !sound.receivedAt.some(Number.isNaN))
  assert.deepEqual([sound.changed, sound.foreign, sound.isFound], [[], [], true])
  assert.deepEqual(Buffer.from(sound.hashes), row.hashes)
  assert.ok(sound.sealed.length > 0)

  const changed = await inThreadAndHere({ ...row, hashes: flipped(row.hashes) })
  assert.deepEqual(changed?.changed, [row.first_seq + Math.floor(row.hashes.length / 2 / 32)])
  const hidden = await inThreadAndHere({ ...row, terms: flipped(row.terms as Buffer) })
  assert.equal(hidden?.isFound, false)
  const foreign = await inThreadAndHere(row, randomUUID())
  assert.equal(foreign?.foreign.length, row.entries)
  assert.equal(await inThreadAndHere({ ...row, body: row.body.subarray(1) }), null)
})

test('threads end with the last verification that uses them, and one after that starts others', async () => {
  let late: ((given: StoredBundle, tenantId: string) => Promise<Answer>) | null = null
  await threads.use(MANY, async (check) => {
    await threads.use(MANY, (same) => same(row, server.tenantId))
    assert.ok(await check(row, server.tenantId), 'the threads ended with the first of two')
    late = check
  })
  assert.ok(late)
  await assert.rejects((late as typeof inThreadAndHere)(row, server.tenantId), { code: 'UNAVAILABLE' })
  assert.ok(await threads.use(MANY, (check) => check(row, server.tenantId)))
})

test('where a thread ends on its way, the verification fails and says nothing of the log', async () => {
  await threads.use(MANY, async (check) => {
    const looked = check(row, server.tenantId)
    await Promise.all([assert.rejects(looked, { code: 'UNAVAILABLE' }), threads.stop()])
  })
})
