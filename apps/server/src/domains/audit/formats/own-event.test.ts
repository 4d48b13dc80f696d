import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@probity/core'
import fc from 'fast-check'
import { expandRecords, readEvent } from './index.ts'
import { EventRefused, type JsonObject } from './observed-event.ts'
import { redact, restore } from './redact.ts'

const read = (event: Json) => readEvent('probity', event)
const refused = (pointer: string, reason?: RegExp) => (error: unknown) =>
  error instanceof EventRefused && error.pointer === pointer && (reason ?? /./).test(error.reason)

const FULL: JsonObject = {
  event_type: 'order.read',
  event_id: '0190A5B2-0000-7000-8000-00000000ABCD',
  occurred_at: '2026-01-02T03:04:05.678901Z',
  user_id: 'u-17',
  session_id: 's-1',
  resource: 'orders/9',
  action: 'read',
  outcome: 'Warning',
  risk_score: 40,
  ip_address: '2001:db8::1',
  user_agent: 'curl/8',
  metadata: { team: 'sales' },
  event_data: { rows: 3 },
  personal: { email: 'zoe@example.com' },
  subjects: [{ id: 'c-42', aliases: ['max@example.com'], personal: { plan: 'gold club' } }],
}

test('every member has its place', () => {
  const event = read(FULL)
  assert.deepEqual(event, {
    event_id: '0190a5b2-0000-7000-8000-00000000abcd',
    occurred_at: 1_767_323_045_678_901,
    event_type: 'order.read',
    actor: { type: 'person', id: 'u-17', aliases: [] },
    session: 's-1',
    resource: 'orders/9',
    action: 'read',
    outcome: 'Warning',
    risk_score: 40,
    data: {
      metadata: { team: 'sales' },
      event_data: { rows: 3 },
      ip_address: '2001:db8::1',
      user_agent: 'curl/8',
      personal: FULL.personal,
      subjects: FULL.subjects,
    },
    people: [{ type: 'person', id: 'c-42', aliases: ['max@example.com'] }],
    personal: [
      { pointer: '/data/ip_address', person: -1 },
      { pointer: '/data/user_agent', person: -1 },
      { pointer: '/data/personal', person: -1 },
      { pointer: '/data/subjects/0', person: 0 },
    ],
  })
  assert.deepEqual(redact(event).clear.data, { metadata: { team: 'sales' }, event_data: { rows: 3 }, subjects: [null] })
})

test('a type alone is an event, of unknown time and outcome Information', () => {
  const { occurred_at, event_id, outcome, actor, data } = read({ event_type: 'ping' })
  assert.deepEqual(
    { occurred_at, event_id, outcome, actor, data },
    { occurred_at: null, event_id: null, outcome: 'Information', actor: null, data: {} },
  )
})

test('an id that is no UUID is told apart by its format, and stays the same each time', () => {
  const id = read({ event_type: 'a', event_id: 'order-1' }).event_id
  assert.equal(id, 'probity/order-1')
  assert.equal(read({ event_type: 'b', event_id: 'order-1' }).event_id, id)
  assert.notEqual(readEvent('github', { action: 'a', _document_id: 'order-1' }).event_id, id)
})

test('times are RFC 3339 or microseconds, and timestamp is another word for occurred_at', () => {
  assert.equal(read({ event_type: 'a', timestamp: 1_767_323_045_678_901 }).occurred_at, 1_767_323_045_678_901)
  assert.equal(read({ event_type: 'a', occurred_at: '2026-01-02T04:04:05.5+01:00' }).occurred_at, 1_767_323_045_500_000)
  for (const bad of ['yesterday', '2026-01-02', '2026-13-02T00:00:00Z', '2026-01-02T04:04:05', 1.5, -1, true])
    assert.throws(() => read({ event_type: 'a', occurred_at: bad }), refused('/occurred_at'))
  assert.throws(() => read({ event_type: 'a', occurred_at: 1, timestamp: 1 }), refused('/timestamp'))
})

test('an address without a user belongs to a person made up from it', () => {
  const event = read({ event_type: 'login', ip_address: '1.2.3.4', user_agent: 'curl/8' })
  assert.equal(event.actor, null)
  assert.deepEqual(event.people, [{ type: 'person', id: 'address:1.2.3.4', aliases: ['1.2.3.4'] }])
  assert.deepEqual(
    event.personal.map(({ person }) => person),
    [0, 0],
  )
})

test('a subject who is the actor is the actor', () => {
  const event = read({ event_type: 'a', user_id: 'u', subjects: [{ id: 'u', personal: { x: 'yyyy' } }] })
  assert.deepEqual([event.people, event.personal], [[], [{ pointer: '/data/subjects/0', person: -1 }]])
})

test('what is wrong is refused with the place and what to do', () => {
  const wrong: [Json, string, RegExp][] = [
    [[], '', /one JSON object/],
    [null, '', /one JSON object/],
    [{}, '/event_type', /is missing/],
    [{ event_type: 'a', user_name: 'zoe' }, '/user_name', /user_name is not a member/],
    [{ event_type: '' }, '/event_type', /empty/],
    [{ event_type: 'a'.repeat(256) }, '/event_type', /longer than 255/],
    [{ event_type: 'a\0' }, '/event_type', /control/],
    [{ event_type: 'a', resource: 'r'.repeat(2049) }, '/resource', /longer than 2048/],
    [{ event_type: 'a', action: 7 }, '/action', /must be a text/],
    [{ event_type: 'a', outcome: 'success' }, '/outcome', /one of Success, Failure/],
    [{ event_type: 'a', risk_score: 101 }, '/risk_score', /0 to 100/],
    [{ event_type: 'a', risk_score: 1.5 }, '/risk_score', /integer/],
    [{ event_type: 'a', ip_address: '1.2.3' }, '/ip_address', /IPv4 or IPv6/],
    [{ event_type: 'a', personal: { x: 1 } }, '/personal', /user_id/],
    [{ event_type: 'a', user_id: 'u', personal: [] }, '/personal', /object/],
    [{ event_type: 'a', subjects: [{ name: 'x' }] }, '/subjects/0/name', /not a member/],
    [{ event_type: 'a', subjects: [{}] }, '/subjects/0/id', /missing/],
    [{ event_type: 'a', actor_type: 'robot' }, '/actor_type', /person, service, system/],
    [{ event_type: 'a', actor_type: 'service' }, '/user_id', /missing/],
    [{ event_type: 'a', event_data: { t: '\ud800' } }, '', /surrogate/],
    [
      { event_type: 'a', event_data: JSON.parse(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`) as Json },
      '',
      /levels deep/,
    ],
  ]
  for (const [event, pointer, reason] of wrong)
    assert.throws(() => read(event), refused(pointer, reason), JSON.stringify(event).slice(0, 80))
})

test('an array holds many events', () => {
  assert.equal(expandRecords('probity', [{ event_type: 'a' }, { event_type: 'b' }]).length, 2)
})

const member = fc.constantFrom(...Object.keys(FULL), 'timestamp', 'actor_type', '__proto__')

test('arbitrary members are taken or refused, never anything else, and nothing taken is lost', () => {
  fc.assert(
    fc.property(fc.dictionary(member, fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(FULL)))), (parts) => {
      const event = { ...FULL, ...(JSON.parse(JSON.stringify(parts)) as JsonObject) }
      try {
        const observed = read(event)
        const { clear, parts: sealed } = redact(observed)
        assert.deepEqual(
          restore(
            clear,
            sealed.map((part) => part.members),
          ).data,
          observed.data,
        )
      } catch (error) {
        if (!(error instanceof EventRefused)) throw error
        assert.match(error.reason, /\.$/)
      }
    }),
    { numRuns: 1000 },
  )
})
