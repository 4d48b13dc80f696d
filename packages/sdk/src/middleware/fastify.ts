import type {} from 'fastify'
import { Guard, type GuardOptions, type Passed, type Permission } from './decide.ts'

export type { GuardOptions, Passed, Permission, Subject } from './decide.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** By what decisions the request came to the handler; undefined: none was required. */
    probity?: Passed
  }
}

interface Asked {
  probity?: Passed
}

interface Answer {
  code(status: number): this
  headers(headers: Record<string, string>): this
  send(body: string): this
}

/** Guards routes of Fastify 5: `app.get('/documents/:id', { preHandler: probity.require({ … }) }, handler)`. */
export function guard<Request extends Asked = Asked>(options: GuardOptions<Request>) {
  const decider = new Guard(options)
  return {
    require(permission: Permission<Request>) {
      return async (request: Request, reply: Answer): Promise<unknown> => {
        const outcome = await decider.decide(request, permission, request.probity)
        if ('passed' in outcome) {
          request.probity = outcome.passed
          return undefined
        }
        const { status, headers, body } = outcome.refusal
        return reply.code(status).headers(headers).send(body)
      }
    },
  }
}
