import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { deflateRawSync, zstdCompressSync } from 'node:zlib'
import { encodeBundle } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import fc from 'fast-check'
import { isZstd, openBody, packBody } from './bundle-body.ts'

const leaf = fc.uint8Array({ minLength: 0, maxLength: 3000 })
const leaves = fc.array(leaf, { minLength: 1, maxLength: 256 })

test('a body gives back the leaves that were packed', async () => {
  await fc.assert(
    fc.asyncProperty(leaves, async (packed) => {
      const body = await packBody(packed)
      assert.ok(isZstd(body))
      assert.deepEqual(openBody({ body, entries: packed.length }).map(hex), packed.map(hex))
    }),
  )
})

test('a body is one frame that exports may carry, also where it has just the size of what zlib gives at once', async () => {
  const frame = 2 ** 20
  const length = frame - 34 // random: ten bytes before, three for each of eight blocks
  const packed = [...Array.from({ length: 16 }, () => randomBytes(65_000)), randomBytes(length - 16 * 65_002 - 2)]
  const body = await packBody(packed)
  assert.equal(body.length, frame)
  assert.deepEqual(Buffer.from(nodeCrypto.unzstd(body, length)), Buffer.from(encodeBundle(packed)))
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
  const body = await packBody([Buffer.from('one'), Buffer.from('two')])
  assert.throws(() => openBody({ body, entries: 1 }))
  assert.throws(() => openBody({ body, entries: 3 }))
  for (let length = 0; length < body.length; length++)
    assert.throws(() => openBody({ body: body.subarray(0, length), entries: 2 }))
})

test('a body that would unpack to more than its entries can hold is refused', () => {
  const bomb = zstdCompressSync(Buffer.alloc(200_000))
  assert.throws(() => openBody({ body: bomb, entries: 2 }), { code: 'ERR_BUFFER_TOO_LARGE' })
})

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
