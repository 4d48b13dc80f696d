/** An event as it waits: a line of JSON, with an `event_id`, so that it is one event however often it is sent. */
export type Line = string

/** A part of what waits, which is sent and dropped as a whole. */
export interface Portion {
  lines: readonly Line[]
  /** It is in the log: it waits no more. */
  drop(): Promise<void>
}

/** Where events wait until the server has them. */
export interface Spool {
  /** Whether what waits outlives the process. */
  readonly isLasting: boolean
  /** Resolves when they are kept. Throws when there is no room. */
  append(lines: readonly Line[]): Promise<void>
  /** What has waited longest; null: nothing waits. The same again until it is dropped. */
  oldest(): Promise<Portion | null>
  /** Keeps what the server will never take, with why. */
  setAside(refused: readonly { line: Line; code: string; message: string }[]): Promise<void>
  close(): Promise<void>
}

const PORTION = 500

const MOST_BYTES = 64e6
const encoder = new TextEncoder()

/** In memory: lost with the process. */
export class MemorySpool implements Spool {
  readonly isLasting = false
  readonly #most: number
  readonly #mostBytes: number
  #waiting: { line: Line; bytes: number }[] = []
  #bytes = 0

  /** `most`: events that wait at once; `mostBytes`: how large they are together. */
  constructor(most = 10_000, mostBytes = MOST_BYTES) {
    this.#most = most
    this.#mostBytes = mostBytes
  }

  async append(lines: readonly Line[]): Promise<void> {
    if (this.#waiting.length + lines.length > this.#most)
      throw new Error(`${this.#most} events wait already: the server does not take them, or not fast enough`)
    const added = lines.map((line) => ({ line, bytes: encoder.encode(line).length }))
    const bytes = this.#bytes + bytesOf(added)
    if (bytes > this.#mostBytes)
      throw new Error(`${this.#bytes} of at most ${this.#mostBytes} bytes wait already: the server does not take them`)
    this.#waiting.push(...added)
    this.#bytes = bytes
  }

  async oldest(): Promise<Portion | null> {
    const lines = this.#waiting.slice(0, PORTION).map(({ line }) => line)
    const drop = async () => {
      this.#bytes -= bytesOf(this.#waiting.splice(0, lines.length))
    }
    return lines.length === 0 ? null : { lines, drop }
  }

  async setAside(): Promise<void> {
    // Whoever queues is told; there is no place to keep it.
  }

  async close(): Promise<void> {
    // What waits still may be sent.
  }
}

function bytesOf(lines: readonly { bytes: number }[]): number {
  return lines.reduce((sum, { bytes }) => sum + bytes, 0)
}
