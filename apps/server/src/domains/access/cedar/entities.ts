import { type JsonValue, readRecord, readReference } from './json-value.ts'
import type { Entities, Entity } from './request.ts'
import type { EntityReference } from './value.ts'

const NOTHING = new Map<string, never>()

/** Entities in memory, with the closure of what they are in. */
export class EntityStore implements Entities {
  readonly #entities = new Map<string, Entity>()

  /** Reads entities as Cedar writes them in JSON. Throws a Failure. */
  static read(json: readonly EntityText[]): EntityStore {
    const store = new EntityStore()
    const parents = new Map<string, EntityReference[]>()
    for (const { uid, attrs = {}, tags = {}, parents: given = [] } of json) {
      const { key } = readReference(uid)
      parents.set(
        key,
        given.map((one) => readReference(one)),
      )
      store.#entities.set(key, { attributes: readRecord(attrs), tags: readRecord(tags), ancestors: new Set() })
    }
    for (const [key, entity] of store.#entities)
      store.#entities.set(key, { ...entity, ancestors: closure(key, parents) })
    return store
  }

  /** The same with actions that a schema has in groups, by the key of each. */
  withActions(groups: ReadonlyMap<string, ReadonlySet<string>>): EntityStore {
    const store = new EntityStore()
    for (const [key, ancestors] of groups) store.#entities.set(key, { attributes: NOTHING, tags: NOTHING, ancestors })
    for (const [key, entity] of this.#entities) if (!groups.has(key)) store.#entities.set(key, entity)
    return store
  }

  find(key: string): Entity | undefined {
    return this.#entities.get(key)
  }
}

export interface EntityText {
  uid: JsonValue
  attrs?: JsonValue
  tags?: JsonValue
  parents?: readonly JsonValue[]
}

/** Keys of all that are reached from one by its parents. */
export function closure(key: string, parents: ReadonlyMap<string, readonly EntityReference[]>): Set<string> {
  const reached = new Set<string>()
  const waiting = [...(parents.get(key) ?? [])]
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    if (reached.has(one.key)) continue
    reached.add(one.key)
    waiting.push(...(parents.get(one.key) ?? []))
  }
  return reached
}
