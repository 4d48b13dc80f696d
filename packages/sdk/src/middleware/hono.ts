import { Guard, type GuardOptions, type Passed, type Permission } from './decide.ts'
import { pathOf, Recorder, type RecordOptions } from './record.ts'
import type { Refusal } from './refusal.ts'
import { hasSteppedUp, type Session, type SessionOptions, SessionReader, type SessionRequired } from './session.ts'

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

/** Guards routes of Hono 4: `app.get('/documents/:id', probity.require({ … }), handler)`. */
export function guard<Context extends Variables = Variables>(options: GuardOptions<Context>) {
  const decider = new Guard(options)
  return {
    require(permission: Permission<Context>) {
      return async (context: Context, next: Next): Promise<Response | undefined> => {
        const outcome = await decider.decide(context, permission, context.get('probity'))
        if ('refusal' in outcome) return responseOf(outcome.refusal)
        context.set('probity', outcome.passed)
        return onwards(next)
      }
    },
  }
}

/** Tells who requests are of: `app.use(session.identify)`, or `app.get('/documents', session.require(), handler)`. */
export function sessions<Context extends Variables = Variables>(options: SessionOptions<Context>) {
  const reader = new SessionReader(options, (context) => context.req.header('authorization'))
  return {
    /** Nobody is let through too. */
    async identify(context: Context, next: Next): Promise<Response | undefined> {
      const identified = await reader.read(context)
      if (identified && 'refusal' in identified) return responseOf(identified.refusal)
      if (identified) context.set('probitySession', identified.session)
      return onwards(next)
    },
    require(required?: SessionRequired) {
      return async (context: Context, next: Next): Promise<Response | undefined> => {
        const identified = await reader.require(context, required)
        if ('refusal' in identified) return responseOf(identified.refusal)
        context.set('probitySession', identified.session)
        return onwards(next)
      }
    },
    /** For `guard`: whom a request is of. */
    subject: (context: Pick<Variables, 'get'>): string | null => context.get('probitySession')?.userId ?? null,
    /** For `guard`: whether they showed a second factor. */
    steppedUp(context: Pick<Variables, 'get'>, maxAgeSeconds: number | null): boolean {
      const session = context.get('probitySession')
      return session !== undefined && hasSteppedUp(session, maxAgeSeconds)
    },
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

function responseOf({ body, status, headers }: Refusal): Response {
  return new Response(body, { status, headers })
}

async function onwards(next: Next): Promise<undefined> {
  await next()
  return undefined
}
