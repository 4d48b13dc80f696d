import type { Authorize, Authorized, Obligation } from '@probity/contract'
import type { Policy } from './cedar/policy.ts'
import { type Answer, answerOf } from './cedar/policy-set.ts'
import type { Request } from './cedar/request.ts'
import { explained, nearTo, type Seeing } from './explanations.ts'
import { deniesByError, type Judgement } from './judgement.ts'
import type { Model } from './model.ts'
import type { Ruling } from './rulings.ts'
import type { Exclusion } from './separation.ts'

/** What an answer says of a decision; explained to who may ask for anybody, or to whom it is about. */
export function present(
  decision_id: string,
  model: Model,
  judgement: Judgement,
  asked: Authorize & { seenBy: Seeing },
): Authorized {
  const { answer, request, verdict, others } = judgement
  const isAllowed = answer.decision === 'allow'
  const cedar = answerOf(verdict)
  return {
    ...{ decision_id, authorized: isAllowed, version: model.version },
    reason: reasonOf(model, judgement),
    roles: isAllowed ? decidingRoles(model, answer) : [],
    policies: decidingPolicies(model, answer).map(nameOf),
    warnings: others
      .filter(({ beside }) => beside.mode === 'Warn')
      .map(({ beside, would }) => ({ ...nameOf(beside), would })),
    obligations: isAllowed ? obligationsOf(answer.determining) : [],
    required_permissions:
      isAllowed || isForbidden(judgement) ? [] : [{ resource: request.resource.type, action: asked.action }],
    ...(asked.explain && {
      cedar: {
        decision: cedar.decision,
        determining: cedar.determining.map(({ id }) => id),
        errors: cedar.errors.map(({ policy }) => policy.id),
      },
      explanation: explained(model, request, asked.seenBy),
    }),
  }
}

/** Then no permission would be enough. */
function isForbidden({ answer, verdict }: Judgement): boolean {
  return answer.determining.some(({ effect }) => effect === 'forbid') || deniesByError(verdict)
}

/** In words that tell who asks nothing of what others have. */
export function reasonOf(model: Model, judgement: Judgement): string {
  const { answer, request } = judgement
  if (answer.decision !== 'allow') return whyNot(model, request, judgement)
  const names = [...decidingRoles(model, answer), ...decidingPolicies(model, answer)].map(({ name }) => name)
  return `permitted by ${names.join(', ')}`
}

function decidingRoles(model: Model, { determining }: Answer): { id: string; name: string }[] {
  const ids = determining.flatMap(({ id }) => model.permissions.get(id)?.roleId ?? [])
  return [...new Set(ids)].map((id) => ({ id, name: model.names.get(id) ?? '' }))
}

function decidingPolicies(model: Model, { determining }: Answer): Ruling[] {
  return [...new Set(determining.flatMap(({ id }) => model.rulings.get(id) ?? []))]
}

function nameOf({ policyId, name, version }: Ruling) {
  return { id: policyId, policy_name: name, version }
}

function whyNot(model: Model, request: Request, { answer, verdict, counting }: Judgement): string {
  const forbidding = decidingPolicies(model, answer)
  if (forbidding.length > 0) return `forbidden by ${forbidding.map(({ name }) => name).join(', ')}`
  if (deniesByError(verdict))
    return 'a policy that forbids could not be evaluated: what it asks for is missing or of another type'
  if (answer.errors.length > 0) return 'a permission could not be evaluated: what it asks for has another type'
  const near = nearTo(model, request)
  if (near.some(({ policy }) => policy.fits(request))) return 'a condition of the permission does not hold'
  if (near.some(({ roleId }) => counting.lost.has(roleId)))
    return counting.broken.map((one) => separated(model, one)).join('; ')
  return 'no role or policy permits it'
}

function separated(model: Model, { kind, role_id, other_role_id }: Exclusion): string {
  const [one, other] = [role_id, other_role_id].map((id) => model.names.get(id) ?? '').sort()
  const why =
    kind === 'static' ? 'nobody may have both' : 'they are not used at once: name which is active in active_roles'
  return `neither ${one} nor ${other} counts, since ${why}`
}

/** Annotations of all that allow it: `@step_up("300")`, seconds or nothing, and `@mask("name, name")`. */
export function obligationsOf(determining: readonly Policy[]): Obligation[] {
  const told = (name: string) => determining.flatMap(({ annotations }) => annotations[name] ?? [])
  const ages = told('step_up').map((text) => (/^\d{1,9}$/.test(text) ? Number(text) : null))
  const limited = ages.filter((age) => age !== null)
  const fields = told('mask').flatMap((text) => text.split(',').map((field) => field.trim()))
  return [
    ...(ages.length > 0
      ? [{ type: 'step_up' as const, max_age_seconds: limited.length > 0 ? Math.min(...limited) : null }]
      : []),
    ...(fields.length > 0
      ? [{ type: 'mask' as const, fields: [...new Set(fields)].filter((field) => field !== '') }]
      : []),
  ]
}
