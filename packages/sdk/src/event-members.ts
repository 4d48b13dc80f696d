import { isAddress } from './address.ts'

// What the server takes as a member of an event: whatever else is refused, with all of the event. In every runtime.

/** Characters of an event_type or an event_id, and of any other text. */
const LONGEST_TYPE = 255
const LONGEST_TEXT = 2048
const MOST_SUBJECTS = 100
const MOST_ALIASES = 20
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNFIT = /[\u0000-\u001f\u007f]|\p{Surrogate}/u
const ALL_UNFIT = new RegExp(UNFIT, 'gu')
const LONE_SURROGATES = /\p{Surrogate}/gu

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown, longest = LONGEST_TEXT): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longest && !UNFIT.test(value)
}

/** Whether a text can be the type of an event, or its id. */
export function isType(value: unknown): value is string {
  return isText(value, LONGEST_TYPE)
}

function isSubject(value: unknown): boolean {
  if (!isObject(value) || !Object.keys(value).every((name) => ['id', 'aliases', 'personal'].includes(name)))
    return false
  const { id, aliases, personal } = value
  const isKnown = Array.isArray(aliases)
    ? aliases.length <= MOST_ALIASES && aliases.every((one) => typeof one === 'string' && one !== '')
    : aliases === undefined || aliases === null
  return isText(id) && isKnown && (personal === undefined || personal === null || isObject(personal))
}

const text = (value: unknown): boolean => isText(value)

const MEMBERS: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...{ event_type: isType, event_id: isType },
  ...{ user_id: text, session_id: text, resource: text, action: text, user_agent: text },
  actor_type: (value) => ['person', 'service', 'system'].includes(value as string), // anything may be looked for
  outcome: (value) => ['Success', 'Failure', 'Warning', 'Information'].includes(value as string), // the same
  risk_score: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 100,
  ip_address: (value) => isText(value) && isAddress(value),
  ...{ metadata: isObject, personal: isObject },
  subjects: (value) => Array.isArray(value) && value.length <= MOST_SUBJECTS && value.every(isSubject),
}

/** Whether the server takes a value as this member of an event, as far as that does not depend on the others. */
export function isMember(name: string, value: unknown): boolean {
  return Object.hasOwn(MEMBERS, name) && MEMBERS[name]?.(value) === true
}

type Entry = readonly [name: string, value: unknown]

/**
 * What of these the server takes as members of one event, the first of each name, and what is left, in its order. Whose an
 * event's personal parts are has to be known: what says so without a `user_id` is left.
 */
export function membersOf(entries: readonly Entry[]): { members: Record<string, unknown>; left: Entry[] } {
  const members = new Map<string, unknown>()
  for (const [name, value] of entries) if (!members.has(name) && isMember(name, value)) members.set(name, value)
  const type = members.get('actor_type')
  if (!members.has('user_id') && type !== 'system') members.delete('actor_type')
  if (!members.has('user_id') || (type ?? 'person') !== 'person') members.delete('personal')
  if (!members.has('event_type')) members.delete('event_id') // the id of something else
  const taken = new Set<string>()
  const left = entries.filter(([name, value]) => {
    if (taken.has(name) || !members.has(name) || members.get(name) !== value) return true
    taken.add(name)
    return false
  })
  return { members: Object.fromEntries(members), left }
}

/** At most so many characters, never half a surrogate pair, and what nobody sees written out: `\u0009`. */
export function shortened(value: string, most: number): string {
  return value.slice(0, most).replace(ALL_UNFIT, escaped)
}

/** A text without half surrogate pairs, which are no Unicode. */
export function wellFormed(value: string): string {
  return value.replace(LONE_SURROGATES, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
