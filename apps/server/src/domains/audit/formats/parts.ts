import type { Json } from '@probity/core'
import type { JsonObject } from './observed-event.ts'
import type { Owners } from './personal-values.ts'

/** What is sealed for the same people: JSON Pointer to what stood there (docs/formats.md §7). */
export interface Part {
  /** Ascending indexes into the event's people; -1 is the actor. */
  people: number[]
  members: JsonObject
}

/** The parts of one event, one for each set of owners. */
export class Parts {
  readonly #parts = new Map<string, Part>()

  put(owners: Owners, pointer: string, value: Json): void {
    const key = owners.join()
    const part = this.#parts.get(key) ?? { people: [...owners], members: {} }
    part.members[pointer] = value
    this.#parts.set(key, part)
  }

  all(): Part[] {
    return [...this.#parts.values()]
  }
}
