import { createHash, timingSafeEqual } from 'node:crypto'
import * as cookie from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DomainError } from '../errors.ts'

/** Tokens of a log-in, as an answer has them. */
interface Tokens {
  access_token: string
  refresh_token: string
  device_token?: string
}

type Name = 'session' | 'refresh' | 'device'
const MOST_HEADER = 8_000
const DEVICE_SECONDS = 365 * 86_400
/** By which a page asks that its tokens go into cookies. */
const WISH = 'x-probity-cookies'
const PROOF = 'x-csrf-token'

/**
 * Sessions of browsers: the tokens stand in cookies that no script reads and no other site has sent. `__Host-` keeps
 * neighbours from setting them (RFC 6265bis §4.1.3.2); what changes anything also shows the token that the log-in gave to
 * the page, which another site does not have.
 */
export class SessionCookies {
  readonly #publicUrl: () => string

  constructor(publicUrl: () => string) {
    this.#publicUrl = publicUrl
  }

  /** The access token that the browser brings; null: none. Throws CSRF_REFUSED where what it asks would change something and is not the page's own. */
  accessOf(request: FastifyRequest, method = request.method): string | null {
    const token = this.#read(request, 'session')
    if (token === null) return null
    if (method !== 'GET' && method !== 'HEAD') requireProof(request, proofOf(token))
    return token
  }

  /** The refresh token that the browser brings. Throws CSRF_REFUSED, as no other site may have it turn. */
  refreshOf(request: FastifyRequest): string | null {
    const token = this.#read(request, 'refresh')
    if (token === null) return null
    const site = request.headers['sec-fetch-site']
    const isOwn = request.headers[PROOF] !== undefined && (site === undefined || site === 'same-origin')
    if (!isOwn) throw new DomainError('CSRF_REFUSED')
    return token
  }

  /** The token of a device that is remembered. */
  deviceOf(request: FastifyRequest): string | null {
    return this.#read(request, 'device')
  }

  /** Whether the page asks for that. */
  areWished(request: FastifyRequest): boolean {
    return request.headers[WISH] !== undefined
  }

  /** Moves an answer's tokens into cookies where the page asked for that; else it stays as it is. */
  moved(request: FastifyRequest, reply: FastifyReply, answer: unknown): unknown {
    if (!this.areWished(request) || !hasTokens(answer)) return answer
    this.#set(reply, 'session', answer.access_token)
    this.#set(reply, 'refresh', answer.refresh_token)
    const { device_token, ...rest } = answer
    if (device_token !== undefined) this.#set(reply, 'device', device_token, DEVICE_SECONDS)
    return { ...rest, access_token: null, refresh_token: null, csrf_token: proofOf(answer.access_token) }
  }

  /** Takes the session's away; the device stays known. */
  clear(reply: FastifyReply): void {
    for (const name of ['session', 'refresh'] as const) this.#set(reply, name, '', 0)
  }

  get #isSecure(): boolean {
    return this.#publicUrl().startsWith('https:')
  }

  #nameOf(name: Name): string {
    return `${this.#isSecure ? '__Host-' : ''}probity-${name}`
  }

  #read(request: FastifyRequest, name: Name): string | null {
    const header = request.headers.cookie
    if (header === undefined || header.length > MOST_HEADER) return null
    const text = cookie.parse(header)[this.#nameOf(name)]
    return text === undefined || !/^prb_[\w]{20,200}$/.test(text) ? null : text
  }

  #set(reply: FastifyReply, name: Name, value: string, maxAge?: number): void {
    const options = {
      ...{ path: '/', httpOnly: true, secure: this.#isSecure, sameSite: 'strict' as const },
      ...(maxAge !== undefined && { maxAge }),
    }
    reply.header('set-cookie', cookie.serialize(this.#nameOf(name), value, options))
  }
}

/** What only the page that logged in knows beside the cookie: it derives from the token, so another session's does not fit. */
function proofOf(token: string): string {
  return createHash('sha256').update(`csrf ${token}`).digest('base64url')
}

function requireProof({ headers }: FastifyRequest, wanted: string): void {
  const given = Buffer.from(String(headers[PROOF] ?? ''))
  const expected = Buffer.from(wanted)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new DomainError('CSRF_REFUSED')
}

function hasTokens(answer: unknown): answer is Tokens {
  const isObject = typeof answer === 'object' && answer !== null
  // An application's log-in has no refresh token, and belongs to no browser.
  return isObject && 'access_token' in answer && 'refresh_token' in answer && typeof answer.refresh_token === 'string'
}
