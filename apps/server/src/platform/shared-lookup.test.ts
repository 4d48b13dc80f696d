import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SharedLookup } from './shared-lookup.ts'

test('who asks is answered with what was true at some time after they asked', async () => {
  const step = fc.constantFrom('ask', 'ask', 'change', 'finish')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const lookups = new SharedLookup<number>()
      let truth = 0
      const ends: (() => void)[] = []
      const look = () => {
        const seen = truth
        return new Promise<number>((resolve) => ends.push(() => resolve(seen)))
      }
      const answers: Promise<void>[] = []
      const settle = () => new Promise((resolve) => setImmediate(resolve))
      for (const one of steps) {
        if (one === 'change') truth++
        else if (one === 'finish') ends.shift()?.()
        else {
          const before = truth
          answers.push(lookups.ask('token', look).then((seen) => assert.ok(seen >= before, `${seen} is from before`)))
        }
        await settle()
      }
      for (const _ of steps) {
        ends.shift()?.()
        await settle()
      }
      await Promise.all(answers)
    }),
    { numRuns: 200 },
  )
})

test('many who ask at once cost two look-ups; another key has its own; a failure is told to who shares it, and no further', async () => {
  const lookups = new SharedLookup<string>()
  const started: string[] = []
  const ends: ((error?: Error) => void)[] = []
  const look = (key: string) => () => {
    started.push(key)
    return new Promise<string>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve(key))))
  }
  const many = Array.from({ length: 64 }, () => lookups.ask('a', look('a')))
  const told = Promise.allSettled(many)
  const other = lookups.ask('b', look('b'))
  assert.deepEqual(started, ['a', 'b'])
  ends[0]?.(new Error('lost'))
  await assert.rejects(many[0] as Promise<string>, /lost/)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(started, ['a', 'b', 'a'])
  ends[1]?.()
  ends[2]?.()
  assert.equal(await other, 'b')
  assert.equal((await told).filter(({ status }) => status === 'fulfilled').length, 63)
})
