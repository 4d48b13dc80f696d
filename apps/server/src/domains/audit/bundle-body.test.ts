import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { deflateRawSync, zstdCompressSync } from 'node:zlib'
import { encodeBundle } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import fc from 'fast-check'
import { isZstd, openBody, packBody } from './bundle-body.ts'
import { ZstdPacker } from './zstd-packer.ts'

const leaf = fc.uint8Array({ minLength: 0, maxLength: 3000 })
const leaves = fc.array(leaf, { minLength: 1, maxLength: 256 })

test('a body gives back the leaves that were packed', async () => {
  await fc.assert(
    fc.asyncProperty(leaves, async (packed) => {
      const body = await packBody([encodeBundle(packed)], packed.length)
      assert.ok(isZstd(body))
      assert.deepEqual(openBody({ body, entries: packed.length }).map(hex), packed.map(hex))
    }),
  )
})

test('bodies that are packed at once are each whole by themselves', async () => {
  const full = fc.array(fc.uint8Array({ minLength: 200, maxLength: 300 }), { minLength: 255, maxLength: 256 })
  await fc.assert(
    fc.asyncProperty(fc.array(full, { minLength: 1, maxLength: 8 }), async (bundles) => {
      const bodies = await Promise.all(
        bundles.map((packed) => {
          const bundle = encodeBundle(packed)
          return packBody([bundle.subarray(0, 777), bundle.subarray(777)], packed.length)
        }),
      )
      for (const [i, packed] of bundles.entries())
        assert.deepEqual(openBody({ body: bodies[i] as Buffer, entries: packed.length }).map(hex), packed.map(hex))
    }),
    { numRuns: 20 },
  )
})

test('a body is one frame that exports may carry, also where it has just the size of what zlib gives at once', async () => {
  const packer = new ZstdPacker(3)
  const chunk = 131_072
  for (const length of [chunk - 9, chunk - 10, chunk - 8, 2 * chunk - 12, 5, 0]) {
    const bytes = randomBytes(length) // random: six bytes before, three for each block
    const bundle = Buffer.concat([bytes.subarray(0, 100), bytes.subarray(100)])
    const body = await packer.pack([bundle.subarray(0, 100), bundle.subarray(100)])
    assert.deepEqual(Buffer.from(nodeCrypto.unzstd(body, length)), bundle, `${length}`)
  }
})

test('a body of before Zstandard is read, and never taken for a frame', () => {
  fc.assert(
    fc.property(leaves, fc.integer({ min: 0, max: 9 }), (packed, level) => {
      const body = deflateRawSync(encodeBundle(packed), { level })
      assert.ok(!isZstd(body))
      assert.deepEqual(openBody({ body, entries: packed.length }).map(hex), packed.map(hex))
    }),
  )
})

test('a body that is damaged, or has another number of leaves, is refused', async () => {
  const body = await packBody([encodeBundle([Buffer.from('one'), Buffer.from('two')])], 2)
  assert.throws(() => openBody({ body, entries: 1 }))
  assert.throws(() => openBody({ body, entries: 3 }))
  for (let length = 0; length < body.length; length++)
    assert.throws(() => openBody({ body: body.subarray(0, length), entries: 2 }))
})

test('a body that would unpack to more than its entries can hold is refused', () => {
  const bomb = zstdCompressSync(Buffer.alloc(200_000))
  assert.throws(() => openBody({ body: bomb, entries: 2 }), /the output is too long/)
})

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
