import { compile } from './compile.ts'
import { and, FALSE, type Filter, idIn, isExact, LARGEST, not, or, sizeOf, TooLarge, TRUE } from './filter.ts'
import { type Constraint, fitting, type Policy } from './policy.ts'
import { type Condition, type Expression, testOf } from './policy-json.ts'
import type { PolicySet } from './policy-set.ts'
import type { Request } from './request.ts'
import { MaybeResource, outcome, type Scope } from './residual-cases.ts'
import { inSome } from './residual-relations.ts'
import { conjunction, type Outcome, type PartialRequest, total, unknown } from './residual-symbol.ts'
import { EntityReference } from './value.ts'

export interface Residual {
  filter: Filter
  /** Whether the engine allows exactly those that pass; false: among those that may pass it has to be asked for each. */
  isExact: boolean
}

/** What a policy that forbids does where it cannot be evaluated: Cedar skips it. */
export type ErroringForbid = 'is skipped' | 'denies'

/** What may be done for one answer. */
export interface Budget {
  /** Whether there is enough left for a policy; others may have their turn meanwhile. */
  takes(policy: Policy): Promise<boolean>
}

const NO_END: Budget = { takes: async () => true }

/**
 * The condition under which the answer to a request is allow, on what is not known of it: the resource. Where the budget ends
 * it says no more than which policies have a say.
 */
export async function residualOf(
  policies: PolicySet,
  request: PartialRequest,
  erroringForbid: ErroringForbid = 'is skipped',
  budget: Budget = NO_END,
): Promise<Residual> {
  const known = knownOf(request)
  const candidates = policies.candidatesOfType(request)
  const allowed = known.filter((resource) => isAllowed(policies, { ...request, resource }, erroringForbid))
  const ids = (all: readonly EntityReference[]) => idIn(all.map(({ id }) => id))
  const translation = new Translation(request, known)
  const [permits, forbids]: [Filter[], Filter[]] = [[], []]
  try {
    for (const policy of candidates) {
      if (!(await budget.takes(policy))) throw new TooLarge()
      if (policy.effect === 'permit') permits.push(translation.of(policy, ({ yes }) => yes))
      else forbids.push(translation.of(policy, ({ yes, no }) => (erroringForbid === 'denies' ? not(no) : yes)))
    }
    const others = and(or(...permits), not(or(...forbids)))
    const filter = or(ids(allowed), and(not(ids(known)), others))
    return { filter, isExact: isExact(filter) }
  } catch (thrown) {
    if (thrown instanceof TooLarge) return { filter: opaqueOf(candidates), isExact: false }
    throw thrown
  }
}

/** What of a request besides the resource is not known. */
export type Hidden = 'principal' | 'context'

/** When all conditions of a policy hold, and when one does not, whatever its head asks; what is neither may fail. */
export function conditionsOf(
  policy: Policy,
  request: PartialRequest,
  hidden: readonly Hidden[],
): { yes: Filter; no: Filter } {
  const translation = () => new Translation(request, request.known, hidden)
  return {
    yes: translation().ofConditions(policy, ({ yes }) => yes),
    no: translation().ofConditions(policy, ({ no }) => no),
  }
}

/** Policies that may grow as large as a condition can in one answer: each costs milliseconds. */
const MOST_LARGE = 10

/** What policies ask of a resource, one after the other. */
class Translation {
  readonly #request: PartialRequest
  readonly #heads: Request
  readonly #around: Request
  #left = LARGEST * MOST_LARGE

  constructor(request: PartialRequest, known: readonly EntityReference[], hidden: readonly Hidden[] = []) {
    this.#heads = { ...request, resource: NO_RESOURCE }
    this.#request = { ...request, entities: besideResource(request, known) }
    this.#around = without(hidden, { ...this.#request, resource: NO_RESOURCE })
  }

  /** A condition on the outcome of a policy. Throws TooLarge where there is no end to all of them. */
  of(policy: Policy, asked: (outcome: Outcome) => Filter): Filter {
    const opaque: Filter = { op: 'opaque', policies: [policy.id] }
    const head = headOf(policy, this.#heads, this.#request)
    const filter = this.#exactly(policy, opaque, (conditions) => asked(conjunction(head, conditions)))
    this.#left -= filter === null ? LARGEST : sizeOf(filter)
    if (this.#left < 0) throw new TooLarge()
    return filter ?? asked(conjunction(head, () => unknown(opaque)))
  }

  /** The same of what stands behind its head. */
  ofConditions(policy: Policy, asked: (outcome: Outcome) => Filter): Filter {
    const opaque: Filter = { op: 'opaque', policies: [policy.id] }
    return this.#exactly(policy, opaque, (conditions) => asked(conditions())) ?? opaque
  }

  /** Null: it grows too large. */
  #exactly({ json, slots }: Policy, opaque: Filter, work: (conditions: () => Outcome) => Filter): Filter | null {
    const evaluate = (one: Expression) => compile(one, slots)(this.#around)
    const scope: Scope = { request: this.#request, opaque, evaluate }
    const joined = (before: Outcome, condition: Condition) =>
      conjunction(before, () => outcome(testOf(condition), scope))
    try {
      return work(() => json.conditions.reduce(joined, total(TRUE)))
    } catch (thrown) {
      if (thrown instanceof TooLarge) return null
      throw thrown
    }
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

/** Whoever looks at what is hidden gets no answer, as of an entity that may be the resource. */
function without(hidden: readonly Hidden[], request: Request): Request {
  const look = (): never => {
    throw new MaybeResource()
  }
  const unseen = Object.fromEntries(hidden.map((name) => [name, { get: look }]))
  return Object.defineProperties({ ...request }, unseen)
}

/** Where a condition grows too large, it says no more than which policies have a say. */
export function limited(policies: readonly Policy[], work: () => Filter): Filter {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof TooLarge) return opaqueOf(policies)
    throw thrown
  }
}

function opaqueOf(policies: readonly Policy[]): Filter {
  return { op: 'opaque', policies: policies.map(({ id }) => id) }
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
