import type { AccessCondition, Permission } from '@probity/contract'
import { compilePolicy, type Policy } from './cedar/policy.ts'
import type { ActionScopeJson, ScopeJson } from './cedar/policy-json.ts'
import { expressionOf } from './conditions.ts'

export const ROLE = 'Role'
export const USER = 'User'
export const ACTION = 'Action'

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

/** Type and id of a resource; id null: any of the type. */
export function partsOf(resource: string): { type: string; id: string | null } {
  const at = resource.indexOf('/')
  return at < 0 ? { type: resource, id: null } : { type: resource.slice(0, at), id: resource.slice(at + 1) }
}

/** Whether a permission is of this action on this resource, whatever its conditions. */
export function matches(
  permission: Pick<Permission, 'resource' | 'action'>,
  action: string,
  resource: string,
): boolean {
  if (permission.action !== '*' && permission.action !== action) return false
  if (permission.resource === '*') return true
  const [wide, one] = [partsOf(permission.resource), partsOf(resource)]
  return wide.type === one.type && (wide.id === null || wide.id === one.id)
}

function actionScope(action: string): ActionScopeJson {
  return action === '*' ? { op: 'All' } : { op: '==', entity: { type: ACTION, id: action } }
}

function resourceScope(resource: string): ScopeJson {
  if (resource === '*') return { op: 'All' }
  const { type, id } = partsOf(resource)
  return id === null ? { op: 'is', entity_type: type } : { op: '==', entity: { type, id } }
}
