import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileBoolean } from './cedar/compile.ts'
import type { Request } from './cedar/request.ts'
import { expressionOf } from './conditions.ts'
import { localTime, zoneName } from './zones.ts'

const ZONE = 'Europe/Berlin'

/** Whether a window is open at an instant. */
function isOpen(window: { days: number[]; from: string; to: string; zone?: string }, at: string): boolean {
  const { zone = ZONE, ...rest } = window
  const holds = compileBoolean(expressionOf({ type: 'time_window', zone, ...rest }, ''))
  const local = new Map([[zoneName(zone), new Map(Object.entries(localTime(new Date(at), zone)))]])
  return holds({ context: new Map([['local', local]]) } as unknown as Request) // it looks at nothing else
}

test('a time of a zone is what its clocks show, before and after they are changed', () => {
  for (const [at, zone, weekday, clock] of [
    ['2026-03-29T00:59:00Z', ZONE, 7, '01:59'],
    ['2026-03-29T01:00:00Z', ZONE, 7, '03:00'],
    ['2026-10-25T00:59:00Z', ZONE, 7, '02:59'],
    ['2026-10-25T01:00:00Z', ZONE, 7, '02:00'],
    ['2026-11-30T23:30:00Z', ZONE, 2, '00:30'],
    ['2026-11-30T23:30:00Z', 'Pacific/Kiritimati', 2, '13:30'],
    ['2026-11-30T09:30:00Z', 'Pacific/Niue', 7, '22:30'],
    ['2026-11-30T00:00:00Z', 'Asia/Kathmandu', 1, '05:45'],
    ['2026-11-30T00:00:00Z', '+05:45', 1, '05:45'],
    ['2026-11-30T00:00:00Z', '-00:30', 7, '23:30'],
  ] as const) {
    const [hour, minute] = clock.split(':').map(Number)
    assert.deepEqual(localTime(new Date(at), zone), { weekday, minute: Number(hour) * 60 + Number(minute) }, at)
  }
})

test('a zone has one name, however it is written', () => {
  for (const [one, other] of [
    ['Europe/Berlin', 'europe/BERLIN'],
    ['Asia/Kolkata', 'asia/calcutta'],
    ['+01:30', '+0130'],
  ] as const)
    assert.equal(zoneName(one), zoneName(other))
})

test('a window is open from its first minute to before its last, on its days', () => {
  const office = { days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' }
  for (const [at, expected] of [
    ['2026-11-30T06:59:59Z', false],
    ['2026-11-30T07:00:00Z', true],
    ['2026-11-30T16:59:59Z', true],
    ['2026-11-30T17:00:00Z', false],
    ['2026-11-29T10:00:00Z', false],
  ] as const)
    assert.equal(isOpen(office, at), expected, at)
})

test('a window over midnight belongs to the day on which it opens', () => {
  const night = { days: [5], from: '22:00', to: '06:00' }
  for (const [at, expected] of [
    ['2026-11-27T20:59:00Z', false],
    ['2026-11-27T21:00:00Z', true],
    ['2026-11-28T04:59:00Z', true],
    ['2026-11-28T05:00:00Z', false],
    ['2026-11-27T04:00:00Z', false],
    ['2026-11-28T21:00:00Z', false],
  ] as const)
    assert.equal(isOpen(night, at), expected, at)
  const sunday = { days: [7], from: '22:00', to: '06:00' }
  assert.equal(isOpen(sunday, '2026-11-30T04:00:00Z'), true, 'into the Monday')
})
