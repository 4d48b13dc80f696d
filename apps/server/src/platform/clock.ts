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
  const second = Math.floor(microseconds / 1_000_000)
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, -4)
    lastSecond = second
  }
  return `${lastText}${String(microseconds - second * 1_000_000).padStart(6, '0')}Z`
}

// Times of receipt follow each other: most are within the second of the one before.
let lastSecond = Number.NaN
let lastText = ''

/** Date of a count of microseconds, for columns that need no finer time. */
export function microsecondsToDate(microseconds: number): Date {
  return new Date(Math.floor(microseconds / 1000))
}
