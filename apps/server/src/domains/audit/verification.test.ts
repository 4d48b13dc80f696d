import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, type TestServer, testServer, until } from '../../../test/support/server.ts'
import { withClient } from '../../platform/database/provision.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

async function send(count: number, user_id: string): Promise<{ index: number }[]> {
  const events = Array.from({ length: count }, () => ({ event_type: 'seen', user_id, personal: { note: user_id } }))
  return (await server.call('POST', '/v1/audit/events', events)).body.results
}

/** Verifies the log while something is done after the snapshot was taken and before a sealed part is opened. */
async function verifyAround(work: () => Promise<void>): Promise<Answer['body']> {
  return withClient(server.installation.superuser, async (client) => {
    await client.query('BEGIN')
    await client.query('LOCK TABLE audit_verifications IN ACCESS EXCLUSIVE MODE') // read early in the snapshot
    const verifying = server.call('POST', '/v1/audit/verify', {})
    await until('verification waits with its snapshot', async () => {
      const text = `SELECT 1 FROM pg_locks WHERE relation = 'audit_verifications'::regclass AND NOT granted`
      return (await server.sql(text)).length > 0
    })
    await work()
    await client.query('COMMIT')
    return (await verifying).body
  })
}

async function erase(name: string): Promise<void> {
  const erased = await server.call('DELETE', `/v1/privacy/data-subjects/${name}`, {})
  assert.equal(erased.status, 200, erased.text)
}

test('a person who is erased while verification is under way is no finding', async () => {
  await send(1, 'leaving')
  assert.deepEqual((await verifyAround(() => erase('leaving'))).invalid_entries, [])
})

test('so many entries of a person who is erased meanwhile hide nothing that is wrong', async () => {
  await send(200, 'leaving with much')
  const named = { event_type: 'named', event_id: '00000000-0000-4000-8000-0000000000a1' }
  const [damaged] = (await server.call('POST', '/v1/audit/events', named)).body.results
  await server.sql('DELETE FROM audit_event_ids WHERE event_id = $1', [named.event_id])
  const { invalid_entries } = await verifyAround(() => erase('leaving with much'))
  assert.deepEqual(
    invalid_entries.map((one: { index: number }) => one.index),
    [damaged.index],
  )
})
