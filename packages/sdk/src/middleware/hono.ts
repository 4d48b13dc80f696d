import type { GuardOptions, Passed, Permission } from './decide.ts'
import { pathOf, Recorder, type RecordOptions } from './record.ts'
import type { Session, SessionOptions, SessionRequired } from './session.ts'
import { decisions, identifications, ofSession, type Place, type Step } from './steps.ts'

export type { GuardOptions, Passed, Permission, Subject } from './decide.ts'
export type { Answered, RecordOptions, RequestEvent } from './record.ts'
export type { Session, SessionOptions, SessionRequired } from './session.ts'

/** What an application's contexts hold: `new Hono<Guarded>()`. */
export interface Guarded {
  /** `probity`: by what decisions the request came to the handler; `probitySession`: who it is of. */
  Variables: { probity: Passed; probitySession: Session }
}

interface Variables {
  get(key: 'probity'): Passed | undefined
  get(key: 'probitySession'): Session | undefined
  set(key: 'probity', value: Passed): void
  set(key: 'probitySession', value: Session): void
  req: { method: string; path: string; header(name: string): string | undefined; raw: { signal: AbortSignal } }
  res: { status: number }
}

type Next = () => Promise<void>

const IN_CONTEXT: Place<Variables> = {
  authorizationOf: ({ req }) => req.header('authorization'),
  passedOf: (context) => context.get('probity'),
  putPassed: (context, passed) => context.set('probity', passed),
  sessionOf: (context) => context.get('probitySession'),
  putSession: (context, session) => context.set('probitySession', session),
}

/** Guards routes of Hono 4: `app.get('/documents/:id', probity.require({ … }), handler)`. */
export function guard<Context extends Variables = Variables>(options: GuardOptions<Context>) {
  const decide = decisions<Context>(options, IN_CONTEXT)
  return { require: (permission: Permission<Context>) => middleware(decide(permission)) }
}

/** Tells who requests are of: `app.use(session.identify)`, or `app.get('/documents', session.require(), handler)`. */
export function sessions<Context extends Variables = Variables>(options: SessionOptions<Context>) {
  const { identify, require } = identifications<Context>(options, IN_CONTEXT)
  return {
    /** Nobody is let through too. */
    identify: middleware(identify),
    require: (required?: SessionRequired) => middleware(require(required)),
    ...ofSession(IN_CONTEXT),
  }
}

/** Records each request: `app.use(audit({ queue }))`, before all else. `address`: where a visitor is, which is the runtime's to say. */
export function audit<Context extends Variables = Variables>(
  options: RecordOptions<Context> & { address?(context: Context): string | null },
) {
  const recorder = new Recorder(options)
  return async (context: Context, next: Next): Promise<undefined> => {
    const began = performance.now()
    await next()
    const { req, res } = context
    const answered = {
      ...{ method: req.method, path: pathOf(req.path), status: res.status, milliseconds: performance.now() - began },
      isAborted: req.raw.signal.aborted,
      ip: options.address?.(context) ?? null,
      userAgent: req.header('user-agent') ?? null,
    }
    void recorder.record(context, answered, context.get('probitySession'))
    return undefined
  }
}

function middleware<Context>(step: Step<Context>) {
  return async (context: Context, next: Next): Promise<Response | undefined> => {
    const refused = await step(context)
    if (refused !== null) return new Response(refused.body, { status: refused.status, headers: refused.headers })
    await next()
    return undefined
  }
}
