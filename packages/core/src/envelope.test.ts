import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeUtf8 } from './bytes.ts'
import { associatedData, decodeEnvelope, ENVELOPE_HEADER_LENGTH, encodeEnvelope } from './envelope.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const envelopes = fc.record(
  {
    suite: fc.constant(1),
    keyId: fc.uuid(),
    epoch: fc.nat(2 ** 32 - 1),
    nonce: bytes(12),
    ciphertext: fc.uint8Array(),
    tag: bytes(16),
  },
  { noNullPrototype: true },
)
const malformed = { name: 'FormatError', code: 'ENVELOPE_MALFORMED' }

test('an envelope gives back its parts', () => {
  fc.assert(
    fc.property(envelopes, (envelope) => {
      const encoded = encodeEnvelope(envelope)
      assert.deepEqual(decodeEnvelope(encoded), envelope)
      assert.equal(encoded.length, ENVELOPE_HEADER_LENGTH + 12 + envelope.ciphertext.length + 16)
    }),
  )
})

test('what is no envelope is refused', () => {
  fc.assert(fc.property(fc.uint8Array(), (garbage) => assert.throws(() => decodeEnvelope(garbage), malformed)))
  fc.assert(
    fc.property(envelopes, fc.nat(3), (envelope, at) => {
      const encoded = encodeEnvelope(envelope)
      encoded[at] = (encoded[at] as number) ^ 0x40
      assert.throws(() => decodeEnvelope(encoded), malformed)
      assert.throws(() => decodeEnvelope(encoded.subarray(0, 51)), malformed)
    }),
  )
})

test('associated data is canonical and names the place', () => {
  const context = { tenant: 't', table: 'a', column: 'b', row: 'r', subject: 's', class: 'c' }
  const text = decodeUtf8(associatedData(context))
  assert.equal(text, '{"class":"c","column":"b","row":"r","subject":"s","table":"a","tenant":"t","v":1}')
})
