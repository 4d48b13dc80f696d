import { writeFile } from 'node:fs/promises'
import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { EXIT, result } from '../output.ts'

export const auditReceipt: Command = {
  name: 'audit receipt',
  usage: 'EVENT_ID [--out FILE] [--json]',
  about: 'Get the receipt of an event, which verifies offline',
  example: 'probity audit receipt 0192… --out event.tlog-proof',
  options: { ...CLIENT_OPTIONS, out: { type: 'string' } },
  words: { least: 1, most: 1 },
  async run(given) {
    const receipt = await client(given).receipt(given.words[0] ?? '')
    const out = optional(given, 'out')
    if (out !== undefined) await writeFile(out, receipt)
    result(
      given.options.json === true,
      out === undefined ? { receipt } : { out },
      out === undefined ? [receipt.trimEnd()] : [`written to ${out}`],
    )
    return EXIT.done
  },
}
