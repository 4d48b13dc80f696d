import type { NamedEntity } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import { closure } from './cedar/entities.ts'
import { type JsonValue, readRecord } from './cedar/json-value.ts'
import type { Entities, Entity } from './cedar/request.ts'
import { type CedarRecord, EntityReference } from './cedar/value.ts'
import * as store from './store-entities.ts'

/** What is known of entities, and of all that they are in. */
export class KnownEntities implements Entities {
  readonly #entities = new Map<string, Entity>()
  readonly #parents = new Map<string, EntityReference[]>()
  readonly #references = new Map<string, EntityReference>()

  constructor(rows: readonly store.EntityRow[]) {
    for (const row of rows) {
      const reference = new EntityReference(row.entity_type, row.entity_id)
      this.#references.set(reference.key, reference)
      const parents = row.parents.map(({ type, id }) => new EntityReference(type, id))
      for (const parent of parents) this.#references.set(parent.key, parent)
      this.#parents.set(reference.key, parents)
    }
    for (const row of rows) {
      const { key } = new EntityReference(row.entity_type, row.entity_id)
      const attributes = row.attributes === null ? NOTHING : readRecord(row.attributes as JsonValue) // as it was told
      this.#entities.set(key, { attributes, tags: NOTHING, ancestors: closure(key, this.#parents) })
    }
  }

  /** Of these and all that they are in. */
  static async read(tx: Tx, asked: readonly NamedEntity[]): Promise<KnownEntities> {
    return new KnownEntities(await store.readReached(tx, asked))
  }

  find(key: string): Entity | undefined {
    return this.#entities.get(key)
  }

  attributesOf({ key }: EntityReference): CedarRecord {
    return this.#entities.get(key)?.attributes ?? NOTHING
  }

  ancestorsOf({ key }: EntityReference): ReadonlySet<string> {
    return this.#entities.get(key)?.ancestors ?? NOWHERE
  }

  /** All that an entity is in. */
  placesOf(one: EntityReference): EntityReference[] {
    return [...this.ancestorsOf(one)].flatMap((key) => this.#references.get(key) ?? [])
  }
}

const NOTHING: CedarRecord = new Map()
const NOWHERE: ReadonlySet<string> = new Set()
export const NOTHING_KNOWN = new KnownEntities([])
