import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { Budget } from './budget.ts'
import { ingestStream } from './ingest.ts'
import type { WriteDependencies } from './write-inbox.ts'

test('a stream that waits for room ends when its sender goes, and holds nothing any more', async () => {
  const budget = new Budget({ each: 1, all: 1 })
  budget.take('tenant', 1)
  const body = new PassThrough()
  const dependencies = { budget } as WriteDependencies // nothing else is reached before there is room
  const ingested = ingestStream(dependencies, 'tenant', 'probity', body, undefined)
  body.write('{"action":"read"}\n'.repeat(10_000))
  await new Promise(setImmediate)
  body.destroy(new Error('the connection was reset'))
  await assert.rejects(ingested, { code: 'BAD_REQUEST' })
})
