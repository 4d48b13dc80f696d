import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { sha256 } from '../test/crypto.ts'
import { bytesToUuid, isUuid, uuidFromDigest, uuidToBytes, uuidv7 } from './ids.ts'
import { crc32, formatToken, parseToken, type TokenKind } from './token.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const tokens = fc.record(
  {
    kind: fc.constantFrom<TokenKind>('at', 'se', 'su'),
    tenantId: fc.option(fc.uuid()),
    secret: bytes(32),
  },
  { noNullPrototype: true },
)
const malformed = { name: 'FormatError', code: 'ID_MALFORMED' }

test('a UUID is 16 bytes, there and back', () => {
  fc.assert(fc.property(bytes(16), (value) => assert.deepEqual(uuidToBytes(bytesToUuid(value)), value)))
  for (const text of ['', 'x', '0190A5C4-7F00-7000-8000-000000000001', '0190a5c47f0070008000000000000001']) {
    assert.equal(isUuid(text), false)
    assert.throws(() => uuidToBytes(text), malformed)
  }
})

test('UUIDv7 sorts by time and has version 7', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.nat(2 ** 31), bytes(10), bytes(10), (a, b, randomA, randomB) => {
      const [first, second] = [uuidv7(a * 1000, randomA), uuidv7(b * 1000, randomB)]
      assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/)
      if (a !== b) assert.equal(first < second, a < b)
    }),
  )
  // RFC 9562, appendix A.6
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f])
  assert.equal(uuidv7(0x017f22e279b0, random), '017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  assert.throws(() => uuidv7(-1, random), malformed)
  assert.throws(() => uuidv7(1.5, random), { name: 'FormatError' })
})

test('UUIDv8 of a digest is the same for the same digest', () => {
  const digest = sha256(Buffer.from('x'))
  assert.match(uuidFromDigest(digest), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab]/)
  const before = Buffer.from(digest).toString('hex')
  assert.equal(uuidFromDigest(digest), uuidFromDigest(digest.subarray(0, 16)))
  uuidFromDigest(Buffer.from(digest.buffer, digest.byteOffset, digest.length))
  assert.equal(Buffer.from(digest).toString('hex'), before, 'the digest stays as it was')
})

test('CRC-32 is that of zlib', () => {
  fc.assert(fc.property(fc.uint8Array(), (value) => assert.equal(crc32(value), zlibCrc32(value))))
})

test('a token says its kind and tenant', () => {
  fc.assert(
    fc.property(tokens, (token) => {
      const text = formatToken(token)
      assert.match(text, /^prb_(at|se|su)_[0-9A-Za-z]{71}$/)
      assert.deepEqual(parseToken(text), { kind: token.kind, tenantId: token.tenantId })
    }),
  )
})

test('a token with one character changed is none', () => {
  fc.assert(
    fc.property(tokens, fc.nat(77), fc.constantFrom(...'0Zz_ é'), (token, at, character) => {
      const text = formatToken(token)
      fc.pre(text[at] !== character)
      assert.equal(parseToken(text.slice(0, at) + character + text.slice(at + 1)), null)
    }),
    { numRuns: 1000 },
  )
})

test('a tenant or a secret of more bits than there are is none, also under its check', () => {
  const most = {
    kind: 'at',
    tenantId: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
    secret: new Uint8Array(32).fill(255),
  } as const
  const text = formatToken(most)
  assert.deepEqual(parseToken(text), { kind: 'at', tenantId: most.tenantId })
  for (const last of [28, 71]) {
    const body = `${text.slice(0, last)}${following(text.charAt(last))}${text.slice(last + 1, -6)}`
    assert.equal(parseToken(body + checkOf(body)), null)
  }
})

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const following = (digit: string) => DIGITS.charAt(DIGITS.indexOf(digit) + 1)

function checkOf(body: string): string {
  let digits = ''
  for (let rest = zlibCrc32(body); digits.length < 6; rest = Math.floor(rest / 62))
    digits = DIGITS.charAt(rest % 62) + digits
  return digits
}

test('any text is a token or none, and never an error', () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(parseToken(text), null)))
  assert.throws(() => formatToken({ kind: 'at', tenantId: null, secret: new Uint8Array(31) }), malformed)
})
