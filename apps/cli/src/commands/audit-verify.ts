import type { RangeVerified } from '@probity/contract'
import { CLIENT_OPTIONS, client } from '../client.ts'
import type { Command } from '../command.ts'
import { whole } from '../options.ts'
import { EXIT, Failure, plural, result, UsageError } from '../output.ts'
import { program } from '../shell.ts'

/** Findings that are shown to people; --json has all that the server names. */
const SHOWN = 20

export const auditVerify: Command = {
  name: 'audit verify',
  usage: '[--start N] [--end N] [--json]',
  about: 'Have the server look at every stored entry, and say which are not what was signed',
  more: `The range goes from entry --start (0) up to but without --end (the size of the log). What the server says of itself\ncan be checked without it: audit export, then ${program()} verify.`,
  example: 'probity audit verify',
  options: { ...CLIENT_OPTIONS, start: { type: 'string' }, end: { type: 'string' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const start = whole(given, 'start', 0)
    const end = whole(given, 'end', 0)
    if (end !== undefined && end < (start ?? 0)) throw new UsageError(`--end ${end} lies before --start ${start ?? 0}`)
    const verified = await client(given).verify({
      ...(start !== undefined && { start_position: start }),
      ...(end !== undefined && { end_position: end }),
    })
    result(given.options.json === true, verified, lines(verified))
    if (!verified.valid)
      throw new Failure('NOT_VERIFIED', `not verified: ${plural(verified.invalid_entries.length, 'finding')}`)
    return EXIT.done
  },
}

function lines({ valid, start_position, end_position, chain_length, invalid_entries }: RangeVerified): string[] {
  if (valid) return [`verified: ${plural(chain_length, 'entry', 'entries')} from ${start_position} to ${end_position}`]
  const more = invalid_entries.length - SHOWN
  return [
    ...invalid_entries.slice(0, SHOWN).map(({ index, code, message }) => `entry ${index}: ${code}: ${message}`),
    ...(more > 0 ? [`… and ${more} more; --json names them`] : []),
  ]
}
