import type { AccessCondition, Permission } from '@probity/contract'
import { compilePolicy, type Policy } from './cedar/policy.ts'
import type { ActionScopeJson, ScopeJson } from './cedar/policy-json.ts'
import { expressionOf } from './conditions.ts'
import { ACTION, calledAsOurs, ROLE } from './kinds.ts'
import { covers, type Extent } from './rules.ts'

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
