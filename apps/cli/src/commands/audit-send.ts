import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { FORMATS } from '@probity/contract'
import type { Ingested } from '@probity/sdk'
import { CLIENT_OPTIONS, client } from '../client.ts'
import type { Command } from '../command.ts'
import { reason } from '../file.ts'
import { oneOf } from '../options.ts'
import { EXIT, Failure, plural, result, say, UnavailableError } from '../output.ts'

const TELL_EVERY_BYTES = 16 * 1024 * 1024
const REFUSALS_TOLD = 20
const MAGIC = { gzip: [0x1f, 0x8b], zstd: [0x28, 0xb5, 0x2f, 0xfd] } as const
const LONGEST_MAGIC = 4
/** Bytes within which the first line must end to be looked at. */
const LONGEST_LOOK = 65_536
const PIECES_LOOKED_AT = 4

export const auditSend: Command = {
  name: 'audit send',
  usage: `[--format ${FORMATS.join('|')}] FILE|- [--json]`,
  about: 'Record the events of an NDJSON file or of standard input: plain, gzip or zstd',
  example: 'probity audit send --format cloudtrail events.ndjson',
  options: { ...CLIENT_OPTIONS, format: { type: 'string' } },
  words: { least: 1, most: 1 },
  async run(given) {
    const [file = '-'] = given.words
    const format = oneOf(given, 'format', FORMATS) ?? 'probity'
    const server = client(given)
    const { begin, pieces } = await beginning(piecesOf(file))
    const encoding = encodingOf(begin)
    const isNamed = format !== 'probity' || (await beginsWithId(begin, encoding))
    const { refusals, ...counts } = await server.ingest(
      Readable.toWeb(Readable.from(progress(pieces))) as ReadableStream<Uint8Array>,
      format,
      encoding,
    )
    const told = refusals.toSorted((a, b) => a.line - b.line).slice(0, REFUSALS_TOLD)
    for (const { line, code, message } of told) say(`line ${line}: ${code}: ${message}`)
    if (counts.refused > told.length) say(`… and ${counts.refused - told.length} more`)
    if (counts.accepted + counts.duplicate + counts.refused === 0)
      say(`there was nothing in ${file === '-' ? 'standard input' : file}`)
    const failure = counts.refused > 0 ? partlyRefused(counts, format) : null
    if (failure) say(failure.message)
    else if (!isNamed && counts.accepted > 0)
      say('the events carry no event_id: sent again, they would be recorded again; give each an id of yours')
    result(given.options.json === true, { ...counts, refusals: told, ...failure?.json }, [
      `${counts.accepted} accepted, ${counts.duplicate} duplicate, ${counts.refused} refused; the log has ${plural(counts.tree_size, 'entry', 'entries')}`,
    ])
    return failure?.exit ?? EXIT.done
  },
}

function partlyRefused({ accepted, refused }: Omit<Ingested, 'refusals'>, format: string): Failure {
  const lines = `${plural(refused, 'line')} ${refused === 1 ? 'was' : 'were'} refused`
  if (accepted === 0) return new Failure('EVENT_REFUSED', lines)
  const known = format === 'probity' ? 'they carry event_id' : "they carry their product's own id"
  return new Failure(
    'EVENT_REFUSED',
    `${lines}, the others are recorded; send only the corrected ones: the whole file sent again doubles the others unless ${known}`,
  )
}

async function* piecesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    const source = file === '-' ? process.stdin : (await open(file)).createReadStream()
    for await (const piece of source) yield piece as Uint8Array
  } catch (error) {
    throw new UnavailableError(
      `${file === '-' ? 'standard input' : `the file ${file}`} cannot be read: ${reason(error)}`,
    )
  }
}

/** The first bytes of a stream, up to the end of the first line where it is plain text; and the whole of it. */
async function beginning(
  source: AsyncGenerator<Uint8Array>,
): Promise<{ begin: Buffer; pieces: AsyncGenerator<Uint8Array> }> {
  let begin = Buffer.alloc(0)
  while (!isBeginning(begin)) {
    const { done, value } = await source.next()
    if (done) break
    begin = Buffer.concat([begin, value])
  }
  async function* pieces() {
    if (begin.length > 0) yield begin
    yield* source
  }
  return { begin, pieces: pieces() }
}

function isBeginning(begin: Buffer): boolean {
  if (begin.length < LONGEST_MAGIC) return false
  return encodingOf(begin) !== undefined || begin.length > LONGEST_LOOK || firstLine(begin) !== null
}

function firstLine(text: Buffer): string | null {
  return /^\s*(\S.*)\n/.exec(text.toString('utf8'))?.[1] ?? null
}

/** Whether the first event of our own format has an id; also where that can't be told: then nothing is to be said. */
async function beginsWithId(begin: Buffer, encoding: ReturnType<typeof encodingOf>): Promise<boolean> {
  const plain = encoding === undefined ? begin : await unpackedBegin(begin, encoding)
  try {
    const event: unknown = JSON.parse(firstLine(plain) ?? plain.toString('utf8'))
    return typeof event !== 'object' || event === null || ('event_id' in event && event.event_id !== null)
  } catch {
    return true
  }
}

// The packed text goes on behind what is here: whatever comes out is the beginning of it.
async function unpackedBegin(begin: Buffer, encoding: 'gzip' | 'zstd'): Promise<Buffer> {
  const unpack = encoding === 'gzip' ? createGunzip() : createZstdDecompress()
  const out: Buffer[] = []
  try {
    unpack.end(begin)
    for await (const piece of unpack) if (out.push(piece as Buffer) > PIECES_LOOKED_AT) break
  } catch {}
  return Buffer.concat(out)
}

function encodingOf(begin: Uint8Array): 'gzip' | 'zstd' | undefined {
  if (MAGIC.gzip.every((byte, i) => begin[i] === byte)) return 'gzip'
  return MAGIC.zstd.every((byte, i) => begin[i] === byte) ? 'zstd' : undefined
}

async function* progress(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let sent = 0
  let told = 0
  for await (const piece of pieces) {
    sent += piece.length
    if (sent - told >= TELL_EVERY_BYTES) {
      told = sent
      say(`${Math.round(sent / 1024 / 1024)} MiB sent …`)
    }
    yield piece
  }
}
