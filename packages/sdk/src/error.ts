import type { Problem } from '@probity/contract'

/** A refusal of the server, in its own words. */
export class ProbityError extends Error {
  readonly code: string
  readonly status: number
  readonly details: Record<string, unknown>
  readonly requestId: string
  /** When the server says that it can be asked again; null: it does not. */
  readonly retryAfterSeconds: number | null

  constructor(
    problem: Pick<Problem, 'code' | 'status' | 'message' | 'details' | 'request_id'>,
    retryAfterSeconds: number | null = null,
  ) {
    super(problem.message)
    this.name = 'ProbityError'
    this.code = problem.code
    this.status = problem.status
    this.details = problem.details
    this.requestId = problem.request_id
    this.retryAfterSeconds = retryAfterSeconds
  }
}
