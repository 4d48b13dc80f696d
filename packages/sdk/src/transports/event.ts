import { isObject, isType, membersOf, wellFormed } from '../event-members.ts'
import type { Refusal } from '../queue/event-queue.ts'
import { plain } from './plain.ts'

/** A line of a log, of whichever library. */
export interface LogLine {
  /** Milliseconds since 1970, by the library's clock; NaN: it told none, or what `time` says. */
  at: number
  /** The time as the library told it, for where that is none that can be kept. */
  time: unknown
  /** Its level by name, such as `info`. */
  level: string
  outcome: 'Failure' | 'Warning' | 'Information'
  message: string | null
  /** Names may be there twice: as a member the first counts. */
  fields: readonly (readonly [name: string, value: unknown])[]
}

/** Levels that an event may nest, its own among them (the server's MAXIMUM_DEPTH). */
const LEVELS = 100
const UNREADABLE = 'log.unreadable'
const LONGEST_LINE = 16_000
/** What the server seals for whom it is about; nowhere else would it be erased with them. */
const PERSONAL = ['user_id', 'actor_type', 'ip_address', 'user_agent', 'personal', 'subjects']

/**
 * An event of what was logged. Fields that say what an event's own members say are those, where they are as the server takes them. What
 * names no `event_type` is a `log.<level>`, whose `event_id` is data: nobody else's. Nothing that was said is left out.
 */
export function eventOf({ at, time, level, outcome, message, fields }: LogLine): Record<string, unknown> {
  const told = fields.filter(([, value]) => value !== undefined && value !== null)
  const { members, left } = membersOf(told)
  const data = new Data()
  if (message !== null) data.put('message', message)
  const type = `log.${level}`
  if (!isType(type)) data.put('level', level)
  if (!isTime(at) && time !== undefined) data.put('time', time)
  for (const [name, value] of left) if (!isNested(name, value)) data.put(name, value)
  for (const [name, value] of left) if (isNested(name, value)) for (const one of Object.entries(value)) data.put(...one)
  return {
    ...{ event_type: isType(type) ? type : 'log.other', outcome },
    occurred_at: new Date(isTime(at) ? at : Date.now()).toISOString(),
    ...Object.fromEntries(Object.entries(members).map(([name, value]) => [name, plain(value, LEVELS - 1)])),
    event_data: data.value,
  }
}

/**
 * For `tellAgain` of a queue: what the server refused, once more as a `log.unreadable` with its JSON text as data, cut where it is
 * long; what is of somebody stays theirs. null: it is that already.
 */
export function unreadable({ event, code }: Pick<Refusal, 'event' | 'code'>): object | null {
  if (event.event_type === UNREADABLE) return null
  const entries = Object.entries(event)
  const personal = entries.filter(([name]) => PERSONAL.includes(name))
  const { members, left } = membersOf(personal.filter(([, value]) => !isLong(value)))
  const line = {
    ...Object.fromEntries(entries.filter(([name]) => !PERSONAL.includes(name))),
    ...Object.fromEntries(left),
  }
  const leftOut = personal.filter(([, value]) => isLong(value)).map(([name]) => name)
  return {
    ...{ event_type: UNREADABLE, outcome: 'Warning' },
    ...members,
    event_data: { code, line: cut(JSON.stringify(line)), ...(leftOut.length > 0 && { left_out: leftOut }) },
  }
}

/** An event of a record that could not even be read. */
export function unreadableRecord(why: unknown): object {
  return { event_type: UNREADABLE, outcome: 'Warning', event_data: { why: cut(String(why)) } }
}

function isLong(value: unknown): boolean {
  return (JSON.stringify(value) ?? '').length > LONGEST_LINE
}

function cut(text: string): string {
  return wellFormed(text.slice(0, LONGEST_LINE))
}

/** Whether the server takes it: in microseconds it has to be a number without loss. */
function isTime(milliseconds: number): boolean {
  return milliseconds >= 0 && milliseconds * 1000 <= Number.MAX_SAFE_INTEGER
}

function isNested(name: string, value: unknown): value is Record<string, unknown> {
  return name === 'event_data' && isObject(value)
}

/** Data of an event, where a name that is taken becomes another. */
class Data {
  readonly #values = new Map<string, unknown>()

  put(name: string, value: unknown): void {
    let free = wellFormed(name)
    while (this.#values.has(free)) free = `field.${free}`
    this.#values.set(free, plain(value, LEVELS - 2))
  }

  get value(): Record<string, unknown> {
    return Object.fromEntries(this.#values)
  }
}
