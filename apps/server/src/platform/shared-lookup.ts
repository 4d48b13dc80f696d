/**
 * One look-up for all who ask the same while another is under way. Theirs begins when that one is over, hence after
 * they asked: nobody is answered with what was true only before. So many callers at once cost two look-ups and not
 * one each.
 */
export class SharedLookup<T> {
  readonly #running = new Map<string, Promise<T>>()
  readonly #next = new Map<string, Promise<T>>()

  ask(key: string, look: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key)
    if (!running) return this.#start(key, look)
    const waiting = this.#next.get(key)
    if (waiting) return waiting
    const next = running
      .catch(() => undefined) // told to those who asked for it
      .then(() => {
        this.#next.delete(key)
        return this.#start(key, look)
      })
    this.#next.set(key, next)
    return next
  }

  #start(key: string, look: () => Promise<T>): Promise<T> {
    const looked = look().finally(() => {
      if (this.#running.get(key) === looked) this.#running.delete(key)
    })
    this.#running.set(key, looked)
    return looked
  }
}
