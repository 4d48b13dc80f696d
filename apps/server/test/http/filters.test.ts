import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { parseVerifierKey } from '@probity/core'
import { nodeCrypto, verifyExport } from '@probity/verifier/node'
import { type TestServer, testServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
  await server.call('POST', '/v1/audit/events', { event_type: 'a.b', user_id: 'ada' })
})
after(() => server.stop())

/** The ways to ask with a filter. */
const asked: Record<string, (filter: Record<string, string>) => ReturnType<TestServer['call']>> = {
  list: (filter) => server.call('GET', `/v1/audit/events?${new URLSearchParams(filter)}`),
  search: (filter) => server.call('POST', '/v1/audit/search', filter),
  export: (filter) => server.call('GET', `/v1/audit/export?${new URLSearchParams(filter)}`),
  selection: (filter) => server.call('POST', '/v1/audit/export', filter),
}

test('a text filter with a NUL is refused at the edge', async () => {
  for (const name of ['user_id', 'event_type', 'resource', 'action', 'text', 'ip_address'])
    for (const [way, ask] of Object.entries(asked)) {
      const answer = await ask({ [name]: 'a\u0000b' })
      assert.equal(answer.status, 400, `${way} ${name}: ${answer.text}`)
      assert.equal(answer.body.code, 'VALIDATION_FAILED')
    }
  const half = await server.call('POST', '/v1/audit/search', String.raw`{"resource":"a\ud800"}`)
  assert.equal(half.status, 400, half.text)
})

test('an export has what a search finds by the same filters, a person by name too, and tells who may not see people nothing', async () => {
  const sent = [
    { event_type: 'door.opened', user_id: 'pedro', resource: 'door/1', outcome: 'Failure', ip_address: '192.0.2.7' },
    { event_type: 'door.opened', user_id: 'pedro', resource: 'door/2', outcome: 'Success' },
    { event_type: 'door.closed', user_id: 'zoe', resource: 'door/1', outcome: 'Failure' },
  ]
  assert.equal((await server.call('POST', '/v1/audit/events', sent)).body.accepted, 3)
  const { keys } = (await server.call('GET', '/v1/audit/key')).body
  const trusted = keys.map((key: string) => parseVerifierKey(nodeCrypto.sha256, key))
  const entriesOf = async (filter: object, token = server.token) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = JSON.stringify(filter)
    const answer = await fetch(`${server.url}/v1/audit/export`, { method: 'POST', headers, body })
    assert.equal(answer.status, 200)
    const file = Buffer.from(await answer.arrayBuffer())
    const result = await verifyExport({ open: () => Readable.from([file]) }, trusted)
    assert.equal(result.verified, true)
    return 'entries' in result ? result.entries : null
  }
  const found = async (filter: object) => (await server.call('POST', '/v1/audit/search', filter)).body.events.length
  const filters = [
    ...[{ user_id: 'pedro' }, { resource: 'door/1' }, { outcome: 'Failure', event_type: 'door.opened' }],
    ...[{ text: 'DOOR/2' }, { ip_address: '192.0.2.7' }, { user_id: 'pedro', outcome: 'Success' }],
    ...[{ resource: 'door/1', start_time: '2999-01-01T00:00:00Z' }, { min_risk_score: 99 }],
  ]
  for (const filter of filters) assert.equal(await entriesOf(filter), await found(filter), JSON.stringify(filter))
  assert.equal(await entriesOf({ user_id: 'pedro' }), 2)
  const { token } = (await server.call('POST', '/v1/tokens', { name: 'exporter', scopes: ['audit:read'] })).body
  assert.equal(await entriesOf({ user_id: 'pedro' }, token), 0)
  const byAddress = await server.call('POST', '/v1/audit/export', { ip_address: '192.0.2.7' }, { token })
  assert.equal(byAddress.status, 403)
})

test('a time that the database cannot hold is refused at the edge, one that it can is taken', async () => {
  const refused = [
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+23:59',
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59-14:00',
    '2026-01-01T00:00:00+16:00',
    '2026-01-01T00:00:00-14:01',
    '2026-01-01T00:00:00+99:99',
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-01-01T24:00:00Z',
    `2026-01-01T00:00:00.${'1'.repeat(10)}Z`,
    `2026-01-01T00:00:00.${'1'.repeat(120)}Z`,
  ]
  const taken = [
    '1970-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '2026-01-01T00:00:00.123456789+14:00',
    '2024-02-29T12:00:00-14:00',
  ]
  for (const name of ['start_time', 'end_time'])
    for (const way of ['list', 'search']) {
      for (const time of refused) assert.equal((await asked[way]?.({ [name]: time }))?.status, 400, `${way} ${time}`)
      for (const time of taken) assert.equal((await asked[way]?.({ [name]: time }))?.status, 200, `${way} ${time}`)
    }
})

test('a forged cursor is refused as one, whatever day it names', async () => {
  for (const text of ['0000-01-01T00:00:00.000000Z/1', '2026-02-30T00:00:00.000000Z/1', 'x', '2026-01-01/1'])
    for (const way of ['list', 'search']) {
      const answer = await asked[way]?.({ cursor: Buffer.from(text).toString('base64url') })
      assert.equal(answer?.status, 400, text)
      assert.equal(answer?.body.code, 'CURSOR_INVALID')
    }
})

test('an event that says it occurred on a day that there is not is refused', async () => {
  for (const occurred_at of ['2026-02-30T00:00:00Z', '2026-02-29T10:00:00+02:00', '2026-01-01T24:00:00Z']) {
    const answer = await server.call('POST', '/v1/audit/events', { event_type: 'a.b', occurred_at })
    assert.equal(answer.status, 422, `${occurred_at}: ${answer.text}`)
    assert.equal(answer.body.details.pointer, '/occurred_at')
  }
})
