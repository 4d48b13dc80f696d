import type { Json } from '@probity/core'
import { EventRefused, type JsonObject, type ObservedEvent } from './observed-event.ts'
import { type PersonalNode, PersonalValues, personalTree } from './personal-values.ts'
import { valueAt } from './pointer.ts'

const MOST_VALUES = 2_000

/** What the people of an event are called and what is theirs; `tree` are the places that it names as personal. */
export function collectValues(event: ObservedEvent, tree: PersonalNode): PersonalValues {
  const values = new PersonalValues()
  const people = event.people.map((person, i) => [person, i] as const)
  for (const [person, i] of event.actor?.type === 'person' ? [[event.actor, -1] as const, ...people] : people) {
    values.addIdentifier(person.id, i)
    for (const alias of person.aliases) values.addIdentifier(alias, i)
  }
  collectBelow(rootOf(event), tree, '', values)
  return values
}

/** Refuses an event of more personal values than can be looked for everywhere in it. */
export function requireFewValues(event: ObservedEvent): void {
  let most = event.people.reduce((sum, { aliases }) => sum + 1 + aliases.length, 1 + (event.actor?.aliases.length ?? 0))
  const root = rootOf(event)
  for (const { pointer } of event.personal) most += countValues(valueAt(root, pointer) ?? null)
  if (most <= MOST_VALUES || collectValues(event, personalTree(event.personal)).size <= MOST_VALUES) return
  throw new EventRefused(`The event has more than ${MOST_VALUES} personal values: split it.`)
}

function rootOf({ event_type, session, resource, action, data }: ObservedEvent): JsonObject {
  return { event_type, session, resource, action, data }
}

function collectBelow(value: Json, node: PersonalNode, path: string, values: PersonalValues): void {
  if (node.owners) values.addSubtree(value, node.owners, path)
  if (!node.below || typeof value !== 'object' || value === null) return
  for (const [key, below] of node.below) {
    if (Object.hasOwn(value, key)) collectBelow((value as JsonObject)[key] as Json, below, `${path}/${key}`, values)
  }
}

function countValues(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 0
  for (const key of Object.keys(value)) count += countValues((value as JsonObject)[key] as Json)
  return count
}
