import type { AuditEvent } from '@probity/contract'
import { CLIENT_OPTIONS, client } from '../client.ts'
import type { Command } from '../command.ts'
import { EXIT, result } from '../output.ts'

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

export const auditSearch: Command = {
  name: 'audit search',
  usage: `[${FILTERS.map((name) => `--${name.replaceAll('_', '-')} …`).join('] [')}] [--personal] [--json]`,
  about: 'Find events, newest first; --personal opens sealed parts, which is recorded',
  example: 'probity audit search --user-id pedro --outcome Failure',
  options: {
    ...CLIENT_OPTIONS,
    ...Object.fromEntries(FILTERS.map((name) => [name.replaceAll('_', '-'), { type: 'string' as const }])),
    personal: { type: 'boolean' },
  },
  words: { least: 0, most: 0 },
  async run(given) {
    const filter = Object.fromEntries(
      FILTERS.map((name) => [name, given.options[name.replaceAll('_', '-')] as string | undefined]),
    )
    const page = await client(given).events({ ...filter, personal: given.options.personal === true ? true : undefined })
    result(given.options.json === true, page, [
      ...page.events.map(oneLine),
      ...(page.next_cursor ? [`more: --cursor ${page.next_cursor}`] : []),
    ])
    return EXIT.done
  },
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
