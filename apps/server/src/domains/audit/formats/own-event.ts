import type { Json } from '@probity/core'
import { Cast } from './cast.ts'
import {
  EventRefused,
  type JsonObject,
  type ObservedEvent,
  OUTCOMES,
  type Person,
  requireKeepable,
} from './observed-event.ts'
import { encodeStep } from './pointer.ts'
import { eventId, hasControls, isAddress } from './texts.ts'
import { isRfc3339, microseconds } from './time.ts'

/** Characters of an event_type or an event_id, and of any other text of a column. */
export const MAXIMUM_TYPE = 255
export const MAXIMUM_TEXT = 2048
const MAXIMUM_SUBJECTS = 100
const MAXIMUM_ALIASES = 20
const ACTOR_TYPES = ['person', 'service', 'system'] as const

const MEMBERS = new Set([
  ...[
    'event_type',
    'event_id',
    'occurred_at',
    'timestamp',
    'user_id',
    'actor_type',
    'session_id',
    'resource',
    'action',
  ],
  ...['outcome', 'risk_score', 'ip_address', 'user_agent', 'metadata', 'event_data', 'personal', 'subjects'],
])
/** What no column takes; it stays in `data` as it came. */
const KEPT = ['metadata', 'event_data', 'ip_address', 'user_agent', 'personal', 'subjects']

/**
 * Our own shape, strictly: a member that it does not know is refused by name, so that nothing personal hides in a
 * misspelt one. A member that is null counts as absent.
 */
export function readOwnEvent(value: Json): ObservedEvent {
  if (!isObject(value)) throw new EventRefused('An event is one JSON object: send objects, one a line or in an array.')
  for (const name of Object.keys(value)) {
    if (!MEMBERS.has(name))
      throw refused(
        encodeStep(name),
        'is not a member of an event: put it into event_data, or into personal if it tells of a person',
      )
  }
  requireKeepable(value)
  const type = text(value, 'event_type', MAXIMUM_TYPE)
  if (type === null) throw refused('event_type', 'is missing: say what happened')
  const id = text(value, 'event_id', MAXIMUM_TYPE)
  const actor = readActor(value)
  return {
    event_id: id === null ? null : eventId('probity', id),
    occurred_at: readTime(value),
    event_type: type,
    actor,
    session: text(value, 'session_id', MAXIMUM_TEXT),
    resource: text(value, 'resource', MAXIMUM_TEXT),
    action: text(value, 'action', MAXIMUM_TEXT),
    outcome: oneOf(value, 'outcome', OUTCOMES) ?? 'Information',
    risk_score: readRisk(value),
    data: Object.fromEntries(KEPT.filter((name) => present(value, name)).map((name) => [name, value[name] as Json])),
    ...readPeople(value, actor),
  }
}

function readActor(event: JsonObject): Person | null {
  const id = text(event, 'user_id', MAXIMUM_TEXT)
  const type = oneOf(event, 'actor_type', ACTOR_TYPES)
  if (id !== null) return { type: type ?? 'person', id, aliases: [] }
  if (type === 'person' || type === 'service')
    throw refused('user_id', `is missing: an actor_type of ${type} needs one`)
  return type === 'system' ? { type, id: 'system', aliases: [] } : null
}

function readPeople(event: JsonObject, actor: Person | null): Pick<ObservedEvent, 'people' | 'personal'> {
  const cast = new Cast(actor)
  for (const name of ['metadata', 'event_data', 'personal']) requireObject(event, name)
  if (present(event, 'personal') && actor?.type !== 'person') {
    throw refused(
      'personal',
      'needs a user_id whose it is, with actor_type person: put what tells of others into subjects',
    )
  }
  const address = text(event, 'ip_address', MAXIMUM_TEXT)
  if (address !== null && !isAddress(address)) throw refused('ip_address', 'must be an IPv4 or IPv6 address')
  text(event, 'user_agent', MAXIMUM_TEXT)
  for (const name of ['ip_address', 'user_agent', 'personal']) {
    if (present(event, name)) cast.mark({ value: event[name] as Json, path: `/${name}`, embedded: false }, -1)
  }
  readSubjects(event).forEach((subject, i) => {
    const { id, aliases } = readSubject(subject, `subjects/${i}`)
    cast.mark({ value: subject, path: `/subjects/${i}`, embedded: false }, cast.person(id, aliases))
  })
  return cast.finish()
}

function readSubjects(event: JsonObject): Json[] {
  if (!present(event, 'subjects')) return []
  const subjects = event.subjects
  if (!Array.isArray(subjects)) throw refused('subjects', 'must be an array of objects with an id')
  if (subjects.length > MAXIMUM_SUBJECTS)
    throw refused('subjects', `has more than ${MAXIMUM_SUBJECTS} people: split the event`)
  return subjects
}

function readSubject(subject: Json, at: string): { id: string; aliases: string[] } {
  if (!isObject(subject)) throw refused(at, 'must be an object with an id')
  for (const name of Object.keys(subject)) {
    if (!['id', 'aliases', 'personal'].includes(name))
      throw refused(`${at}/${encodeStep(name)}`, 'is not a member of a subject: put it into its personal')
  }
  const id = text(subject, 'id', MAXIMUM_TEXT, at)
  if (id === null) throw refused(`${at}/id`, 'is missing: say who it is')
  requireObject(subject, 'personal', at)
  const aliases = subject.aliases ?? []
  if (
    !Array.isArray(aliases) ||
    aliases.length > MAXIMUM_ALIASES ||
    !aliases.every((one) => typeof one === 'string' && one !== '')
  ) {
    throw refused(`${at}/aliases`, `must be an array of at most ${MAXIMUM_ALIASES} texts`)
  }
  return { id, aliases: aliases as string[] }
}

function readTime(event: JsonObject): number | null {
  if (present(event, 'occurred_at') && present(event, 'timestamp'))
    throw refused('timestamp', 'means the same as occurred_at: send one of them')
  const name = present(event, 'timestamp') ? 'timestamp' : 'occurred_at'
  if (!present(event, name)) return null
  const value = event[name]
  const known =
    typeof value === 'number'
      ? Number.isSafeInteger(value) && value >= 0
      : typeof value === 'string' && isRfc3339(value)
  const time = known ? microseconds(value, 'us') : null
  if (time === null || time < 0)
    throw refused(name, 'must be an RFC 3339 date and time with zone, or microseconds since 1970 as an integer')
  return time
}

function readRisk(event: JsonObject): number | null {
  if (!present(event, 'risk_score')) return null
  const score = event.risk_score
  if (typeof score === 'number' && Number.isInteger(score) && score >= 0 && score <= 100) return score
  throw refused('risk_score', 'must be an integer from 0 to 100')
}

function text(from: JsonObject, name: string, maximum: number, at?: string): string | null {
  if (!present(from, name)) return null
  const value = from[name]
  const path = at === undefined ? name : `${at}/${name}`
  if (typeof value !== 'string') throw refused(path, 'must be a text')
  if (value === '') throw refused(path, 'is empty: leave it out, or send null')
  if (value.length > maximum)
    throw refused(path, `is longer than ${maximum} characters: shorten it, or put the whole into event_data`)
  if (hasControls(value)) throw refused(path, 'holds a control character: remove it')
  return value
}

function oneOf<const T extends string>(event: JsonObject, name: string, known: readonly T[]): T | null {
  if (!present(event, name)) return null
  const found = known.find((one) => one === event[name])
  if (found === undefined) throw refused(name, `must be one of ${known.join(', ')}`)
  return found
}

function requireObject(from: JsonObject, name: string, at?: string): void {
  if (present(from, name) && !isObject(from[name] as Json))
    throw refused(at === undefined ? name : `${at}/${name}`, 'must be an object')
}

function present(from: JsonObject, name: string): boolean {
  return Object.hasOwn(from, name) && from[name] !== null
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(path: string, why: string): EventRefused {
  return new EventRefused(`${path} ${why}.`, `/${path}`)
}
