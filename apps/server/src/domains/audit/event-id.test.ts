import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { uuidv7 } from '@probity/core'
import fc from 'fast-check'
import { millisecondOf, ownEventId } from './event-id.ts'

test('an id of our making tells its millisecond, and ids of one process ascend with their time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8.64e18 / 1e3 }), fc.integer({ min: 1, max: 10_000 }), (at, step) => {
      const [one, next] = [ownEventId(at, randomBytes(8)), ownEventId(at + step, randomBytes(8))]
      assert.equal(millisecondOf(one), Math.floor(at / 1000))
      assert.ok(one.slice(0, 18) < next.slice(0, 18))
      assert.match(one, /^[0-9a-f]{8}-[0-9a-f]{4}-8[c-f][0-9a-f]{2}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }),
  )
})

test('an id of another version is not of our making', () => {
  for (let i = 0; i < 200; i++) assert.equal(millisecondOf(uuidv7(Date.now(), randomBytes(10))), null)
})
