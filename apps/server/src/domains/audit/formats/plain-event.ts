import { type CanonicalReader, NOTED_IN_STRINGS, OPEN_OBJECT } from '@probity/core'
import { encodePercent } from './needles.ts'
import { type ObservedEvent, OUTCOMES, type Outcome } from './observed-event.ts'
import { MAXIMUM_TEXT, MAXIMUM_TYPE } from './own-event.ts'
import type { ClearEvent } from './redact.ts'
import { decodePercent } from './search.ts'
import { eventId, hasControls, isAddress } from './texts.ts'
import { rfc3339Microseconds } from './time.ts'

/** A clear event whose data is its canonical form (RFC 8785) in UTF-8. */
export type PlainEvent = Omit<ClearEvent, 'data'> & { data: Uint8Array }

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
 * Reads an event of our own format without making objects of its data, where it has nobody in it but its actor and
 * nothing of theirs in its data: most of what comes in bulk. `source` is UTF-8 from `start` to `end`; the data is a view
 * of what `reader` wrote. Answers null for every other text, and for one with anything wrong: those are readEvent's,
 * and what is read here is what readEvent and redact make of it.
 */
export function readPlainEvent(
  reader: CanonicalReader,
  source: Uint8Array,
  start: number,
  end: number,
): RedactedEvent | null {
  return reader.read(source, start, end) ? new PlainReader(reader, source).read() : null
}

const { beyondAscii, percent, room, escape: otherEscape } = NOTED_IN_STRINGS

/** Places of the members that are read here. */
const PLACE = {
  event_id: 0,
  event_type: 1,
  user_id: 2,
  actor_type: 3,
  session_id: 4,
  resource: 5,
  action: 6,
  outcome: 7,
  occurred_at: 8,
  risk_score: 9,
  ip_address: 10,
  user_agent: 11,
  event_data: 12,
  metadata: 13,
} as const
type Name = keyof typeof PLACE

const NAMES = Object.entries(PLACE).map(([name, place]) => ({ bytes: Buffer.from(name), place }))
const BY_LENGTH = Array.from({ length: 16 }, (_, length) => NAMES.filter(({ bytes }) => bytes.length === length))

/** Place of a name; -1: it is none of them. */
function placeOf(source: Uint8Array, start: number, end: number): number {
  const candidates = BY_LENGTH[end - start] ?? []
  for (let c = 0; c < candidates.length; c++) {
    const { bytes, place } = candidates[c] as (typeof NAMES)[number]
    let i = 0
    while (i < bytes.length && bytes[i] === source[start + i]) i++
    if (i === bytes.length) return place
  }
  return -1
}

class PlainReader {
  readonly #reader: CanonicalReader
  /** Which member of the object each of PLACE is; -1: it is absent or null. */
  readonly #places = new Int8Array(NAMES.length).fill(-1)
  readonly #isKnown: boolean

  constructor(reader: CanonicalReader, source: Uint8Array) {
    this.#reader = reader
    const { out, members, count } = reader
    let isKnown = count <= NAMES.length
    for (let i = 0; isKnown && i < count; i++) {
      const place = placeOf(source, members[4 * i] as number, members[4 * i + 1] as number)
      if (place === -1) isKnown = false
      else if (out[this.#start(i)] !== LETTER_N) this.#places[place] = i // else null
    }
    this.#isKnown = isKnown
  }

  #start(member: number): number {
    return this.#reader.members[4 * member + 2] as number
  }

  read(): RedactedEvent | null {
    if (!this.#isKnown) return null
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
    if (actor === undefined || data === null) return null
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
    return withPerson(clear, who as string, address ?? null, agent ?? null, this.#reader.noted)
  }

  /** The canonical form of a member; null where it is absent or null. */
  #take(name: Name): string | null {
    const member = this.#places[PLACE[name]] as number
    if (member === -1) return null
    const { out, members, noted } = this.#reader
    const end = members[4 * member + 3] as number
    return Buffer.from(out.buffer).toString(noted & beyondAscii ? 'utf8' : 'latin1', this.#start(member), end)
  }

  // Undefined in these: there is something that is not for here.

  #text(name: Name, maximum: number): string | null | undefined {
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

  // Null: one of them is no object.
  #data(): Uint8Array | null {
    const places = DATA.map((name) => this.#places[PLACE[name]] as number)
    const isObject = (place: number) => place === -1 || this.#reader.out[this.#start(place)] === OPEN_OBJECT
    return places.every(isObject) ? this.#reader.compose(DATA, places) : null
  }
}

const DATA = ['event_data', 'metadata'] as const
const LETTER_N = 0x6e

/** Undefined: something is wrong. A person's id is empty, as redact leaves it. */
function actorOf(who: string | null, type: string | null): ClearEvent['actor'] | undefined {
  if (who === null) return type === null ? null : type === 'system' ? { id: 'system', type } : undefined
  if (type === null || type === 'person') return { id: '', type: 'person' }
  return type === 'service' || type === 'system' ? { id: who, type } : undefined
}

/** A column of such a length may have been cut in the midst of a value. */
const SHORTEST_CUT = 254

/**
 * Null where anything of the person may be elsewhere in the event, whichever way it is written: see formsOf. `noted` is
 * what the event's texts have in them.
 */
function withPerson(
  clear: PlainEvent,
  id: string,
  address: string | null,
  agent: string | null,
  noted: number,
): RedactedEvent | null {
  if (noted & (beyondAscii | otherEscape)) return null
  const columns = [clear.event_type, clear.session ?? '', clear.resource ?? '', clear.action ?? '']
  if (address !== null && !isAddress(address)) return null
  if (columns.some((column) => column.length >= SHORTEST_CUT)) return null
  const values = [id, address, agent].filter((value) => value !== null).map((value) => value.toLowerCase())
  if (noted & room && values.some((value) => value.includes(' '))) return null
  const data = Buffer.from(clear.data.buffer, clear.data.byteOffset, clear.data.length).toString('latin1')
  if (mayHold(`${columns.join('"')}"${data}`.toLowerCase(), values, noted)) return null
  const sealed: { [pointer: string]: string } = { '/actor/id': id }
  if (address !== null) sealed['/data/ip_address'] = address
  if (agent !== null) sealed['/data/user_agent'] = agent
  return { clear, person: { id, sealed } }
}

/** Whether a text in lower case may hold any of these values; false only where redact would find none in it. */
function mayHold(text: string, values: readonly string[], noted: number): boolean {
  if (values.some((value) => text.includes(value))) return true
  if (!(noted & percent)) return false
  const decoded = decodePercent(text.replaceAll('+', ' ')).toLowerCase()
  // Also encoded once more, as an address within an address is: redact looks for it in what it decoded, too.
  const forms = values.flatMap((one) => [one, encodePercent(one)])
  return ODD.test(decoded) || forms.some((form) => decoded.includes(form) || text.includes(form))
}

/** Text that says something else to a reader than it does byte by byte. */
const ODD = /[^ -~]|\\[^"nrt]| {2}/
