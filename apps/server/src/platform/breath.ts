import { setImmediate as yieldToOthers } from 'node:timers/promises'

/** So long work of one caller may keep the event loop from all others before it lets go of it. */
const LONGEST_MILLISECONDS = 10

/** For long work in many parts: lets the event loop go between two of them when it has been held for long. */
export class Breath {
  #since = performance.now()

  async take(): Promise<void> {
    if (performance.now() - this.#since < LONGEST_MILLISECONDS) return
    await yieldToOthers()
    this.#since = performance.now()
  }
}
