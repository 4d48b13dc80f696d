import { Guard, type GuardOptions, type Passed, type Permission } from './decide.ts'
import type { Refusal } from './refusal.ts'
import { hasSteppedUp, type Session, type SessionOptions, SessionReader, type SessionRequired } from './session.ts'

/** Where a framework has what was found out about a request. */
export interface Place<Request> {
  /** Its header `Authorization`. */
  authorizationOf(request: Request): string | undefined
  passedOf(request: Request): Passed | undefined
  putPassed(request: Request, passed: Passed): void
  sessionOf(request: Request): Session | undefined
  putSession(request: Request, session: Session): void
}

/** Lets a request through with null. */
export type Step<Request> = (request: Request) => Promise<Refusal | null>

export function decisions<Request extends object>(options: GuardOptions<Request>, place: Place<Request>) {
  const decider = new Guard(options)
  return (permission: Permission<Request>): Step<Request> =>
    async (request) => {
      const outcome = await decider.decide(request, permission, place.passedOf(request))
      if ('refusal' in outcome) return outcome.refusal
      place.putPassed(request, outcome.passed)
      return null
    }
}

export function identifications<Request extends object>(options: SessionOptions<Request>, place: Place<Request>) {
  const reader = new SessionReader(options, place.authorizationOf)
  const identify: Step<Request> = async (request) => {
    const identified = await reader.read(request)
    if (identified && 'refusal' in identified) return identified.refusal
    if (identified) place.putSession(request, identified.session)
    return null
  }
  const require =
    (required?: SessionRequired): Step<Request> =>
    async (request) => {
      const identified = await reader.require(request, required)
      if ('refusal' in identified) return identified.refusal
      place.putSession(request, identified.session)
      return null
    }
  return { identify, require }
}

/** What a guard asks about who was identified. */
export function ofSession<Request>({ sessionOf }: Pick<Place<Request>, 'sessionOf'>) {
  return {
    /** For `guard`: whom a request is of. */
    subject: (request: Request): string | null => sessionOf(request)?.userId ?? null,
    /** For `guard`: whether they showed a second factor. */
    steppedUp(request: Request, maxAgeSeconds: number | null): boolean {
      const session = sessionOf(request)
      return session !== undefined && hasSteppedUp(session, maxAgeSeconds)
    },
  }
}
