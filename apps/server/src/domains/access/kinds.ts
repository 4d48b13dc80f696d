import { isUuid } from '@probity/core'

export const ROLE = 'Role'
export const USER = 'User'
export const ACTION = 'Action'
export const GROUP = 'Group'
/** Kinds of entities that only Probity tells of: who is in a role is a matter of grants, and nobody's word. */
export const OWN_KINDS: ReadonlySet<string> = new Set([ROLE, GROUP, ACTION])

/** Of these each is called by a UUID that Probity gave it. */
const CALLED_BY_UUID: ReadonlySet<string> = new Set([USER, ROLE, GROUP])

/**
 * Whoever asks may write a UUID in either case (RFC 9562 §4); grants and policies have the lower one, and what they say of
 * somebody is lost by no other spelling of them.
 */
export function foldedUuid(id: string): string {
  const folded = id.toLowerCase()
  return isUuid(folded) ? folded : id
}

/** An entity as grants and policies call it. */
export function calledAsOurs<T extends { type: string; id: string }>(one: T): T {
  return CALLED_BY_UUID.has(one.type) ? { ...one, id: foldedUuid(one.id) } : one
}

/** An expression of Cedar in which entities are called so. */
export function asOurs<T>(part: T): T {
  if (typeof part !== 'object' || part === null) return part
  if (Array.isArray(part)) return part.map(asOurs) as T // of the same
  const { type, id } = part as { type?: unknown; id?: unknown } // any of the forms of an expression
  if (typeof type === 'string' && typeof id === 'string') return calledAsOurs(part as T & { type: string; id: string })
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, asOurs(one)])) as T // of the same
}
