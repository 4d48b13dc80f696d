import type { IncomingMessage, ServerResponse } from 'node:http'
import { Guard, type GuardOptions, type Passed, type Permission } from './decide.ts'
import { pathOf, Recorder, type RecordOptions } from './record.ts'
import type { Refusal } from './refusal.ts'
import { hasSteppedUp, type Session, type SessionOptions, SessionReader, type SessionRequired } from './session.ts'

/** A request of Express or Fastify, on which stands what was found out about it. */
export interface Asked {
  probity?: Passed
  probitySession?: Session
  headers?: IncomingMessage['headers']
}

export interface Recorded extends Asked {
  method: string
  originalUrl: string
  ip?: string | undefined
}

/** Lets a request through with null. */
export type Step<Request> = (request: Request) => Promise<Refusal | null>

export function decisions<Request extends Asked>(options: GuardOptions<Request>) {
  const decider = new Guard(options)
  return (permission: Permission<Request>): Step<Request> =>
    async (request) => {
      const outcome = await decider.decide(request, permission, request.probity)
      if ('refusal' in outcome) return outcome.refusal
      request.probity = outcome.passed
      return null
    }
}

export function identifications<Request extends Asked>(options: SessionOptions<Request>) {
  const reader = new SessionReader(options, ({ headers }) => headers?.authorization)
  const identify: Step<Request> = async (request) => {
    const identified = await reader.read(request)
    if (identified && 'refusal' in identified) return identified.refusal
    if (identified) request.probitySession = identified.session
    return null
  }
  const require =
    (required?: SessionRequired): Step<Request> =>
    async (request) => {
      const identified = await reader.require(request, required)
      if ('refusal' in identified) return identified.refusal
      request.probitySession = identified.session
      return null
    }
  return { identify, require }
}

/** What a guard asks about who was identified. */
export const ofSession = {
  /** For `guard`: whom a request is of. */
  subject: ({ probitySession }: Asked): string | null => probitySession?.userId ?? null,
  /** For `guard`: whether they showed a second factor. */
  steppedUp: ({ probitySession }: Asked, maxAgeSeconds: number | null): boolean =>
    probitySession !== undefined && hasSteppedUp(probitySession, maxAgeSeconds),
}

/** Records a request when its response was sent, or its visitor is gone. */
export function recording<Request extends Recorded>(options: RecordOptions<Request>) {
  const recorder = new Recorder(options)
  return (request: Request, response: ServerResponse): void => {
    const began = performance.now()
    response.once('close', () => {
      const { method, originalUrl, ip = null, headers, probitySession: session } = request
      const answered = {
        ...{ method, path: pathOf(originalUrl), ip, userAgent: headers?.['user-agent'] ?? null },
        ...{ status: response.statusCode, milliseconds: performance.now() - began },
        isAborted: !response.writableFinished,
      }
      void recorder.record(request, answered, session)
    })
  }
}
