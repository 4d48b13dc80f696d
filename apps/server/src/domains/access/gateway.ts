import { type Principal, requirePermits } from '../../platform/authority.ts'
import { DomainError } from '../../platform/errors.ts'
import { obligationsOf } from './answers.ts'
import type { AuthZen } from './authzen.ts'
import { isAllowed } from './decision-entry.ts'
import type { Decisions } from './decisions.ts'
import type { HttpRoute } from './http-route.ts'
import type { Judgement } from './judgement.ts'
import { readAddress, readQuestion } from './question.ts'
import type { AccessDependencies } from './roles.ts'
import { accountOf, type Someone } from './states.ts'

/** When who calls last showed a second factor. */
export type SecondFactorAt = (principal: Principal) => Promise<Date | null>

/** Whom a gateway asks for; null: who calls asks for themselves. */
export type Named = { type: string; id: string } | null

export interface GatewayAnswer {
  decisionId: string
  isAllowed: boolean
  subject: { type: string; id: string }
  /** Fields that the application is not to show. */
  mask: readonly string[]
  /** A second factor has to be shown first, at most so many seconds ago (null: whenever); undefined: none. */
  stepUp: number | null | undefined
}

/** Decides for gateways what requests come through to an application. */
export class Gateway {
  readonly #dependencies: AccessDependencies & { secondFactorAt: SecondFactorAt }
  readonly #decisions: Decisions
  readonly #authZen: AuthZen

  constructor(
    dependencies: AccessDependencies & { secondFactorAt: SecondFactorAt },
    decisions: Decisions,
    authZen: AuthZen,
  ) {
    this.#dependencies = dependencies
    this.#decisions = decisions
    this.#authZen = authZen
  }

  /** Throws SCOPE_MISSING for a gateway that may not ask for others, STEP_UP_REQUIRED. */
  async decide(principal: Principal, named: Named, route: HttpRoute, address: string): Promise<GatewayAnswer> {
    const who = await this.#whom(principal, named)
    const question = questionOf(route, address)
    const { decisionId, judgements } = await this.#decisions.decide(principal, who, [question])
    const judgement = judgements[0] as Judgement // one question, one answer
    const allowed = isAllowed(judgement)
    const obligations = allowed ? obligationsOf(judgement.answer.determining) : []
    const stepUp = obligations.find((one) => one.type === 'step_up')?.max_age_seconds
    return {
      ...{ decisionId, isAllowed: allowed, subject: { type: who.type, id: who.id } },
      mask: obligations.flatMap((one) => (one.type === 'mask' ? one.fields : [])),
      stepUp: stepUp === undefined || (await this.#hasSteppedUp(principal, named, stepUp)) ? undefined : stepUp,
    }
  }

  async #whom(principal: Principal, named: Named): Promise<Someone> {
    if (named === null) {
      if (principal.lacksFactor) throw new DomainError('STEP_UP_REQUIRED')
      return accountOf(principal.userId)
    }
    requirePermits(principal, ['decision:ask'])
    return this.#authZen.someone(principal.tenantId, named, '/subject')
  }

  // Of somebody whom the gateway names it is not known here what they showed, nor when.
  async #hasSteppedUp(principal: Principal, named: Named, maxAgeSeconds: number | null): Promise<boolean> {
    const at = named === null ? await this.#dependencies.secondFactorAt(principal) : null
    if (at === null) return false
    return maxAgeSeconds === null || +this.#dependencies.work.now() < +at + maxAgeSeconds * 1000
  }
}

function questionOf({ method, host, path }: HttpRoute, address: string) {
  const context = { method, host, path, ...(readAddress(address) !== null && { ip: address }) }
  const resource = { type: 'http_route', id: host + path }
  return readQuestion({ resource, action: method, resource_attributes: {}, context }, '')
}
