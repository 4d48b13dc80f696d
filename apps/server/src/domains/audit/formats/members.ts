import type { Json } from '@probity/core'
import type { JsonObject } from './observed-event.ts'

/** Sets a member, also one called __proto__, which an assignment would take for the prototype. */
export function setMember(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}

/** A copy of all of it. */
export function copy(value: Json): Json {
  if (Array.isArray(value)) return value.map(copy)
  if (typeof value !== 'object' || value === null) return value
  const object: JsonObject = {}
  for (const key of Object.keys(value)) setMember(object, key, copy(value[key] as Json))
  return object
}
