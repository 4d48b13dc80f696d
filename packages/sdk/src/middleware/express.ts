import type { ServerResponse } from 'node:http'
import type { GuardOptions, Passed, Permission } from './decide.ts'
import { type Asked, ON_REQUEST, type Recorded, recording } from './on-request.ts'
import type { RecordOptions } from './record.ts'
import type { Session, SessionOptions, SessionRequired } from './session.ts'
import { decisions, identifications, ofSession, type Step } from './steps.ts'

export type { GuardOptions, Passed, Permission, Subject } from './decide.ts'
export type { Answered, RecordOptions, RequestEvent } from './record.ts'
export type { Session, SessionOptions, SessionRequired } from './session.ts'

declare global {
  namespace Express {
    interface Request {
      /** By what decisions the request came to the handler; undefined: none was required. */
      probity?: Passed
      /** Who it is of; undefined: nobody, or it was not read. */
      probitySession?: Session
    }
  }
}

type Next = (error?: unknown) => void

/** Guards routes of Express 5: `app.get('/documents/:id', probity.require({ … }), handler)`. */
export function guard<Request extends Asked = Asked>(options: GuardOptions<Request>) {
  const decide = decisions<Request>(options, ON_REQUEST)
  return { require: (permission: Permission<Request>) => middleware(decide(permission)) }
}

/** Tells who requests are of: `app.use(session.identify)`, or `app.get('/documents', session.require(), handler)`. */
export function sessions<Request extends Asked = Asked>(options: SessionOptions<Request>) {
  const { identify, require } = identifications<Request>(options, ON_REQUEST)
  return {
    /** Nobody is let through too. */
    identify: middleware(identify),
    require: (required?: SessionRequired) => middleware(require(required)),
    ...ofSession(ON_REQUEST),
  }
}

/** Records each request that comes by: `app.use(audit({ queue }))`, before all else. */
export function audit<Request extends Recorded = Recorded>(options: RecordOptions<Request>) {
  const record = recording(options)
  return (request: Request, response: ServerResponse, next: Next): void => {
    record(request, response)
    next()
  }
}

function middleware<Request>(step: Step<Request>) {
  // Of Express's own response nothing is named: from that TypeScript would take what handlers after this may answer.
  return async (request: Request, response: ServerResponse, next: Next): Promise<void> => {
    let refused: Awaited<ReturnType<typeof step>>
    try {
      refused = await step(request)
    } catch (error) {
      next(error ?? new Error('it could not be decided')) // nothing at all would let the request through
      return
    }
    if (refused === null) next()
    else response.writeHead(refused.status, refused.headers).end(refused.body)
  }
}
