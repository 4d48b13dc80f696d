import { open } from 'node:fs/promises'
import { stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { decodeUtf8, EXPORT_MAGIC, equal, parseVerifierKey, type VerifierKey } from '@probity/core'
import { nodeCrypto, verifyExportFile, verifyReceipt } from './node.ts'
import { type Result, UNDECIDED } from './result.ts'

const USAGE = `Usage: probity-verify FILE --key KEYFILE|KEY [--key …] [--pin CHECKPOINT] [--json]

Verifies a receipt (.tlog-proof) or an export, offline.
  --key   the log's verifier key, or a file with one a line
  --pin   a file with a checkpoint kept from earlier: finds truncation, rollback and fork
  --json  one JSON object on the last line of standard output

Example: probity verify audit.probity --key log.key --pin yesterday.checkpoint

Exit: 0 verified, 1 not verified, 2 wrong usage, 3 could not be checked.
`

const EXIT = { verified: 0, notVerified: 1, usage: 2, notChecked: 3 } as const

/** Most bytes of a receipt, a key file or a pin. */
const MAX_TEXT = 2 ** 22
const PROGRESS_MS = 1000

interface Command {
  file: string
  keys: string[]
  pin: string | undefined
  json: boolean
}

/** The command line: prints what was found and gives the exit code. `argv` are the arguments alone. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('-h') || argv.includes('--help')) {
    stdout.write(USAGE)
    return EXIT.verified
  }
  const command = parseCommand(argv)
  if (typeof command === 'string') {
    stderr.write(`${command}\n${USAGE}`)
    return EXIT.usage
  }
  try {
    const result = await verifyFile(command)
    print(result, command.json)
    if (result.verified) return EXIT.verified
    return UNDECIDED.has(result.code) ? EXIT.notChecked : EXIT.notVerified
  } catch (error) {
    // No such file, no key: nothing was looked at.
    print({ verified: false, code: 'NOT_CHECKED', index: null, message: messageOf(error) }, command.json)
    return EXIT.notChecked
  }
}

function parseCommand(argv: readonly string[]): Command | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        key: { type: 'string', multiple: true },
        pin: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) return 'One FILE is needed.'
    return { file, keys: values.key ?? [], pin: values.pin, json: values.json ?? false }
  } catch (error) {
    return messageOf(error)
  }
}

async function verifyFile(command: Command): Promise<Result> {
  const keys = (await Promise.all(command.keys.map(readKeys))).flat()
  if (keys.length === 0) throw new Error('no key: give --key')
  const pin = command.pin === undefined ? {} : { pin: decodeUtf8(await readBytes(command.pin, MAX_TEXT)) }
  const begin = await readBytes(command.file, EXPORT_MAGIC.length)
  if (equal(begin, EXPORT_MAGIC)) {
    return await verifyExportFile(command.file, keys, { ...pin, onProgress: progress() })
  }
  const text = decodeText(await readBytes(command.file, MAX_TEXT))
  if (text !== null) return verifyReceipt(text, keys, pin)
  return { verified: false, code: 'FORMAT_UNKNOWN', index: null, message: 'neither an export nor a receipt' }
}

async function readKeys(keyOrPath: string): Promise<VerifierKey[]> {
  const parse = (line: string) => parseVerifierKey(nodeCrypto.sha256, line)
  try {
    return [parse(keyOrPath)]
  } catch {
    const lines = decodeUtf8(await readBytes(keyOrPath, MAX_TEXT)).split('\n')
    const named = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
    return named.map(parse)
  }
}

// At most `maximum` bytes: a file may be as large as it likes.
async function readBytes(path: string, maximum: number): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const bytes = new Uint8Array(Math.min(maximum, (await file.stat()).size))
    let filled = 0
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return bytes.subarray(0, filled)
  } finally {
    await file.close()
  }
}

function decodeText(bytes: Uint8Array): string | null {
  try {
    return decodeUtf8(bytes)
  } catch {
    return null
  }
}

function progress(): (done: number, total: number) => void {
  let shown = Date.now()
  return (done, total) => {
    if (Date.now() - shown < PROGRESS_MS) return
    shown = Date.now()
    stderr.write(`${done} of ${total} entries\n`)
  }
}

function print(result: Result, json: boolean): void {
  if (json) stdout.write(`${JSON.stringify(result)}\n`)
  else stdout.write(`${sentence(result)}\n`)
}

function sentence(result: Result): string {
  if (!result.verified) return `NOT VERIFIED ${result.code}: ${result.message}`
  const { kind, start, end, entries, size, root, origin, sealed_opened } = result
  const what = kind === 'receipt' ? `entry ${start}` : `${kind} of ${entries} entries from ${start} to ${end}`
  const parts = sealed_opened === 0 ? '' : `, ${sealed_opened} opened parts`
  const anchor = result.anchored === null ? '' : `, anchored ${result.anchored.at} by ${result.anchored.origin}`
  return `verified: ${what}${parts} of ${origin}, at size ${size} with root ${root}${anchor}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
