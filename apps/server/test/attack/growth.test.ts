import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../support/server.ts'
import { settled, someEvent } from './build-log.ts'
import { changeLeaf, forgetStates, keepCopy, putBackOne, recompute } from './tamper.ts'

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
  await settled(server)
  await keepCopy(server)
  await changeLeaf(server, server.tenantId, 300, (leaf) => ({ ...leaf, data: { changed: true } }), true)
  await recompute(server, server.tenantId)
  await forgetStates(server)
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
  await putBackOne(server, server.tenantId)
  await takesAgain()
  assert.equal((await verify()).valid, true)
  await server.sql('DROP SCHEMA kept CASCADE')
})

test('a head that nobody signed is neither anchored nor taken for what the log was', async () => {
  const { tenantId } = server
  await settled(server)
  await keepCopy(server)
  await server.sql('UPDATE audit_logs SET size = size + 1000 WHERE tenant_id = $1', [tenantId])
  await forgetStates(server)
  await neighbourIsServed()
  await until('the heads were witnessed again', async () => {
    const [seen] = await server.keystoreSql<{ size: number }>(
      'SELECT size::int FROM witnessed_heads WHERE origin LIKE $1',
      [`%${neighbour.tenantId}`],
    )
    const [head] = await server.sql<{ size: number }>('SELECT size::int FROM audit_logs WHERE tenant_id = $1', [
      neighbour.tenantId,
    ])
    return seen?.size === head?.size
  })
  await putBackOne(server, tenantId)
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
  await settled(server)
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
