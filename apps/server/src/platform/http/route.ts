import type { Permit, Problem } from '@probity/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Principal } from '../authority.ts'
import type { SessionCookies } from './session-cookies.ts'

type Schema = z.ZodType
type Parsed<S> = S extends Schema ? z.output<S> : undefined

/** What a handler gets: everything is parsed by its schema. */
export interface Call<P, Q, B> {
  principal: Principal
  params: P
  query: Q
  body: B
  /** The body as it came, of a `raw` route or a form; else empty. */
  bytes: Uint8Array
  /** Throws UNAUTHENTICATED once the caller's token or session has ended: for answers that go on and on. */
  again(): Promise<void>
  cookies: SessionCookies
  request: FastifyRequest
  reply: FastifyReply
}

/** How a protocol of others has its bodies and errors, where it is not ours. */
export interface Dialect {
  mediaType: string
  /** Schema of its errors. */
  error: Schema
  problem(problem: Problem): object
  /** Status of an error, where the protocol has another than ours. */
  status?(problem: Problem): number
  /** Whether the answer repeats the X-Request-ID of the request. */
  echoesRequestId?: true
}

/**
 * One operation. `permit` says what it does to what, as `type:action`: it may depend on query and body (opening sealed parts
 * needs one more); `own` is what everybody may who is known, since the rest is decided within; `public` needs nothing and has
 * no principal. `changes` refuses it to a suspended tenant. `creates` takes an Idempotency-Key.
 */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  path: string
  /** What it does, in a line that stands by itself and has no full stop. */
  summary: string
  /** What somebody who calls it has to know beyond its schemas. Markdown. */
  description?: string
  permit: Permit | ((asked: Record<string, unknown>) => readonly Permit[]) | 'own' | 'public'
  /** Header that shows a token before any other does: the caller passes on an Authorization that is not its own. */
  tokenHeader?: string
  changes?: boolean
  creates?: boolean
  /** The body is a stream that the handler reads. */
  streams?: boolean
  /** The body is a form (application/x-www-form-urlencoded), of which the handler gets the bytes. */
  form?: boolean
  /** A public GET that costs as much as what changes something, and is held to the same rate. */
  isCostly?: boolean
  /** Bytes of the body, at most, where they are not as many as of others. */
  mostBytes?: number
  /** The answer holds the tokens of a session, which a browser may have put into cookies. */
  opensSession?: boolean
  /** Bodies and errors are as another protocol has them; ours without. */
  dialect?: Dialect
  /** The handler gets the bytes of the JSON body and parses them by `body` itself, since they may be many. */
  raw?: boolean
  params?: Schema
  query?: Schema
  body?: Schema
  /** Schema of each answer, or its media type where it isn't JSON. */
  answers: Record<number, Schema | string>
  handle(call: Call<unknown, unknown, unknown>): Promise<unknown>
}

/** Declares a route whose handler sees its schemas' types. */
export function route<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(
  declared: Omit<Route, 'handle' | 'params' | 'query' | 'body'> & {
    params?: P
    query?: Q
    body?: B
    handle(call: Call<Parsed<P>, Parsed<Q>, Parsed<B>>): Promise<unknown>
  },
): Route {
  // The server parses with exactly these schemas before it calls the handler.
  return declared as unknown as Route
}

/** What is needed for an operation, by what was asked; `asked` missing: null where it has a say. */
export function permitsOf({ permit }: Route, asked: Record<string, unknown> | null): readonly Permit[] | null {
  if (typeof permit === 'function') return asked && permit(asked)
  return permit === 'own' || permit === 'public' ? [] : [permit]
}
