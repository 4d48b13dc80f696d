import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

test('a histogram counts each entry that matches once, by outcome, and is what the search finds', async () => {
  const events = Array.from({ length: 600 }, (_, i) => ({
    ...{ event_type: i % 3 === 0 ? 'door.opened' : 'door.closed', user_id: `u${i % 5}`, action: 'do' },
    outcome: i % 4 === 0 ? 'Failure' : 'Success',
  }))
  await server.call('POST', '/v1/audit/events', events)
  const { body } = await server.call('POST', '/v1/audit/histogram', { event_type: 'door.opened', buckets: 7 })
  const sum = (outcome: string) =>
    body.buckets.reduce((all: number, bucket: Record<string, number>) => all + (bucket[outcome] ?? 0), 0)
  assert.equal(body.buckets.length, 7)
  assert.deepEqual([sum('Success'), sum('Failure'), sum('Warning'), body.is_complete], [150, 50, 0, true])
})

test('a histogram by the name of a person takes who may find people, and is recorded', async () => {
  const made = await server.call('POST', '/v1/tokens', { name: 'reader', scopes: ['audit:read'] })
  const { token } = made.body
  const byAddress = await server.call('POST', '/v1/audit/histogram', { ip_address: '192.0.2.1' }, { token })
  assert.equal(byAddress.status, 403)
  const blind = await server.call('POST', '/v1/audit/histogram', { user_id: 'u1' }, { token })
  const total = blind.body.buckets.reduce((all: number, bucket: { Success: number }) => all + bucket.Success, 0)
  assert.equal(total, 0, 'who may not open people finds none by name')
})
