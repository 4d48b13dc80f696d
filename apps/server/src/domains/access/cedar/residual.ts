import { compile } from './compile.ts'
import { and, FALSE, type Filter, idIn, isExact, not, or, TooLarge, TRUE } from './filter.ts'
import { type Constraint, fitting, type Policy } from './policy.ts'
import { testOf } from './policy-json.ts'
import type { PolicySet } from './policy-set.ts'
import type { Entities, Request } from './request.ts'
import { conjunction, MaybeResource, outcome, type Scope } from './residual-cases.ts'
import { inSome } from './residual-relations.ts'
import { type Outcome, type PartialRequest, total, unknown } from './residual-symbol.ts'
import { EntityReference } from './value.ts'

export interface Residual {
  filter: Filter
  /** Whether the engine allows exactly those that pass; false: among those that may pass it has to be asked for each. */
  isExact: boolean
}

/** What a policy that forbids does where it cannot be evaluated: Cedar skips it. */
export type ErroringForbid = 'is skipped' | 'denies'

/** The condition under which the answer to a request is allow, on what is not known of it: the resource. */
export function residualOf(
  policies: PolicySet,
  request: PartialRequest,
  erroringForbid: ErroringForbid = 'is skipped',
): Residual {
  const known = knownOf(request)
  const scoped = { ...request, entities: besideResource(request, known) }
  const candidates = policies.candidatesOfType(request)
  const allowed = known.filter((resource) => isAllowed(policies, { ...request, resource }, erroringForbid))
  const ids = (all: readonly EntityReference[]) => idIn(all.map(({ id }) => id))
  const filter = limited(candidates, () => {
    const [permits, forbids]: [Filter[], Filter[]] = [[], []]
    for (const policy of candidates) {
      const { yes, no } = outcomeOf(policy, scoped, request.entities)
      if (policy.effect === 'permit') permits.push(yes)
      else forbids.push(erroringForbid === 'denies' ? not(no) : yes)
    }
    const others = and(or(...permits), not(or(...forbids)))
    return or(ids(allowed), and(not(ids(known)), others))
  })
  return { filter, isExact: isExact(filter) }
}

/** When a policy holds, and when it does not without failing. What its head asks of the principal and the action is known. */
function outcomeOf(policy: Policy, request: PartialRequest, heads: Entities): Outcome {
  const opaque: Filter = { op: 'opaque', policies: [policy.id] }
  const { slots } = policy
  const around = { ...request, resource: NO_RESOURCE } satisfies Request
  const scope: Scope = { request, opaque, slots, evaluate: (one) => compile(one, slots)(around) }
  const head = headOf(policy, { ...around, entities: heads }, request)
  const conditions = () =>
    policy.json.conditions.reduce<Outcome>(
      (before, condition) => conjunction(before, () => outcome(testOf(condition), scope)),
      total(TRUE),
    )
  try {
    return conjunction(head, conditions)
  } catch (thrown) {
    if (thrown instanceof TooLarge) return conjunction(head, () => unknown(opaque))
    throw thrown
  }
}

/** It never fails. */
function headOf({ principal, action, resource }: Policy, around: Request, request: PartialRequest): Outcome {
  const isFit = fitting('principal', principal)?.(around) ?? true
  const isAction = fitting('action', action)?.(around) ?? true
  return total(isFit && isAction ? resourceFits(resource, request) : FALSE)
}

function resourceFits({ type, equals, within }: Constraint, request: PartialRequest): Filter {
  if (type !== null && type !== request.resource.type) return FALSE
  if (equals) return equals.type === request.resource.type ? idIn([equals.id]) : FALSE
  return within ? inSome(request, within) : TRUE
}

/** Where a condition grows too large, it says no more than which policies have a say. */
export function limited(policies: readonly Policy[], work: () => Filter): Filter {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof TooLarge) return { op: 'opaque', policies: policies.map(({ id }) => id) }
    throw thrown
  }
}

/** Whoever asks is what is known of them, also where they are what is asked for. */
function knownOf({ principal, resource, known }: PartialRequest): EntityReference[] {
  return principal.type === resource.type ? [...known, principal] : [...known]
}

/** What is known of others: of one of the resource's type, that it may be the resource. */
function besideResource({ entities, resource }: PartialRequest, known: readonly EntityReference[]) {
  const keys = new Set(known.map(({ key }) => key))
  return {
    find(key: string) {
      if (key.startsWith(`${resource.type}\0`) && !keys.has(key)) throw new MaybeResource()
      return entities.find(key)
    },
  }
}

function isAllowed(policies: PolicySet, request: Request, erroringForbid: ErroringForbid): boolean {
  const { decision, errors } = policies.isAuthorized(request)
  const isBarred = erroringForbid === 'denies' && errors.some(({ policy }) => policy.effect === 'forbid')
  return decision === 'allow' && !isBarred
}

/** Stands where a resource does, of what does not look at it. */
const NO_RESOURCE = new EntityReference('', '')
