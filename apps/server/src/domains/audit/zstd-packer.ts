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
      this.#failed.push(reject)
      for (const piece of pieces) stream.write(piece)
      stream.flush(constants.ZSTD_e_end, () => {
        if (stream !== this.#stream) return
        this.#failed.shift()
        resolve(stream.read() as Buffer)
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
