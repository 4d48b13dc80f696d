import type { NamedEntity } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { closure } from './cedar/entities.ts'
import { type JsonValue, readRecord } from './cedar/json-value.ts'
import type { Entities, Entity } from './cedar/request.ts'
import { type CedarRecord, EntityReference } from './cedar/value.ts'
import { calledAsOurs } from './kinds.ts'
import type { Extent } from './rules.ts'
import * as store from './store-entities.ts'

/** Rows that a decision reads of entities at most: whoever told of more than that gets no answer, and nobody waits for it. */
const MOST_REACHED = 20_000

/** What was told, by the keys of entities. */
interface Told {
  rows: ReadonlyMap<string, store.EntityRow>
  references: ReadonlyMap<string, EntityReference>
  parents: ReadonlyMap<string, readonly EntityReference[]>
  /** Made when they are asked for: of most that are reached nothing is asked. */
  entities: Map<string, Entity>
  /** Types of all that an entity is in, likewise. */
  types: Map<string, ReadonlySet<string>>
}

/** What is known of entities, and of all that they are in. */
export class KnownEntities implements Entities {
  readonly #told: Told
  /** Keys of what is known here; null: of all that was told. */
  readonly #only: ReadonlySet<string> | null

  private constructor(told: Told, only: ReadonlySet<string> | null) {
    this.#told = told
    this.#only = only
  }

  static of(rows: readonly store.EntityRow[]): KnownEntities {
    const all = rows.map((row) => ({ row, reference: new EntityReference(row.entity_type, row.entity_id) }))
    const parentsOf = ({ parents }: store.EntityRow) => parents.map(({ type, id }) => new EntityReference(type, id))
    const told = {
      rows: new Map(all.map(({ row, reference }) => [reference.key, row])),
      references: new Map(all.map(({ reference }) => [reference.key, reference])),
      parents: new Map(all.map(({ row, reference }) => [reference.key, parentsOf(row)])),
      ...{ entities: new Map(), types: new Map() },
    }
    return new KnownEntities(told, null)
  }

  /** Of these and all that they are in. Throws RELATIONS_TOO_MANY. */
  static async read(tx: Tx, asked: readonly NamedEntity[]): Promise<KnownEntities> {
    const rows = await store.readReached(tx, asked, MOST_REACHED + 1)
    if (rows.length > MOST_REACHED) throw new DomainError('RELATIONS_TOO_MANY')
    return KnownEntities.of(rows)
  }

  /** Of some of these and all that they are in alone. */
  within(asked: readonly NamedEntity[]): KnownEntities {
    const own = asked.map(({ type, id }) => new EntityReference(type, id))
    return new KnownEntities(this.#told, new Set(own.flatMap((one) => [one.key, ...this.ancestorsOf(one)])))
  }

  find(key: string): Entity | undefined {
    const { rows, parents, entities } = this.#told
    const row = this.#only?.has(key) === false ? undefined : rows.get(key)
    if (!row) return undefined
    const known = entities.get(key)
    if (known) return known
    const attributes = row.attributes === null ? NOTHING : readRecord(row.attributes as JsonValue, 0, calledAsOurs) // JSON, as it was told
    const made = { attributes, tags: NOTHING, ancestors: closure(key, parents) }
    entities.set(key, made)
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
    return [...this.ancestorsOf(one)].flatMap((key) => this.#told.references.get(key) ?? [])
  }

  /** Whether an entity is in one of some kind, or in the very one. */
  isWithin(one: EntityReference, { resource_type: type, resource_id: id }: Extent): boolean {
    if (type === null) return true
    if (!this.find(one.key)) return false
    if (id !== null) return this.ancestorsOf(one).has(new EntityReference(type, id).key)
    const types = this.#told.types.get(one.key) ?? new Set(this.placesOf(one).map((place) => place.type))
    this.#told.types.set(one.key, types)
    return types.has(type)
  }
}

const NOTHING: CedarRecord = new Map()
const NOWHERE: ReadonlySet<string> = new Set()
export const NOTHING_KNOWN = KnownEntities.of([])
