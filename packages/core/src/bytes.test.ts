import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as bytes from './bytes.ts'

const byteStrings = fc.uint8Array({ maxLength: 100 })
const refused = { name: 'FormatError', code: 'BYTES_MALFORMED' }

test('hex and base64 are those of Node, there and back', () => {
  fc.assert(
    fc.property(byteStrings, (value) => {
      const node = Buffer.from(value)
      assert.equal(bytes.encodeHex(value), node.toString('hex'))
      assert.equal(bytes.encodeBase64(value), node.toString('base64'))
      assert.deepEqual(bytes.decodeHex(bytes.encodeHex(value)), value)
      assert.deepEqual(bytes.decodeBase64(bytes.encodeBase64(value)), value)
    }),
  )
})

test('a text that is decoded is the one that would be encoded', () => {
  const texts = fc.string({ unit: fc.constantFrom(...'ABab09+/=-_ \n'), maxLength: 8 })
  fc.assert(
    fc.property(texts, (text) => {
      for (const [decode, encode] of [
        [bytes.decodeHex, bytes.encodeHex],
        [bytes.decodeBase64, bytes.encodeBase64],
      ] as const) {
        try {
          assert.equal(encode(decode(text)), text)
        } catch (error) {
          assert.equal((error as Error).name, 'FormatError')
        }
      }
    }),
    { numRuns: 5000 },
  )
})

test('base64 without padding, with trailing bits or of another alphabet is refused', () => {
  for (const text of ['QQ', 'QR==', 'QUI', 'QUJ=', 'Q===', '====', 'QQ==QQ==', '-_-_', 'QUI\n', 'é===']) {
    assert.throws(() => bytes.decodeBase64(text), refused)
  }
})

test('UTF-8 is fatal both ways and keeps a byte order mark', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(bytes.decodeUtf8(bytes.encodeUtf8(text)), text)),
  )
  assert.equal(bytes.decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf)), '\ufeff')
  assert.throws(() => bytes.decodeUtf8(Uint8Array.of(0xff)), refused)
  assert.throws(() => bytes.decodeUtf8(Uint8Array.of(0xed, 0xa0, 0x80)), refused)
  assert.throws(() => bytes.encodeUtf8('\ud800'), refused)
})

test('unsigned integers are big-endian and refuse what does not fit', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (n) => {
      assert.equal(bytes.readU64(bytes.u64(n)), n)
      assert.equal(bytes.readU32(bytes.u32(n % 2 ** 32)), n % 2 ** 32)
      assert.equal(bytes.readU16(bytes.u16(n % 2 ** 16)), n % 2 ** 16)
      assert.equal(Buffer.from(bytes.u64(n)).readBigUInt64BE(), BigInt(n))
    }),
  )
  for (const n of [-1, 0.5, 2 ** 16, Number.NaN]) assert.throws(() => bytes.u16(n), refused)
  assert.throws(() => bytes.readU64(new Uint8Array(8).fill(255)), refused)
  assert.throws(() => bytes.readU32(new Uint8Array(3)), refused)
  assert.throws(() => bytes.readU16(new Uint8Array(3), 2), refused)
})

test('equal compares, concat joins', () => {
  fc.assert(
    fc.property(byteStrings, byteStrings, (a, b) => {
      assert.equal(bytes.equal(a, b), Buffer.compare(a, b) === 0)
      assert.ok(bytes.equal(a, Uint8Array.from(a)))
      assert.deepEqual(Buffer.from(bytes.concat([a, b])), Buffer.concat([a, b]))
    }),
  )
})

test('concat joins more byte strings than a function takes arguments', () => {
  const many = 200_000
  assert.equal(bytes.concat(new Array<Uint8Array>(many).fill(Uint8Array.of(1))).length, many)
})
