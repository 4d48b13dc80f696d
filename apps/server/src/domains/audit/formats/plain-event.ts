import { canonicalMembers } from '@probity/core'
import { type ObservedEvent, OUTCOMES, type Outcome } from './observed-event.ts'
import { MAXIMUM_TEXT, MAXIMUM_TYPE } from './own-event.ts'
import type { ClearEvent } from './redact.ts'
import { eventId, hasControls } from './texts.ts'
import { isRfc3339, microseconds } from './time.ts'

/** A clear event whose data is its canonical form (RFC 8785). */
export type PlainEvent = Omit<ClearEvent, 'data'> & { data: string }

/** An event as it was read: with people and places of what is personal, or known to have nothing of it. */
export type ReadableEvent = ObservedEvent | PlainEvent

export function isPlain(event: ReadableEvent): event is PlainEvent {
  return typeof event.data === 'string'
}

/**
 * Reads a line of our own format that has nothing personal in it, without making objects of its data: most of what
 * comes in bulk. Answers null for every other line, and for one with anything wrong: those are readEvent's, and what
 * is read here is what readEvent and redact make of it.
 */
export function readPlainEvent(line: string): PlainEvent | null {
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

  read(): PlainEvent | null {
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
    const data = this.#data()
    const texts = [id, who, kind, session, resource, action]
    if (!type || texts.includes(undefined) || !outcome || occurred === undefined || risk === undefined) return null
    const actor = actorOf(who ?? null, kind ?? null)
    if (actor === undefined || data === null || this.#taken !== this.#names.length) return null
    return {
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
    if (!value.startsWith('"') || !isRfc3339(value.slice(1, -1))) return undefined
    const time = microseconds(value.slice(1, -1), 'us')
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

/** Undefined: a person, or something wrong. */
function actorOf(who: string | null, type: string | null): ClearEvent['actor'] | undefined {
  if (who === null) return type === null ? null : type === 'system' ? { id: 'system', type } : undefined
  return type === 'service' || type === 'system' ? { id: who, type } : undefined
}
