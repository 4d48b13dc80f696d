import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DomainError } from '../../platform/errors.ts'
import { Budget, SenderGone } from './budget.ts'

const BOUNDS = { each: 10, all: 25 }

const step = fc.record({
  how: fc.constantFrom('take', 'wait', 'leave'),
  tenant: fc.constantFrom('a', 'b', 'c', 'd'),
  cost: fc.integer({ min: 1, max: 12 }),
})

test('no more is under way than there is room for, all that waits enters in the end, a tenant’s in their order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const budget = new Budget(BOUNDS)
      const inside: { tenant: string; cost: number; leave: () => void }[] = []
      const entered = new Map<string, number[]>()
      const sum = (of: typeof inside) => of.reduce((total, { cost }) => total + cost, 0)
      const enter = (tenant: string, cost: number, leave: () => void) => {
        inside.push({ tenant, cost, leave })
        const own = inside.filter((one) => one.tenant === tenant)
        assert.ok(own.length === 1 || sum(own) <= BOUNDS.each)
        assert.ok(inside.length === 1 || sum(inside) <= BOUNDS.all)
      }
      let waited = 0
      for (const [i, { how, tenant, cost }] of steps.entries()) {
        if (how === 'leave') inside.shift()?.leave()
        else if (how === 'wait') {
          waited++
          void budget.wait(tenant, cost).then((leave) => {
            entered.set(tenant, [...(entered.get(tenant) ?? []), i])
            enter(tenant, cost, leave)
          })
        } else {
          try {
            enter(tenant, cost, budget.take(tenant, cost))
          } catch (error) {
            assert.ok(error instanceof DomainError && error.code === 'RATE_LIMITED')
            assert.equal(error.details.retry_after, 1)
          }
        }
        await Promise.resolve()
        await Promise.resolve()
      }
      for (let left = steps.length; left > 0; left--) {
        inside.shift()?.leave()
        await Promise.resolve()
        await Promise.resolve()
      }
      const orders = [...entered.values()]
      assert.equal(orders.flat().length, waited)
      for (const order of orders)
        assert.deepEqual(
          order,
          order.toSorted((a, b) => a - b),
        )
    }),
  )
})

test('room that is given back twice counts once', () => {
  const budget = new Budget({ each: 10, all: 10 })
  const leave = budget.take('a', 10)
  leave()
  leave()
  budget.take('a', 10)
  assert.throws(() => budget.take('a', 1), { code: 'RATE_LIMITED' })
})

test('a flood of streams leaves room for bodies, and a flood of bodies for streams', async () => {
  const streams = new Budget({ each: 8, all: 12 })
  for (const tenant of ['a', 'b', 'c', 'd']) for (let i = 0; i < 8; i++) void streams.wait(tenant, 1)
  streams.take('e', 3)
  assert.throws(() => streams.take('e', 1), { code: 'RATE_LIMITED' })
  const bodies = new Budget({ each: 8, all: 12 })
  for (const tenant of ['a', 'b', 'c', 'd'])
    assert.throws(
      () => {
        for (;;) bodies.take(tenant, 1)
      },
      { code: 'RATE_LIMITED' },
    )
  await bodies.wait('e', 3)
})

test('a large piece enters although small ones of other tenants keep coming', async () => {
  const budget = new Budget({ each: 100, all: 100 })
  const small = () => budget.wait('small', 10)
  const inside = await Promise.all([small(), small(), small(), small(), small(), small(), small()])
  let isIn = false
  void budget.wait('large', 60).then(() => {
    isIn = true
  })
  for (const leave of inside) {
    leave()
    void small()
  }
  await new Promise(setImmediate)
  assert.equal(isIn, true)
})

test('who waits and goes gives its place up at once, and what stood behind it enters', async () => {
  const budget = new Budget({ each: 10, all: 10 })
  budget.take('a', 5)
  const sender = new AbortController()
  const gone = budget.wait('a', 6, sender.signal)
  const behind = budget.wait('a', 2)
  sender.abort()
  await assert.rejects(gone, SenderGone)
  await behind
  await assert.rejects(budget.wait('b', 1, sender.signal), SenderGone)
})
