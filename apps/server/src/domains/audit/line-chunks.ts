import type { Readable } from 'node:stream'
import { DomainError } from '../../platform/errors.ts'
import { LONGEST_LINE } from './intake/source.ts'

const NEWLINE = 10
const CHUNK = 131_072

/** Whole lines of a stream. */
export interface LineChunk {
  bytes: Uint8Array
  /** Lines of the stream before it. */
  firstLine: number
  /** Lines in it, blank ones and one that is too long included. */
  lines: number
  /** Whether its last line is longer than 1 MiB, and left out of `bytes`. */
  tooLong: boolean
}

/**
 * Cuts a stream into chunks of whole lines of some 128 KiB, never holding more than a line or a chunk. Throws
 * BAD_REQUEST when the stream breaks off.
 */
export async function* chunksOfLines(body: Readable): AsyncGenerator<LineChunk> {
  const lines = new LineBuffer()
  let broken = false
  try {
    for await (const piece of body as AsyncIterable<Buffer>) yield* lines.add(piece)
  } catch {
    broken = true
  }
  yield* lines.end(broken)
  if (broken) throw brokenOff()
}

/** Why a stream can't be read to its end. */
export function brokenOff(): DomainError {
  return new DomainError('BAD_REQUEST', {
    reason: 'the stream broke off or is not what its Content-Encoding says; whole lines before it are kept',
  })
}

class LineBuffer {
  /** Whole lines. */
  #lines: Buffer[] = []
  #size = 0
  #count = 0
  #firstLine = 0
  /** The line that is not whole yet. */
  #rest: Buffer[] = []
  #restSize = 0
  #skipping = false

  #extend(bytes: Buffer): void {
    this.#restSize += bytes.length
    if (this.#restSize > LONGEST_LINE + 1) {
      this.#skipping = true
      this.#rest = []
    } else this.#rest.push(bytes)
  }

  *add(piece: Buffer): Generator<LineChunk> {
    let from = 0
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, from)) {
      this.#extend(piece.subarray(from, end + 1))
      from = end + 1
      if (this.#skipping) yield this.#take(true)
      else {
        this.#endLine()
        if (this.#size >= CHUNK) yield this.#take(false)
      }
    }
    if (from < piece.length) this.#extend(piece.subarray(from))
  }

  /** What is left; of a broken stream without the line that it broke off in. */
  *end(broken: boolean): Generator<LineChunk> {
    if (this.#restSize > 0 && !broken && !this.#skipping) this.#endLine()
    const tooLong = this.#skipping && !broken
    if (this.#count > 0 || tooLong) yield this.#take(tooLong)
  }

  #endLine(): void {
    this.#lines.push(...this.#rest)
    this.#size += this.#restSize
    this.#count++
    this.#rest = []
    this.#restSize = 0
  }

  #take(tooLong: boolean): LineChunk {
    const lines = this.#count + (tooLong ? 1 : 0)
    const chunk = { bytes: Buffer.concat(this.#lines), firstLine: this.#firstLine, lines, tooLong }
    this.#firstLine += lines
    this.#lines = []
    this.#size = 0
    this.#count = 0
    if (tooLong) {
      this.#restSize = 0
      this.#skipping = false
    }
    return chunk
  }
}
