import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Command, optional, required } from '../command.ts'
import { EXIT, result, UnavailableError } from '../output.ts'

export const auditExport: Command = {
  name: 'audit export',
  usage: '--out FILE [--start N] [--end N] [--user-id U] [--event-type T] [--personal] [--json]',
  about: 'Write a range of the log, or the events that match, with all that a verifier needs but the key',
  example: 'probity audit export --out audit.probity',
  options: {
    ...CLIENT_OPTIONS,
    out: { type: 'string' },
    start: { type: 'string' },
    end: { type: 'string' },
    'user-id': { type: 'string' },
    'event-type': { type: 'string' },
    personal: { type: 'boolean' },
  },
  words: { least: 0, most: 0 },
  async run(given) {
    const out = required(given, 'out')
    const stream = await client(given).export({
      start: optional(given, 'start'),
      end: optional(given, 'end'),
      user_id: optional(given, 'user-id'),
      event_type: optional(given, 'event-type'),
      personal: given.options.personal === true ? true : undefined,
    })
    const file = createWriteStream(`${out}.part`)
    try {
      await pipeline(Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]), file)
      await rename(`${out}.part`, out)
    } catch {
      await rm(`${out}.part`, { force: true })
      throw new UnavailableError('the export broke off; nothing was kept')
    }
    result(given.options.json === true, { out, bytes: file.bytesWritten }, [
      `${file.bytesWritten} bytes written to ${out}; check them with: probity verify ${out} --key KEY`,
    ])
    return EXIT.done
  },
}
