import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '../test/crypto.ts'
import { entries, mth, path, proof } from '../test/rfc9162.ts'
import { emptyRoot, leafHash, rootFromInclusion, verifyConsistency, verifyInclusion } from './merkle.ts'
import { CompactRange } from './range.ts'
import { consistencySpans, hashOfSpan, inclusionSpans, type NodeReader } from './span.ts'

const tree = (size: number) => {
  const leaves = entries(size)
  const read: NodeReader = (level, index) => mth(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))
  return { leaves, root: mth(leaves), read, hashes: leaves.map((leaf) => leafHash(sha256, leaf)) }
}
const sizes = fc.integer({ min: 1, max: 70 })
const invalid = (code: string) => ({ name: 'VerificationError', code })

test('the root of the empty tree is SHA-256 of the empty string', () => {
  assert.equal(
    Buffer.from(emptyRoot(sha256)).toString('hex'),
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
})

test('a compact range has the root of the recursive definition', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), (size) => {
      const range = new CompactRange(sha256)
      for (const leaf of entries(size)) range.append(leafHash(sha256, leaf))
      assert.deepEqual(Buffer.from(range.root()), Buffer.from(mth(entries(size))))
      const again = new CompactRange(sha256, size, range.nodes())
      again.append(leafHash(sha256, Buffer.from(`entry ${size}`)))
      assert.deepEqual(Buffer.from(again.root()), Buffer.from(mth(entries(size + 1))))
    }),
    { numRuns: 40 },
  )
})

test('inclusion proofs are those of the recursive definition, and verify', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), (size, n) => {
      const index = n % size
      const { leaves, root, read, hashes } = tree(size)
      const built = inclusionSpans(index, size).map((span) => hashOfSpan(sha256, span, read))
      assert.deepEqual(built.map(String), path(index, leaves).map(String))
      verifyInclusion(sha256, hashes[index] as Uint8Array, BigInt(index), BigInt(size), built, root)
    }),
  )
})

test('consistency proofs are those of the recursive definition, and verify', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), (size2, n) => {
      const size1 = (n % size2) + 1
      const { leaves, root, read } = tree(size2)
      const built = consistencySpans(size1, size2).map((span) => hashOfSpan(sha256, span, read))
      assert.deepEqual(built.map(String), proof(size1, leaves).map(String))
      verifyConsistency(sha256, BigInt(size1), mth(leaves.slice(0, size1)), BigInt(size2), root, built)
    }),
  )
})

test('no bit of an inclusion proof, leaf or root can change', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), fc.integer({ min: 0, max: 7 }), (size, n, at, bit) => {
      const index = n % size
      const { leaves, root, hashes } = tree(size)
      const parts = [...path(index, leaves), root, hashes[index] as Uint8Array].map((part) => Uint8Array.from(part))
      const part = parts[at % parts.length] as Uint8Array
      part[at % 32] = (part[at % 32] as number) ^ (1 << bit)
      const leaf = parts.pop() as Uint8Array
      const changedRoot = parts.pop() as Uint8Array
      assert.throws(
        () => verifyInclusion(sha256, leaf, BigInt(index), BigInt(size), parts, changedRoot),
        invalid('INCLUSION_INVALID'),
      )
    }),
  )
})

test('a proof that is too long, too short or of another index is refused', () => {
  const { leaves, root, hashes } = tree(7)
  const good = path(3, leaves)
  const leaf = hashes[3] as Uint8Array
  for (const [index, size, bad] of [
    [3n, 7n, good.slice(1)],
    [3n, 7n, [...good, root]],
    [2n, 7n, good],
    [7n, 7n, good],
    [-1n, 7n, good],
    [3n, 7n, good.map((hash) => hash.subarray(1))],
  ] as const) {
    assert.throws(() => verifyInclusion(sha256, leaf, index, size, bad, root), invalid('INCLUSION_INVALID'))
  }
})

test('sizes beyond 2^53 are exact', () => {
  const size = 2n ** 60n + 1n
  const leaf = sha256(Buffer.from('x'))
  assert.doesNotThrow(() => rootFromInclusion(sha256, leaf, size - 1n, size, [leaf]))
  assert.throws(() => rootFromInclusion(sha256, leaf, size - 2n, size, [leaf]), invalid('INCLUSION_INVALID'))
})

test('consistency with the empty tree proves nothing and is refused', () => {
  const { root } = tree(3)
  const empty = emptyRoot(sha256)
  assert.throws(() => verifyConsistency(sha256, 0n, empty, 0n, empty, []), invalid('CONSISTENCY_INVALID'))
  assert.throws(() => verifyConsistency(sha256, 0n, empty, 3n, root, []), invalid('CONSISTENCY_INVALID'))
  assert.throws(() => verifyConsistency(sha256, 3n, root, 2n, root, []), invalid('CONSISTENCY_INVALID'))
})
