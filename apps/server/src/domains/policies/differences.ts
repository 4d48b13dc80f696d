import type { PolicyDifferences } from '@probity/contract'

/** Whom a summary names, and examples that it has. */
const MOST_SHOWN = 20

export interface Difference {
  decision_id: string
  decided_at: Date
  principal: string
  action: string
  resource: string
}

/** Decisions that would have been others, as they are counted one by one. */
export class DifferenceCount {
  #count = 0
  readonly #principals = new Map<string, number>()
  readonly #examples: Difference[] = []

  add(difference: Difference): void {
    this.#count++
    this.#principals.set(difference.principal, (this.#principals.get(difference.principal) ?? 0) + 1)
    if (this.#examples.length < MOST_SHOWN) this.#examples.push(difference)
  }

  /** Those most often first. */
  present(): PolicyDifferences {
    const principals = [...this.#principals].map(([principal, count]) => ({ principal, count }))
    return {
      count: this.#count,
      principals: principals.sort((a, b) => b.count - a.count).slice(0, MOST_SHOWN),
      examples: this.#examples.map(({ decided_at, ...one }) => ({ ...one, decided_at: decided_at.toISOString() })),
    }
  }
}
