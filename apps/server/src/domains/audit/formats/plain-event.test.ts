import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CanonicalReader, canonicalize, encodeUtf8, FormatError, type Json, parseStrict } from '@probity/core'
import fc from 'fast-check'
import { readEvent } from './index.ts'
import { EventRefused } from './observed-event.ts'
import { type PlainEvent, type RedactedEvent, readPlainEvent } from './plain-event.ts'
import { type Part, redact } from './redact.ts'

/** What the whole way makes of a line: a clear event and its parts; null where it is refused. */
function wholeWay(line: string): { clear: PlainEvent; parts: Part[] } | null {
  try {
    const { clear, parts } = redact(readEvent('probity', parseStrict(line)))
    return { clear: { ...clear, data: encodeUtf8(canonicalize(clear.data)) }, parts }
  } catch (error) {
    if (error instanceof EventRefused || error instanceof FormatError) return null
    throw error
  }
}

const reader = new CanonicalReader()

function read(line: string): RedactedEvent | null {
  const bytes = Buffer.from(line)
  return line.isWellFormed() ? readPlainEvent(reader, bytes, 0, bytes.length) : null
}

function agree(line: string): boolean {
  const plain = read(line)
  if (plain === null) return false
  const { clear, person } = plain
  assert.deepEqual(wholeWay(line), { clear, parts: person ? [{ people: [-1], members: person.sealed }] : [] })
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

test('what is read plainly is what the whole way makes of it', () => {
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

const PERSON = {
  event_type: 'login',
  user_id: 'Ada@Example.org',
  ip_address: '192.0.2.1',
  user_agent: 'curl/8',
  event_data: { a: 1 },
}

test('ordinary events of a person are read plainly', () => {
  for (const left of [PERSON, { ...PERSON, ip_address: null }, { ...PERSON, actor_type: 'person', user_agent: null }])
    assert.ok(agree(JSON.stringify(left)))
})

test('whatever of a person stands elsewhere in the event is left to the whole way', () => {
  const places = {
    event_type: (text: string) => text,
    session_id: (text: string) => text,
    resource: (text: string) => `user/${text}`,
    action: (text: string) => text,
    event_data: (text: string) => ({ deep: [{ note: `by ${text}!` }] }),
    metadata: (text: string) => ({ [text]: 1 }),
  }
  const forms = {
    'as it is': (text: string) => text,
    'in capitals': (text: string) => text.toUpperCase(),
    'percent-encoded': (text: string) => encodeURIComponent(text),
    'percent-encoded twice': (text: string) => encodeURIComponent(encodeURIComponent(text)).replace(/^/, '%20'),
    'wholly percent-encoded': (text: string) => text.replace(/./g, (one) => `%${one.charCodeAt(0).toString(16)}`),
    'with JSON escapes': (text: string) => text.replace(/./g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`),
    'with a soft hyphen': (text: string) => `${text.slice(0, 3)}\u00ad${text.slice(3)}`,
    'in a full-width form': (text: string) =>
      text.replace(/[!-~]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
  }
  for (const value of [PERSON.user_id, PERSON.ip_address, PERSON.user_agent])
    for (const [name, put] of Object.entries(places))
      for (const [how, form] of Object.entries(forms))
        assert.equal(read(JSON.stringify({ ...PERSON, [name]: put(form(value)) })), null, `${name} ${how}`)
  const number = { ...PERSON, user_id: '12345678', event_data: { account: 12345678 } }
  assert.equal(read(JSON.stringify(number)), null)
})

test('an event with others in it, or with an address and nobody, is left to the whole way', () => {
  const base = { event_type: 'login', event_data: { a: 1 } }
  const personal = [
    { ip_address: '192.0.2.1' },
    { user_agent: 'curl' },
    { user_id: 'build', actor_type: 'service', ip_address: '192.0.2.1' },
    { user_id: 'ada', ip_address: 'not an address' },
    { subjects: [{ id: 'ada' }] },
    { user_id: 'ada', personal: { note: 'x' } },
  ]
  for (const more of personal) assert.equal(read(JSON.stringify({ ...base, ...more })), null)
})
