import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import fc from 'fast-check'
import { Together } from './together.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

function fulfilled<T>(value: T): PromiseFulfilledResult<T> {
  return { status: 'fulfilled', value }
}

test('each who asks is answered for what they asked, by work that began after; never more at once than may be', async () => {
  const step = fc.constantFrom('ask', 'ask', 'ask', 'change', 'finish')
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, atOnce, most) => {
        let truth = 0
        let running = 0
        const ends: (() => void)[] = []
        const together = new Together<number, { item: number; seen: number }>({
          ...{ atOnce, most },
          async work(_, items) {
            assert.ok(++running <= atOnce && items.length <= most)
            const seen = truth
            await new Promise<void>((resolve) => ends.push(resolve))
            running--
            return items.map((item) => fulfilled({ item, seen }))
          },
        })
        const answers: Promise<void>[] = []
        for (const [i, one] of steps.entries()) {
          if (one === 'change') truth++
          else if (one === 'finish') ends.shift()?.()
          else {
            const before = truth
            answers.push(
              together.ask('tenant', i).then(({ item, seen }) => {
                assert.equal(item, i)
                assert.ok(seen >= before, `${seen} is from before`)
              }),
            )
          }
          if (i % 3 === 0) await settle()
        }
        for (const _ of steps) {
          await settle()
          ends.shift()?.()
        }
        await Promise.all(answers)
        assert.equal(ends.length, 0)
      },
    ),
    { numRuns: 300 },
  )
})

test('what fails for one is told to them alone, what fails for all to all of it, and whoever comes after is served', async () => {
  const together = new Together<string, string>({
    ...{ atOnce: 1, most: 10 },
    async work(_, items) {
      if (items.includes('everything')) throw new Error('lost')
      return items.map((item) =>
        item === 'bad' ? { status: 'rejected', reason: new Error('is bad') } : fulfilled(item.toUpperCase()),
      )
    },
  })
  const outcomes = await Promise.allSettled(['a', 'bad', 'c'].map((item) => together.ask('tenant', item)))
  assert.deepEqual(
    outcomes.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason))),
    ['A', 'Error: is bad', 'C'],
  )
  const lost = await Promise.allSettled(['everything', 'b'].map((item) => together.ask('tenant', item)))
  assert.deepEqual(
    lost.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.equal(await together.ask('tenant', 'd'), 'D')
})

test('many at once are one work of each key; the context of who came first does not reach it', async () => {
  const context = new AsyncLocalStorage<string>()
  const works: string[] = []
  const together = new Together<number, string | undefined>({
    ...{ atOnce: 1, most: 100 },
    async work(key, items) {
      works.push(`${key} ${items.length}`)
      return items.map(() => fulfilled(context.getStore()))
    },
  })
  const asked = ['a', 'b'].flatMap((key) =>
    Array.from({ length: 64 }, (_, i) => context.run('somebody', () => together.ask(key, i))),
  )
  assert.deepEqual(new Set(await Promise.all(asked)), new Set([undefined]))
  assert.deepEqual(works, ['a 64', 'b 64'])
})
