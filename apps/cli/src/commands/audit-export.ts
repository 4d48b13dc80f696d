import { open, rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FILTER_OPTIONS, FILTER_USAGE, filterOf } from '../audit-filter.ts'
import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Command, required } from '../command.ts'
import { cannotWrite, codeOf, isFolder } from '../file.ts'
import { whole } from '../options.ts'
import { EXIT, plural, result, UnavailableError, UsageError } from '../output.ts'
import { program, quote } from '../shell.ts'

export const auditExport: Command = {
  name: 'audit export',
  usage: `--out FILE [--start N] [--end N] ${FILTER_USAGE} [--personal] [--json]`,
  about: 'Write a range of the log, or the events that match, with all that a verifier needs but the key',
  more: 'The range goes from entry --start (0) up to but without --end (the size of the log).',
  example: 'probity audit export --out audit.probity',
  options: {
    ...CLIENT_OPTIONS,
    out: { type: 'string' },
    start: { type: 'string' },
    end: { type: 'string' },
    ...FILTER_OPTIONS,
    personal: { type: 'boolean' },
  },
  words: { least: 0, most: 0 },
  async run(given) {
    const out = required(given, 'out')
    const start = whole(given, 'start', 0)
    const end = whole(given, 'end', 0)
    if (end !== undefined && end < (start ?? 0)) throw new UsageError(`--end ${end} lies before --start ${start ?? 0}`)
    const filter = filterOf(given)
    const server = client(given)
    if (isFolder(out)) throw new UsageError(`--out ${out} is a folder; name a file`)
    const bytes = await write(out, () =>
      server.export({
        ...{ ...filter, start, end },
        personal: given.options.personal === true ? true : undefined,
      }),
    )
    const range = end === undefined ? '' : `entries ${start ?? 0} up to but without ${end}, `
    result(given.options.json === true, { out, bytes }, [
      `${range}${plural(bytes, 'byte')} written to ${out}; check them with: ${program()} verify ${quote(out)} --key KEY`,
    ])
    return EXIT.done
  },
}

// Under another name until it is whole. The file comes first: what cannot be kept is not asked for.
async function write(out: string, ask: () => Promise<ReadableStream<Uint8Array>>): Promise<number> {
  const part = `${out}.part`
  const file = await open(part, 'w').catch((error: unknown) => {
    throw cannotWrite(out, error)
  })
  const target = file.createWriteStream()
  try {
    const stream = await ask()
    await pipeline(Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]), target).catch(brokeOff(out))
    await rename(part, out).catch((error: unknown) => {
      throw cannotWrite(out, error)
    })
    return target.bytesWritten
  } catch (error) {
    target.destroy()
    await rm(part, { force: true })
    throw error
  }
}

const brokeOff = (out: string) => (error: unknown) => {
  if (/^E[A-Z]+$/.test(codeOf(error)) && 'syscall' in (error as Error)) throw cannotWrite(out, error)
  throw new UnavailableError('the server broke the export off; nothing was kept')
}
