import type { CedarRecord, EntityReference } from './value.ts'

/** What is known of an entity. */
export interface Entity {
  attributes: CedarRecord
  tags: CedarRecord
  /** Keys of all that it is in, itself not among them. */
  ancestors: ReadonlySet<string>
}

export interface Entities {
  find(key: string): Entity | undefined
}

/** May this principal do this action to this resource, and under which circumstances it is asked. */
export interface Request {
  principal: EntityReference
  action: EntityReference
  resource: EntityReference
  context: CedarRecord
  entities: Entities
}

/** Whether an entity is another, or in it, directly or not. */
export function isIn(entities: Entities, one: EntityReference, other: EntityReference): boolean {
  return one.key === other.key || (entities.find(one.key)?.ancestors.has(other.key) ?? false)
}
