import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
let pseudonym: string
before(async () => {
  server = await testServer()
  const events = [
    { event_type: 'by.person', user_id: 'zebediah@example.com' },
    { event_type: 'by.service', user_id: 'backup-service', actor_type: 'service' },
  ]
  await server.call('POST', '/v1/audit/events', events)
  pseudonym = (await search({ event_type: 'by.person' })).events[0].user_id
})
after(() => server.stop())

async function search(filter: object, token = server.token) {
  const answer = await server.call('POST', '/v1/audit/search', filter, { token })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

/** How often a use of the scope that opens what is personal was recorded so far. */
async function uses(): Promise<number> {
  const { events } = await search({ event_type: 'access.sensitive_scope_used', limit: 500 })
  const scopes = events.flatMap(({ event_data }: { event_data: { scopes: string[] } }) => event_data.scopes)
  return scopes.filter((scope: string) => scope === 'audit:read_personal').length
}

/** All that was recorded before is in the log: one more entry, and those before it. */
async function settled(): Promise<number> {
  const { id } = (await server.call('POST', '/v1/tokens', { name: 'mark', scopes: ['audit:read'] })).body
  await until('what was recorded is in the log', async () => {
    const { events } = await search({ event_type: 'token.created', text: id })
    return events.length === 1
  })
  return uses()
}

test('a search by a person’s name by who may read what is personal is recorded as a use of that scope', async () => {
  for (const way of ['search', 'list']) {
    const before = await settled()
    const found =
      way === 'search'
        ? await search({ user_id: 'zebediah@example.com' })
        : (await server.call('GET', '/v1/audit/events?user_id=zebediah%40example.com')).body
    assert.equal(found.events.length, 1, way)
    assert.equal(await settled(), before + 1, way)
  }
})

test('a search by pseudonym is no use of that scope', async () => {
  const before = await settled()
  assert.equal((await search({ user_id: pseudonym })).events.length, 1)
  assert.equal(await settled(), before)
})

test('a name that is itself a UUID is a name: finding a person by it is a use of that scope', async () => {
  const name = 'f47ac10b-58cc-4372-a567-0e02b2c3d479'
  await server.call('POST', '/v1/audit/events', { event_type: 'by.uuid', user_id: name })
  const before = await settled()
  assert.equal((await search({ user_id: name })).events.length, 1)
  assert.equal(await settled(), before + 1)
  assert.equal((await search({ user_id: '00000000-0000-4000-8000-000000000000' })).events.length, 0)
  assert.equal(await settled(), before + 1, 'nobody has this one')
})

test('a search by name that opens what is personal as well is one use', async () => {
  const before = await settled()
  assert.equal((await search({ user_id: 'zebediah@example.com', personal: true })).events.length, 1)
  assert.equal(await settled(), before + 1)
})

test('who may not read what is personal finds by pseudonym and by a service’s name, and no person by name', async () => {
  const { token } = (await server.call('POST', '/v1/tokens', { name: 'reader', scopes: ['audit:read'] })).body
  const before = await settled()
  assert.equal((await search({ user_id: pseudonym }, token)).events.length, 1)
  assert.equal((await search({ user_id: 'backup-service' }, token)).events.length, 1)
  assert.equal((await search({ user_id: 'zebediah@example.com' }, token)).events.length, 0)
  assert.equal(await settled(), before)
})
