import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, uuidToBytes } from '@probity/core'
import fc from 'fast-check'
import { DuplicateFinder, Fingerprints, sharesOf } from './unique.ts'

const ids = fc.array(fc.uuid().map(uuidToBytes), { maxLength: 50 })

function firstDuplicate(all: Uint8Array[], shares: number, n = all.length): number | null {
  const bytes = concat(all)
  for (let share = 0; share < shares; share++) {
    const fingerprints = new Fingerprints(share, shares, n)
    fingerprints.add(bytes)
    const suspects = fingerprints.suspects()
    try {
      new DuplicateFinder(suspects).add(bytes, 100)
    } catch (error) {
      return (error as { index: number }).index
    }
  }
  return null
}

test('distinct ids pass, a repeated one is named by its second place, in however many shares', () => {
  fc.assert(
    fc.property(ids, fc.nat(), fc.integer({ min: 1, max: 5 }), (some, n, shares) => {
      const distinct = [...new Map(some.map((id) => [String(id), id])).values()]
      assert.equal(firstDuplicate(distinct, shares), null)
      fc.pre(distinct.length > 0)
      const twice = distinct[n % distinct.length] as Uint8Array
      assert.equal(firstDuplicate([...distinct, twice], shares), 100 + distinct.length)
    }),
  )
})

test('more ids than one sorted run are compared across runs', () => {
  const count = 2 ** 20 + 10
  const bytes = new Uint8Array(count * 16)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < count; i++) view.setUint32(i * 16 + 12, (i * 2654435761) % 2 ** 32)
  const fingerprints = new Fingerprints(0, 1, count + 1)
  fingerprints.add(bytes)
  fingerprints.add(bytes.subarray(160, 176))
  const suspects = fingerprints.suspects()
  assert.equal(suspects.size, 1)
  const finder = new DuplicateFinder(suspects)
  finder.add(bytes, 0)
  assert.throws(() => finder.add(bytes.subarray(160, 176), count), {
    code: 'EVENT_ID_DUPLICATE',
    index: count,
  })
})

test('an export is looked at in shares that fit in memory', () => {
  assert.deepEqual([0, 1, 2 ** 25, 2 ** 25 + 1, 10 ** 8].map(sharesOf), [1, 1, 1, 2, 3])
})
