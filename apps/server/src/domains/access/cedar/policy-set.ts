import { Failure } from './failure.ts'
import type { Policy } from './policy.ts'
import { type OfType, PolicyIndex } from './policy-index.ts'
import type { Request } from './request.ts'

/** Why a policy could not be evaluated. */
export interface PolicyError {
  policy: Policy
  failure: Failure
}

/** What a set of policies says to a request (Cedar reference: authorization). */
export interface Answer {
  decision: 'allow' | 'deny'
  /** The policies that decide: those that forbid, else those that permit; none: nothing permits. */
  determining: readonly Policy[]
  /** Policies that were skipped since they could not be evaluated. */
  errors: readonly PolicyError[]
}

/** The policies that hold, and those that could not be evaluated. */
export interface Verdict {
  permits: readonly Policy[]
  forbids: readonly Policy[]
  errors: readonly PolicyError[]
}

/** Policies by their id. Decisions are made in one go, so that one that is put or taken meanwhile is in none of them by half. */
export class PolicySet {
  readonly #index: PolicyIndex

  constructor(policies: Iterable<Policy>) {
    this.#index = new PolicyIndex(policies)
  }

  /** Adds a policy, in the place of the one of the same id if there is one. */
  put(policy: Policy): void {
    this.#index.remove(policy.id)
    this.#index.add(policy)
  }

  take(id: string): void {
    this.#index.remove(id)
  }

  /** All that could hold for one resource of a type or another, or fail. */
  candidatesOfType(request: OfType): readonly Policy[] {
    return this.#index.candidatesOfType(request)
  }

  /** Cedar's own answer: a policy that errors is skipped, even one that forbids. */
  isAuthorized(request: Request): Answer {
    return answerOf(this.judge(request))
  }

  judge(request: Request): Verdict {
    return verdictOf(this.#index.candidates(request), request)
  }
}

/** What each of some policies says to a request. */
export function verdictOf(policies: Iterable<Policy>, request: Request): Verdict {
  const [permits, forbids, errors]: [Policy[], Policy[], PolicyError[]] = [[], [], []]
  for (const policy of policies) {
    try {
      if (policy.fits(request) && policy.holds(request)) (policy.effect === 'permit' ? permits : forbids).push(policy)
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure
      errors.push({ policy, failure })
    }
  }
  return { permits, forbids, errors }
}

/** As Cedar decides. */
export function answerOf({ permits, forbids, errors }: Verdict): Answer {
  if (forbids.length > 0) return { decision: 'deny', determining: forbids, errors }
  return { decision: permits.length > 0 ? 'allow' : 'deny', determining: permits, errors }
}
