import { type Refusal, refusal, secondFactorAsked } from './refusal.ts'

/** Who has logged in at Probity, by an access token that it gave to this application. */
export interface Session {
  /** The id of their account; null: a machine, which is the application itself. */
  userId: string | null
  clientId: string
  scopes: readonly string[]
  /** When they last showed who they are; null for a machine. */
  authenticatedAt: Date | null
  /** How they did (RFC 8176), such as `pwd` and `otp`. */
  methods: readonly string[]
  expiresAt: Date
}

export interface SessionOptions<Request> {
  /** `issuer` of the application, as Probity told it when it was added. */
  issuer: string
  clientId: string
  /** Of an application that keeps one. */
  clientSecret?: string | undefined
  /** Where the access token of a request is, such as in the application's own session; in its header `Authorization` without it. */
  token?(request: Request): string | null | undefined | Promise<string | null | undefined>
  /** For how long Probity's word counts; 0 without it: who is suspended is out with their next request. */
  keepMilliseconds?: number
  /** How long an answer may take; 2,000 without it. */
  timeoutMilliseconds?: number
  /** Told of why a request was answered with 503. */
  onUnavailable?(error: unknown, request: Request): void
}

export interface SessionRequired {
  /** Scopes that the token has to have, all of them. */
  scopes?: readonly string[]
  /** They have to have shown a second factor, at most so many seconds ago (`Infinity`: whenever). */
  secondFactorSeconds?: number
}

export type Identified = { session: Session } | { refusal: Refusal }

interface Introspected {
  active?: unknown
  sub?: unknown
  client_id?: unknown
  scope?: unknown
  exp?: unknown
  auth_time?: unknown
  amr?: unknown
  cnf?: unknown
  token_type?: unknown
}

const TIMEOUT_MILLISECONDS = 2_000
const MOST_KEPT = 10_000
/** RFC 6750 §2.1; nothing else is sent to Probity. */
const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i

/**
 * Tells who requests are of, by asking Probity of their access tokens (RFC 7662). It tells an application of tokens that it gave to
 * that application alone, so that one made for another opens nothing. Nobody comes through by a failure.
 */
export class SessionReader<Request extends object> {
  readonly #options: SessionOptions<Request>
  readonly #headerOf: (request: Request) => string | null | undefined
  readonly #kept = new Map<string, { session: Session; until: number }>()
  readonly #asked = new Map<string, Promise<Session | null>>()

  /** `headerOf`: the header `Authorization` of a request. */
  constructor(options: SessionOptions<Request>, headerOf: (request: Request) => string | null | undefined) {
    this.#options = options
    this.#headerOf = headerOf
  }

  /** Throws what the application's functions throw, and where Probity does not know the application. */
  async require(request: Request, { scopes = [], secondFactorSeconds }: SessionRequired = {}): Promise<Identified> {
    const token = await this.#tokenOf(request)
    if (!token) return { refusal: refusal(401, 'Log in first', {}, { 'www-authenticate': 'Bearer' }) }
    let session: Session | null
    try {
      session = await this.#sessionOf(token)
    } catch (error) {
      if (error instanceof Misconfigured) throw error
      this.#options.onUnavailable?.(error, request)
      return { refusal: refusal(503, 'It cannot be found out just now who you are') }
    }
    if (session === null) {
      const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' }
      return { refusal: refusal(401, 'Your log-in is good no more: log in again', {}, challenge) }
    }
    const missing = scopes.filter((scope) => !session.scopes.includes(scope))
    if (missing.length > 0) {
      const challenge = { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"` }
      return { refusal: refusal(403, 'This takes scopes that you were not given', { scopes: missing }, challenge) }
    }
    const age = secondFactorSeconds === Number.POSITIVE_INFINITY ? null : secondFactorSeconds
    if (age !== undefined && !hasSteppedUp(session, age)) return { refusal: secondFactorAsked(age) }
    return { session }
  }

  /** Who a request is of; null: nobody, or their token is good no more. */
  async read(request: Request): Promise<Identified | null> {
    const identified = await this.require(request)
    return 'refusal' in identified && identified.refusal.status === 401 ? null : identified
  }

  async #tokenOf(request: Request): Promise<string | null> {
    if (this.#options.token) return (await this.#options.token(request)) || null
    return BEARER.exec(this.#headerOf(request) ?? '')?.[1] ?? null
  }

  /** Requests of the same moment are asked about once. Where nothing is kept, that is over before anything else can have happened. */
  #sessionOf(token: string): Promise<Session | null> {
    const kept = this.#kept.get(token)
    if (kept && kept.until > Date.now()) return Promise.resolve(kept.session)
    this.#kept.delete(token)
    const before = this.#asked.get(token)
    if (before) return before
    const asked = this.#ask(token)
    this.#asked.set(token, asked)
    const forget = () => void this.#asked.delete(token)
    if ((this.#options.keepMilliseconds ?? 0) > 0) asked.then(forget, forget)
    else queueMicrotask(forget)
    return asked
  }

  async #ask(token: string): Promise<Session | null> {
    const answer = await this.#introspect(token)
    const session = sessionOf(answer)
    if (session === null || session.clientId !== this.#options.clientId) return null
    const until = Math.min(Date.now() + (this.#options.keepMilliseconds ?? 0), session.expiresAt.getTime())
    if (until > Date.now()) {
      const [oldest] = this.#kept.keys()
      if (this.#kept.size >= MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest)
      this.#kept.set(token, { session, until })
    }
    return session
  }

  async #introspect(token: string): Promise<Introspected> {
    const { issuer, clientId, clientSecret, timeoutMilliseconds = TIMEOUT_MILLISECONDS } = this.#options
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' })
    const headers: Record<string, string> = { accept: 'application/json' }
    if (clientSecret === undefined) body.set('client_id', clientId)
    else headers.authorization = `Basic ${btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)}`
    const signal = AbortSignal.timeout(timeoutMilliseconds)
    const request = { method: 'POST', headers, body, signal, redirect: 'error' } as const
    const answer = await fetch(`${issuer}/token/introspection`, request)
    if (answer.status >= 500 || answer.status === 429) throw new Error(`Probity answered ${answer.status}`)
    if (!answer.ok) throw new Misconfigured(`Probity does not know the application: ${answer.status}`)
    return (await answer.json()) as Introspected
  }
}

/** Whether they showed a second factor, at most so many seconds ago; null: whenever. */
export function hasSteppedUp({ methods, authenticatedAt }: Session, maxAgeSeconds: number | null): boolean {
  if (authenticatedAt === null || methods.length < 2) return false
  return maxAgeSeconds === null || Date.now() - authenticatedAt.getTime() <= maxAgeSeconds * 1000
}

/** The application's settings are wrong: trying again does not help. */
class Misconfigured extends Error {}

/** null: the token is not good, or is bound to a key whose proof nobody checked here (RFC 9449). */
function sessionOf({ active, sub, client_id, scope, exp, auth_time, amr, cnf, token_type }: Introspected) {
  if (active !== true || cnf !== undefined || typeof client_id !== 'string' || typeof exp !== 'number') return null
  if (token_type !== 'Bearer') return null // a refresh token opens nothing
  return {
    userId: typeof sub === 'string' ? sub : null,
    clientId: client_id,
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    authenticatedAt: typeof auth_time === 'number' ? new Date(auth_time * 1000) : null,
    methods: Array.isArray(amr) ? amr.filter((one) => typeof one === 'string') : [],
    expiresAt: new Date(exp * 1000),
  }
}
