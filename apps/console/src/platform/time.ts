const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** A time with its seconds and its zone, which is the browser's. */
export function exactTime(date: Date, locale: string): string {
  const options = { dateStyle: 'medium', timeStyle: 'medium' } as const
  const zone = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName')
  return `${new Intl.DateTimeFormat(locale, options).format(date)} ${zone?.value ?? ''}`.trim()
}

/** As people say it: 3 minutes ago. */
export function relativeTime(date: Date, locale: string, now = Date.now()): string {
  const seconds = Math.round((date.getTime() - now) / 1000)
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  for (const [unit, length] of UNITS)
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit)
  return format.format(seconds, 'second')
}
