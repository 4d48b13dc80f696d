import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Passed } from './decide.ts'
import { pathOf, Recorder, type RecordOptions } from './record.ts'
import type { Session } from './session.ts'
import type { Place } from './steps.ts'

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

export const ON_REQUEST: Place<Asked> = {
  authorizationOf: ({ headers }) => headers?.authorization,
  passedOf: ({ probity }) => probity,
  putPassed(request, passed) {
    request.probity = passed
  },
  sessionOf: ({ probitySession }) => probitySession,
  putSession(request, session) {
    request.probitySession = session
  },
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
