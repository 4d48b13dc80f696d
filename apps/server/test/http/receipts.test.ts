import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { millisecondOf, ownEventId } from '../../src/domains/audit/event-id.ts'
import { type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer({ anchor_interval_ms: '50' })
})
after(() => server.stop())

const event = { event_type: 'many', action: 'do', outcome: 'Success' }

test('more receipts at once than there are database connections are all answered, right after each anchor', async () => {
  const sent = await server.call('POST', '/v1/audit/events', event)
  const id = sent.body.results[0].event_id
  await until('the head is anchored', async () => {
    const { text } = await server.call('GET', `/v1/audit/events/${id}/receipt`)
    return text.split('\n— ').length === 3
  })
  for (let round = 0; round < 3; round++) {
    await server.call('POST', '/v1/audit/events', event)
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => server.call('GET', `/v1/audit/events/${id}/receipt`)),
    )
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  }
})

test('ids that somebody makes up in our form, at moments when much was written, are taken', async () => {
  const many = await server.call('POST', '/v1/audit/events', Array(1000).fill(event))
  const moments = many.body.results.map(({ event_id }: { event_id: string }) =>
    Number.parseInt(event_id.slice(0, 8) + event_id.slice(9, 13), 16),
  )
  const made = moments.map((at: number, i: number) => ({
    ...event,
    event_id: ownEventId(at * 1000 + (i % 1000), Buffer.alloc(8, i)),
  }))
  const { body } = await server.call('POST', '/v1/audit/events', made)
  assert.ok(body.accepted > 900, JSON.stringify(body).slice(0, 300))
})

test('an event whose id is no UUID is found by what it was answered, whatever form that has', async () => {
  const named = Array.from({ length: 24 }, (_, i) => ({ ...event, event_id: `order-${i}` }))
  const { body } = await server.call('POST', '/v1/audit/events', named)
  const ids: string[] = body.results.map(({ event_id }: { event_id: string }) => event_id)
  assert.ok(
    ids.some((id) => millisecondOf(id) !== null),
    'some have the form of our own',
  )
  for (const id of ids) assert.equal((await server.call('GET', `/v1/audit/events/${id}/receipt`)).status, 200, id)
})
