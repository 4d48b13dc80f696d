import { constants, createZstdCompress, type ZstdCompress } from 'node:zlib'

/** More than any bundle has: what is written is never held back, and what comes out waits to be read. */
const WHOLE = 2 ** 26
/** Matches are looked for over 512 KiB: twice a bundle of usual events. */
const WINDOW = 19
const TABLE = 16

/**
 * Makes Zstandard frames (RFC 8878), one after the other in another thread, with one context: to make a new one for
 * each takes longer than to fill it, and its megabytes outside the heap set off garbage collections.
 */
export class ZstdPacker {
  readonly #level: number
  #stream: ZstdCompress
  #failed: ((error: Error) => void)[] = []

  constructor(level: number) {
    this.#level = level
    this.#stream = this.#start()
  }

  /** One frame of some pieces. Rejects when zlib does, and for whoever waits with it; then a new context is made. */
  pack(pieces: readonly Uint8Array[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.#stream
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
      this.#failed.push(reject)
      for (const piece of pieces) stream.write(piece)
      stream.flush(constants.ZSTD_e_end, () => {
        if (stream !== this.#stream) return
        this.#failed.shift()
        resolve(withLength((stream.read() as Buffer | null) ?? Buffer.alloc(0), length))
      })
    })
  }

  #start(): ZstdCompress {
    const stream = createZstdCompress({
      chunkSize: 131_072,
      readableHighWaterMark: WHOLE,
      writableHighWaterMark: WHOLE,
      params: {
        [constants.ZSTD_c_compressionLevel]: this.#level,
        [constants.ZSTD_c_windowLog]: WINDOW,
        [constants.ZSTD_c_hashLog]: TABLE,
        [constants.ZSTD_c_chainLog]: TABLE,
      },
    } as Parameters<typeof createZstdCompress>[0])
    stream.on('error', (error) => {
      const waiting = this.#failed
      this.#failed = []
      this.#stream = this.#start()
      for (const reject of waiting) reject(error)
    })
    return stream
  }
}

const DESCRIPTOR = 4
/** A content size of four bytes, a window of its own, no checksum and no dictionary (RFC 8878 §3.1.1.1.1). */
const WITH_LENGTH = 0x80

/**
 * A frame as exports carry it (formats §6): it says how long its content is, which zlib does not know of a stream, and
 * nothing comes after it. Where a frame ends with zlib's buffer, zlib ends it once more, with an empty one.
 */
function withLength(stream: Buffer, length: number): Buffer {
  if (stream[DESCRIPTOR] !== 0) throw new Error('zlib made a frame of another kind')
  const blocks = stream.subarray(DESCRIPTOR + 2, endOfFrame(stream))
  const head = Buffer.alloc(DESCRIPTOR + 6)
  stream.copy(head, 0, 0, DESCRIPTOR + 2)
  head[DESCRIPTOR] = WITH_LENGTH
  head.writeUInt32LE(length, DESCRIPTOR + 2)
  return Buffer.concat([head, blocks])
}

// RFC 8878 §3.1.1.2: three bytes before each block; a repeated byte is one.
function endOfFrame(frame: Buffer): number {
  for (let at = DESCRIPTOR + 2; ; ) {
    const head = frame.readUIntLE(at, 3)
    at += 3 + (((head >> 1) & 3) === 1 ? 1 : head >> 3)
    if (head & 1) return at
  }
}
