import { Guard, type GuardOptions, type Passed, type Permission } from './decide.ts'

export type { GuardOptions, Passed, Permission, Subject } from './decide.ts'

declare global {
  namespace Express {
    interface Request {
      /** By what decisions the request came to the handler; undefined: none was required. */
      probity?: Passed
    }
  }
}

interface Asked {
  probity?: Passed
}

interface Answer {
  status(code: number): this
  set(headers: Record<string, string>): this
  send(body: string): unknown
}

/** Guards routes of Express 5: `app.get('/documents/:id', probity.require({ … }), handler)`. */
export function guard<Request extends Asked = Asked>(options: GuardOptions<Request>) {
  const decider = new Guard(options)
  return {
    require(permission: Permission<Request>) {
      return async (request: Request, response: Answer, next: (error?: unknown) => void): Promise<void> => {
        const outcome = await decider.decide(request, permission, request.probity).catch((error: unknown) => {
          next(error ?? new Error('it could not be decided')) // nothing at all would let the request through
        })
        if (!outcome) return
        if ('refusal' in outcome) {
          const { status, headers, body } = outcome.refusal
          response.status(status).set(headers).send(body)
          return
        }
        request.probity = outcome.passed
        next()
      }
    },
  }
}
