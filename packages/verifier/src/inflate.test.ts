import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constants, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { inflateRaw } from './inflate.ts'
import { nodeCrypto } from './node.ts'

const inflaters = { 'of our own': inflateRaw, 'of zlib': nodeCrypto.inflateRaw }
const texts = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc
    .array(fc.constantFrom('event', 'tenant', '"data":', '0123'), { maxLength: 500 })
    .map((words) => Buffer.from(words.join(''))),
)
const settings = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE),
})

for (const [name, inflate] of Object.entries(inflaters)) {
  test(`inflater ${name}: gives back what was deflated, at any level and by any strategy`, () => {
    fc.assert(
      fc.property(texts, settings, (bytes, options) => {
        assert.deepEqual(Buffer.from(inflate(deflateRawSync(bytes, options), bytes.length)), Buffer.from(bytes))
      }),
      { numRuns: 300 },
    )
  })

  test(`inflater ${name}: an output beyond the maximum is refused`, () => {
    const bomb = deflateRawSync(Buffer.alloc(1_000_000))
    assert.equal(inflate(bomb, 1_000_000).length, 1_000_000)
    assert.throws(() => inflate(bomb, 999_999), RangeError)
    assert.throws(() => inflate(bomb, 10), RangeError)
  })

  test(`inflater ${name}: input that goes on or stops too early is refused`, () => {
    const deflated = deflateRawSync(Buffer.from('some text, some text'))
    assert.throws(() => inflate(Buffer.concat([deflated, Buffer.of(0)]), 100))
    for (let length = 0; length < deflated.length; length++)
      assert.throws(() => inflate(deflated.subarray(0, length), 100))
  })
}

test('both inflaters accept the same garbage, with the same output', () => {
  const attempt = (inflate: (bytes: Uint8Array, maximum: number) => Uint8Array, bytes: Uint8Array) => {
    try {
      return Buffer.from(inflate(bytes, 5000)).toString('hex')
    } catch {
      return 'refused'
    }
  }
  const damaged = fc.tuple(texts, settings, fc.nat(), fc.nat(255)).map(([bytes, options, at, byte]) => {
    const deflated = Uint8Array.from(deflateRawSync(bytes, options))
    deflated[at % deflated.length] = byte
    return deflated
  })
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array()), (bytes) => {
      assert.equal(attempt(inflateRaw, bytes), attempt(nodeCrypto.inflateRaw, bytes))
    }),
    { numRuns: 3000 },
  )
})
