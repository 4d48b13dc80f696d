import type { Problem } from '@probity/contract'
import { ProbityError } from './error.ts'
import { Listing } from './listing.ts'
import { type ProofKey, proofOf } from './proof-of-possession.ts'
import { pauseBefore, type Retries, waited } from './retry.ts'

export interface ClientOptions {
  /** Where the server is, such as http://127.0.0.1:4400; a path may come after. */
  url: string
  /** API token or session. */
  token?: string | undefined
  /** Key that each call proves; a log-in with it opens a session that is good with it alone. `url` is then the public one. */
  proofKey?: ProofKey | undefined
  /** How often a call is sent again that failed and does no harm twice; 2 without it. */
  retries?: number | undefined
  /** How long an answer is waited for, each time that a call is sent; 30,000 without it. Streams have no end. */
  timeoutMilliseconds?: number | undefined
  /** In the place of the runtime's own. */
  fetch?: typeof globalThis.fetch | undefined
}

export interface CallOptions {
  /** Gives the call up, and the waiting before it is sent again. */
  signal?: AbortSignal | undefined
  /** Of a call that makes something: whoever sends the same with the same key makes it once. One of our own without it. */
  idempotencyKey?: string | undefined
  /** In the place of the client's own. */
  retries?: number | undefined
}

export type Query = Record<string, string | number | boolean | undefined>

const RETRIES: Retries = { most: 2, timeoutMilliseconds: 30_000 }

interface Sent {
  method: string
  path: string
  headers: Record<string, string>
  body?: string
  /** Whether it does no harm twice. */
  isRepeatable: boolean
}

/** How the API is called. Throws ProbityError with the server's problem, and what `fetch` throws. */
export class Transport {
  readonly #options: ClientOptions
  readonly #url: string
  readonly #retries: Retries

  constructor(options: ClientOptions) {
    this.#options = options
    this.#url = options.url.replace(/\/+$/, '')
    this.#retries = {
      most: options.retries ?? RETRIES.most,
      timeoutMilliseconds: options.timeoutMilliseconds ?? RETRIES.timeoutMilliseconds,
    }
  }

  json<T>(method: string, path: string, body?: object, options: CallOptions = {}): Promise<T> {
    const isRepeatable = method !== 'POST' && method !== 'PATCH'
    return this.#json({ method, path, headers: {}, ...textOf(body), isRepeatable }, options)
  }

  /** What makes something: it is made once, however often it is sent. */
  create<T>(path: string, body: object, options: CallOptions = {}): Promise<T> {
    const headers = { 'idempotency-key': options.idempotencyKey ?? crypto.randomUUID() }
    return this.#json({ method: 'POST', path, headers, ...textOf(body), isRepeatable: true }, options)
  }

  /** What is only asked, by a body: it does no harm twice. */
  ask<T>(path: string, body: object, options: CallOptions = {}): Promise<T> {
    return this.#json({ method: 'POST', path, headers: {}, ...textOf(body), isRepeatable: true }, options)
  }

  list<Name extends string, Item>(name: Name, pathOf: (page: Query) => string): Listing<Name, Item> {
    return new Listing(name, (cursor) => this.json('GET', pathOf({ cursor })))
  }

  async text(path: string, options: CallOptions = {}): Promise<string> {
    const sent = { method: 'GET', path, headers: {}, isRepeatable: true }
    return waited(this.#within(options), sent, options.signal, async (signal) =>
      (await this.#send(sent, signal)).text(),
    )
  }

  /** A body or an answer that is a stream: it is sent once, and waited for without end. */
  async stream(
    method: string,
    path: string,
    {
      headers = {},
      body,
      signal,
    }: { headers?: Record<string, string>; body?: ReadableStream<Uint8Array> | string } & CallOptions = {},
  ): Promise<Response> {
    return this.#send({ method, path, headers, ...(body && { body }) }, signal)
  }

  #within({ retries = this.#retries.most }: CallOptions): Retries {
    return { ...this.#retries, most: retries }
  }

  #json<T>(sent: Sent, options: CallOptions): Promise<T> {
    return waited(
      this.#within(options),
      sent,
      options.signal,
      async (during) => (await (await this.#send(sent, during)).json()) as T,
    )
  }

  async #send(
    {
      method,
      path,
      headers,
      body,
    }: Pick<Sent, 'method' | 'path' | 'headers'> & { body?: string | ReadableStream<Uint8Array> },
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const send = this.#options.fetch ?? globalThis.fetch
    const answer = await send(this.#url + path, {
      method,
      headers: {
        ...(typeof body === 'string' && { 'content-type': 'application/json' }),
        ...headers,
        ...(await this.#credentials(method, path)),
      },
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
      ...(body instanceof ReadableStream && { duplex: 'half' as const }),
    })
    if (answer.ok) return answer
    throw new ProbityError(await problemOf(answer), pauseBefore(answer.headers.get('retry-after')))
  }

  async #credentials(method: string, path: string): Promise<Record<string, string>> {
    const { token, proofKey } = this.#options
    const scheme = proofKey ? 'DPoP' : 'Bearer'
    return {
      ...(token !== undefined && { authorization: `${scheme} ${token}` }),
      ...(proofKey && { dpop: await proofOf(proofKey, method, this.#url + path, token) }),
    }
  }
}

function textOf(body: object | undefined): { body?: string } {
  return body === undefined ? {} : { body: JSON.stringify(body) }
}

async function problemOf(
  answer: Response,
): Promise<Pick<Problem, 'code' | 'status' | 'message' | 'details' | 'request_id'>> {
  const text = await answer.text()
  try {
    const problem = JSON.parse(text) as Problem
    if (typeof problem.code === 'string') return problem
  } catch {
    // Something between answered, and not the server.
  }
  const message = `the server answered ${answer.status} without a problem of Probity's: is its address right?`
  return { code: 'INTERNAL', status: answer.status, message, details: {}, request_id: '' }
}

/** A path, with each text that is put into it as one part, and a query at its end. */
export function path(parts: TemplateStringsArray, ...values: (string | number | Query)[]): string {
  return String.raw(
    { raw: parts },
    ...values.map((value) => (typeof value === 'object' ? queryOf(value) : encodeURIComponent(value))),
  )
}

function queryOf(values: Query): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined)
  return set.length === 0
    ? ''
    : `?${new URLSearchParams(set.map(([key, value]): [string, string] => [key, String(value)]))}`
}
