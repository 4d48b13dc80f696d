import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRfc3339, microseconds, rfc3339Microseconds } from './time.ts'

const slow = (text: string) => (isRfc3339(text) ? microseconds(text, 'us') : null)

test('a time as most programs write it is read as any other', () => {
  const date = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T23:59:59Z') })
  const written = date.chain((at) =>
    fc.constantFrom(at.toISOString(), at.toISOString().replace(/\.\d+/, ''), at.toISOString().replace('Z', '+00:00')),
  )
  fc.assert(fc.property(written, (text) => assert.equal(rfc3339Microseconds(text), slow(text), text)))
  assert.equal(rfc3339Microseconds('2026-11-25T01:02:03.004Z'), Date.UTC(2026, 10, 25, 1, 2, 3, 4) * 1000)
})

test('a time that is nearly one is judged as any other', () => {
  const digit = fc.constantFrom(...'0123456789:-TZ. z+'.split(''))
  const near = fc
    .tuple(fc.constantFrom('2026-11-25T01:02:03.004Z', '2024-02-29T23:59:59Z'), fc.nat(23), digit)
    .map(([text, at, other]) => text.slice(0, at) + other + text.slice(at + 1))
  fc.assert(
    fc.property(near, (text) => assert.equal(rfc3339Microseconds(text), slow(text), text)),
    { numRuns: 3000 },
  )
  for (const text of ['2026-02-30T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01T10:60:00Z', '2026-12-31T23:59:60Z'])
    assert.equal(rfc3339Microseconds(text), slow(text), text)
})
