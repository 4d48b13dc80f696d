import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { CompactRange } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import fc from 'fast-check'
import { subtreeRoot, TreeEdge } from './tree.ts'

const leaf = (i: number) => createHash('sha256').update(String(i)).digest()

/** What storage would hold: whole tiles by level and place, and the leaves after the last full bundle. */
class Stored {
  readonly tiles = new Map<string, Buffer>()
  leaves: Buffer[] = []

  grow(edge: TreeEdge, count: number): void {
    for (let i = 0; i < count; i++) {
      const hash = leaf(this.leaves.length)
      this.leaves.push(hash)
      edge.append(hash)
    }
    for (const { level, tile, hashes } of edge.takeChanges()) this.tiles.set(`${level}/${tile}`, hashes)
  }

  restore(): TreeEdge {
    const size = this.leaves.length
    const levels: Buffer[][] = []
    for (let level = 1; 256 ** level <= size; level++) {
      const width = Math.floor(size / 256 ** level) % 256
      const tile = this.tiles.get(`${level}/${Math.floor(size / 256 ** (level + 1))}`) ?? Buffer.alloc(0)
      levels.push(Array.from({ length: width }, (_, i) => tile.subarray(i * 32, i * 32 + 32)))
    }
    return TreeEdge.restore(size, levels, this.leaves.slice(size - (size % 256)))
  }
}

function rootOf(leaves: readonly Buffer[]): Uint8Array {
  const range = new CompactRange(nodeCrypto.sha256)
  for (const hash of leaves) range.append(hash)
  return range.root()
}

test('the edge has the root of RFC 9162 at every size, also when it is read back between any two flushes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }), (flushes) => {
      const stored = new Stored()
      let edge = TreeEdge.restore(0, [], [])
      for (const count of flushes) {
        stored.grow(edge, count)
        assert.deepEqual(edge.root(), Buffer.from(rootOf(stored.leaves)))
        edge = stored.restore()
        assert.deepEqual(edge.root(), Buffer.from(rootOf(stored.leaves)))
      }
    }),
    { numRuns: 40 },
  )
})

test('every tile of level 1 and 2 holds the roots of the bundles below it, across 65,536 leaves', () => {
  const stored = new Stored()
  const edge = TreeEdge.restore(0, [], [])
  for (let done = 0; done < 66_000; done += 5_500) stored.grow(edge, 5_500)
  const bundleRoot = (bundle: number) => subtreeRoot(stored.leaves.slice(bundle * 256, bundle * 256 + 256))
  const first = Buffer.concat(Array.from({ length: 256 }, (_, bundle) => bundleRoot(bundle)))
  assert.deepEqual(stored.tiles.get('1/0'), first)
  assert.deepEqual(stored.tiles.get('1/1'), bundleRoot(256))
  const level2 = subtreeRoot(Array.from({ length: 256 }, (_, i) => first.subarray(i * 32, i * 32 + 32)))
  assert.deepEqual(stored.tiles.get('2/0'), level2)
  assert.deepEqual(stored.restore().root(), edge.root())
})
