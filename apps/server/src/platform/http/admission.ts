import { type Permit, type Scope, scopeOf } from '@probity/contract'
import type { FastifyRequest } from 'fastify'
import { type Principal, requireActive, requirePermits } from '../authority.ts'
import { BoundedMap } from '../bounded-map.ts'
import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { onBehalf } from '../impersonation.ts'
import { sourceOf } from '../source-address.ts'
import { type BearerToken, bearerToken, shown } from './bearer-token.ts'
import type { ProofOfPossession } from './proof-of-possession.ts'
import { RateLimit } from './rate-limit.ts'
import { permitsOf, type Route } from './route.ts'
import type { SessionCookies } from './session-cookies.ts'

export interface AdmissionOptions {
  clock: Clock
  ratePerSecond: number
  publicRatePerSecond: number
  cookies: SessionCookies
  proofs: ProofOfPossession
  /** Finds who calls; throws UNAUTHENTICATED. `isUse` false: it does not count as a use of the token or session. */
  authenticate(token: BearerToken | null, isUse: boolean): Promise<Principal>
  /** Told of every refusal and of every use of scopes, before the work is done; null: there is nothing to wait for. */
  observe(
    principal: Principal,
    route: Route,
    scopes: readonly Scope[],
    verdict: 'refused' | 'sensitive',
  ): Promise<void> | null
}

const PUBLIC_BURST = 6 // times the rate
/** What counts as a wrong token. */
const REFUSALS = new Set<string>(['UNAUTHENTICATED', 'DPOP_PROOF_INVALID'])
const MOST_GOOD_TOKENS = 20_000

/** Who comes in: rate limits, authentication, scopes. All that can be known without the body is settled before it is read. */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #byPrincipal: RateLimit
  /** Calls of public routes. */
  readonly #byAddress: RateLimit
  readonly #wrongTokens: RateLimit
  /** Hashes of tokens that were right before: wrong ones from the same address do not keep them out. */
  readonly #good = new BoundedMap<string, true>(MOST_GOOD_TOKENS)

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#byPrincipal = new RateLimit(options.ratePerSecond, options.ratePerSecond * 2)
    this.#byAddress = new RateLimit(options.publicRatePerSecond, options.publicRatePerSecond * PUBLIC_BURST)
    this.#wrongTokens = new RateLimit(options.publicRatePerSecond, options.publicRatePerSecond * PUBLIC_BURST)
  }

  /** Before the body. Throws RATE_LIMITED, UNAUTHENTICATED, and what `authorise` throws where the body has no say in it. */
  async enter(request: FastifyRequest, route: Route): Promise<Principal> {
    if (route.permit === 'public') {
      if (route.method !== 'GET' || route.isCostly) this.#byAddress.take(sourceOf(request.ip), this.#now())
      if (route.opensSession) request.provenKey = await this.#provenKey(request)
      return NOBODY
    }
    const principal = await this.#authenticate(request, route)
    this.#byPrincipal.take(principal.issuedBy ?? principal.id, this.#now())
    const needed = permitsOf(route, null)
    if (needed !== null) await this.#check(principal, route, needed)
    return principal
  }

  /** After the body, where query and body decide on the scopes. Throws SCOPE_MISSING, TENANT_SUSPENDED. */
  async authorise(principal: Principal, route: Route, request: FastifyRequest): Promise<void> {
    if (typeof route.permit !== 'function') return
    const asked = { ...asObject(request.query), ...asObject(request.body) }
    await this.#check(principal, route, route.permit(asked))
  }

  /** Whether who called may still call, for an answer that goes on and on. Throws UNAUTHENTICATED. */
  async again(request: FastifyRequest): Promise<void> {
    await this.#options.authenticate(this.#tokenOf(request), false)
  }

  async #authenticate(request: FastifyRequest, route: Route): Promise<Principal> {
    const token = this.#tokenOf(request, route)
    if (token === null) return this.#options.authenticate(null, true)
    const isGood = this.#good.get(token.hash)
    if (!isGood) this.#wrongTokens.require(sourceOf(request.ip), this.#now())
    try {
      const principal = await this.#options.authenticate(token, true)
      await this.#requireBound(request, token, principal)
      if (!isGood) this.#good.set(token.hash, true)
      return principal
    } catch (error) {
      if (!(error instanceof DomainError && REFUSALS.has(error.code))) throw error
      this.#good.delete(token.hash)
      this.#wrongTokens.take(sourceOf(request.ip), this.#now())
      throw error
    }
  }

  async #provenKey(request: FastifyRequest): Promise<string | null> {
    const key = await this.#options.proofs.keyOf(request, null)
    if (key !== null && this.#options.cookies.areWished(request))
      throw new DomainError('BAD_REQUEST', {
        reason: 'tokens in cookies go without DPoP: a page cannot prove a key for them',
      })
    return key
  }

  // A token that is bound to a key is not good without it, and one that is not was not given to who says so.
  async #requireBound(request: FastifyRequest, token: BearerToken, { boundTo }: Principal): Promise<void> {
    if (token.scheme !== 'dpop' && boundTo === undefined) return
    if (token.scheme !== 'dpop' || boundTo === undefined) throw new DomainError('UNAUTHENTICATED')
    const key = await this.#options.proofs.keyOf(request, token.text)
    if (key !== boundTo)
      throw new DomainError('DPOP_PROOF_INVALID', { reason: key === null ? 'send a proof' : 'it is of another key' })
  }

  // Whoever sends an Authorization header means that one, and no other site can have a browser send it.
  #tokenOf(request: FastifyRequest, route?: Route): BearerToken | null {
    const own = route?.tokenHeader && request.headers[route.tokenHeader]
    if (typeof own === 'string') return bearerToken(`Bearer ${own}`)
    const { authorization } = request.headers
    if (authorization !== undefined) return bearerToken(authorization)
    const held = this.#options.cookies.accessOf(request)
    return held === null ? null : shown(held, 'cookie')
  }

  async #check(principal: Principal, route: Route, needed: readonly Permit[]): Promise<void> {
    const scopes = [...new Set(needed.map(scopeOf))]
    try {
      requirePermits(principal, needed)
      if (route.changes) requireActive(principal)
    } catch (error) {
      await onBehalf(principal, () => this.#options.observe(principal, route, scopes, 'refused'))
      throw error
    }
    await onBehalf(principal, () => this.#options.observe(principal, route, scopes, 'sensitive'))
  }

  #now(): number {
    return this.#options.clock.now() / 1000
  }
}

const NOBODY: Principal = {
  kind: 'token',
  id: '',
  tenantId: '',
  userId: '',
  userKind: 'person',
  scopes: [],
  tenantActive: false,
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
