import { membersOf, shortened } from '../event-members.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import { decisionIdsOf, type Subject } from './decide.ts'
import type { Session } from './session.ts'

/** What became of a request. */
export interface Answered {
  method: string
  /** Without its query and the parameters of its steps, in which people put names and secrets. */
  path: string
  status: number
  milliseconds: number
  /** Whether the visitor went away before the answer was theirs. */
  isAborted: boolean
  ip: string | null
  userAgent: string | null
}

export interface RecordOptions<Request> {
  /** Where events wait until they are in the log. */
  queue: Pick<EventQueue, 'add'>
  /** Whom your application has authenticated; who `session` read it of without it. */
  subject?(request: Request): Subject | null | undefined
  /** What is recorded of a request; null: nothing. `standard` is what is recorded without it. */
  event?(request: Request, answered: Answered, standard: RequestEvent): object | null
  /** Told of why an event could not be kept. */
  onError?(error: unknown, request: Request): void
}

/** What is recorded of a request unless the application says otherwise. */
export interface RequestEvent {
  event_type: string
  action?: string
  resource?: string
  outcome: 'Success' | 'Failure'
  user_id?: string
  ip_address?: string
  user_agent?: string
  event_data: Record<string, unknown>
}

/** What the other middlewares found out about a request. */
interface Known {
  session: Session | undefined
  /** Decisions by which it came through, or was refused. */
  decisionIds: readonly string[]
}

const LONGEST_LEFT = 2000

/** Records what an application was asked and answered. */
export class Recorder<Request extends object> {
  readonly #options: RecordOptions<Request>

  constructor(options: RecordOptions<Request>) {
    this.#options = options
  }

  /** Resolves when the event is kept. Throws nothing: the answer is the visitor's already. */
  async record(request: Request, answered: Answered, session: Session | undefined): Promise<void> {
    try {
      const known = { session, decisionIds: decisionIdsOf(request) }
      const subject = this.#options.subject ? this.#options.subject(request) : session?.userId
      const standard = eventOf(answered, typeof subject === 'object' ? subject?.id : subject, known)
      const event = this.#options.event ? this.#options.event(request, answered, standard) : standard
      if (event !== null) await this.#options.queue.add(event)
    } catch (error) {
      this.#options.onError?.(error, request)
    }
  }
}

/**
 * The path of what was asked for (RFC 9112 §3.2), without a host before it and whoever is named there, and without what comes after
 * `?`, `#` or, in each step, `;`.
 */
export function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  return path.replace(/;[^/]*/g, '') || '/'
}

/** What the server would not take as a member is data, so that no visitor keeps their request out of the log. */
function eventOf(answered: Answered, userId: string | null | undefined, known: Known): RequestEvent {
  const { method, path, status, milliseconds, isAborted, ip, userAgent } = answered
  const told = Object.entries({
    action: method,
    resource: path,
    user_id: userId,
    ip_address: ip,
    user_agent: userAgent,
  })
  const { members, left } = membersOf(told.filter(([, value]) => value))
  const { session, decisionIds } = known
  return {
    event_type: 'http.request',
    ...members,
    outcome: status < 400 && !isAborted ? 'Success' : 'Failure',
    event_data: {
      ...{ status, milliseconds: Math.round(milliseconds) },
      ...(isAborted && { aborted: true }),
      ...(session && { client_id: session.clientId }),
      ...(decisionIds.length > 0 && { decisions: decisionIds }),
      ...Object.fromEntries(left.map(([name, value]) => [name, shortened(String(value), LONGEST_LEFT)])),
    },
  }
}
