import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { DomainError } from './errors.ts'

/** So long work of one caller may keep the event loop from all others before it lets go of it. */
const LONGEST_MILLISECONDS = 10

/** For long work in many parts: lets the event loop go between two of them when it has been held for long. */
export class Breath {
  readonly #most: number
  #since = performance.now()
  #worked = 0

  /** `most`: milliseconds that the work may take itself, between one breath and the next. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most
  }

  /** Throws TOO_MUCH_WORK. */
  async take(): Promise<void> {
    const worked = performance.now() - this.#since
    if (worked < LONGEST_MILLISECONDS) return
    this.#worked += worked
    if (this.#worked > this.#most) throw new DomainError('TOO_MUCH_WORK')
    await yieldToOthers()
    this.#since = performance.now()
  }
}
