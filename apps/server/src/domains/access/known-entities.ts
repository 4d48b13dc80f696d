import type { NamedEntity } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { closure } from './cedar/entities.ts'
import { type JsonValue, readRecord } from './cedar/json-value.ts'
import type { Entities, Entity } from './cedar/request.ts'
import { type CedarRecord, EntityReference } from './cedar/value.ts'
import * as store from './store-entities.ts'

/** Rows that a decision reads of entities at most: whoever told of more than that gets no answer, and nobody waits for it. */
const MOST_REACHED = 20_000

/** What is known of entities, and of all that they are in. */
export class KnownEntities implements Entities {
  readonly #rows = new Map<string, store.EntityRow>()
  readonly #parents = new Map<string, EntityReference[]>()
  readonly #references = new Map<string, EntityReference>()
  /** Made when they are asked for: of most that are reached nothing is asked. */
  readonly #entities = new Map<string, Entity>()

  constructor(rows: readonly store.EntityRow[]) {
    for (const row of rows) {
      const reference = new EntityReference(row.entity_type, row.entity_id)
      this.#rows.set(reference.key, row)
      this.#references.set(reference.key, reference)
      this.#parents.set(
        reference.key,
        row.parents.map(({ type, id }) => new EntityReference(type, id)),
      )
    }
  }

  /** Of these and all that they are in. Throws RELATIONS_TOO_MANY. */
  static async read(tx: Tx, asked: readonly NamedEntity[]): Promise<KnownEntities> {
    const rows = await store.readReached(tx, asked, MOST_REACHED + 1)
    if (rows.length > MOST_REACHED) throw new DomainError('RELATIONS_TOO_MANY')
    return new KnownEntities(rows)
  }

  /** Of some of these and all that they are in alone. */
  within(asked: readonly NamedEntity[]): KnownEntities {
    const reached = new Set<string>()
    const waiting = asked.map(({ type, id }) => new EntityReference(type, id).key)
    for (const key of waiting) {
      if (reached.has(key)) continue
      reached.add(key)
      waiting.push(...(this.#parents.get(key) ?? []).map((parent) => parent.key))
    }
    return new KnownEntities([...reached].flatMap((key) => this.#rows.get(key) ?? []))
  }

  find(key: string): Entity | undefined {
    const row = this.#rows.get(key)
    if (!row) return undefined
    const known = this.#entities.get(key)
    if (known) return known
    const attributes = row.attributes === null ? NOTHING : readRecord(row.attributes as JsonValue) // as it was told
    const made = { attributes, tags: NOTHING, ancestors: closure(key, this.#parents) }
    this.#entities.set(key, made)
    return made
  }

  attributesOf({ key }: EntityReference): CedarRecord {
    return this.find(key)?.attributes ?? NOTHING
  }

  ancestorsOf({ key }: EntityReference): ReadonlySet<string> {
    return this.find(key)?.ancestors ?? NOWHERE
  }

  /** All that an entity is in. */
  placesOf(one: EntityReference): EntityReference[] {
    return [...this.ancestorsOf(one)].flatMap((key) => this.#references.get(key) ?? [])
  }
}

const NOTHING: CedarRecord = new Map()
const NOWHERE: ReadonlySet<string> = new Set()
export const NOTHING_KNOWN = new KnownEntities([])
