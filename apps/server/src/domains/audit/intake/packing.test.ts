import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Actor, encodeLeaf, type Leaf, leafHash } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import fc from 'fast-check'
import { searchKeys } from '../leaf-run.ts'
import { packBatch, unpackBatch } from './packing.ts'
import type { Prepared } from './prepared.ts'

const TENANT = '00000000-0000-4000-8000-000000000001'
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const maybe = fc.option(text)
const bytes = (length: { minLength: number; maxLength: number }) =>
  fc.uint8Array(length).map((array) => Buffer.from(array))

const leaf: fc.Arbitrary<Leaf> = fc.record(
  {
    v: fc.constant(1),
    event_id: fc.uuid(),
    tenant_id: fc.constant(TENANT),
    occurred_at: fc.nat(),
    received_at: fc.nat(),
    event_type: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    actor: fc.option(text.map((id): Actor => ({ id, type: 'service' }))),
    session: maybe,
    resource: maybe,
    action: maybe,
    outcome: fc.constantFrom('Success', 'Failure'),
    risk_score: fc.option(fc.integer({ min: 0, max: 100 })),
    data: fc.dictionary(text, text, { noNullPrototype: true }),
    sealed: fc.constant([]),
  },
  { noNullPrototype: true },
)

const prepared: fc.Arbitrary<Prepared> = fc
  .record({
    leaf,
    content: fc.option(bytes({ minLength: 16, maxLength: 16 })),
    parts: fc.array(
      fc.record(
        { subjects: fc.array(fc.uuid(), { maxLength: 3 }), envelope: bytes({ minLength: 0, maxLength: 50 }) },
        { noNullPrototype: true },
      ),
      { maxLength: 3 },
    ),
  })
  .map(({ leaf: one, content, parts }) => {
    const encoded = encodeLeaf(one)
    return {
      tenantId: TENANT,
      eventId: one.event_id,
      leaf: { bytes: encoded, hash: leafHash(nodeCrypto.sha256, encoded), ...searchKeys(one) },
      content,
      parts,
    }
  })

test('a batch comes out of its packing as it went in, after its buffers changed hands', () => {
  fc.assert(
    fc.property(fc.array(prepared, { maxLength: 20 }), fc.boolean(), (batch, asWhole) => {
      const { packed, transfer } = packBatch(TENANT, batch, asWhole)
      const received = structuredClone(packed, { transfer })
      assert.deepEqual([...unpackBatch(received)].map(plain), batch.map(plain))
    }),
  )
})

/** The same, whatever kind of bytes and numbers hold it. */
function plain({ leaf: one, content, parts, ...rest }: Prepared) {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  return {
    ...rest,
    leaf: { ...one, bytes: hex(one.bytes), hash: hex(one.hash), terms: Array.from(one.terms) },
    content: content && hex(content),
    parts: parts.map(({ subjects, envelope }) => ({ subjects, envelope: hex(envelope) })),
  }
}
