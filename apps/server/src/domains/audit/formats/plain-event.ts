import { canonicalMembers } from '@probity/core'
import { type ObservedEvent, OUTCOMES, type Outcome } from './observed-event.ts'
import { MAXIMUM_TEXT, MAXIMUM_TYPE } from './own-event.ts'
import type { ClearEvent } from './redact.ts'
import { eventId, hasControls, isAddress } from './texts.ts'
import { rfc3339Microseconds } from './time.ts'

/** A clear event whose data is its canonical form (RFC 8785). */
export type PlainEvent = Omit<ClearEvent, 'data'> & { data: string }

/** An event without anything personal in it, beside what is to be sealed for its actor, if that is a person. */
export interface RedactedEvent {
  clear: PlainEvent
  person: { id: string; sealed: { [pointer: string]: string } } | null
}

/** An event as it was read: with people and places of what is personal, or redacted already. */
export type ReadableEvent = ObservedEvent | RedactedEvent

export function isRedacted(event: ReadableEvent): event is RedactedEvent {
  return 'clear' in event
}

/**
 * Reads a line of our own format without making objects of its data, where it has nobody in it but its actor and
 * nothing of theirs in its data: most of what comes in bulk. Answers null for every other line, and for one with
 * anything wrong: those are readEvent's, and what is read here is what readEvent and redact make of it.
 */
export function readPlainEvent(line: string): RedactedEvent | null {
  const members = canonicalMembers(line)
  return members && new PlainReader(members.names, members.values).read()
}

class PlainReader {
  readonly #names: string[]
  readonly #values: string[]
  #taken = 0

  constructor(names: string[], values: string[]) {
    this.#names = names
    this.#values = values
  }

  read(): RedactedEvent | null {
    const id = this.#text('event_id', MAXIMUM_TYPE)
    const type = this.#text('event_type', MAXIMUM_TYPE)
    const who = this.#text('user_id', MAXIMUM_TEXT)
    const kind = this.#text('actor_type', MAXIMUM_TYPE)
    const session = this.#text('session_id', MAXIMUM_TEXT)
    const resource = this.#text('resource', MAXIMUM_TEXT)
    const action = this.#text('action', MAXIMUM_TEXT)
    const outcome = this.#outcome()
    const occurred = this.#time()
    const risk = this.#risk()
    const address = this.#text('ip_address', MAXIMUM_TEXT)
    const agent = this.#text('user_agent', MAXIMUM_TEXT)
    const data = this.#data()
    const texts = [id, who, kind, session, resource, action, address, agent]
    if (!type || texts.includes(undefined) || !outcome || occurred === undefined || risk === undefined) return null
    const actor = actorOf(who ?? null, kind ?? null)
    if (actor === undefined || data === null || this.#taken !== this.#names.length) return null
    const clear: PlainEvent = {
      event_id: id ? eventId('probity', id) : null,
      occurred_at: occurred,
      event_type: type,
      actor,
      session: session ?? null,
      resource: resource ?? null,
      action: action ?? null,
      outcome,
      risk_score: risk,
      data,
    }
    if (actor?.type !== 'person') return address || agent ? null : { clear, person: null }
    return withPerson(clear, who as string, address ?? null, agent ?? null)
  }

  /** The canonical form of a member; null where it is absent or null. */
  #take(name: string): string | null {
    const place = this.#names.indexOf(name)
    if (place === -1) return null
    this.#taken++
    const value = this.#values[place] as string
    return value === 'null' ? null : value
  }

  // Undefined in these: there is something that is not for here.

  #text(name: string, maximum: number): string | null | undefined {
    const value = this.#take(name)
    if (value === null) return null
    const text = value.slice(1, -1)
    const isPlain = value.startsWith('"') && !value.includes('\\') && text !== '' && text.length <= maximum
    return isPlain && !hasControls(text) ? text : undefined
  }

  #outcome(): Outcome | undefined {
    const value = this.#take('outcome')
    return value === null ? 'Information' : OUTCOMES.find((one) => `"${one}"` === value)
  }

  #time(): number | null | undefined {
    const value = this.#take('occurred_at')
    if (value === null) return null
    if (!value.startsWith('"')) return undefined
    const time = rfc3339Microseconds(value.slice(1, -1))
    return time === null || time < 0 ? undefined : time
  }

  #risk(): number | null | undefined {
    const value = this.#take('risk_score')
    if (value === null) return null
    return /^(?:\d\d?|100)$/.test(value) ? Number(value) : undefined
  }

  #data(): string | null {
    const event = this.#take('event_data')
    const metadata = this.#take('metadata')
    if ((event && !event.startsWith('{')) || (metadata && !metadata.startsWith('{'))) return null
    const members = [event && `"event_data":${event}`, metadata && `"metadata":${metadata}`]
    return `{${members.filter((member) => member !== null).join()}}`
  }
}

/** Undefined: something is wrong. A person's id is empty, as redact leaves it. */
function actorOf(who: string | null, type: string | null): ClearEvent['actor'] | undefined {
  if (who === null) return type === null ? null : type === 'system' ? { id: 'system', type } : undefined
  if (type === null || type === 'person') return { id: '', type: 'person' }
  return type === 'service' || type === 'system' ? { id: who, type } : undefined
}

/** Text that may say something else to a reader than it does byte by byte: see formsOf. */
const ODD = /[^ -~]|%|\\[^"]| {2}/
/** A column of such a length may have been cut in the midst of a value. */
const SHORTEST_CUT = 254

/** Null where anything of the person may be elsewhere in the event, whichever way. */
function withPerson(clear: PlainEvent, id: string, address: string | null, agent: string | null): RedactedEvent | null {
  const columns = [clear.event_type, clear.session ?? '', clear.resource ?? '', clear.action ?? '']
  if (address !== null && !isAddress(address)) return null
  if (columns.some((column) => column.length >= SHORTEST_CUT)) return null
  const values = [id, address, agent].filter((value) => value !== null)
  const elsewhere = `${columns.join('\n')}\n${clear.data}`
  if (values.some((value) => ODD.test(value)) || ODD.test(clear.data) || columns.some((column) => ODD.test(column)))
    return null
  const searched = elsewhere.toLowerCase()
  if (values.some((value) => searched.includes(value.toLowerCase()))) return null
  const sealed: { [pointer: string]: string } = { '/actor/id': id }
  if (address !== null) sealed['/data/ip_address'] = address
  if (agent !== null) sealed['/data/user_agent'] = agent
  return { clear, person: { id, sealed } }
}
