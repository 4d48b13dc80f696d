import { ProbityError } from '@probity/sdk'

/** What to show of a call that failed; `isAway`: the server did not answer at all. */
export interface Told {
  message: string
  code: string | null
  requestId: string | null
  details: Record<string, unknown>
  isAway: boolean
}

/** What went wrong, in the server's own words where it has any. */
export function toldOf(error: unknown): Told {
  if (error instanceof ProbityError) {
    const { code, message, requestId, details } = error
    return { message, code, requestId: requestId || null, details: details as Record<string, unknown>, isAway: false }
  }
  const isAway = error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError')
  return {
    message: error instanceof Error ? error.message : String(error),
    code: null,
    requestId: null,
    details: {},
    isAway,
  }
}
