import type { Authorized, ExplainedPart } from '@probity/contract'
import { explain } from './cedar/explain.ts'
import { fitting, type Policy } from './cedar/policy.ts'
import type { Request } from './cedar/request.ts'
import { type Model, permissionsOf, type RolePermission } from './model.ts'
import { type Seeing, withoutOthers } from './others.ts'

export type { Seeing } from './others.ts'

/** Permissions and statements that an explanation shows. */
const MOST_SHOWN = 20

/** Permissions of this action on this resource, whoever has them. */
export function nearTo(model: Model, { action, resource }: Request): RolePermission[] {
  return permissionsOf(model, action.id, { resource_type: resource.type, resource_id: resource.id })
}

type Explanation = NonNullable<Authorized['explanation']>

/** The nearest first: those of which the least is missing. */
export function explained(model: Model, request: Request, seenBy: Seeing): Explanation {
  const permissions = nearTo(model, request).map(({ policy, roleId, permission: { resource, action } }) => ({
    policy,
    of: { role: model.names.get(roleId) ?? '', resource, action },
  }))
  const statements = [...new Set(model.rulings.values())].flatMap(({ name, statements: all }) =>
    all
      .filter((one) => seenBy === 'anybody' || isOfAsker(one, request))
      .map((policy) => ({
        policy,
        of: { role: '', policy: name, resource: request.resource.type, action: request.action.id },
      })),
  )
  const shown = [...permissions, ...statements]
    .map((one) => ({ ...one, fits: one.policy.fits(request) }))
    .sort((a, b) => Number(b.fits) - Number(a.fits))
    .slice(0, MOST_SHOWN)
    .map(({ policy, of, fits }) => ({ fits, of, ...explain(policy, request) }))
    .sort((a, b) => Number(b.fits) - Number(a.fits) || a.needs.length - b.needs.length)
    .map(({ of, effect, holds, parts, needs }) => ({ ...of, effect, holds, parts, needs }))
  return seenBy === 'anybody' ? shown : shown.map((one) => ofOneself(one, request))
}

function isOfAsker({ principal }: Policy, request: Request): boolean {
  return fitting('principal', principal)?.(request) ?? true
}

/**
 * As whom it is about sees it: of others no id and no address, and of the resource not what its attributes are, which an
 * application may have told that they do not see.
 */
function ofOneself(one: Explanation[number], { principal, resource }: Request): Explanation[number] {
  const told = (text: string) => withoutOthers(text, [principal.id, resource.id])
  const partOf = ({ text, holds, because, parts }: ExplainedPart): ExplainedPart => ({
    ...{ text: told(text), holds },
    ...(because !== undefined && !/\bresource\b|::"/.test(text) && { because: told(because) }),
    ...(parts && { parts: parts.map(partOf) }),
  })
  return { ...one, parts: one.parts.map(partOf), needs: one.needs.map(told) }
}
