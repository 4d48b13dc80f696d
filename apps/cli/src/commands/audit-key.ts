import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { writeOut } from '../file.ts'
import { EXIT, result } from '../output.ts'

export const auditKey: Command = {
  name: 'audit key',
  usage: '[--out FILE] [--turn] [--json]',
  about: "Get the log's verifier keys, or with --turn the next one; hand them to auditors by a way of their own",
  example: 'probity audit key --out log.key',
  options: { ...CLIENT_OPTIONS, out: { type: 'string' }, turn: { type: 'boolean' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const key = await (given.options.turn === true ? client(given).turnKey() : client(given).key())
    const out = optional(given, 'out')
    if (out !== undefined) await writeOut(out, `${[...key.keys, ...key.anchor_keys].join('\n')}\n`)
    result(
      given.options.json === true,
      { ...key, ...(out !== undefined && { out }) },
      out === undefined ? [...key.keys, ...key.anchor_keys] : [`written to ${out}`],
    )
    return EXIT.done
  },
}
