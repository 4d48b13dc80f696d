import type { Json } from '@probity/core'

export type JsonObject = { [member: string]: Json }

export const FORMATS = ['probity', 'ocsf', 'cloudtrail', 'okta', 'github', 'kubernetes', 'gworkspace'] as const
export type Format = (typeof FORMATS)[number]

/** Who acts or is acted upon. */
export interface Person {
  type: 'person' | 'service' | 'system'
  /** What identifies it best within its product. */
  id: string
  /** Other identifiers of the same one; never a mere display name. */
  aliases: string[]
}

export const OUTCOMES = ['Success', 'Failure', 'Warning', 'Information'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** An event of any format in the log's own terms, before anything personal is taken out of it. */
export interface ObservedEvent {
  /** Lower-case UUID; the format's name and the source's id where that is none; null when it has none. */
  event_id: string | null
  /** Microseconds since the epoch; null when unknown. */
  occurred_at: number | null
  event_type: string
  actor: Person | null
  session: string | null
  resource: string | null
  action: string | null
  outcome: Outcome
  /** 0 to 100. */
  risk_score: number | null
  /** The original event, whole. */
  data: JsonObject
  /** Other natural persons in it; never the actor. */
  people: Person[]
  /**
   * JSON Pointers (RFC 6901) into `{actor, session, resource, action, event_type, data}`; each covers its whole
   * subtree. `person` is -1 for the actor, else an index into `people`.
   */
  personal: { pointer: string; person: number }[]
}

/** The event cannot be taken; `reason` is a sentence that says what to do, `pointer` leads to the place. */
export class EventRefused extends Error {
  readonly reason: string
  readonly pointer: string

  constructor(reason: string, pointer = '') {
    super(reason)
    this.name = 'EventRefused'
    this.reason = reason
    this.pointer = pointer
  }
}

/** Levels that an event may nest; the leaf and a sealed part stand around it within core's limit. */
const MAXIMUM_DEPTH = 100

/** Refuses what no canonical form can hold: nesting without end and text that is not Unicode (RFC 8785 §3.2.2.2). */
export function requireKeepable(value: Json): void {
  requireKeepableAt(value, 0)
}

function requireKeepableAt(value: Json, depth: number): void {
  if (typeof value === 'string') requireWellFormed(value)
  if (typeof value !== 'object' || value === null) return
  if (depth >= MAXIMUM_DEPTH)
    throw new EventRefused(`The event nests more than ${MAXIMUM_DEPTH} levels deep: flatten it.`)
  if (Array.isArray(value)) {
    for (const element of value) requireKeepableAt(element, depth + 1)
    return
  }
  for (const key of Object.keys(value)) {
    requireWellFormed(key)
    requireKeepableAt(value[key] as Json, depth + 1)
  }
}

function requireWellFormed(text: string): void {
  if (text.isWellFormed()) return
  throw new EventRefused('A text in the event holds half a surrogate pair, which is not Unicode: send it as UTF-8.')
}
