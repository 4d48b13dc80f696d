import type { AuditEvent } from '@probity/contract'
import { isUuid } from '@probity/core'
import { FILTER_OPTIONS, FILTER_USAGE, filterOf } from '../audit-filter.ts'
import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Arguments, type Command, optional } from '../command.ts'
import { whole } from '../options.ts'
import { EXIT, result, say } from '../output.ts'
import { quote } from '../shell.ts'

const MOST_EVENTS = 500

export const auditSearch: Command = {
  name: 'audit search',
  usage: `${FILTER_USAGE} [--limit …] [--cursor …] [--personal] [--json]`,
  about: 'Find events, newest first; --personal opens sealed parts, which is recorded',
  more: 'Times are when events were received, from --start-time up to but without --end-time.',
  example: 'probity audit search --user-id pedro --outcome Failure',
  options: {
    ...CLIENT_OPTIONS,
    ...FILTER_OPTIONS,
    limit: { type: 'string' },
    cursor: { type: 'string' },
    personal: { type: 'boolean' },
  },
  words: { least: 0, most: 0 },
  async run(given) {
    const asked = {
      ...filterOf(given),
      limit: whole(given, 'limit', 1, MOST_EVENTS),
      cursor: optional(given, 'cursor'),
    }
    const page = await client(given).events({ ...asked, personal: given.options.personal === true ? true : undefined })
    result(given.options.json === true, page, [
      ...page.events.flatMap((event) => [oneLine(event), ...openedLines(event)]),
      ...(page.next_cursor ? [`more: --cursor ${quote(page.next_cursor)}`] : []),
    ])
    if (page.events.length === 0) say(page.total === 0 ? 'the log is empty' : `no event matches${hintOf(given)}`)
    return EXIT.done
  },
}

const BY_NAME = '; people are found by their names with a token of scope audit:read_personal alone'

// What is no UUID is the name of a person or of a service.
function hintOf(given: Arguments): string {
  const who = optional(given, 'user-id')
  return who === undefined || isUuid(who) ? '' : BY_NAME
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
