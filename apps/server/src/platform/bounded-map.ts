/**
 * A map that keeps what was used lately: at most `capacity` entries, and at least the half of it that was used last.
 * Two generations, since to move each entry to the end of one map at each use costs more than most of what is kept.
 */
export class BoundedMap<K, V> {
  #young = new Map<K, V>()
  #old = new Map<K, V>()
  readonly #half: number

  constructor(capacity: number) {
    this.#half = Math.max(1, Math.floor(capacity / 2))
  }

  get(key: K): V | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const kept = this.#old.get(key)
    if (kept !== undefined) this.set(key, kept)
    return kept
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: K): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  deleteWhere(matches: (key: K, value: V) => boolean): void {
    for (const map of [this.#young, this.#old]) for (const [key, value] of map) if (matches(key, value)) map.delete(key)
  }
}
