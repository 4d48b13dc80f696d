import { type Json, OPEN_ARRAY, OPEN_OBJECT } from '@probity/core'

/**
 * A pointer of the mapping language: RFC 6901 with two more steps, `*` (each member or element) and `**` (every
 * value below, at any depth). It begins with `/` at the event, with `.` where the rule stands.
 */
export interface Pointer {
  relative: boolean
  steps: readonly string[]
}

/** A value found, and the RFC 6901 pointer to it; `embedded` when it stands inside a text that holds JSON. */
export interface Place {
  value: Json
  path: string
  embedded: boolean
}

export function parsePointer(text: string): Pointer {
  const relative = text.startsWith('.')
  const [, ...steps] = text.split('/')
  return { relative, steps: steps.map(decodeStep) }
}

export function decodeStep(step: string): string {
  return step.includes('~') ? step.replaceAll('~1', '/').replaceAll('~0', '~') : step
}

export function encodeStep(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key
}

/** What an RFC 6901 pointer leads to; undefined: nothing. */
export function valueAt(root: Json, pointer: string): Json | undefined {
  let value: Json | undefined = root
  for (const key of pointer.split('/').slice(1).map(decodeStep)) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined
    value = (value as { [member: string]: Json })[key]
  }
  return value
}

/** Visits each place that the steps lead to, until `visit` answers true; answers whether it did. */
export function walk(place: Place, steps: readonly string[], visit: (place: Place) => boolean, at = 0): boolean {
  const step = steps[at]
  if (step === undefined) return visit(place)
  if (step === '**') return walkBelow(place, steps, visit, at + 1)
  if (step === '*') return members(place).some((member) => walk(member, steps, visit, at + 1))
  const next = memberOf(place, step)
  return next !== undefined && walk(next, steps, visit, at + 1)
}

/** The value that plain steps lead to; the first one where a step is a wildcard. */
export function find(value: Json, steps: readonly string[], at = 0): Json | undefined {
  const step = steps[at]
  if (step === undefined) return value
  if (step === '*' || step === '**') {
    let found: Json | undefined
    const visit = (place: Place) => {
      found = place.value
      return found !== null
    }
    walk({ value, path: '', embedded: false }, steps, visit, at)
    return found
  }
  const container = containerOf(value)
  if (container === null) return undefined
  const key = keyIn(container, step)
  return key === undefined ? undefined : find((container as { [member: string]: Json })[key] as Json, steps, at + 1)
}

function walkBelow(place: Place, steps: readonly string[], visit: (place: Place) => boolean, at: number): boolean {
  if (walk(place, steps, visit, at)) return true
  if (typeof place.value !== 'object') return false
  return members(place).some((member) => walkBelow(member, steps, visit, at))
}

function members(place: Place): Place[] {
  const container = containerOf(place.value)
  if (container === null) return []
  return Object.keys(container).map((key) => child(place, container, key))
}

function memberOf(place: Place, step: string): Place | undefined {
  const container = containerOf(place.value)
  const key = container === null ? undefined : keyIn(container, step)
  return container === null || key === undefined ? undefined : child(place, container, key)
}

function child(place: Place, container: object, key: string): Place {
  const embedded = place.embedded || typeof place.value === 'string'
  const path = embedded ? place.path : `${place.path}/${encodeStep(key)}`
  return { value: (container as { [member: string]: Json })[key] as Json, path, embedded }
}

// Products and collectors disagree about case (eventName, eventname): an exact member wins, else any case will do.
function keyIn(container: object, step: string): string | undefined {
  if (Object.hasOwn(container, step)) return step
  if (Array.isArray(container)) return undefined
  const wanted = step.toLowerCase()
  for (const key of Object.keys(container)) {
    if (key.length === step.length && key.toLowerCase() === wanted) return key
  }
  return undefined
}

function containerOf(value: Json): object | null {
  if (typeof value === 'string') return embeddedIn(value)
  return typeof value === 'object' ? value : null
}

let lastText = ''
let lastParsed: object | null = null

/** The object or array that a text is the JSON of, as when a collector wraps an event in a string. */
function embeddedIn(text: string): object | null {
  const first = text.charCodeAt(0)
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY && !/^\s+[[{]/.test(text)) return null
  if (text === lastText) return lastParsed
  lastText = text
  lastParsed = parseObject(text)
  return lastParsed
}

function parseObject(text: string): object | null {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' ? parsed : null
  } catch {
    return null
  }
}

/** The place with its JSON read, where it is an object or a text that holds one. */
export function opened(place: Place): Place | null {
  const container = containerOf(place.value)
  if (container === null || Array.isArray(container)) return null
  return typeof place.value === 'string' ? { value: container as Json, path: place.path, embedded: true } : place
}
