import type { Json } from '@probity/core'
import { Cast } from './cast.ts'
import { compileCondition, type Scope, startOf } from './conditions.ts'
import type { ActorRule, Mapping, PersonRule } from './mapping.ts'
import {
  EventRefused,
  type Format,
  type JsonObject,
  type ObservedEvent,
  type Person,
  requireKeepable,
} from './observed-event.ts'
import { find, opened, type Place, type Pointer, parsePointer, walk } from './pointer.ts'
import { cut, eventId, isPlaceholder, withoutControls } from './texts.ts'
import { microseconds } from './time.ts'
import { compileFirst, compileValue, type Reader } from './values.ts'

const MAXIMUM_TYPE = 255
const MAXIMUM_COLUMN = 2048

export interface Interpreter {
  /** Throws EventRefused for what is no object and for an object that nothing marks as the product's. */
  read(value: Json): ObservedEvent
  /** The records of a wrapper or an array; a single event alone. */
  expand(value: Json): Json[]
}

/** Compiles a mapping. */
export function interpret(format: Format, mapping: Mapping): Interpreter {
  const named = mapping.conditions
  const first = (values: Mapping['action']) => compileFirst(values, named)
  const recognised = compileCondition(mapping.recognised, named)
  const roots = mapping.roots.map(parsePointer)
  const records = mapping.records.map(parsePointer)
  const times = mapping.occurred_at.map(({ at, unit }) => ({ at: parsePointer(at), unit }))
  const outcomes = mapping.outcome.map(({ when, is }) => ({ test: compileCondition(when, named), is }))
  const [id, type, session, resource, action] = [
    first(mapping.event_id),
    first(mapping.event_type),
    first(mapping.session),
    first(mapping.resource),
    first(mapping.action),
  ]
  const risk = first(mapping.risk_score)
  const actors = mapping.actor.map((rule) => compileActor(rule, mapping))
  const people = mapping.people.map((rule) => compilePerson(rule, mapping))
  const personal = mapping.personal.map((rule) => ({
    at: parsePointer(rule.at),
    test: compileCondition(rule.when, named),
    take: rule.take.map(parsePointer),
  }))

  function scopeOf(value: JsonObject): Scope | undefined {
    const whole: Place = { value, path: '', embedded: false }
    const scope: Scope = { root: whole, here: whole, actor: null }
    if (recognised(scope)) return scope
    let inner: Scope | undefined
    for (const pointer of roots) {
      walk(whole, pointer.steps, (place) => {
        const root = opened(place)
        if (root && recognised({ root, here: root, actor: null })) inner = { root, here: root, actor: null }
        return inner !== undefined
      })
      if (inner) return inner
    }
    return undefined
  }

  const isEvent = (value: Json) => isObject(value) && scopeOf(value) !== undefined

  // A member that is called as a wrapper's is one only if it holds events, or if there is no event around it.
  function expand(value: Json): Json[] {
    if (Array.isArray(value)) return value.flatMap(expand)
    for (const pointer of records) {
      const found = find(value, pointer.steps)
      if (Array.isArray(found) && (found.some(isEvent) || !isEvent(value))) return found
    }
    return [value]
  }

  function read(value: Json): ObservedEvent {
    if (!isObject(value)) {
      throw new EventRefused('An event is one JSON object: send objects, one a line or in an array.')
    }
    requireKeepable(value)
    const scope = scopeOf(value)
    if (!scope) throw unrecognised(format, expand(value))
    const actor = readActor(actors, scope)
    scope.actor = actor?.person ?? null
    const cast = new Cast(scope.actor)
    if (actor?.person.type === 'person') for (const pointer of actor.personal) markAll(cast, scope, pointer, -1)
    for (const person of people) person(scope, cast)
    for (const rule of personal) {
      walk(startOf(scope, rule.at), rule.at.steps, (here) => {
        const inner = { ...scope, here }
        if (rule.test(inner)) for (const pointer of rule.take) markAll(cast, inner, pointer, -1)
        return false
      })
    }
    const source = id(scope)
    const score = Number(risk(scope) ?? Number.NaN)
    return {
      event_id: source === undefined || isPlaceholder(source) ? null : eventId(format, source),
      occurred_at: readTime(times, scope),
      event_type: column(type(scope), MAXIMUM_TYPE) ?? `${format}.event`,
      actor: scope.actor,
      session: column(session(scope), MAXIMUM_COLUMN),
      resource: column(resource(scope), MAXIMUM_COLUMN),
      action: column(action(scope), MAXIMUM_COLUMN),
      outcome: outcomes.find(({ test }) => test(scope))?.is ?? 'Information',
      risk_score: Number.isFinite(score) ? Math.min(100, Math.max(0, Math.round(score))) : null,
      data: value,
      ...cast.finish(),
    }
  }

  return { read, expand }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function column(text: string | undefined, length: number): string | null {
  return text === undefined ? null : withoutControls(cut(text, length))
}

function readTime(times: { at: Pointer; unit: Parameters<typeof microseconds>[1] }[], scope: Scope): number | null {
  for (const { at, unit } of times) {
    const time = microseconds(find(startOf(scope, at).value, at.steps), unit)
    if (time !== null) return time
  }
  return null
}

type CompiledActor = (scope: Scope) => { person: Person; personal: Pointer[] } | null

function compileActor(rule: ActorRule, { conditions }: Mapping): CompiledActor {
  const test = compileCondition(rule.when, conditions)
  const ids = rule.id.map((one) => compileValue(one, conditions))
  const aliases = rule.aliases.map((one) => compileValue(one, conditions))
  const personal = rule.personal.map(parsePointer)
  return (scope) => {
    if (!test(scope)) return null
    const id = identifiers(ids, scope)[0]
    if (id === undefined) return null
    if (rule.type !== 'person')
      return { person: { type: rule.type, id: withoutControls(cut(id, MAXIMUM_COLUMN)), aliases: [] }, personal }
    const others = [...identifiers(ids, scope).slice(1), ...identifiers(aliases, scope)].filter((one) => one !== id)
    return { person: { type: 'person', id, aliases: [...new Set(others)] }, personal }
  }
}

function readActor(actors: readonly CompiledActor[], scope: Scope): ReturnType<CompiledActor> {
  for (const read of actors) {
    const actor = read(scope)
    if (actor) return actor
  }
  return null
}

function compilePerson(rule: PersonRule, { conditions }: Mapping): (scope: Scope, cast: Cast) => void {
  const each = parsePointer(rule.each ?? '.')
  const test = compileCondition(rule.when, conditions)
  const ids = rule.id.map((one) => compileValue(one, conditions))
  const aliases = rule.aliases.map((one) => compileValue(one, conditions))
  const personal = rule.personal.map(parsePointer)
  return (scope, cast) => {
    walk(startOf(scope, each), each.steps, (here) => {
      const inner = { ...scope, here }
      if (!test(inner)) return false
      const [id, ...others] = identifiers(ids, inner)
      if (id === undefined) return false
      const index = cast.person(id, [...others, ...identifiers(aliases, inner)])
      for (const pointer of personal) markAll(cast, inner, pointer, index)
      return false
    })
  }
}

function identifiers(readers: readonly Reader[], scope: Scope): string[] {
  return readers.map((read) => read(scope)).filter((text) => text !== undefined && !isPlaceholder(text)) as string[]
}

function markAll(cast: Cast, scope: Scope, pointer: Pointer, person: number): void {
  walk(startOf(scope, pointer), pointer.steps, (place) => {
    cast.mark(place, person)
    return false
  })
}

function unrecognised(format: Format, records: readonly Json[]): EventRefused {
  if (records.length === 1) {
    return new EventRefused(`Nothing in this object marks it as an event of the format ${format}: check the format.`)
  }
  return new EventRefused(`This object holds ${records.length} events: send them one by one, or as a file.`)
}
