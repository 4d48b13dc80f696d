import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalize, parseStrict } from '@probity/core'
import fc from 'fast-check'
import { readEvent } from '../formats/index.ts'
import type { PlainEvent } from '../formats/plain-event.ts'
import { redact } from '../formats/redact.ts'
import { readSource } from './source.ts'

const read = (text: string) => readSource({ format: 'probity', kind: 'body', bytes: Buffer.from(text) })

/** The event of a body of one, by the whole way. */
function wholeWay(text: string): PlainEvent {
  const { clear } = redact(readEvent('probity', parseStrict(text)))
  return { ...clear, data: canonicalize(clear.data) }
}

test('a body of one event with nothing personal in it is read without making objects of it, and as what it is', () => {
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
