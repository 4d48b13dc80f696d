/** The one source of time; tests inject their own. */
export interface Clock {
  /**
   * Microseconds since 1970-01-01T00:00:00Z; never repeats and never goes back within a process. With `count` so many
   * times, from the answer on, are the caller's.
   */
  now(count?: number): number
}

/** Wall clock with microsecond steps. A clock that jumps back stands still until time has caught up. */
export function systemClock(): Clock {
  let last = 0
  return {
    now(count = 1) {
      const first = Math.max(last + 1, Date.now() * 1000)
      last = first + count - 1
      return first
    },
  }
}

/** RFC 3339 text with six decimals of a count of microseconds. */
export function microsecondsToText(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1000)
  const rest = String(microseconds - milliseconds * 1000).padStart(3, '0')
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`
}

/** Date of a count of microseconds, for columns that need no finer time. */
export function microsecondsToDate(microseconds: number): Date {
  return new Date(Math.floor(microseconds / 1000))
}
