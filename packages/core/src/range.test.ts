import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '../test/crypto.ts'
import { entries, mth } from '../test/rfc9162.ts'
import { leafHash } from './merkle.ts'
import { CompactRange, decomposeLeft, decomposeRight, RangeHasher, rootOfRange } from './range.ts'
import { alignedNodes, hashOfSpan, levelOf, nodesOfSpan, type Span, splitPoint } from './span.ts'

const ranges = fc
  .tuple(fc.nat(90), fc.nat(90), fc.nat(90))
  .map((numbers) => numbers.sort((a, b) => a - b) as [number, number, number])

const invalid = { name: 'VerificationError', code: 'RANGE_INVALID' }

function rangeOf(start: number, end: number, size: number) {
  const leaves = entries(size)
  const hash = ({ lo, hi }: Span) => mth(leaves.slice(lo, hi))
  return {
    bounds: { start, end, size, left: decomposeLeft(start).map(hash) },
    hashes: leaves.slice(start, end).map((leaf) => leafHash(sha256, leaf)),
    right: decomposeRight(end, size).map(hash),
    root: mth(leaves),
    hash,
  }
}

test('any range with its left and right nodes gives the root of the tree', () => {
  fc.assert(
    fc.property(ranges, ([start, end, size]) => {
      const { bounds, hashes, right, root } = rangeOf(start, end, size)
      assert.deepEqual(Buffer.from(rootOfRange(sha256, bounds, hashes, right)), Buffer.from(root))
    }),
    { numRuns: 300 },
  )
})

test('left and right nodes cover what is outside the range, without a gap', () => {
  fc.assert(
    fc.property(ranges, ([start, end, size]) => {
      const spans = [...decomposeLeft(start), { lo: start, hi: end }, ...decomposeRight(end, size)]
      let next = 0
      for (const { lo, hi } of spans) {
        assert.equal(lo, next)
        next = hi
      }
      assert.equal(next, size)
    }),
  )
})

test('left nodes are those that the walk of the tree meets, where the tree goes on', () => {
  for (let size = 1; size < 40; size++) {
    for (let start = 0; start < size; start++) {
      const met: Span[] = []
      const walk = (lo: number, hi: number): void => {
        if (lo >= start) return
        if (hi <= start) {
          met.push({ lo, hi })
          return
        }
        walk(lo, lo + splitPoint(hi - lo))
        walk(lo + splitPoint(hi - lo), hi)
      }
      walk(0, size)
      assert.deepEqual(decomposeLeft(start), met)
    }
  }
})

test('a changed, missing or additional node gives another root or none', () => {
  fc.assert(
    fc.property(ranges, fc.nat(), ([start, end, size], n) => {
      const { bounds, hashes, right, root } = rangeOf(start, end, size)
      const all = [...bounds.left, ...hashes, ...right]
      fc.pre(all.length > 0)
      const at = n % all.length
      const changed = all.with(at, sha256(all[at] as Uint8Array))
      const [i, j] = [bounds.left.length, bounds.left.length + hashes.length]
      const left = changed.slice(0, i)
      const got = rootOfRange(sha256, { ...bounds, left }, changed.slice(i, j), changed.slice(j))
      assert.notDeepEqual(Buffer.from(got), Buffer.from(root))
      assert.throws(() => rootOfRange(sha256, bounds, hashes, [...right, root]), invalid)
      assert.throws(() => rootOfRange(sha256, { ...bounds, left: [...bounds.left, root] }, hashes, right), invalid)
      if (hashes.length > 0) assert.throws(() => rootOfRange(sha256, bounds, hashes.slice(1), right), invalid)
      assert.throws(() => rootOfRange(sha256, bounds, [...hashes, root], right), invalid)
    }),
  )
})

test('subtrees stand for their leaves where they are aligned', () => {
  const { bounds, hashes, right, root, hash } = rangeOf(3, 21, 29)
  const hasher = new RangeHasher(sha256, bounds)
  hasher.append(hashes[0] as Uint8Array)
  assert.throws(() => hasher.appendSubtree(root, 3), RangeError)
  hasher.appendSubtree(hash({ lo: 4, hi: 8 }), 2)
  hasher.appendSubtree(hash({ lo: 8, hi: 16 }), 3)
  assert.deepEqual(Buffer.from(hasher.rootSoFar()), Buffer.from(hash({ lo: 0, hi: 16 })))
  hasher.appendSubtree(hash({ lo: 16, hi: 20 }), 2)
  hasher.append(hashes[17] as Uint8Array)
  assert.deepEqual(Buffer.from(hasher.finish(right)), Buffer.from(root))
})

test('bounds that are no range are refused', () => {
  for (const [start, end, size] of [
    [2, 1, 3],
    [0, 4, 3],
    [-1, 1, 3],
    [0, 1, Number.NaN],
    [0, 1.5, 3],
  ] as const) {
    assert.throws(() => new RangeHasher(sha256, { start, end, size, left: [] }), invalid)
  }
  assert.throws(() => new CompactRange(sha256, 3, []), invalid)
})

test('a node of the tree is combined from complete subtrees', () => {
  assert.deepEqual(nodesOfSpan({ lo: 8, hi: 13 }), [
    { level: 2, index: 2 },
    { level: 0, index: 12 },
  ])
  assert.throws(() => nodesOfSpan({ lo: 3, hi: 5 }), RangeError)
  const leaves = entries(13)
  const hash = hashOfSpan(sha256, { lo: 8, hi: 13 }, (level, index) =>
    mth(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
  )
  assert.deepEqual(Buffer.from(hash), Buffer.from(mth(leaves.slice(8))))
  assert.equal(levelOf(2 ** 52), 52)
  assert.equal(levelOf(2 ** 52 + 1), -1)
})

test('any range of leaves is made up of aligned complete subtrees', () => {
  fc.assert(
    fc.property(ranges, ([lo, hi]) => {
      let next = lo
      for (const { level, index } of alignedNodes({ lo, hi })) {
        assert.equal(index * 2 ** level, next)
        next += 2 ** level
      }
      assert.equal(next, hi)
    }),
  )
})
