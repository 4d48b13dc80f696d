import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { writeOut } from '../file.ts'
import { EXIT, result } from '../output.ts'
import { program, quote } from '../shell.ts'

export const auditCheckpoint: Command = {
  name: 'audit checkpoint',
  usage: '[--anchored] [--out FILE] [--json]',
  about: 'Get the signed head of the log, to compare later exports with',
  more: 'Keep it outside: verify --pin finds by it whether a later export lost, changed or hid entries. --anchored\nasks for the newest head that was anchored, with the line that proves it.',
  example: 'probity audit checkpoint --out today.checkpoint',
  options: { ...CLIENT_OPTIONS, anchored: { type: 'boolean' }, out: { type: 'string' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const checkpoint = await client(given).checkpoint({ anchored: given.options.anchored === true })
    const out = optional(given, 'out')
    if (out !== undefined) await writeOut(out, checkpoint)
    result(
      given.options.json === true,
      out === undefined ? { checkpoint } : { out },
      out === undefined
        ? [checkpoint.trimEnd()]
        : [
            `written to ${out}; keep it, and verify a later export with: ${program()} verify FILE --key KEYFILE --pin ${quote(out)}`,
          ],
    )
    return EXIT.done
  },
}
