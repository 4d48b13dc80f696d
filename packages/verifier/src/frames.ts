import { decodeFrameHead, EXPORT_MAGIC, equal, FRAME, FRAME_HEAD_LENGTH } from '@probity/core'
import type { Hasher, VerifierCrypto } from './crypto.ts'
import { Refusal, refusalOf } from './result.ts'

export interface Frame {
  kind: number
  /** In a buffer of its own. */
  payload: Uint8Array
}

/** Reads the frames of an export (formats §6) one after the other, and digests them for the trailer. */
export class FrameReader {
  /** The entry that is expected next: what a damaged or missing frame is reported with. */
  index: number | null = null
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #hasher: Hasher
  #chunk: Uint8Array = new Uint8Array()
  #at = 0
  #next: Frame | null = null

  constructor(chunks: AsyncIterable<Uint8Array>, crypto: VerifierCrypto) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#hasher = crypto.createSha256()
  }

  /** Reads the magic; throws EXPORT_MALFORMED for another. */
  async open(): Promise<void> {
    const magic = await this.#read(EXPORT_MAGIC.length)
    if (!equal(magic, EXPORT_MAGIC)) throw new Refusal('EXPORT_MALFORMED', null, 'not an export')
    this.#hasher.update(magic)
  }

  /** The next frame if it is of this kind, else null; it then stays the next. */
  async take(kind: number): Promise<Uint8Array | null> {
    this.#next ??= await this.#readFrame()
    if (this.#next.kind !== kind) return null
    const { payload } = this.#next
    this.#next = null
    return payload
  }

  /** The next frame, which must be of this kind; throws FRAME_ORDER. */
  async expect(kind: number): Promise<Uint8Array> {
    const payload = await this.take(kind)
    if (payload) return payload
    const found = this.#next ? name(this.#next.kind) : 'none'
    throw new Refusal('FRAME_ORDER', this.index, `a frame ${name(kind)} should stand here, not ${found}`)
  }

  /**
   * Reads the trailer: the digest of all before it, and nothing after. Throws TRAILER_MISMATCH, TRAILING_BYTES.
   * Gives the digest.
   */
  async finish(): Promise<Uint8Array> {
    const trailer = await this.expect(FRAME.trailer)
    this.index = null
    if (!equal(trailer, this.#hasher.digest())) {
      throw new Refusal('TRAILER_MISMATCH', null, 'the digest of the file is not the one in its trailer')
    }
    if (await this.#fill()) throw new Refusal('TRAILING_BYTES', null, 'the file goes on after its trailer')
    return trailer
  }

  /** Gives the file back; also in the midst of it. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #readFrame(): Promise<Frame> {
    const head = await this.#read(FRAME_HEAD_LENGTH)
    const { kind, length } = this.#decodeHead(head)
    const payload = await this.#read(length)
    if (kind !== FRAME.trailer) {
      this.#hasher.update(head)
      this.#hasher.update(payload)
    }
    return { kind, payload }
  }

  #decodeHead(head: Uint8Array): { kind: number; length: number } {
    try {
      return decodeFrameHead(head)
    } catch (error) {
      throw refusalOf(error, this.index)
    }
  }

  async #read(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    for (let filled = 0; filled < length; ) {
      if (!(await this.#fill())) throw new Refusal('TRUNCATED', this.index, 'the file ends too early')
      const piece = this.#chunk.subarray(this.#at, this.#at + length - filled)
      bytes.set(piece, filled)
      filled += piece.length
      this.#at += piece.length
    }
    return bytes
  }

  // Whether there is a byte left to read.
  async #fill(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      const { done, value } = await this.#nextChunk()
      if (done) return false
      this.#chunk = value
      this.#at = 0
    }
    return true
  }

  async #nextChunk(): Promise<IteratorResult<Uint8Array, unknown>> {
    try {
      return await this.#chunks.next()
    } catch (error) {
      throw new Refusal('UNREADABLE', this.index, `the file cannot be read: ${refusalOf(error).message}`)
    }
  }
}

function name(kind: number): string {
  const known: number[] = Object.values(FRAME)
  return known.includes(kind) ? String.fromCharCode(kind) : `of the unknown kind ${kind}`
}
