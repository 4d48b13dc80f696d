import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomPiece } from './random.ts'

test('no byte is given twice, of whatever lengths the pieces are', () => {
  const seen = new Map<ArrayBufferLike, Uint8Array>()
  const values = new Set<string>()
  for (let i = 0; i < 20_000; i++) {
    const piece = randomPiece(i % 3 === 0 ? 8 : i % 3 === 1 ? 12 : 32)
    const given = seen.get(piece.buffer) ?? new Uint8Array(piece.buffer.byteLength)
    seen.set(piece.buffer, given)
    for (let at = piece.byteOffset; at < piece.byteOffset + piece.length; at++) {
      assert.equal(given[at], 0, 'the byte was given before')
      given[at] = 1
    }
    values.add(piece.toString('hex'))
  }
  assert.equal(values.size, 20_000)
  assert.equal(randomPiece(100_000).length, 100_000)
})
