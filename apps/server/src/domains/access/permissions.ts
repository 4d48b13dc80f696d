import type { AccessCondition, Permission } from '@probity/contract'
import { isUuid } from '@probity/core'
import { compilePolicy, type Policy } from './cedar/policy.ts'
import type { ActionScopeJson, ScopeJson } from './cedar/policy-json.ts'
import { expressionOf } from './conditions.ts'
import { covers, type Extent } from './rules.ts'

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

/** The same of what a grant is on. */
export function extentAsOurs(extent: Extent): Extent {
  const { resource_type: type, resource_id: id } = extent
  return type === null || id === null ? extent : { ...extent, resource_id: calledAsOurs({ type, id }).id }
}

/** A permission of a role as a policy of Cedar: whoever is in the role may. Throws VALIDATION_FAILED. */
export function policyOf(
  id: string,
  roleId: string,
  { resource, action, conditions }: Permission,
  pointer = '',
): Policy {
  return compilePolicy(id, {
    effect: 'permit',
    principal: { op: 'in', entity: { type: ROLE, id: roleId } },
    action: actionScope(action),
    resource: resourceScope(resource),
    conditions: conditions.map((condition: AccessCondition, i) => ({
      kind: 'when',
      body: expressionOf(condition, `${pointer}/conditions/${i}`),
    })),
  })
}

/** What a resource is of: a type, one of a type, or everything (`*`). */
export function extentOf(resource: string): Extent {
  if (resource === '*') return { resource_type: null, resource_id: null }
  const at = resource.indexOf('/')
  if (at < 0) return { resource_type: resource, resource_id: null }
  const { type, id } = calledAsOurs({ type: resource.slice(0, at), id: resource.slice(at + 1) })
  return { resource_type: type, resource_id: id }
}

/** Whether a permission is of this action on this resource, whatever its conditions. */
export function matches(
  { resource, action }: Pick<Permission, 'resource' | 'action'>,
  asked: string,
  of: Extent,
): boolean {
  return (action === '*' || action === asked) && covers(extentOf(resource), of)
}

function actionScope(action: string): ActionScopeJson {
  return action === '*' ? { op: 'All' } : { op: '==', entity: { type: ACTION, id: action } }
}

function resourceScope(resource: string): ScopeJson {
  const { resource_type: type, resource_id: id } = extentOf(resource)
  if (type === null) return { op: 'All' }
  return id === null ? { op: 'is', entity_type: type } : { op: '==', entity: { type, id } }
}
