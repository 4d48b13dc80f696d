import type { ServerResponse } from 'node:http'
import type {} from 'fastify'
import type { GuardOptions, Passed, Permission } from './decide.ts'
import { type Asked, ON_REQUEST, type Recorded, recording } from './on-request.ts'
import type { RecordOptions } from './record.ts'
import type { Session, SessionOptions, SessionRequired } from './session.ts'
import { decisions, identifications, ofSession, type Step } from './steps.ts'

export type { GuardOptions, Passed, Permission, Subject } from './decide.ts'
export type { Answered, RecordOptions, RequestEvent } from './record.ts'
export type { Session, SessionOptions, SessionRequired } from './session.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** By what decisions the request came to the handler; undefined: none was required. */
    probity?: Passed
    /** Who it is of; undefined: nobody, or it was not read. */
    probitySession?: Session
  }
}

interface Reply {
  raw: ServerResponse
}

interface Answer extends Reply {
  code(status: number): this
  headers(headers: Record<string, string>): this
  send(body: string): this
}

/** Guards routes of Fastify 5: `app.get('/documents/:id', { preHandler: probity.require({ … }) }, handler)`. */
export function guard<Request extends Asked = Asked>(options: GuardOptions<Request>) {
  const decide = decisions<Request>(options, ON_REQUEST)
  return { require: (permission: Permission<Request>) => hook(decide(permission)) }
}

/** Tells who requests are of: `app.addHook('onRequest', session.identify)`, or `{ onRequest: session.require() }`. */
export function sessions<Request extends Asked = Asked>(options: SessionOptions<Request>) {
  const { identify, require } = identifications<Request>(options, ON_REQUEST)
  return {
    /** Nobody is let through too. */
    identify: hook(identify),
    require: (required?: SessionRequired) => hook(require(required)),
    ...ofSession(ON_REQUEST),
  }
}

/** Records each request: `app.addHook('onRequest', audit({ queue }))`, before all else. */
export function audit<Request extends Recorded = Recorded>(options: RecordOptions<Request>) {
  const record = recording(options)
  return async (request: NoInfer<Request>, { raw }: Reply): Promise<void> => record(request, raw)
}

function hook<Request>(step: Step<Request>) {
  return async (request: Request, reply: Reply): Promise<unknown> => {
    const refused = await step(request)
    const answer = reply as Answer // where a route says what it answers, its reply takes nothing else, and a refusal is something else
    return refused === null ? undefined : answer.code(refused.status).headers(refused.headers).send(refused.body)
  }
}
