import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestInstallation, type TestServer, testInstallation, testServer, until } from '../support/server.ts'

let installation: TestInstallation
let first: TestServer
let second: TestServer
before(async () => {
  installation = await testInstallation()
  first = await testServer({}, installation)
  second = await testServer({}, installation)
})
after(async () => {
  await second.stop()
  await installation.release()
})

const event = { event_type: 'two.servers', user_id: 'ada', outcome: 'Success' }
const send = (server: TestServer, body: object) => server.call('POST', '/v1/audit/events', body, { token: first.token })
const size = async () => (await first.sql<{ size: string }>('SELECT size FROM audit_logs'))[0]?.size
const verified = async (server: TestServer) =>
  (await server.call('POST', '/v1/audit/verify', {}, { token: first.token })).body.valid

test('what goes in by the server that does not sequence gets its index from the one that does', async () => {
  const holders = await first.sql<{ holder: string }>('SELECT holder FROM audit_sequencers')
  assert.equal(holders.length, 1)
  const answers = await Promise.all([first, second, first, second].map((server) => send(server, event)))
  const indexes = answers.map((answer) => answer.body.results[0].index)
  assert.ok(indexes.every(Number.isInteger), JSON.stringify(indexes))
  assert.equal(new Set(indexes).size, 4)
  const event_id = '00000000-0000-4000-8000-0000000002e5'
  assert.equal((await send(first, { ...event, event_id })).body.results[0].status, 'accepted')
  assert.equal((await send(second, { ...event, event_id })).body.results[0].status, 'duplicate')
  assert.equal((await send(second, { ...event, event_id, action: 'other' })).status, 409)
})

test('a person erased by one server is a new pseudonym for the other, which had the key in its cache', async () => {
  const named = { ...event, user_id: 'cached-everywhere' }
  const before = (await send(second, named)).body.results[0].event_id
  const erased = await first.call('DELETE', '/v1/privacy/data-subjects/cached-everywhere', {}, { token: first.token })
  assert.equal(erased.status, 200, erased.text)
  const again = (await send(second, named)).body.results[0].event_id
  const read = async (id: string) =>
    (await second.call('GET', `/v1/audit/events/${id}?personal=true`, undefined, { token: first.token })).body
  assert.equal((await read(before)).sealed[0].state, 'erased')
  assert.equal((await read(again)).sealed[0].state, 'opened')
})

test('a token that one server revokes is refused by the other, which knew it', async () => {
  const { token, id } = (await first.call('POST', '/v1/tokens', { name: 'known', scopes: ['audit:read'] })).body
  const use = async () => (await second.call('GET', '/v1/audit/events', undefined, { token })).status
  assert.equal(await use(), 200)
  await first.call('DELETE', `/v1/tokens/${id}`)
  await until('the other server refuses it', async () => (await use()) === 401)
})

test('a leader whose lease another took while it slept writes nothing', async () => {
  await first.sql(
    `UPDATE audit_sequencers SET holder = gen_random_uuid(), epoch = epoch + 1, expires_at = now() + interval '1 hour'`,
  )
  const before = await size()
  const answers = await Promise.all([send(first, event), send(second, event)])
  assert.ok(answers.some((answer) => answer.status === 503 || answer.body.results?.[0].index === null))
  assert.equal(await size(), before)
  await first.sql(`UPDATE audit_sequencers SET expires_at = '-infinity'`)
  await until('a server sequences again', async () => (await size()) !== before)
  assert.equal(await verified(second), true)
})

test('when the leader stops the other takes over, dense and verified', async () => {
  await first.stop()
  await until(
    'the other server gives indexes',
    async () => Number.isInteger((await send(second, event)).body.results?.[0].index),
    2_000,
  )
  assert.equal(await verified(second), true)
})
