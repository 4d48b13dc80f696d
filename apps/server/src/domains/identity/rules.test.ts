import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceOf } from '../../platform/source-address.ts'
import { type Attempts, countAttempt, isKnown, succeeded, THROTTLE } from './rules.ts'

const NONE: Attempts = { count: 0, lastAt: 0, refusedUntil: null, knownUntil: null }
const SECOND = 1000
const DAY = 86_400 * SECOND

/** Tries at each moment; answers how many attempts were taken. */
function taken(limit: (typeof THROTTLE)['source' | 'account'], moments: readonly number[]): number {
  let kept = { ...NONE, lastAt: moments[0] ?? 0 }
  return moments.filter((now) => {
    const { refusedFor, next } = countAttempt(kept, limit, now)
    kept = next
    return refusedFor === 0
  }).length
}

test('who guesses all day from one address gets about a hundred attempts, and a few at once', () => {
  const everySecond = Array.from({ length: 86_400 }, (_, i) => DAY + i * SECOND)
  assert.equal(taken(THROTTLE.source, Array(1000).fill(DAY)), 5)
  assert.ok(taken(THROTTLE.source, everySecond) <= 110)
  assert.ok(taken(THROTTLE.account, everySecond) <= 320)
})

test('an attempt that is refused does not prolong the pause, and a day without attempts forgets', () => {
  let kept = { ...NONE, lastAt: DAY }
  for (let i = 0; i < 5; i++) kept = countAttempt(kept, THROTTLE.source, DAY).next
  assert.equal(countAttempt(kept, THROTTLE.source, DAY + 10 * SECOND).refusedFor, 20)
  assert.deepEqual(countAttempt(kept, THROTTLE.source, DAY + 10 * SECOND).next, kept)
  assert.equal(countAttempt(kept, THROTTLE.source, DAY + 30 * SECOND).refusedFor, 0)
  assert.equal(countAttempt(kept, THROTTLE.source, 3 * DAY).next.count, 1)
})

test('a source is known for ninety days after a log-in', () => {
  const kept = succeeded(DAY)
  assert.ok(isKnown(kept, 90 * DAY))
  assert.ok(!isKnown(kept, 92 * DAY))
  assert.ok(!isKnown(NONE, DAY))
})

test('a source is an IPv4 address or the /64 of an IPv6 address, however it is written', () => {
  assert.equal(sourceOf('192.0.2.7'), '192.0.2.7')
  assert.equal(sourceOf('::ffff:192.0.2.7'), '192.0.2.7')
  const same = ['2001:db8::1', '2001:0DB8:0:0::2', '2001:db8:0:0:ffff::', '2001:db8:0:0:1:2:3:4', '2001:db8::1%eth0']
  assert.deepEqual([...new Set(same.map(sourceOf))], ['2001:db8:0:0'])
  assert.equal(sourceOf('192.0.2.7:51234'), '192.0.2.7')
  assert.equal(sourceOf('[2001:db8::7]:51234'), '2001:db8:0:0')
  assert.equal(sourceOf('::1'), '0:0:0:0')
  assert.notEqual(sourceOf('2001:db8:0:1::1'), sourceOf('2001:db8::1'))
})
