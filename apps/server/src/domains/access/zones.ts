import { BoundedMap } from '../../platform/bounded-map.ts'

// A zone has several names, each in any case of letters: tens of thousands of spellings of a few hundred zones.
const NAMES = new BoundedMap<string, string>(2_000)
const CLOCKS = new BoundedMap<string, Intl.DateTimeFormat>(2_000)

/** The one name of a zone. */
export function zoneName(written: string): string {
  const folded = written.toLowerCase()
  const known = NAMES.get(folded)
  if (known !== undefined) return known
  const name = new Intl.DateTimeFormat('en', { timeZone: written }).resolvedOptions().timeZone
  NAMES.set(folded, name)
  return name
}

/** Minute of the day and day of the week (1: Monday) in a zone, by its rules for that day. */
export function localTime(at: Date, zone: string): { weekday: number; minute: number } {
  const offset = /^([+-])(\d\d):(\d\d)$/.exec(zone)
  if (offset) return timeBehind(at, offset) // thousands of zones, which are none of a place
  const parts = clockOf(zone).formatToParts(at)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return { weekday: WEEKDAYS.indexOf(part('weekday')) + 1, minute: Number(part('hour')) * 60 + Number(part('minute')) }
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = CLOCKS.get(zone)
  if (known) return known
  const clock = new Intl.DateTimeFormat('en', {
    ...{ timeZone: zone, hourCycle: 'h23', weekday: 'short', hour: '2-digit', minute: '2-digit' },
  })
  CLOCKS.set(zone, clock)
  return clock
}

function timeBehind(at: Date, [, sign, hours, minutes]: readonly string[]): { weekday: number; minute: number } {
  const ahead = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  const local = new Date(at.getTime() + ahead * 60_000)
  return { weekday: local.getUTCDay() || 7, minute: local.getUTCHours() * 60 + local.getUTCMinutes() }
}
