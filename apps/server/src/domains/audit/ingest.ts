import { type Duplex, finished, pipeline, type Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { DomainError } from '../../platform/errors.ts'
import { costOf, SenderGone } from './budget.ts'
import type { Format } from './formats/observed-event.ts'
import type { Refused } from './intake/prepared.ts'
import { LINE_TOO_LONG } from './intake/source.ts'
import { brokenOff, chunksOfLines, type LineChunk } from './line-chunks.ts'
import { type Enqueued, enqueueSource, type Written, writeSource } from './write.ts'
import type { WriteDependencies } from './write-inbox.ts'

const REFUSALS_SHOWN = 1000
/** Chunks of a stream under way: one is read, one sealed, one written. */
const CHUNKS_AT_ONCE = 3

export interface Ingested {
  accepted: number
  duplicate: number
  refused: number
  lines: number
  refusals: (Refused & { line: number })[]
}

/** Reads NDJSON of any length in bounded memory and writes its good lines, in order; each bad one is told by number. */
export async function ingestStream(
  dependencies: WriteDependencies,
  tenantId: string,
  format: Format,
  body: Readable,
  encoding: string | undefined,
): Promise<Ingested> {
  const total: Ingested = { accepted: 0, duplicate: 0, refused: 0, lines: 0, refusals: [] }
  const underWay: { chunk: LineChunk; written: Promise<Written[]> }[] = []
  const finishOne = async () => {
    const first = underWay.shift()
    if (first) count(total, first.chunk, await first.written)
  }
  let before: Promise<Enqueued | null> = Promise.resolve(null)
  const gone = whenBroken(body)
  try {
    for await (const chunk of chunksOfLines(decoded(body, encoding))) {
      const leave = await dependencies.budget.wait(tenantId, costOf(chunk.bytes.length, chunk.lines), gone)
      const { written, enqueued } = write(dependencies, tenantId, format, chunk, before)
      written.finally(leave).catch(() => undefined) // looked at when it is its turn
      before = enqueued
      underWay.push({ chunk, written })
      if (underWay.length >= CHUNKS_AT_ONCE) await finishOne()
    }
  } catch (error) {
    await Promise.allSettled(underWay.map(({ written }) => written))
    throw error instanceof SenderGone ? brokenOff() : error
  }
  while (underWay.length > 0) await finishOne()
  return total
}

// A chunk that waits for room reads nothing of its stream, so it would not see that nobody is there any more.
function whenBroken(body: Readable): AbortSignal {
  const gone = new AbortController()
  finished(body, { writable: false }, (error) => {
    if (error) gone.abort()
  })
  return gone.signal
}

// `enqueued` settles when the chunk's events have their place in the queue: the next one's come after them.
function write(
  dependencies: WriteDependencies,
  tenantId: string,
  format: Format,
  { bytes }: LineChunk,
  before: Promise<Enqueued | null>,
): { written: Promise<Written[]>; enqueued: Promise<Enqueued | null> } {
  const source = { format, kind: 'lines', bytes } as const
  const enqueued = dependencies.sequencer.leads
    ? enqueueSource(dependencies, tenantId, source, before)
    : before.then(() => ({ asWhole: false, settled: writeSource(dependencies, tenantId, source) }))
  const written = enqueued.then(({ settled }) => settled)
  written.catch(() => undefined) // looked at when it is its turn
  return { written, enqueued: enqueued.catch(() => null) }
}

function count(total: Ingested, { firstLine, lines, tooLong }: LineChunk, written: readonly Written[]): void {
  total.lines = firstLine + lines
  for (const { line, fate } of written) {
    if (fate.status === 'refused') refuse(total, firstLine + line + 1, fate)
    else total[fate.status]++
  }
  if (tooLong) refuse(total, firstLine + lines, LINE_TOO_LONG)
}

function refuse(total: Ingested, line: number, refusal: Refused): void {
  total.refused++
  if (total.refusals.length < REFUSALS_SHOWN) total.refusals.push({ ...refusal, line })
}

function decoded(body: Readable, encoding: string | undefined): Readable {
  switch (encoding) {
    case undefined:
    case 'identity':
      return body
    case 'gzip':
      return through(body, createGunzip())
    case 'zstd':
      return through(body, createZstdDecompress())
    default:
      throw new DomainError('MEDIA_TYPE_UNSUPPORTED', { supported: ['identity', 'gzip', 'zstd'] })
  }
}

// A pipeline, since one end that breaks off must end the other; who reads is told.
function through(body: Readable, decompress: Duplex): Readable {
  return pipeline(body, decompress, () => undefined)
}
