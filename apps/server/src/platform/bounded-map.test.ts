import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoundedMap } from './bounded-map.ts'

type Step = ['get' | 'set' | 'delete', number]
const steps = fc.array(fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.nat(12)) as fc.Arbitrary<Step>, {
  maxLength: 200,
})

test('what it gives is what was put there last, and what was used lately it has', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 2, max: 12 }), (taken, capacity) => {
      const map = new BoundedMap<number, number>(capacity)
      const truth = new Map<number, number>()
      let used: number[] = []
      for (const [i, [step, key]] of taken.entries()) {
        const recent = used.slice(0, Math.floor(capacity / 2))
        if (step === 'set') {
          map.set(key, i)
          truth.set(key, i)
        } else if (step === 'delete') {
          map.delete(key)
          truth.delete(key)
        } else {
          const found = map.get(key)
          if (found !== undefined || recent.includes(key)) assert.equal(found, truth.get(key))
          if (found === undefined) continue
        }
        used = used.filter((one) => one !== key)
        if (step !== 'delete') used.unshift(key)
      }
      const kept = Array.from({ length: 13 }, (_, key) => map.get(key)).filter((value) => value !== undefined)
      assert.ok(kept.length <= 2 * capacity)
    }),
  )
})

test('it never holds more than its capacity', () => {
  const map = new BoundedMap<number, number>(10)
  for (let i = 0; i < 1000; i++) map.set(i, i)
  let held = 0
  map.deleteWhere(() => ++held > 0)
  assert.ok(held >= 5 && held <= 10, `${held}`)
  assert.equal(map.get(999), undefined)
})
