import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { encodeLeaf, type Leaf, leafHash } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { type TestServer, testServer, until } from '../../../test/support/server.ts'
import { packBatch } from './intake/packing.ts'
import type { Prepared } from './intake/prepared.ts'
import { searchKeys } from './leaf-run.ts'
import type { BatchOutcome } from './queue.ts'
import { Sequencer } from './sequencer.ts'

// What is added within one turn is written in one flush.

let server: TestServer
let neighbour: { tenantId: string }
let sequencer: Sequencer
before(async () => {
  const { start } = Sequencer.prototype
  Sequencer.prototype.start = function () {
    sequencer = this
    return start.call(this)
  }
  server = await testServer()
  Sequencer.prototype.start = start
  neighbour = await server.secondTenant('neighbour')
})
after(() => server.stop())

function prepared(tenantId: string, eventId: string, type = 'flushed', resource: string | null = null): Prepared {
  const now = Date.now() * 1000
  const leaf: Leaf = {
    ...{ v: 1, event_id: eventId, tenant_id: tenantId, occurred_at: now, received_at: now, event_type: type },
    ...{ actor: null, session: null, resource, action: null, outcome: 'Success', risk_score: null },
    ...{ data: {}, sealed: [] },
  }
  const bytes = encodeLeaf(leaf)
  return {
    ...{ tenantId, eventId, parts: [] },
    leaf: { bytes, hash: leafHash(nodeCrypto.sha256, bytes), ...searchKeys(leaf) },
    content: createHash('sha256').update(type).digest().subarray(0, 16),
  }
}

const batchOf = (...ids: string[]) =>
  packBatch(
    server.tenantId,
    ids.map((id) => prepared(server.tenantId, id)),
    true,
  ).packed

async function fates(outcome: BatchOutcome): Promise<string[] | string> {
  if ('first' in outcome) return 'whole'
  return Promise.all(outcome.each.map((one) => one.then(({ status, index }) => `${status} ${index}`)))
}

async function verified(): Promise<void> {
  const answer = await server.call('POST', '/v1/audit/verify', {})
  assert.deepEqual(answer.body.invalid_entries ?? answer.body, [])
}

const onlyOneWrites = () => until('only one tenant writes', () => !sequencer.isShared)

test('an id that two batches of a flush have is a duplicate in the second, and what is written with them is', async () => {
  await onlyOneWrites()
  const [a, b, c, d] = Array.from({ length: 4 }, () => randomUUID()) as [string, string, string, string]
  const [first, second, other] = await Promise.all([
    sequencer.addBatch(batchOf(a, b)).then(fates),
    sequencer.addBatch(batchOf(c, b, d)).then(fates),
    sequencer.add(prepared(server.tenantId, randomUUID())),
  ])
  assert.equal(other.status, 'accepted')
  const at = Number(/\d+/.exec(first[0] as string)?.[0])
  assert.deepEqual(first, [`accepted ${at}`, `accepted ${at + 1}`])
  assert.deepEqual(second, [`accepted ${at + 2}`, `duplicate ${at + 1}`, `accepted ${at + 3}`])
  await verified()
})

test('so is one that a batch has twice and the next once', async () => {
  await onlyOneWrites()
  const [a, b] = [randomUUID(), randomUUID()] as const
  const [first, second] = await Promise.all([
    sequencer.addBatch(batchOf(a, a)).then(fates),
    sequencer.addBatch(batchOf(b, a)).then(fates),
  ])
  const at = Number(/\d+/.exec(first[0] as string)?.[0])
  assert.deepEqual(first, [`accepted ${at}`, `duplicate ${at}`])
  assert.deepEqual(second, [`accepted ${at + 1}`, `duplicate ${at}`])
  await verified()
})

test('a batch that the database refuses blocks no log, neither its own nor that of who is written with it', async () => {
  const bad = batchOf(randomUUID())
  assert.ok(bad.rows?.ids)
  bad.rows.ids.offset = '{40000000000}' // integer
  const [refused, own, other] = await Promise.allSettled([
    sequencer.addBatch(bad),
    sequencer.add(prepared(server.tenantId, randomUUID())),
    sequencer.add(prepared(neighbour.tenantId, randomUUID())),
  ])
  assert.equal(refused.status, 'rejected')
  assert.equal(own.status, 'fulfilled')
  assert.equal(other.status, 'fulfilled')
  const [again, alone] = await Promise.allSettled([
    sequencer.addBatch({ ...bad }),
    sequencer.add(prepared(neighbour.tenantId, randomUUID())),
  ])
  assert.equal(again.status, 'rejected')
  assert.equal(alone.status, 'fulfilled')
  await verified()
})

test('an entry is found by texts of any kind', async () => {
  const odd = ['NULL', '"', '\\', '{a,b}', ' x ', "'; --", '\\x00', '\u{1f600}', '\u2028', '']
  const all = odd.map((text) => prepared(server.tenantId, randomUUID(), `odd${text}`, text))
  const outcome = await sequencer.addBatch(packBatch(server.tenantId, all, true).packed)
  assert.ok('first' in outcome)
  for (const [i, text] of odd.entries()) {
    const query = { event_type: `odd${text}`, ...(text === '' ? {} : { resource: text }) }
    const { body, text: answer } = await server.call('POST', '/v1/audit/search', query)
    assert.deepEqual(
      body.events?.map((event: { index: number }) => event.index),
      [outcome.first + i],
      answer,
    )
  }
  await verified()
})
