import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headKey, headLeaf, rootOfHead } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import fc from 'fast-check'
import { HeadsTree } from './heads-tree.ts'

const { sha256 } = nodeCrypto
const heads = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z0-9]{1,8}$/), fc.string()), {
  minLength: 1,
  maxLength: 60,
  selector: ([origin]) => origin,
})

test('every head leads by its path to the root, and nothing else does', () => {
  fc.assert(
    fc.property(heads, fc.string(), (all, other) => {
      const tree = new HeadsTree()
      for (const [origin, text] of all) tree.set(origin, text)
      for (const [origin, text] of all) {
        const key = headKey(sha256, origin)
        const path = tree.path(origin)
        const lead = (said: string) => Buffer.from(rootOfHead(sha256, key, headLeaf(sha256, key, said), path))
        assert.deepEqual(lead(text), Buffer.from(tree.root()))
        if (other !== text) assert.notDeepEqual(lead(other), Buffer.from(tree.root()))
      }
    }),
  )
})

test('the root depends on the heads alone, not on the order in which they came or what they were before', () => {
  fc.assert(
    fc.property(heads, fc.func(fc.string()), (all, before) => {
      const grown = new HeadsTree()
      for (const [origin] of all) grown.set(origin, before(origin))
      for (const [origin, text] of all.toReversed()) grown.set(origin, text)
      const fresh = new HeadsTree()
      for (const [origin, text] of all) fresh.set(origin, text)
      assert.deepEqual(grown.root(), fresh.root())
    }),
  )
})

test('a log that has no head has no path', () => {
  const tree = new HeadsTree()
  assert.throws(() => tree.path('log.example/a'), /no head/)
  tree.set('log.example/b', 'text')
  assert.throws(() => tree.path('log.example/a'), /no head/)
})
