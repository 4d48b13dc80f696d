import { CLIENT_OPTIONS, client } from '../client.ts'
import type { Command } from '../command.ts'
import { whole } from '../options.ts'
import { EXIT, UnavailableError } from '../output.ts'
import { oneLine } from './audit-search.ts'

export const auditTail: Command = {
  name: 'audit tail',
  usage: '[--from INDEX] [--count N] [--json]',
  about: 'Show events as they come; with --json one object a line',
  example: 'probity audit tail --from 0',
  options: { ...CLIENT_OPTIONS, from: { type: 'string' }, count: { type: 'string' } },
  words: { least: 0, most: 0 },
  async run(given) {
    let next = whole(given, 'from', 0)
    const most = whole(given, 'count', 1) ?? Number.POSITIVE_INFINITY
    process.stdout.once('error', () => process.exit(EXIT.done)) // who reads has had enough
    let shown = 0
    for await (const event of client(given).tail(next)) {
      process.stdout.write(`${given.options.json === true ? JSON.stringify(event) : oneLine(event)}\n`)
      if (++shown >= most) return EXIT.done
      next = event.index + 1
    }
    throw new UnavailableError(`the server ended the stream${next === undefined ? '' : `; go on with --from ${next}`}`)
  },
}
