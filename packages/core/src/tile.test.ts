import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '../test/crypto.ts'
import { entries, mth } from '../test/rfc9162.ts'
import { leafHash } from './merkle.ts'
import { hashOfSpan, inclusionSpans } from './span.ts'
import { decodeBundle, encodeBundle, formatTilePath, parseTilePath, tileReader, tileRoot } from './tile.ts'

const bundles = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 })
const malformedBundle = { name: 'FormatError', code: 'BUNDLE_MALFORMED' }
const malformedPath = { name: 'FormatError', code: 'TILE_PATH_MALFORMED' }

test('a bundle gives back its entries', () => {
  fc.assert(fc.property(bundles, (list) => assert.deepEqual(decodeBundle(encodeBundle(list), list.length), list)))
})

test('a bundle that is longer or shorter than its count says is refused', () => {
  fc.assert(
    fc.property(bundles, fc.nat(), (list, n) => {
      const bytes = encodeBundle(list)
      assert.throws(() => decodeBundle(bytes, list.length + 1), malformedBundle)
      assert.throws(() => decodeBundle(Uint8Array.from([...bytes, 0]), list.length), malformedBundle)
      fc.pre(list.length > 0)
      assert.throws(() => decodeBundle(bytes, list.length - 1), malformedBundle)
      assert.throws(() => decodeBundle(bytes.subarray(0, n % bytes.length), list.length), malformedBundle)
    }),
  )
})

test('a bundle takes 256 entries of 65,535 bytes, not one more', () => {
  const full = Array.from({ length: 256 }, () => new Uint8Array(65_535))
  assert.equal(encodeBundle(full).length, 256 * 65_537)
  assert.throws(() => encodeBundle([...full, new Uint8Array()]), malformedBundle)
  assert.throws(() => encodeBundle([new Uint8Array(65_536)]), malformedBundle)
})

test('paths are those of tlog-tiles', () => {
  assert.equal(formatTilePath({ level: 0, index: 1234067, width: 256 }), 'tile/0/x001/x234/067')
  assert.equal(formatTilePath({ level: 'entries', index: 5, width: 17 }), 'tile/entries/005.p/17')
  assert.equal(formatTilePath({ level: 1, index: 1000, width: 1 }), 'tile/1/x001/000.p/1')
})

test('a path is parsed back, and no other spelling of it is accepted', () => {
  const names = fc.record(
    {
      level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const)),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    },
    { noNullPrototype: true },
  )
  fc.assert(fc.property(names, (name) => assert.deepEqual(parseTilePath(formatTilePath(name)), name)))
  const bad = [
    'tile/0/1',
    'tile/00/001',
    'tile/64/001',
    'tile/0/x000/001',
    'tile/0/001.p/256',
    'tile/0/001.p/0',
    'tile/0/001.p/01',
    'tile/0/x001',
    'tile/0/001/',
    '/tile/0/001',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/-1/001',
    'tile/0/001\n',
    'tile/entries/../0',
  ]
  for (const path of bad) assert.throws(() => parseTilePath(path), malformedPath, path)
})

test('proofs come out of tiles', () => {
  const size = 700
  const leaves = entries(size)
  const hashes = leaves.map((leaf) => leafHash(sha256, leaf))
  const level0 = (n: number) => Buffer.concat(hashes.slice(n * 256, (n + 1) * 256))
  const read = tileReader(sha256, (level, n) => {
    if (level === 0) return level0(n)
    return Buffer.concat([0, 1].map((i) => tileRoot(sha256, level0(i))))
  })
  for (const index of [0, 255, 256, 511, 512, 699]) {
    for (const span of inclusionSpans(index, size)) {
      const expected = mth(leaves.slice(span.lo, span.hi))
      assert.deepEqual(Buffer.from(hashOfSpan(sha256, span, read)), Buffer.from(expected))
    }
  }
  assert.throws(() => read(0, 700), RangeError)
})
