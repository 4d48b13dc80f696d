import type { Logger } from 'pino'
import { codeOf } from './errors.ts'

/** What is not taken at once is tried again after so many milliseconds each. */
const PAUSES = [1_000, 5_000, 30_000]
const MOST_WAITING = 1_000
const AT_ONCE = 4

/**
 * Hands messages on behind the caller's back. Owns its queue, which lives in memory: what waits when the server ends is lost,
 * and whoever misses a message asks for another.
 */
export class Outbox<Message> {
  readonly #deliver: (message: Message) => Promise<void>
  readonly #what: string
  readonly #log: Logger
  readonly #waiting: Message[] = []
  readonly #ended = new AbortController()
  #sending = 0
  #idle: (() => void)[] = []

  /** `what`: what a message is called in the server's own log. */
  constructor(deliver: (message: Message) => Promise<void>, what: string, log: Logger) {
    this.#deliver = deliver
    this.#what = what
    this.#log = log
  }

  /** False: the queue is full, or has ended. */
  send(message: Message): boolean {
    if (this.#ended.signal.aborted || this.#waiting.length >= MOST_WAITING) return false
    this.#waiting.push(message)
    this.#next()
    return true
  }

  /** Ends: what is under way goes out, what waits to be tried again does not. */
  async stop(): Promise<void> {
    this.#waiting.length = 0
    this.#ended.abort()
    if (this.#sending > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #next(): void {
    while (this.#sending < AT_ONCE) {
      const message = this.#waiting.shift()
      if (message === undefined) break
      this.#sending++
      void this.#try(message).finally(() => {
        this.#sending--
        this.#next()
      })
    }
    if (this.#sending === 0) for (const wake of this.#idle.splice(0)) wake()
  }

  async #try(message: Message): Promise<void> {
    for (const pause of [...PAUSES, null]) {
      try {
        await this.#deliver(message)
        return
      } catch (error) {
        // Never the message itself, nor what was answered: it may repeat the address.
        this.#log.warn({ code: codeOf(error) || 'UNKNOWN', again: pause !== null }, `a ${this.#what} could not be sent`)
        if (pause === null || (await this.#pause(pause)) === 'ended') return
      }
    }
  }

  #pause(milliseconds: number): Promise<'over' | 'ended'> {
    const { signal } = this.#ended
    return new Promise((resolve) => {
      if (signal.aborted) return resolve('ended')
      const timer = setTimeout(() => resolve('over'), milliseconds)
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer)
          resolve('ended')
        },
        { once: true },
      )
    })
  }
}
