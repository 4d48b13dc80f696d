import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalize, FormatError, type Json, parseStrict } from '@probity/core'
import fc from 'fast-check'
import { readEvent } from './index.ts'
import { EventRefused } from './observed-event.ts'
import { type PlainEvent, readPlainEvent } from './plain-event.ts'
import { redact } from './redact.ts'

/** What the whole way makes of a line: a clear event and how many sealed parts; null where it is refused. */
function wholeWay(line: string): { clear: PlainEvent; parts: number } | null {
  try {
    const { clear, parts } = redact(readEvent('probity', parseStrict(line)))
    return { clear: { ...clear, data: canonicalize(clear.data) }, parts: parts.length }
  } catch (error) {
    if (error instanceof EventRefused || error instanceof FormatError) return null
    throw error
  }
}

function agree(line: string): boolean {
  const plain = readPlainEvent(line)
  if (plain === null) return false
  assert.deepEqual(wholeWay(line), { clear: plain, parts: 0 })
  return true
}

const texts = fc.oneof(
  fc.string(),
  fc.constantFrom('', 'a\u0000', 'x'.repeat(256), 'x'.repeat(2049), 'ada@example.org'),
)
const anything = fc.jsonValue({ maxDepth: 3 }).map((value) => value as Json)
const members = {
  event_id: fc.oneof(fc.uuid(), texts),
  event_type: fc.oneof(fc.constant('login'), texts, anything),
  occurred_at: fc.oneof(
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.constantFrom('2026-02-30T00:00:00Z', '2026-01-01T10:00:60Z', '2026-01-01T10:00:00.123456789+02:00', '2026'),
    fc.integer(),
  ),
  timestamp: fc.constantFrom('2026-01-01T00:00:00Z', null),
  user_id: texts,
  actor_type: fc.constantFrom('person', 'service', 'system', 'robot', null),
  session_id: texts,
  resource: fc.oneof(texts, anything),
  action: texts,
  outcome: fc.constantFrom('Success', 'Failure', 'Warning', 'Information', 'success', null),
  risk_score: fc.oneof(fc.integer({ min: -1, max: 101 }), fc.constantFrom(1.5, 1e2, '50', null)),
  ip_address: fc.constantFrom('192.0.2.1', null),
  user_agent: fc.constantFrom('curl', null),
  metadata: fc.oneof(fc.dictionary(fc.string(), anything), anything),
  event_data: fc.oneof(fc.dictionary(fc.string(), anything), anything),
  personal: fc.constantFrom({ note: 'x' }, null),
  subjects: fc.constantFrom([{ id: 'ada' }], [], null),
  unknown: fc.constant(1),
}

test('what is read plainly is what the whole way makes of it, with nothing sealed', () => {
  const rare = fc.record(members, { requiredKeys: ['event_type'] })
  fc.assert(
    fc.property(rare, fc.constantFrom(undefined, 1), (event, space) => {
      agree(JSON.stringify(event, null, space))
    }),
    { numRuns: 5000 },
  )
})

test('ordinary events without a person are read plainly', () => {
  const ordinary = fc.record(
    {
      event_type: fc.constantFrom('login', 'größe'),
      event_id: fc.uuid(),
      occurred_at: fc.constant('2026-11-25T01:02:03.5Z'),
      user_id: fc.constantFrom('build-agent', 'a@b.example'),
      actor_type: fc.constantFrom('service', 'system'),
      resource: fc.stringMatching(/^[a-z/]{1,20}$/),
      outcome: fc.constantFrom('Success', null),
      risk_score: fc.integer({ min: 0, max: 100 }),
      event_data: fc.record({ z: fc.integer(), a: fc.record({ list: fc.array(fc.boolean()) }) }),
      metadata: fc.constantFrom(null, { k: 'v' }),
    },
    { requiredKeys: ['event_type', 'actor_type', 'user_id'] },
  )
  fc.assert(
    fc.property(ordinary, (event) => assert.ok(agree(JSON.stringify(event)))),
    { numRuns: 500 },
  )
})

test('an event that may have something personal is left to the whole way', () => {
  const base = { event_type: 'login', event_data: { a: 1 } }
  const personal = [
    { user_id: 'ada' },
    { user_id: 'ada', actor_type: 'person' },
    { ip_address: '192.0.2.1' },
    { user_agent: 'curl' },
    { subjects: [{ id: 'ada' }] },
    { user_id: 'ada', personal: { note: 'x' } },
  ]
  for (const more of personal) assert.equal(readPlainEvent(JSON.stringify({ ...base, ...more })), null)
})
