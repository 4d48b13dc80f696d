import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constants, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { nodeCrypto } from './node.ts'
import { unzstd } from './zstd.ts'

const decoders = { 'of our own': unzstd, 'of zlib': nodeCrypto.unzstd }
const texts = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc
    .array(fc.constantFrom('event', 'tenant', '"data":', '0123', 'é'), { maxLength: 500 })
    .map((words) => Buffer.from(words.join(''))),
  fc.lorem({ maxCount: 300 }).map((text) => Buffer.from(text)),
  fc.array(fc.nat(3), { minLength: 1000, maxLength: 2000 }).map((digits) => Buffer.from(digits.join(''))),
)
const levels = fc.constantFrom(-5, 1, 3, 9, 19)

function pack(bytes: Uint8Array, level = 3, params = {}): Uint8Array {
  const options = { pledgedSrcSize: bytes.length, params: { [constants.ZSTD_c_compressionLevel]: level, ...params } }
  return Uint8Array.from(zstdCompressSync(bytes, options))
}

for (const [name, unpack] of Object.entries(decoders)) {
  test(`Zstandard ${name}: gives back what was packed, at any level`, () => {
    fc.assert(
      fc.property(texts, levels, (bytes, level) => {
        assert.deepEqual(Buffer.from(unpack(pack(bytes, level), bytes.length)), Buffer.from(bytes))
      }),
      { numRuns: 500 },
    )
  })

  test(`Zstandard ${name}: several blocks are read with the tables and offsets of those before`, () => {
    const words = Array.from({ length: 90_000 }, (_, i) => ((i * 2654435761) % 65_521).toString(36))
    const bytes = Buffer.from(words.join(' '))
    for (const level of [1, 3, 19]) assert.ok(bytes.equals(unpack(pack(bytes, level), bytes.length)))
  })

  test(`Zstandard ${name}: an output beyond the maximum is refused by what the frame says`, () => {
    const bomb = pack(Buffer.alloc(1_000_000))
    assert.equal(unpack(bomb, 1_000_000).length, 1_000_000)
    assert.throws(() => unpack(bomb, 999_999), RangeError)
    const lie = Uint8Array.from(bomb)
    lie.set([0x10, 0x27, 0, 0], 6) // 10,000 bytes, it says
    assert.throws(() => unpack(lie, 20_000))
  })

  test(`Zstandard ${name}: input that goes on or stops too early is refused`, () => {
    const packed = pack(Buffer.from('some text, some text'))
    const twice = Buffer.concat([packed, packed])
    assert.throws(() => unpack(twice, 100))
    assert.throws(() => unpack(Buffer.concat([packed, Buffer.of(0)]), 100))
    assert.throws(() => unpack(Buffer.concat([Buffer.from('502a4d1800000000', 'hex'), packed]), 100)) // skippable
    for (let length = 0; length < packed.length; length++) assert.throws(() => unpack(packed.subarray(0, length), 100))
  })

  test(`Zstandard ${name}: a frame without its content size, or with a checksum, is refused`, () => {
    const bytes = Buffer.from('some text, some text')
    assert.throws(() => unpack(pack(bytes, 3, { [constants.ZSTD_c_contentSizeFlag]: 0 }), 100), /content size/)
    assert.throws(() => unpack(pack(bytes, 3, { [constants.ZSTD_c_checksumFlag]: 1 }), 100), /checksum/)
  })
}

// zlib does not look whether a Huffman stream is used up; a decoder without its tricks can only refuse that.
test('of garbage the decoder of our own accepts what zlib does, with the same output, but for streams that go on', () => {
  const attempt = (unpack: (bytes: Uint8Array, maximum: number) => Uint8Array, bytes: Uint8Array) => {
    try {
      return Buffer.from(unpack(bytes, 5000)).toString('hex')
    } catch (error) {
      return error instanceof RangeError && /bit stream/.test(error.message) ? 'a stream of another length' : 'refused'
    }
  }
  const damaged = fc.tuple(texts, levels, fc.nat(), fc.nat(255)).map(([bytes, level, at, byte]) => {
    const packed = pack(bytes, level)
    packed[at % packed.length] = byte
    return packed
  })
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array()), (bytes) => {
      const own = attempt(unzstd, bytes)
      if (own !== 'a stream of another length') assert.equal(own, attempt(nodeCrypto.unzstd, bytes))
    }),
    { numRuns: 5000 },
  )
})
