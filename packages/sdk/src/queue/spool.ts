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

/** In memory: lost with the process. */
export class MemorySpool implements Spool {
  readonly isLasting = false
  readonly #most: number
  #waiting: Line[] = []

  /** `most`: events that wait at once. */
  constructor(most = 10_000) {
    this.#most = most
  }

  async append(lines: readonly Line[]): Promise<void> {
    if (this.#waiting.length + lines.length > this.#most)
      throw new Error(`${this.#most} events wait already: the server does not take them, or not fast enough`)
    this.#waiting.push(...lines)
  }

  async oldest(): Promise<Portion | null> {
    const lines = this.#waiting.slice(0, PORTION)
    const drop = async () => void this.#waiting.splice(0, lines.length)
    return lines.length === 0 ? null : { lines, drop }
  }

  async setAside(): Promise<void> {
    // Whoever queues is told; there is no place to keep it.
  }

  async close(): Promise<void> {
    // What waits still may be sent.
  }
}
