import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { FORMATS } from '@probity/contract'
import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { EXIT, result, say, UnavailableError, UsageError } from '../output.ts'

const TELL_EVERY_BYTES = 16 * 1024 * 1024
const REFUSALS_TOLD = 20

export const auditSend: Command = {
  name: 'audit send',
  usage: `[--format ${FORMATS.join('|')}] FILE|- [--json]`,
  about: 'Record the events of an NDJSON file (plain, .gz or .zst) or of standard input',
  example: 'probity audit send --format cloudtrail events.ndjson',
  options: { ...CLIENT_OPTIONS, format: { type: 'string' } },
  words: { least: 1, most: 1 },
  async run(given) {
    const [file = '-'] = given.words
    const format = optional(given, 'format') ?? 'probity'
    if (!(FORMATS as readonly string[]).includes(format))
      throw new UsageError(`--format is one of ${FORMATS.join(', ')}`)
    if (file !== '-') {
      await access(file).catch(() => {
        throw new UnavailableError(`the file ${file} cannot be read`)
      })
    }
    const source = file === '-' ? process.stdin : createReadStream(file)
    const encoding = file.endsWith('.gz') ? 'gzip' : file.endsWith('.zst') ? 'zstd' : undefined
    const { refusals, ...counts } = await client(given).ingest(
      Readable.toWeb(source.pipe(progress())) as ReadableStream<Uint8Array>,
      format,
      encoding,
    )
    for (const { line, code, message } of refusals.slice(0, REFUSALS_TOLD)) say(`line ${line}: ${code}: ${message}`)
    if (refusals.length > REFUSALS_TOLD) say(`… and ${counts.refused - REFUSALS_TOLD} more`)
    result(given.options.json === true, { ...counts, refusals: refusals.slice(0, REFUSALS_TOLD) }, [
      `${counts.accepted} accepted, ${counts.duplicate} duplicate, ${counts.refused} refused; the log has ${counts.tree_size} entries`,
    ])
    return counts.refused > 0 ? EXIT.failed : EXIT.done
  },
}

function progress(): Transform {
  let sent = 0
  let told = 0
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      sent += piece.length
      if (sent - told >= TELL_EVERY_BYTES) {
        told = sent
        say(`${Math.round(sent / 1024 / 1024)} MiB sent …`)
      }
      done(null, piece)
    },
  })
}
