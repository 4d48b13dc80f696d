import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PackedBatch } from './intake/packing.ts'
import { WaitingQueue } from './queue.ts'

test('no batch of a tenant overtakes an earlier one of it for being smaller', () => {
  const queue = new WaitingQueue()
  const push = (tenantId: string, count: number) =>
    queue.pushBatch({
      batch: { tenantId, count } as PackedBatch,
      resolve: () => undefined,
      reject: () => undefined,
    })
  const taken = () => queue.takeBatches(4096).map(({ batch }) => batch.count)
  for (const count of [3000, 2000, 1000]) push('a', count)
  assert.deepEqual(taken(), [3000])
  assert.deepEqual(taken(), [2000, 1000])
  for (const count of [4000, 3, 2]) push('a', count)
  push('b', 90) // several write: one of each
  push('b', 1)
  assert.deepEqual(taken(), [4000, 90])
  assert.deepEqual(taken(), [3, 1])
  assert.deepEqual(taken(), [2])
  for (const count of [100, 4090]) push(count === 100 ? 'b' : 'a', count)
  push('a', 7)
  assert.deepEqual(taken(), [100])
  assert.deepEqual(taken(), [4090])
  assert.deepEqual(taken(), [7])
  assert.equal(queue.length, 0)
})
