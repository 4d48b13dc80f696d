import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { packBatch, unpackBatch } from './packing.ts'
import type { Prepared } from './prepared.ts'

const TENANT = '00000000-0000-4000-8000-000000000001'
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const maybe = fc.option(text)
const bytes = (length: { minLength: number; maxLength: number }) =>
  fc.uint8Array(length).map((array) => Buffer.from(array))

/** Objects as messages carry them: with their prototype. */
function plain<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record<T>(model, { noNullPrototype: true })
}

const prepared: fc.Arbitrary<Prepared> = plain({
  tenantId: fc.constant(TENANT),
  eventId: fc.uuid(),
  columns: plain({
    tenant_id: fc.constant(TENANT),
    received_at: text,
    occurred_at: text,
    event_type: text,
    actor: maybe,
    session_id: maybe,
    resource: maybe,
    action: maybe,
    outcome: text,
    risk_score: fc.option(fc.integer({ min: 0, max: 100 })),
  }),
  bytes: bytes({ minLength: 0, maxLength: 100 }),
  hash: bytes({ minLength: 32, maxLength: 32 }),
  content: fc.option(bytes({ minLength: 16, maxLength: 16 })),
  parts: fc.array(
    plain({ subjects: fc.array(fc.uuid(), { maxLength: 3 }), envelope: bytes({ minLength: 0, maxLength: 50 }) }),
    { maxLength: 3 },
  ),
})

test('a batch comes out of its packing as it went in, after its buffers changed hands', () => {
  fc.assert(
    fc.property(fc.array(prepared, { maxLength: 20 }), (batch) => {
      const { packed, transfer } = packBatch(TENANT, batch)
      const received = structuredClone(packed, { transfer })
      assert.deepEqual([...unpackBatch(received)], batch)
    }),
  )
})
