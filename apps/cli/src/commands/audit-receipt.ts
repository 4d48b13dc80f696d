import { CLIENT_OPTIONS, client, orMissing } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { writeOut } from '../file.ts'
import { identifier } from '../options.ts'
import { EXIT, result } from '../output.ts'
import { program, quote } from '../shell.ts'

export const auditReceipt: Command = {
  name: 'audit receipt',
  usage: 'EVENT_ID [--out FILE] [--json]',
  about: 'Get the receipt of an event, which verifies offline',
  example: 'probity audit receipt 0192… --out event.tlog-proof',
  options: { ...CLIENT_OPTIONS, out: { type: 'string' } },
  words: { least: 1, most: 1 },
  async run(given) {
    const id = identifier(given.words[0], 'an event', 'audit search shows it last on each line')
    const receipt = await orMissing(client(given).receipt(id), `there is no event ${id} in this log`)
    const out = optional(given, 'out')
    if (out !== undefined) await writeOut(out, receipt)
    result(
      given.options.json === true,
      out === undefined ? { receipt } : { out },
      out === undefined
        ? [receipt.trimEnd()]
        : [`written to ${out}; check it with: ${program()} verify ${quote(out)} --key KEY`],
    )
    return EXIT.done
  },
}
