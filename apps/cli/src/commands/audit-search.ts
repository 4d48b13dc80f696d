import { type AuditEvent, outcome } from '@probity/contract'
import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Arguments, type Command, optional } from '../command.ts'
import { oneOf, time, whole } from '../options.ts'
import { EXIT, result, say, UsageError } from '../output.ts'
import { quote } from '../shell.ts'

const FILTERS = [
  'user_id',
  'event_type',
  'resource',
  'action',
  'outcome',
  'min_risk_score',
  'start_time',
  'end_time',
  'ip_address',
  'text',
  'limit',
  'cursor',
] as const

const MOST_EVENTS = 500
const HIGHEST_RISK = 100

export const auditSearch: Command = {
  name: 'audit search',
  usage: `[${FILTERS.map((name) => `--${name.replaceAll('_', '-')} …`).join('] [')}] [--personal] [--json]`,
  about: 'Find events, newest first; --personal opens sealed parts, which is recorded',
  more: 'Times are when events were received, from --start-time up to but without --end-time.',
  example: 'probity audit search --user-id pedro --outcome Failure',
  options: {
    ...CLIENT_OPTIONS,
    ...Object.fromEntries(FILTERS.map((name) => [name.replaceAll('_', '-'), { type: 'string' as const }])),
    personal: { type: 'boolean' },
  },
  words: { least: 0, most: 0 },
  async run(given) {
    const filter = filterOf(given)
    const page = await client(given).events({ ...filter, personal: given.options.personal === true ? true : undefined })
    result(given.options.json === true, page, [
      ...page.events.flatMap((event) => [oneLine(event), ...openedLines(event)]),
      ...(page.next_cursor ? [`more: --cursor ${quote(page.next_cursor)}`] : []),
    ])
    if (page.events.length === 0) say(page.total === 0 ? 'the log is empty' : 'no event matches')
    return EXIT.done
  },
}

function filterOf(given: Arguments): Record<string, string | number | undefined> {
  const text = optional(given, 'text')
  if (text !== undefined && text.length < 2) throw new UsageError('--text has at least 2 characters')
  return {
    ...Object.fromEntries(FILTERS.map((name) => [name, optional(given, name.replaceAll('_', '-'))])),
    outcome: oneOf(given, 'outcome', outcome.options),
    min_risk_score: whole(given, 'min-risk-score', 0, HIGHEST_RISK),
    start_time: time(given, 'start-time'),
    end_time: time(given, 'end-time'),
    limit: whole(given, 'limit', 1, MOST_EVENTS),
  }
}

/** An event for people. */
export function oneLine(event: AuditEvent): string {
  return [
    event.index,
    event.timestamp,
    event.outcome.padEnd(11),
    event.event_type,
    event.user_id ?? '-',
    event.resource ?? '',
    event.id,
  ].join('  ')
}

// What was opened of each person, and that something was not where others were.
function openedLines({ sealed }: AuditEvent): string[] {
  return sealed.flatMap(({ state, members }) => {
    if (state === 'opened' && members !== undefined) return [`    opened: ${membersOf(members)}`]
    return state === 'erased' || state === 'missing' ? [`    ${state}`] : []
  })
}

function membersOf(members: Record<string, unknown>): string {
  return Object.entries(members)
    .map(([pointer, value]) => `${pointer.slice(1)}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('  ')
}
