import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalize, encodeUtf8, parseStrict } from '@probity/core'
import fc from 'fast-check'
import { readEvent } from '../formats/index.ts'
import type { RedactedEvent } from '../formats/plain-event.ts'
import { redact } from '../formats/redact.ts'
import { isRefused, readSource } from './source.ts'

const read = (text: string) => readSource({ format: 'probity', kind: 'body', bytes: Buffer.from(text) })

/** An event by the whole way. */
function wholeWay(text: string): RedactedEvent {
  const { clear } = redact(readEvent('probity', parseStrict(text)))
  return { clear: { ...clear, data: encodeUtf8(canonicalize(clear.data)) }, person: null }
}

const event = fc.record(
  {
    event_type: fc.constantFrom('login', 'größe'),
    user_id: fc.constant('build-agent'),
    actor_type: fc.constant('service'),
    occurred_at: fc.constant('2026-11-25T01:02:03.5Z'),
    event_data: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(fc.integer(), fc.array(fc.boolean()))),
  },
  { requiredKeys: ['event_type', 'user_id', 'actor_type'] },
)

test('events of a body with nothing personal in them are read without making objects of them, and as what they are', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 5 }), fc.constantFrom(undefined, 2), (some, space) => {
      const events = some.map((one) => ({ line: 0, event: wholeWay(JSON.stringify(one)) }))
      assert.deepEqual(read(JSON.stringify(some, null, space)), events)
    }),
    { numRuns: 200 },
  )
})

test('an array of which one event is not plain to see is read the whole way', () => {
  const read = readSource({
    format: 'probity',
    kind: 'body',
    bytes: Buffer.from(
      '[{"event_type":"a"},{"event_type":"b","user_id":"ada","event_data":{"by":"ada"}},{"event_type":""}]',
    ),
  })
  assert.deepEqual(
    read.map((one) => isRefused(one.event)),
    [false, false, true],
  )
})

test('a body of one event with nothing personal in it is read without making objects of it, and as what it is', () => {
  fc.assert(
    fc.property(event, fc.constantFrom(undefined, 2), (one, space) => {
      const text = JSON.stringify(one, null, space)
      assert.deepEqual(read(text), [{ line: 0, event: wholeWay(text) }])
    }),
    { numRuns: 500 },
  )
})

test('a body is read the same behind a byte order mark', () => {
  const text = '{"event_type":"login","event_data":{"b":1,"a":2}}'
  assert.deepEqual(read(`\ufeff${text}`), [{ line: 0, event: wholeWay(text) }])
})

test('a body that is no JSON object, or says a thing twice, is refused', () => {
  for (const text of ['', '{', '1', '[]', '{"event_type":"a","event_type":"a"}', '{"event_type":"a"}{}'])
    assert.throws(() => read(text), text)
  assert.throws(() =>
    readSource({ format: 'probity', kind: 'body', bytes: Buffer.from('{"event_type":"\xff"}', 'latin1') }),
  )
})
