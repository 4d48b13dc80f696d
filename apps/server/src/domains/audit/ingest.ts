import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { type FormatError, type Json, parseStrict } from '@probity/core'
import { DomainError } from '../../platform/errors.ts'
import { expandRecords } from './formats/index.ts'
import type { Format } from './formats/observed-event.ts'
import type { Refused } from './intake.ts'
import { writeEvents } from './write.ts'
import type { WriteDependencies } from './write-inbox.ts'

const MAXIMUM_LINE = 1024 * 1024
const LINES_AT_ONCE = 512
const REFUSALS_SHOWN = 1000

export interface Ingested {
  accepted: number
  duplicate: number
  refused: number
  lines: number
  refusals: (Refused & { line: number })[]
}

/** Reads NDJSON of any length in bounded memory and writes its good lines; each bad one is told by number. */
export async function ingestStream(
  dependencies: WriteDependencies,
  tenantId: string,
  format: Format,
  body: Readable,
  encoding: string | undefined,
): Promise<Ingested> {
  const total: Ingested = { accepted: 0, duplicate: 0, refused: 0, lines: 0, refusals: [] }
  let chunk: { line: number; text: string }[] = []
  for await (const line of lines(decoded(body, encoding))) {
    total.lines++
    if (line === null)
      refuse(total, total.lines, {
        status: 'refused',
        code: 'ENTRY_TOO_LARGE',
        message: 'the line is longer than 1 MiB',
      })
    else if (line.trim() !== '') chunk.push({ line: total.lines, text: line })
    if (chunk.length < LINES_AT_ONCE) continue
    await writeChunk(dependencies, tenantId, format, chunk, total)
    chunk = []
  }
  await writeChunk(dependencies, tenantId, format, chunk, total)
  return total
}

async function writeChunk(
  dependencies: WriteDependencies,
  tenantId: string,
  format: Format,
  chunk: { line: number; text: string }[],
  total: Ingested,
): Promise<void> {
  await dependencies.sequencer.room(tenantId)
  const good: { line: number; value: Json }[] = []
  for (const { line, text } of chunk) {
    try {
      for (const value of expandRecords(format, parseStrict(text))) good.push({ line, value })
    } catch (error) {
      refuse(total, line, {
        status: 'refused',
        code: 'EVENT_REFUSED',
        message: `the line is not JSON that can be kept exactly: ${(error as FormatError).message}`,
      })
    }
  }
  const results = await writeEvents(
    dependencies,
    tenantId,
    format,
    good.map(({ value }) => value),
  )
  results.forEach((result, i) => {
    if (result.status === 'refused') refuse(total, good[i]?.line ?? 0, result)
    else total[result.status]++
  })
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
      return body.pipe(createGunzip()).on('error', () => undefined)
    case 'zstd':
      return body.pipe(createZstdDecompress()).on('error', () => undefined)
    default:
      throw new DomainError('MEDIA_TYPE_UNSUPPORTED', { supported: ['identity', 'gzip', 'zstd'] })
  }
}

/** Lines of a stream; null for one that is too long, which is skipped without being held. */
async function* lines(body: Readable): AsyncGenerator<string | null> {
  let rest: Buffer[] = []
  let length = 0
  let skipping = false
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      let from = 0
      for (let end = piece.indexOf(10); end !== -1; end = piece.indexOf(10, from)) {
        const tail = piece.subarray(from, end)
        from = end + 1
        if (skipping || length + tail.length > MAXIMUM_LINE) yield null
        else yield Buffer.concat([...rest, tail]).toString('utf8')
        rest = []
        length = 0
        skipping = false
      }
      const tail = piece.subarray(from)
      length += tail.length
      if (length > MAXIMUM_LINE) {
        skipping = true
        rest = []
      } else if (tail.length > 0) rest.push(tail)
    }
  } catch {
    throw new DomainError('BAD_REQUEST', {
      reason: 'the stream broke off or is not what its Content-Encoding says; lines before it are kept',
    })
  }
  if (skipping) yield null
  else if (length > 0) yield Buffer.concat(rest).toString('utf8')
}
