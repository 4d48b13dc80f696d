import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../support/server.ts'
import { someEvent } from './build-log.ts'
import { changeLeaf, keepCopy, recompute } from './tamper.ts'

let server: TestServer
let neighbour: { tenantId: string; token: string }
before(async () => {
  server = await testServer()
  neighbour = await server.secondTenant('neighbour')
  const events = Array.from({ length: 600 }, (_, i) => someEvent(i, 'first'))
  assert.equal((await server.call('POST', '/v1/audit/events', events)).body.accepted, 600)
})
after(() => server.stop())

const write = (token?: string) =>
  server.call('POST', '/v1/audit/events', { event_type: 'growth' }, token ? { token } : {})
const verify = async () => (await server.call('POST', '/v1/audit/verify', {})).body
const blocked = async () => /probity_audit_blocked_logs (\d+)/.exec((await server.call('GET', '/metrics')).text)?.[1]

/** As after a restart: the sequencer reads what is stored. */
const forget = () => server.sql(`UPDATE audit_sequencers SET epoch = epoch + 1, expires_at = '-infinity'`)

async function takesAgain(): Promise<void> {
  await until('the log is written again', async () => (await write()).status === 200, 20_000)
}

async function neighbourIsServed(): Promise<void> {
  await until('the sequencer has its lease again', async () => (await write(neighbour.token)).status === 200)
  for (let i = 0; i < 5; i++) {
    const answer = await write(neighbour.token)
    assert.equal(answer.status, 200, answer.text)
    assert.ok(Number.isInteger(answer.body.results[0].index), 'it has its index at once')
  }
}

test('a forged tree is not signed: its log takes nothing more, every other goes on, and mended it goes on too', async () => {
  await keepCopy(server)
  await changeLeaf(server, server.tenantId, 300, (leaf) => ({ ...leaf, data: { changed: true } }), true)
  await recompute(server, server.tenantId)
  await server.sql('DELETE FROM audit_verifications WHERE tenant_id = $1', [server.tenantId])
  await forget()
  await neighbourIsServed()
  assert.equal((await write()).status, 503)
  assert.equal((await verify()).valid, false, 'verifying records in the log that is broken')
  await neighbourIsServed()
  assert.equal(await blocked(), '1')
  const [stored] = await server.sql<{ checkpoint: string }>('SELECT checkpoint FROM audit_logs WHERE tenant_id = $1', [
    server.tenantId,
  ])
  const [kept] = await server.sql<{ checkpoint: string }>(
    'SELECT checkpoint FROM kept.audit_logs WHERE tenant_id = $1',
    [server.tenantId],
  )
  assert.equal(stored?.checkpoint, kept?.checkpoint, 'no other head was signed')
  await restore(server.tenantId)
  await takesAgain()
  assert.equal((await verify()).valid, true)
  await server.sql('DROP SCHEMA kept CASCADE')
})

test('rows of the inbox that are no events are put aside, and nobody waits for them', async () => {
  const { sql, tenantId } = server
  const insert = (leaf: Buffer) =>
    sql(
      `INSERT INTO audit_inbox (tenant_id, id, event_id, leaf, content, parts)
       VALUES ($1, gen_random_uuid(), gen_random_uuid(), $2, NULL, '[]')`,
      [tenantId, leaf],
    )
  await insert(Buffer.from('garbage'))
  await insert(Buffer.from('{}'))
  await until('both are put aside', async () => (await sql('SELECT 1 FROM audit_quarantine')).length === 2)
  assert.equal((await write()).status, 200)
  await neighbourIsServed()
  assert.deepEqual(await sql('SELECT 1 FROM audit_inbox'), [])
  assert.equal((await verify()).valid, true)
})

test('a stray row in the way of one log stops no other', async () => {
  const [head] = await server.sql<{ size: number }>('SELECT size::int FROM audit_logs WHERE tenant_id = $1', [
    server.tenantId,
  ])
  await server.sql(
    `INSERT INTO audit_bundles (tenant_id, first_seq, entries, body, hashes) VALUES ($1, $2, 1, 'x', 'x')`,
    [server.tenantId, head?.size],
  )
  const answers = await Promise.all([write(), write(neighbour.token), write(neighbour.token)])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 200, 200],
  )
  await server.sql('DELETE FROM audit_bundles WHERE tenant_id = $1 AND first_seq = $2', [server.tenantId, head?.size])
  await takesAgain()
})

test('a log that went back is not written until an operator stands by it, and what is lost becomes an entry', async () => {
  await until('the inbox is empty', async () => (await server.sql('SELECT 1 FROM audit_inbox')).length === 0)
  await keepCopy(server)
  await server.sql('CREATE TABLE kept.audit_verifications AS TABLE audit_verifications')
  const lost = (await write()).body.results[0].index
  await until('the newest head was seen', async () => {
    const rows = await server.keystoreSql<{ size: number }>(
      'SELECT size::int FROM witnessed_heads WHERE origin LIKE $1',
      [`%${server.tenantId}`],
    )
    return (rows[0]?.size ?? 0) > lost
  })
  await restore(server.tenantId)
  await server.sql('DELETE FROM audit_verifications WHERE tenant_id = $1', [server.tenantId])
  await forget()
  await neighbourIsServed()
  assert.equal((await write()).status, 503)
  const found = await verify()
  assert.deepEqual([found.valid, found.invalid_entries[0].code], [false, 'TRUNCATED'])
  const accepted = await server.call('POST', '/v1/audit/accept-rollback', {
    tenant_id: server.tenantId,
    reason: 'the disk was lost',
  })
  assert.deepEqual(
    [accepted.status, accepted.body.lost_from <= lost, accepted.body.lost_until > lost],
    [200, true, true],
  )
  await takesAgain()
  assert.equal((await verify()).valid, true)
  await until('it is an entry', async () => {
    const { body } = await server.call('GET', '/v1/audit/events?event_type=log.rollback_accepted')
    return body.events[0]?.event_data.reason === 'the disk was lost'
  })
  const again = await server.call('POST', '/v1/audit/accept-rollback', { tenant_id: server.tenantId, reason: 'x' })
  assert.equal(again.status, 404)
})

const KEPT = [
  ...['audit_logs', 'audit_bundles', 'audit_tiles', 'audit_entries', 'audit_event_ids', 'audit_sealed_parts'],
  'audit_anchors',
]

/** Puts one tenant's log back as it was kept, at once: the sequencer looks again all the time. The other's goes on. */
async function restore(tenantId: string): Promise<void> {
  const statements = KEPT.map(
    (table) => `DELETE FROM kept.${table} WHERE tenant_id <> '${tenantId}';
      DELETE FROM ${table} WHERE tenant_id = '${tenantId}'; INSERT INTO ${table} TABLE kept.${table}`,
  )
  await server.sql(`BEGIN; ${statements.join(';')}; COMMIT`)
}
