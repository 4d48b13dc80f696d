import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeUtf8 } from './bytes.ts'
import * as format from './export-format.ts'

const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 60 })
const malformed = { name: 'FormatError', code: 'EXPORT_MALFORMED' }
const header: format.ExportHeader = {
  kind: 'range',
  origin: 'log.example/0190a5c4-7f00-7000-8000-000000000001',
  tenant_id: '0190a5c4-7f00-7000-8000-000000000001',
  created_at: 1,
  start: 2,
  end: 3,
}

test('a frame begins with its kind and length', () => {
  fc.assert(
    fc.property(fc.nat(255), fc.uint8Array(), (kind, payload) => {
      const frame = format.encodeFrame(kind, payload)
      assert.deepEqual(format.decodeFrameHead(frame), { kind, length: payload.length })
      assert.deepEqual(frame.subarray(format.FRAME_HEAD_LENGTH), payload)
    }),
  )
  assert.throws(() => format.decodeFrameHead(Uint8Array.of(0x42, 255, 255, 255, 255)), malformed)
})

test('the payload of a bundle is parsed back', () => {
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.integer({ min: 1, max: 256 }),
      fc.nat(2),
      fc.uint8Array(),
      (first, count, codec, bundle) => {
        const payload = { first, count, codec, prefixes: new Uint8Array(count * 8).fill(7), bundle }
        assert.deepEqual(format.decodeBundlePayload(format.encodeBundlePayload(payload)), payload)
      },
    ),
  )
})

test('the payloads of an entry and of a part are parsed back', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), hashes, fc.uint8Array(), fc.nat(65_535), (index, proof, bytes, part) => {
      const entry = { index, proof, leaf: bytes }
      assert.deepEqual(format.decodeEntryPayload(format.encodeEntryPayload(entry)), entry)
      const opened = { index, part, r: new Uint8Array(32).fill(1), text: bytes }
      assert.deepEqual(format.decodePartPayload(format.encodePartPayload(opened)), opened)
    }),
  )
})

test('garbage is a payload or refused with a FormatError', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (garbage) => {
      for (const decode of [
        format.decodeHeader,
        format.decodeBundlePayload,
        format.decodeEntryPayload,
        format.decodePartPayload,
        format.splitHashes,
      ]) {
        try {
          decode(garbage)
        } catch (error) {
          assert.equal((error as Error).name, 'FormatError')
        }
      }
    }),
    { numRuns: 2000 },
  )
})

test('a header is canonical and complete, or refused', () => {
  assert.deepEqual(format.decodeHeader(format.encodeHeader(header)), header)
  const wrong = [
    { kind: 'all' },
    { origin: 1 },
    { tenant_id: 'x' },
    { start: 4 },
    { end: 2.5 },
    { created_at: -1 },
    { more: 1 },
    { end: undefined },
  ]
  for (const change of wrong) {
    const text = JSON.stringify({ ...header, ...change })
    assert.throws(() => format.decodeHeader(encodeUtf8(text)), malformed, text)
  }
  assert.throws(() => format.decodeHeader(encodeUtf8(JSON.stringify(header, null, 1))), malformed)
  assert.throws(() => format.decodeHeader(encodeUtf8('null')), malformed)
})
