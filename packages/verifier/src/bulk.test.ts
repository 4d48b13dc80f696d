import assert from 'node:assert/strict'
import { test } from 'node:test'
import { markBytes, tileRoot } from '@probity/core'
import fc from 'fast-check'
import { levelsOfSubtree, marksOfBytes, rootOfSubtree } from './bulk.ts'
import { nodeCrypto } from './node.ts'

test('the root and the nodes of a subtree are those that node after node gives', () => {
  for (let length = 32; length <= 8192; length *= 2) {
    for (let seed = 0; seed < 5; seed++) {
      const hashes = Uint8Array.from({ length }, (_, i) => Math.imul(i + seed, 2654435761) >>> 24)
      const before = Uint8Array.from(hashes)
      assert.deepEqual(rootOfSubtree(nodeCrypto.sha256, hashes), tileRoot(nodeCrypto.sha256, hashes))
      for (const [height, level] of levelsOfSubtree(nodeCrypto.sha256, hashes).entries())
        for (let at = 0; at < level.length; at += 32) {
          const below = hashes.subarray(at * 2 ** height, (at + 32) * 2 ** height)
          assert.deepEqual(level.subarray(at, at + 32), tileRoot(nodeCrypto.sha256, below))
        }
      assert.deepEqual(hashes, before)
    }
  }
})

test('the marks of bytes are those that byte after byte gives, after longer ones too', () => {
  const marks = (bytes: Uint8Array) => {
    const rest = bytes.length % 32
    const found = Uint32Array.from(marksOfBytes(bytes))
    if (rest > 0) found[found.length - 1] = (found.at(-1) as number) & ((1 << rest) - 1) // beyond the end is nothing
    assert.deepEqual(found, markBytes(bytes))
  }
  marks(new Uint8Array(3_000_001).fill(0x22))
  marks(Uint8Array.from({ length: 256 }, (_, byte) => byte))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), marks))
})
