import type { Json } from '@probity/core'
import type { JsonObject, ObservedEvent, Person } from './observed-event.ts'
import { type Owners, type PersonalNode, PersonalValues, personalTree, union } from './personal-values.ts'
import { decodeStep, encodeStep } from './pointer.ts'
import { Texts } from './search.ts'
import { foldCase } from './texts.ts'

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

/** What is sealed for the same people: JSON Pointer to what stood there (docs/formats.md §7). */
export interface Part {
  /** Ascending indexes into the event's people; -1 is the actor. */
  people: number[]
  members: JsonObject
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
  const hits = texts.search(values)
  const parts = new Parts()
  const columns = COLUMNS.map((column, i) =>
    redactColumn(event[column], column, union(union(tree.below?.get(column)?.owners, hits[i]), cutValue(event[column], values)), parts),
  )
  const actor = redactActor(event.actor, hits[COLUMNS.length], parts)
  event.people.forEach((person, i) => parts.put([i], `/people/${i}/id`, person.id))
  const data = new DataRedaction(hits, COLUMNS.length + 1, values, parts).redact(event.data, tree.below?.get('data'))
  const [type = null, session = null, resource = null, action = null] = columns
  const { event_id, occurred_at, outcome, risk_score } = event
  return {
    clear: { event_id, occurred_at, event_type: type ?? SEALED_TYPE, actor, session, resource, action, outcome, risk_score, data },
    parts: parts.all(),
  }
}

function collectValues(event: ObservedEvent, tree: PersonalNode): PersonalValues {
  const values = new PersonalValues()
  const people = event.people.map((person, i) => [person, i] as const)
  for (const [person, i] of event.actor?.type === 'person' ? [[event.actor, -1] as const, ...people] : people) {
    values.addIdentifier(person.id, i)
    for (const alias of person.aliases) values.addIdentifier(alias, i)
  }
  const root: JsonObject = {
    event_type: event.event_type,
    session: event.session,
    resource: event.resource,
    action: event.action,
    data: event.data,
  }
  collectBelow(root, tree, '', values)
  return values
}

function collectBelow(value: Json, node: PersonalNode, path: string, values: PersonalValues): void {
  if (node.owners) values.addSubtree(value, node.owners, path)
  if (!node.below || typeof value !== 'object' || value === null) return
  for (const [key, below] of node.below) {
    if (Object.hasOwn(value, key)) collectBelow((value as JsonObject)[key] as Json, below, `${path}/${key}`, values)
  }
}

/** The texts in the order in which DataRedaction comes by them; a number keeps its place in it. */
function addTexts(value: Json, texts: Texts): void {
  if (typeof value === 'string') texts.add(value)
  else if (typeof value === 'number') texts.add('')
  else if (Array.isArray(value)) for (const element of value) addTexts(element, texts)
  else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      texts.add(key)
      addTexts(value[key] as Json, texts)
    }
  }
}

function redactColumn(text: string | null, column: string, owners: Owners | undefined, parts: Parts): string | null {
  if (text === null || owners === undefined) return text
  parts.put(owners, `/${column}`, text)
  return null
}

// A column is a text that may have been cut in the middle of a personal value.
const CUT_LENGTHS = new Set([254, 255, 2047, 2048])

function cutValue(text: string | null, values: PersonalValues): Owners | undefined {
  if (text === null || !CUT_LENGTHS.has(text.length)) return undefined
  const lower = foldCase(text)
  let owners: Owners | undefined
  for (const [value, needle] of values.needles) {
    if (needle.how !== 'anywhere') continue
    for (let length = Math.min(value.length, lower.length); length >= 4; length--) {
      if (lower.endsWith(value.slice(0, length))) owners = union(owners, needle.owners)
    }
  }
  return owners
}

function redactActor(actor: Person | null, hit: Owners | undefined, parts: Parts): ClearEvent['actor'] {
  if (actor === null) return null
  if (actor.type !== 'person' && hit === undefined) return { id: actor.id, type: actor.type }
  parts.put(actor.type === 'person' ? [-1] : (hit as Owners), '/actor/id', actor.id)
  return { id: actor.type === 'person' ? '' : SEALED_TYPE, type: actor.type }
}

const GONE = Symbol('gone')

/** One walk through the data, which takes the hits in the order of addTexts. */
class DataRedaction {
  readonly #hits: readonly (Owners | undefined)[]
  readonly #values: PersonalValues
  readonly #parts: Parts
  readonly #path: string[] = []
  #next: number

  constructor(hits: readonly (Owners | undefined)[], next: number, values: PersonalValues, parts: Parts) {
    this.#hits = hits
    this.#next = next
    this.#values = values
    this.#parts = parts
  }

  redact(data: JsonObject, node: PersonalNode | undefined): JsonObject {
    const clear = this.#visit(data, node, undefined)
    return clear === GONE ? {} : (clear as JsonObject)
  }

  /** The value without what is personal; GONE when all of it is, which is then in a part. */
  #visit(value: Json, node: PersonalNode | undefined, key: Owners | undefined): Json | typeof GONE {
    if (node?.owners || key) return this.#seal(value, union(union(node?.owners, key), this.#gather(value, node)))
    if (typeof value === 'string') return this.#leaf(value, this.#hits[this.#next++])
    if (typeof value === 'number') return this.#leaf(value, this.#numberHit(value))
    if (Array.isArray(value)) return value.map((element, i) => this.#element(element, i, node))
    if (typeof value !== 'object' || value === null) return value
    return this.#object(value, node)
  }

  #object(value: JsonObject, node: PersonalNode | undefined): JsonObject {
    const clear: JsonObject = {}
    for (const key of Object.keys(value)) {
      const hit = this.#hits[this.#next++]
      this.#path.push(key)
      const member = this.#visit(value[key] as Json, node?.below?.get(key), hit)
      this.#path.pop()
      if (member !== GONE) setMember(clear, key, member)
    }
    return clear
  }

  #element(element: Json, i: number, node: PersonalNode | undefined): Json {
    this.#path.push(`${i}`)
    const clear = this.#visit(element, node?.below?.get(`${i}`), undefined)
    this.#path.pop()
    return clear === GONE ? null : clear
  }

  #leaf(value: Json, owners: Owners | undefined): Json | typeof GONE {
    return owners === undefined ? value : this.#seal(value, owners)
  }

  #seal(value: Json, owners: Owners | undefined): typeof GONE {
    this.#parts.put(owners ?? [], `/data${this.#path.map((key) => `/${encodeStep(key)}`).join('')}`, value)
    return GONE
  }

  // Parts of longer numbers mean nothing: a number is personal when it is one of the values.
  #numberHit(value: number): Owners | undefined {
    this.#next++
    return this.#values.numeric ? this.#values.needles.get(`${value}`)?.owners : undefined
  }

  /** All owners in a subtree that goes as a whole. */
  #gather(value: Json, node: PersonalNode | undefined): Owners | undefined {
    let owners = node?.owners
    if (typeof value === 'string') return union(owners, this.#hits[this.#next++])
    if (typeof value === 'number') return union(owners, this.#numberHit(value))
    if (typeof value !== 'object' || value === null) return owners
    for (const key of Object.keys(value)) {
      if (!Array.isArray(value)) owners = union(owners, this.#hits[this.#next++])
      owners = union(owners, this.#gather((value as JsonObject)[key] as Json, node?.below?.get(key)))
    }
    return owners
  }
}

class Parts {
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
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined
}

// A member may be called __proto__, which an assignment would take for the prototype.
function setMember(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}

function copy(value: Json): Json {
  if (Array.isArray(value)) return value.map(copy)
  if (typeof value !== 'object' || value === null) return value
  const object: JsonObject = {}
  for (const key of Object.keys(value)) setMember(object, key, copy(value[key] as Json))
  return object
}
