import { Guard, type GuardOptions, type Passed, type Permission } from './decide.ts'

export type { GuardOptions, Passed, Permission, Subject } from './decide.ts'

/** What an application's contexts hold: `new Hono<Guarded>()`. */
export interface Guarded {
  /** `probity`: by what decisions the request came to the handler. */
  Variables: { probity: Passed }
}

interface Variables {
  get(key: 'probity'): Passed | undefined
  set(key: 'probity', value: Passed): void
}

/** Guards routes of Hono 4: `app.get('/documents/:id', probity.require({ … }), handler)`. */
export function guard<Context extends Variables = Variables>(options: GuardOptions<Context>) {
  const decider = new Guard(options)
  return {
    require(permission: Permission<Context>) {
      return async (context: Context, next: () => Promise<void>): Promise<Response | undefined> => {
        const outcome = await decider.decide(context, permission, context.get('probity'))
        if ('refusal' in outcome) {
          const { status, headers, body } = outcome.refusal
          return new Response(body, { status, headers })
        }
        context.set('probity', outcome.passed)
        await next()
        return undefined
      }
    },
  }
}
