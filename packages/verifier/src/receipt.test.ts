import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReceipt } from '@probity/core'
import fc from 'fast-check'
import { TestLog } from '../test/log.ts'
import { verifyReceipt } from './node.ts'
import type { NotVerified } from './result.ts'

const log = TestLog.of(40)

test('a receipt of any entry at any size verifies', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (size, n) => {
      const index = n % size
      const result = verifyReceipt(log.receipt(index, size), [log.key])
      assert.ok(result.verified)
      assert.deepEqual(
        [result.kind, result.start, result.end, result.size, result.entries],
        ['receipt', index, index + 1, size, 1],
      )
    }),
  )
})

test('no character of a receipt can change, nor can it be cut off', () => {
  const text = log.receipt(5)
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === 'A' ? 'B' : 'A'
    assert.equal(verifyReceipt(text.slice(0, at) + other + text.slice(at + 1), [log.key]).verified, false, `${at}`)
    assert.equal(verifyReceipt(text.slice(0, at), [log.key]).verified, false)
  }
})

test('a leaf of another tenant in an honest proof is refused', () => {
  const dishonest = TestLog.of(2)
  dishonest.appendBytes(TestLog.of(1, 'other').entries[0] as Uint8Array)
  const result = verifyReceipt(dishonest.receipt(2), [dishonest.key]) as NotVerified
  assert.deepEqual([result.code, result.index], ['TENANT_MISMATCH', 2])
})

test('a checkpoint of an untrusted or absent key is refused', () => {
  assert.equal((verifyReceipt(log.receipt(1), []) as NotVerified).code, 'SIGNATURE_MISSING')
  assert.equal((verifyReceipt(log.receipt(1), [TestLog.of(0, 'other').key]) as NotVerified).code, 'SIGNATURE_MISSING')
})

test('a receipt whose checkpoint names an origin without its tenant is refused', () => {
  const leaf = log.entries[0] as Uint8Array
  const one = TestLog.of(1)
  const checkpoint = one.checkpoint(1, one.root(), 'log.example/another')
  const receipt = formatReceipt({ leaf, index: 0, proof: [], checkpoint })
  assert.equal((verifyReceipt(receipt, [one.key]) as NotVerified).code, 'ORIGIN_MISMATCH')
})

test('garbage is not verified, and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const result = verifyReceipt(text, [log.key])
      assert.notEqual(result.verified || result.code, 'INTERNAL')
      assert.equal(result.verified, false)
    }),
  )
})
