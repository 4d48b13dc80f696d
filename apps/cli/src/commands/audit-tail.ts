import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { EXIT } from '../output.ts'
import { oneLine } from './audit-search.ts'

export const auditTail: Command = {
  name: 'audit tail',
  usage: '[--from INDEX] [--count N] [--json]',
  about: 'Show events as they come; with --json one object a line',
  example: 'probity audit tail --from 0',
  options: { ...CLIENT_OPTIONS, from: { type: 'string' }, count: { type: 'string' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const from = optional(given, 'from')
    const most = Number(optional(given, 'count') ?? Number.POSITIVE_INFINITY)
    let shown = 0
    for await (const event of client(given).tail(from === undefined ? undefined : Number(from))) {
      process.stdout.write(`${given.options.json === true ? JSON.stringify(event) : oneLine(event)}\n`)
      if (++shown >= most) break
    }
    return EXIT.done
  },
}
