import { ProbityError } from './error.ts'

export interface Retries {
  /** How often a call is sent again, at most. */
  most: number
  /** How long each answer is waited for. */
  timeoutMilliseconds: number
}

const FIRST_PAUSE_MILLISECONDS = 200
const LONGEST_PAUSE_MILLISECONDS = 5_000
/** Who is told to wait longer hears of it, in place of waiting. */
const LONGEST_WAIT_SECONDS = 60
/** Refused before anything was done: whatever it was may be sent again. */
const NOTHING_DONE = 429
/** What the server, or something before it, says where it may have been done. */
const UNKNOWN = new Set([502, 503, 504])

/**
 * Sends a call again while that may help, by growing pauses with chance in them, or as Retry-After says. What may have been
 * done, and does harm twice, is not sent again.
 */
export async function waited<T>(
  { most, timeoutMilliseconds }: Retries,
  { isRepeatable }: { isRepeatable: boolean },
  given: AbortSignal | undefined,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let sent = 0; ; sent++) {
    const timeout = AbortSignal.timeout(timeoutMilliseconds)
    try {
      return await send(given ? AbortSignal.any([given, timeout]) : timeout)
    } catch (failure) {
      given?.throwIfAborted()
      if (sent >= most || !mayBeSentAgain(failure, isRepeatable)) throw failure
      await pause(pauseOf(failure, sent), given)
    }
  }
}

/** Seconds of a Retry-After (RFC 9110 §10.2.3), also where it is a date; null: there is none. */
export function pauseBefore(text: string | null): number | null {
  if (text === null) return null
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const at = text.endsWith(' GMT') ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

function mayBeSentAgain(failure: unknown, isRepeatable: boolean): boolean {
  if (!(failure instanceof ProbityError)) return isRepeatable // no answer came
  if ((failure.retryAfterSeconds ?? 0) > LONGEST_WAIT_SECONDS) return false
  if (failure.code === 'IDEMPOTENCY_KEY_IN_USE') return true // the same, sent before, is still under way
  return failure.status === NOTHING_DONE || (UNKNOWN.has(failure.status) && isRepeatable)
}

function pauseOf(failure: unknown, sent: number): number {
  const told = failure instanceof ProbityError ? failure.retryAfterSeconds : null
  if (told !== null) return told * 1000
  const longest = Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** sent)
  return longest * (0.5 + Math.random() / 2) // so that not all come back at once
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
