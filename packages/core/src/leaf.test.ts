import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crypto } from '../test/crypto.ts'
import { leaves } from '../test/leaves.ts'
import { decodeUtf8, encodeUtf8 } from './bytes.ts'
import { canonicalize, type Json } from './json.ts'
import { encodeLeaf, type Leaf, parseLeaf, sealedCommitment } from './leaf.ts'

const uuid = '0190a5c4-7f00-7000-8000-000000000001'
const leaf: Leaf = {
  v: 1,
  event_id: uuid,
  tenant_id: uuid,
  occurred_at: 1,
  received_at: 2,
  event_type: 'user.login',
  actor: { id: uuid, type: 'person' },
  session: null,
  resource: null,
  action: null,
  outcome: 'Success',
  risk_score: 0,
  data: {},
  sealed: [{ subjects: [uuid], commit: '0'.repeat(64) }],
}
const malformed = { name: 'FormatError', code: 'LEAF_MALFORMED' }

test('the written form is the canonical form', () => {
  fc.assert(
    fc.property(leaves, (any) => {
      const bytes = encodeLeaf(any)
      assert.equal(decodeUtf8(bytes), canonicalize(any as unknown as Json))
      assert.deepEqual(parseLeaf(bytes), JSON.parse(decodeUtf8(bytes)))
      assert.deepEqual(encodeLeaf(parseLeaf(bytes)), bytes)
    }),
    { numRuns: 500 },
  )
})

test('a leaf with a member missing, more or wrong is refused', () => {
  const wrong: { [K in keyof Leaf]: unknown[] } = {
    v: [2, '1', null],
    event_id: ['', uuid.toUpperCase(), null, `${uuid}\n`],
    tenant_id: ['', 1],
    occurred_at: [1.5, '1', 2 ** 53, null],
    received_at: [1.5, undefined],
    event_type: ['', 'x'.repeat(256), '😀'.repeat(256), null],
    actor: [{}, { id: 'x', type: 'person' }, { id: 'x', type: 'robot' }, { id: 'x', type: 'system', more: 1 }, [], 'x'],
    session: [1, {}],
    resource: [false],
    action: [[]],
    outcome: ['success', null],
    risk_score: [101, -1, 0.5, '1'],
    data: [null, [], 'x'],
    sealed: [
      null,
      {},
      [{}],
      [{ subjects: [], commit: '0'.repeat(64) }],
      [{ subjects: [uuid, uuid], commit: '0'.repeat(64) }],
      [{ subjects: [uuid], commit: 'A'.repeat(64) }],
      [{ subjects: ['x'], commit: '0'.repeat(64) }],
      [{ subjects: [uuid], commit: '0'.repeat(64), r: '' }],
    ],
  }
  for (const [member, values] of Object.entries(wrong)) {
    for (const value of values) {
      const bad = { ...leaf, [member]: value } as unknown as Leaf
      assert.throws(() => encodeLeaf(bad), malformed, `${member}: ${JSON.stringify(value)}`)
      assert.throws(() => parseLeaf(encodeUtf8(JSON.stringify(bad))), malformed)
    }
    const { [member as keyof Leaf]: _, ...less } = leaf
    assert.throws(() => encodeLeaf(less as Leaf), malformed)
  }
  assert.throws(() => encodeLeaf({ ...leaf, more: 1 } as Leaf), malformed)
  assert.doesNotThrow(() => encodeLeaf({ ...leaf, event_type: '😀'.repeat(255) }))
})

test('a leaf that is not byte for byte canonical is refused', () => {
  const text = decodeUtf8(encodeLeaf({ ...leaf, data: { a: 1, b: 'é', n: 10 } }))
  const spellings = [
    text.replace('"data"', ' "data"'),
    text.replace('"a":1,"b":"é"', '"b":"é","a":1'),
    text.replace('é', '\\u00e9'),
    text.replace('"n":10', '"n":1e1'),
    text.replace('"n":10', '"n":10.0'),
    text.replace('"a":1', '"a":1,"a":1'),
    text.replace('"v":1', '"v":1,"v":1'),
    text.replace('"n":10', '"n":12345678901234567890'),
    text.replace('"n":10', '"n":-0'),
    `${text}\n`,
  ]
  for (const spelling of spellings) {
    assert.notEqual(spelling, text)
    assert.throws(() => parseLeaf(encodeUtf8(spelling)), { name: 'FormatError', code: 'LEAF_NOT_CANONICAL' }, spelling)
  }
})

test('no bytes crash the parser', () => {
  const bytes = encodeLeaf(leaf)
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = Uint8Array.from(bytes)
      changed[at] = byte
      try {
        assert.deepEqual(encodeLeaf(parseLeaf(changed)), changed)
      } catch (error) {
        assert.equal((error as Error).name, 'FormatError')
      }
    }),
    { numRuns: 2000 },
  )
  fc.assert(fc.property(fc.uint8Array(), (garbage) => assert.throws(() => parseLeaf(garbage), { name: 'FormatError' })))
  for (const text of ['null', '[]', '1', `{"data":${'['.repeat(60_000)}`]) {
    assert.throws(() => parseLeaf(encodeUtf8(text)), malformed)
  }
})

test('a leaf nests as deep as any JSON, and has at most 65,535 bytes', () => {
  const deep = (depth: number): Leaf => ({
    ...leaf,
    data: { a: JSON.parse('['.repeat(depth) + ']'.repeat(depth)) },
  })
  assert.doesNotThrow(() => parseLeaf(encodeLeaf(deep(126))))
  assert.throws(() => encodeLeaf(deep(127)), { code: 'JSON_DEPTH' })
  const rest = 65_535 - encodeLeaf({ ...leaf, data: { a: '' } }).length
  assert.equal(encodeLeaf({ ...leaf, data: { a: 'x'.repeat(rest) } }).length, 65_535)
  assert.throws(() => encodeLeaf({ ...leaf, data: { a: 'x'.repeat(rest + 1) } }), { code: 'LEAF_TOO_LONG' })
})

test('a commitment is HMAC-SHA256 of the canonical part under r', () => {
  const r = new Uint8Array(32).fill(7)
  const expected = crypto.hmacSha256(r, Buffer.from('{"/actor":"a","/ip_address":"b"}'))
  assert.equal(
    sealedCommitment(crypto, r, { '/ip_address': 'b', '/actor': 'a' }),
    Buffer.from(expected).toString('hex'),
  )
})
