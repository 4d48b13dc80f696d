import type { EventQueue } from '../queue/event-queue.ts'
import type { Passed, Subject } from './decide.ts'
import type { Session } from './session.ts'

/** What became of a request. */
export interface Answered {
  method: string
  /** Without its query, in which people put names and secrets. */
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
  action: string
  resource: string
  outcome: 'Success' | 'Failure'
  user_id?: string
  ip_address?: string
  user_agent?: string
  event_data: Record<string, unknown>
}

/** What the other middlewares found out about a request. */
export interface Known {
  session?: Session | undefined
  passed?: Passed | undefined
}

/** Records what an application was asked and answered. */
export class Recorder<Request extends object> {
  readonly #options: RecordOptions<Request>

  constructor(options: RecordOptions<Request>) {
    this.#options = options
  }

  /** Resolves when the event is kept. Throws nothing: the answer is the visitor's already. */
  async record(request: Request, answered: Answered, known: Known): Promise<void> {
    try {
      const subject = this.#options.subject ? this.#options.subject(request) : known.session?.userId
      const standard = eventOf(answered, typeof subject === 'object' ? subject?.id : subject, known)
      const event = this.#options.event ? this.#options.event(request, answered, standard) : standard
      if (event !== null) await this.#options.queue.add(event)
    } catch (error) {
      this.#options.onError?.(error, request)
    }
  }
}

function eventOf(answered: Answered, userId: string | null | undefined, { session, passed }: Known): RequestEvent {
  const { method, path, status, milliseconds, isAborted, ip, userAgent } = answered
  return {
    event_type: 'http.request',
    action: method,
    resource: path,
    outcome: status < 400 && !isAborted ? 'Success' : 'Failure',
    ...(userId && { user_id: userId }),
    ...(ip && { ip_address: ip }),
    ...(userAgent && { user_agent: userAgent }),
    event_data: {
      ...{ status, milliseconds: Math.round(milliseconds) },
      ...(isAborted && { aborted: true }),
      ...(session && { client_id: session.clientId }),
      ...(passed && { decisions: passed.decisions.map(({ decisionId }) => decisionId) }),
    },
  }
}
