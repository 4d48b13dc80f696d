import type { Json } from '@probity/core'
import { collectValues } from './collect.ts'
import { addTexts, DataRedaction } from './data-redaction.ts'
import { copy, setMember } from './members.ts'
import { Needles } from './needles.ts'
import type { JsonObject, ObservedEvent, Person } from './observed-event.ts'
import { type Part, Parts } from './parts.ts'
import { type Owners, personalTree, union } from './personal-values.ts'
import { decodeStep } from './pointer.ts'
import { Texts } from './search.ts'
import { foldCase } from './texts.ts'

export type { Part } from './parts.ts'

export const SEALED_TYPE = 'sealed'

/** What may stand in the log: an event without anything personal. A person's `actor.id` is empty. */
export interface ClearEvent {
  event_id: string | null
  occurred_at: number | null
  event_type: string
  actor: { id: string; type: Person['type'] } | null
  session: string | null
  resource: string | null
  action: string | null
  outcome: ObservedEvent['outcome']
  risk_score: number | null
  data: JsonObject
}

const COLUMNS = ['event_type', 'session', 'resource', 'action'] as const

/**
 * Takes everything personal out of an event: the places that it names, and every other text, member name or
 * number that holds a personal value. Such a member goes, such an element becomes null, such a column becomes
 * null (event_type: "sealed"). What holds values of several people goes to a part of all of them. An identity,
 * `/actor/id` and `/people/<i>/id`, is always in its own person's part.
 */
export function redact(event: ObservedEvent): { clear: ClearEvent; parts: Part[] } {
  const tree = personalTree(event.personal)
  const values = collectValues(event, tree)
  const texts = new Texts()
  for (const column of COLUMNS) texts.add(event[column] ?? '')
  texts.add(event.actor && event.actor.type !== 'person' ? event.actor.id : '')
  addTexts(event.data, texts)
  const needles = new Needles(values, texts.encoded)
  const hits = texts.search(needles)
  const parts = new Parts()
  const columns = COLUMNS.map((column, i) =>
    redactColumn(
      event[column],
      column,
      union(union(tree.below?.get(column)?.owners, hits[i]), cutValue(event[column], needles)),
      parts,
    ),
  )
  const actor = redactActor(event.actor, hits[COLUMNS.length], parts)
  for (const [i, person] of event.people.entries()) parts.put([i], `/people/${i}/id`, person.id)
  const data = new DataRedaction(hits, COLUMNS.length + 1, values, parts).redact(event.data, tree.below?.get('data'))
  const [type = null, session = null, resource = null, action = null] = columns
  const { event_id, occurred_at, outcome, risk_score } = event
  return {
    clear: {
      event_id,
      occurred_at,
      event_type: type ?? SEALED_TYPE,
      actor,
      session,
      resource,
      action,
      outcome,
      risk_score,
      data,
    },
    parts: parts.all(),
  }
}

function redactColumn(text: string | null, column: string, owners: Owners | undefined, parts: Parts): string | null {
  if (text === null || owners === undefined) return text
  parts.put(owners, `/${column}`, text)
  return null
}

// A column is a text that may have been cut in the middle of a personal value.
const CUT_LENGTHS = new Set([254, 255, 2047, 2048])

function cutValue(text: string | null, needles: Needles): Owners | undefined {
  return text === null || !CUT_LENGTHS.has(text.length) ? undefined : needles.ownersCutIn(foldCase(text))
}

function redactActor(actor: Person | null, hit: Owners | undefined, parts: Parts): ClearEvent['actor'] {
  if (actor === null) return null
  if (actor.type !== 'person' && hit === undefined) return { id: actor.id, type: actor.type }
  parts.put(actor.type === 'person' ? [-1] : (hit as Owners), '/actor/id', actor.id)
  return { id: actor.type === 'person' ? '' : SEALED_TYPE, type: actor.type }
}

type Restorable = Pick<ClearEvent, 'event_type' | 'actor' | 'session' | 'resource' | 'action' | 'data'>

/** The inverse of redact: puts the members of the parts that could be opened back to where they stood. */
export function restore<T extends Restorable>(clear: T, opened: readonly JsonObject[]): T {
  const whole = { ...clear, data: copy(clear.data) }
  for (const members of opened) {
    for (const [pointer, value] of Object.entries(members)) putBack(whole, pointer, value)
  }
  return whole
}

function putBack(whole: Restorable, pointer: string, value: Json): void {
  const [name, ...keys] = pointer.split('/').slice(1).map(decodeStep)
  if (name === 'actor' && whole.actor) whole.actor = { ...whole.actor, id: `${value}` }
  if (COLUMNS.some((column) => column === name)) Object.assign(whole, { [name as string]: value })
  if (name !== 'data') return
  const last = keys.pop()
  if (last === undefined) whole.data = copy(value) as JsonObject
  else {
    const parent = keys.reduce<Json | undefined>(memberOf, whole.data)
    if (typeof parent === 'object' && parent !== null) setMember(parent as JsonObject, last, copy(value))
  }
}

function memberOf(value: Json | undefined, key: string): Json | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined
}
