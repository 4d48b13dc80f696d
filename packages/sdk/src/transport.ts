import type { Problem } from '@probity/contract'
import { ProbityError } from './error.ts'
import { type ProofKey, proofOf } from './proof-of-possession.ts'

export interface ClientOptions {
  /** Where the server is, such as http://127.0.0.1:4400. */
  url: string
  /** API token or session. */
  token?: string | undefined
  /** Key that each call proves; a log-in with it opens a session that is good with it alone. `url` is then the public one. */
  proofKey?: ProofKey | undefined
}

export interface CallOptions {
  /** Gives the call up. */
  signal?: AbortSignal | undefined
}

export type Query = Record<string, string | number | boolean | undefined>

/** How the API is called. Throws ProbityError with the server's problem. */
export class Transport {
  readonly #url: string
  readonly #token: string | undefined
  readonly #proofKey: ProofKey | undefined

  constructor({ url, token, proofKey }: ClientOptions) {
    this.#url = url.replace(/\/+$/, '')
    this.#token = token
    this.#proofKey = proofKey
  }

  async json<T>(method: string, path: string, body?: object, options: CallOptions = {}): Promise<T> {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const text = body === undefined ? undefined : JSON.stringify(body)
    const answer = await this.fetch(method, path, headers, text, options)
    return (await answer.json()) as T
  }

  async text(path: string): Promise<string> {
    return (await this.fetch('GET', path, {})).text()
  }

  async fetch(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string | ReadableStream<Uint8Array>,
    { signal }: CallOptions = {},
  ): Promise<Response> {
    const request: RequestInit = {
      method,
      headers: { ...headers, ...(await this.#credentials(method, path)) },
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
      ...(body instanceof ReadableStream && { duplex: 'half' as const }),
    }
    const answer = await globalThis.fetch(this.#url + path, request)
    if (answer.ok) return answer
    throw new ProbityError(await problemOf(answer), retryAfterOf(answer))
  }

  async #credentials(method: string, path: string): Promise<Record<string, string>> {
    const scheme = this.#proofKey ? 'DPoP' : 'Bearer'
    return {
      ...(this.#token !== undefined && { authorization: `${scheme} ${this.#token}` }),
      ...(this.#proofKey && { dpop: await proofOf(this.#proofKey, method, this.#url + path, this.#token) }),
    }
  }
}

function retryAfterOf({ headers }: Response): number | null {
  const text = headers.get('retry-after') ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : null
}

async function problemOf(
  answer: Response,
): Promise<Pick<Problem, 'code' | 'status' | 'message' | 'details' | 'request_id'>> {
  const text = await answer.text()
  try {
    return JSON.parse(text) as Problem
  } catch {
    return {
      code: 'INTERNAL',
      status: answer.status,
      message: `the server answered ${answer.status}`,
      details: {},
      request_id: '',
    }
  }
}

export function query(values: Query): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined)
  return set.length === 0
    ? ''
    : `?${new URLSearchParams(set.map(([key, value]): [string, string] => [key, String(value)]))}`
}
