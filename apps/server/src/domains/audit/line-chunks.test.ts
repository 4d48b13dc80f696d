import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { DomainError } from '../../platform/errors.ts'
import { chunksOfLines, type LineChunk } from './line-chunks.ts'

const LONGEST = 1024 * 1024

async function collect(pieces: readonly Uint8Array[]): Promise<LineChunk[]> {
  const chunks: LineChunk[] = []
  for await (const chunk of chunksOfLines(Readable.from(pieces.map((piece) => Buffer.from(piece))))) chunks.push(chunk)
  return chunks
}

/** Cuts bytes at some places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end))
}

test('whatever pieces a stream comes in, its chunks are its lines, each whole and counted', async () => {
  const line = fc.oneof(fc.string({ maxLength: 30 }), fc.constant('x'.repeat(100_000)))
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 10 }), async (lines, cuts) => {
      const text = lines.map((one) => one.replaceAll('\n', ' ')).join('\n')
      const chunks = await collect(cut(Buffer.from(text), cuts))
      assert.equal(Buffer.concat(chunks.map((chunk) => chunk.bytes)).toString(), text)
      let count = 0
      for (const chunk of chunks) {
        assert.equal(chunk.firstLine, count)
        count += chunk.lines
      }
      assert.equal(count, text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0))
    }),
    { numRuns: 60 },
  )
})

test('a line that is too long is left out without being held, and its neighbours are kept', async () => {
  const long = Buffer.alloc(5 * LONGEST, 'x')
  const chunks = await collect([Buffer.from('a\n'), long, Buffer.from('\nb')])
  assert.deepEqual(
    chunks.map(({ bytes, firstLine, lines, tooLong }) => [Buffer.from(bytes).toString(), firstLine, lines, tooLong]),
    [
      ['a\n', 0, 2, true],
      ['b', 2, 1, false],
    ],
  )
})

test('a stream that ends within a line that is too long says so', async () => {
  const chunks = await collect([Buffer.from('a\n'), Buffer.alloc(LONGEST + 2, 'x')])
  assert.deepEqual(
    chunks.map(({ lines, tooLong }) => [lines, tooLong]),
    [[2, true]],
  )
})

test('of a stream that breaks off the whole lines are given before it is told', async () => {
  const body = Readable.from(
    (async function* () {
      yield Buffer.from('a\nb\nhalf')
      throw new Error('gone')
    })(),
  )
  const seen: string[] = []
  await assert.rejects(
    async () => {
      for await (const { bytes } of chunksOfLines(body)) seen.push(Buffer.from(bytes).toString())
    },
    (error) => error instanceof DomainError && error.code === 'BAD_REQUEST',
  )
  assert.deepEqual(seen, ['a\nb\n'])
})
