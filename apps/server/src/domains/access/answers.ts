import type { Authorize, Authorized } from '@probity/contract'
import { explain } from './cedar/explain.ts'
import type { Answer } from './cedar/policy-set.ts'
import type { Request } from './cedar/request.ts'
import type { Model } from './model.ts'
import { matches } from './permissions.ts'
import type { Counting, Exclusion } from './separation.ts'

/** Permissions that an explanation shows. */
const MOST_SHOWN = 20

/** Where nothing is decided by anything. */
export const NO_ANSWER: Answer = { decision: 'deny', determining: [], errors: [] }

/** What was decided, and of what. */
export interface Decided {
  request: Request
  answer: Answer
  counting: Counting
}

/** What an answer says of a decision. */
export function present(decision_id: string, model: Model | null, decided: Decided, asked: Authorize): Authorized {
  const { answer, request } = decided
  const isAllowed = answer.decision === 'allow'
  const roles = isAllowed ? decidingRoles(model, answer) : []
  return {
    ...{ decision_id, authorized: isAllowed, roles, version: model?.version ?? 0 },
    reason: reasonOf(model, decided),
    required_permissions: isAllowed ? [] : [{ resource: request.resource.type, action: asked.action }],
    ...(asked.explain && { explanation: explained(model, request) }),
  }
}

/** In words that tell who asks nothing of what others have. */
export function reasonOf(model: Model | null, decided: Decided): string {
  if (decided.answer.decision !== 'allow') return whyNot(model, decided)
  return `permitted by ${decidingRoles(model, decided.answer)
    .map(({ name }) => name)
    .join(', ')}`
}

function decidingRoles(model: Model | null, { determining }: Answer): { id: string; name: string }[] {
  const ids = determining.flatMap(({ id }) => model?.permissions.get(id)?.roleId ?? [])
  return [...new Set(ids)].map((id) => ({ id, name: model?.names.get(id) ?? '' }))
}

function whyNot(model: Model | null, { request, answer: { errors }, counting: { lost, broken } }: Decided): string {
  if (errors.length > 0) return 'a permission could not be evaluated: what it asks for has another type'
  const near = nearOf(model, request)
  if (near.some(({ policy }) => policy.fits(request))) return 'a condition of the permission does not hold'
  if (near.some(({ roleId }) => lost.has(roleId))) return broken.map((one) => separated(model, one)).join('; ')
  return 'no role that is held here permits it'
}

function separated(model: Model | null, { kind, role_id, other_role_id }: Exclusion): string {
  const [one, other] = [role_id, other_role_id].map((id) => model?.names.get(id) ?? '').sort()
  const why =
    kind === 'static' ? 'nobody may have both' : 'they are not used at once: name which is active in active_roles'
  return `neither ${one} nor ${other} counts, since ${why}`
}

/** Permissions of this action on this resource, whoever has them. */
function nearOf(model: Model | null, { action, resource }: Request) {
  const of = { resource_type: resource.type, resource_id: resource.id }
  return [...(model?.permissions.values() ?? [])].filter(({ permission }) => matches(permission, action.id, of))
}

/** Nearest first: those whose conditions are all that is missing. */
function explained(model: Model | null, request: Request): NonNullable<Authorized['explanation']> {
  const near = nearOf(model, request).map((one) => ({ ...one, fits: one.policy.fits(request) }))
  return near
    .sort((a, b) => Number(b.fits) - Number(a.fits))
    .slice(0, MOST_SHOWN)
    .map(({ policy, roleId, permission: { resource, action } }) => {
      const { holds, parts } = explain(policy, request)
      return { role: model?.names.get(roleId) ?? '', resource, action, holds, parts }
    })
}
