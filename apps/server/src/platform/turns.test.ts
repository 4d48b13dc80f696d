import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../test/support/server.ts'
import { DomainError } from './errors.ts'
import { Turns } from './turns.ts'

/** Work that ends when it is told to. */
function jobs(turns: Turns) {
  const started: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const add = (tenant: string, name: string) => {
    const done = turns.take(tenant, () => {
      started.push(name)
      return new Promise<void>((resolve, reject) => {
        ends.set(name, (error) => (error ? reject(error) : resolve()))
      })
    })
    done.catch(() => undefined)
    return done
  }
  return { started, add, end: (name: string, error?: Error) => ends.get(name)?.(error) }
}

test('tenants have a turn each in a round: one that waits with many jobs does not keep another waiting', async () => {
  const { started, add, end } = jobs(new Turns({ slots: 1 }))
  const all = ['a1', 'a2', 'a3', 'a4'].map((name) => add('a', name))
  all.push(add('b', 'b1'), add('b', 'b2'))
  const order = ['a1', 'a2', 'b1', 'a3', 'b2', 'a4']
  for (const name of order) {
    await until(`${name} has its turn`, () => started.includes(name))
    end(name)
  }
  await Promise.all(all)
  assert.deepEqual(started, order)
})

test('no more jobs run at once than there are slots, and one that fails frees its own', async () => {
  const { started, add, end } = jobs(new Turns({ slots: 2 }))
  const [first, second, third] = ['1', '2', '3'].map((name) => add(`tenant ${name}`, name))
  assert.deepEqual(started, ['1', '2'])
  end('1', new Error('failed'))
  await assert.rejects(first ?? Promise.resolve(), /failed/)
  await until('the third runs', () => started.includes('3'))
  end('2')
  end('3')
  await Promise.all([second, third])
})

test('while several write, who had a turn pauses and a neighbour goes before', async () => {
  const { started, add, end } = jobs(new Turns({ slots: 1, isShared: () => true }))
  const flood = [add('flood', 'f1'), add('flood', 'f2')]
  await new Promise((resolve) => setTimeout(resolve, 30)) // the turn that is paused for afterwards
  end('f1')
  await flood[0]
  const neighbour = add('neighbour', 'n1')
  await until('the neighbour has its turn', () => started.length > 1)
  assert.deepEqual(started, ['f1', 'n1'], 'the flood pauses')
  end('n1')
  await neighbour
  await until('the flood goes on', () => started.includes('f2'))
  end('f2')
  await flood[1]
})

test('one tenant has no more than its part of the slots, and no more waiting than it may', async () => {
  const turns = new Turns({ slots: 2, mostOfOne: 1, mostWaiting: 1 })
  const { started, add, end } = jobs(turns)
  const all = [add('a', 'a1'), add('a', 'a2')]
  await assert.rejects(add('a', 'a3'), (error) => error instanceof DomainError && error.code === 'RATE_LIMITED')
  all.push(add('b', 'b1'))
  assert.deepEqual(started, ['a1', 'b1'])
  end('a1')
  await until('the next of the same runs', () => started.includes('a2'))
  for (const name of ['a2', 'b1']) end(name)
  await Promise.all(all)
})
