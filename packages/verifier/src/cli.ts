import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stderr, stdin, stdout } from 'node:process'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import {
  decodeUtf8,
  EXPORT_MAGIC,
  equal,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  RECEIPT_HEADER,
  type VerifierKey,
} from '@probity/core'
import { CERTIFICATE_HEADER, nodeCrypto, verifyCertificate, verifyExportFile, verifyReceipt } from './node.ts'
import { type NotVerified, type Result, UNDECIDED, type Verified } from './result.ts'

function usage(program: string): string {
  const whole = program.endsWith(' verify') ? program.slice(0, -' verify'.length) : 'probity'
  return `Usage: ${program} FILE|- --key KEYFILE|KEY [--key …] [--pin CHECKPOINT] [--json]

Verifies a receipt (.tlog-proof) or an export, offline. - is standard input.
  --key   the log's verifier key, or a file with one a line (${whole} audit key --out FILE)
  --pin   a file with a checkpoint that you kept from earlier (${whole} audit checkpoint --out FILE): finds
          truncation, rollback and fork. An export is compared from its beginning, so take one from entry 0, or from
          an older pin on, and made after the checkpoint was. A receipt is compared at the pin's size alone.
  --json  one JSON object on the last line of standard output

Example: ${program} audit.probity --key log.key --pin yesterday.checkpoint

Exit codes:
  0: verified
  1: not verified
  2: wrong usage
  3: could not be checked: no such file, no key, a pin that cannot decide
`
}

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

/** Wrong words on the command line. */
class UsageError extends Error {}

/** The command line: prints what was found and gives the exit code. `argv` are the arguments alone. */
export async function main(argv: readonly string[], program = 'probity-verify'): Promise<number> {
  stdout.on('error', () => undefined) // who reads may stop early; what was found keeps its exit code
  if (argv.includes('-h') || argv.includes('--help')) {
    stdout.write(usage(program))
    return EXIT.verified
  }
  const json = argv.includes('--json')
  try {
    const command = parseCommand(argv)
    const result = await verifyGiven(command)
    const exit = exitOf(result)
    if (json) stdout.write(`${JSON.stringify(result.verified ? result : failed(result, exit))}\n`)
    else stdout.write(`${sentence(result)}\n`)
    return exit
  } catch (error) {
    if (error instanceof UsageError) {
      stderr.write(`${error.message}\n${usage(program)}`)
      if (json) stdout.write(`${JSON.stringify({ error: 'USAGE', message: error.message, exit_code: EXIT.usage })}\n`)
      return EXIT.usage
    }
    // No such file, no key: nothing was looked at.
    const result = { verified: false, code: 'NOT_CHECKED', index: null, message: messageOf(error) } as const
    stderr.write(`NOT CHECKED: ${result.message}\n`)
    if (json) stdout.write(`${JSON.stringify(failed(result, EXIT.notChecked))}\n`)
    return EXIT.notChecked
  }
}

function exitOf(result: Result): number {
  if (result.verified) return EXIT.verified
  return UNDECIDED.has(result.code) ? EXIT.notChecked : EXIT.notVerified
}

// With the members that the failure of every command has.
function failed(result: NotVerified, exit_code: number): object {
  return { ...result, error: result.code, exit_code }
}

function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = parsed(argv)
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new UsageError('One FILE is needed.')
  if (values.key === undefined) throw new UsageError('--key is missing: nothing verifies without a key that you trust.')
  return { file, keys: values.key, pin: values.pin, json: values.json ?? false }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        key: { type: 'string', multiple: true },
        pin: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

async function verifyGiven(command: Command): Promise<Result> {
  const keys = (await Promise.all(command.keys.map(readKeys))).flat()
  const pin = command.pin === undefined ? {} : { pin: await readPin(command.pin) }
  const once = await onceReadable(command.file)
  if (once === null) return verifyFile(command.file, keys, pin)
  // An export may have to be read twice, and a pipe is there once.
  const folder = await mkdtemp(join(tmpdir(), 'probity-verify-'))
  try {
    const file = join(folder, 'input')
    await pipeline(once, createWriteStream(file, { mode: 0o600 }))
    return await verifyFile(file, keys, pin, command.file === '-' ? 'standard input' : `the file ${command.file}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function onceReadable(file: string): Promise<Readable | null> {
  if (file === '-') return stdin
  const found = await stat(file).catch(() => null) // what is wrong with it is said where it is opened
  return found?.isFIFO() ? createReadStream(file) : null
}

async function verifyFile(
  file: string,
  keys: readonly VerifierKey[],
  pin: { pin?: string },
  name = `the file ${file}`,
): Promise<Result> {
  const begin = await readBytes(file, EXPORT_MAGIC.length)
  if (equal(begin, EXPORT_MAGIC)) return verifyExportFile(file, keys, { ...pin, onProgress: progress() })
  const text = decodeText(await readBytes(file, MAX_TEXT))
  const neither = `${name} is neither an export nor a receipt${text === null ? '' : whatElse(text)}`
  if (text === null) return { verified: false, code: 'FORMAT_UNKNOWN', index: null, message: neither }
  if (text.startsWith(`${CERTIFICATE_HEADER}\n`)) return verifyCertificate(text, keys)
  const result = verifyReceipt(text, keys, pin)
  if (result.verified || text.startsWith(RECEIPT_HEADER)) return result
  return { ...result, message: neither }
}

function whatElse(text: string): string {
  if (text.trim() === '') return ': it is empty'
  if (isCheckpoint(text)) return ': it is a checkpoint, which belongs after --pin'
  return keysOf(text) === null ? '' : ': it holds keys, which belong after --key'
}

/** The keys of a text with one a line, or null where a line is none. */
function keysOf(text: string): VerifierKey[] | null {
  try {
    const keys = linesOf(text).map((line) => parseVerifierKey(nodeCrypto.sha256, line))
    return keys.length === 0 ? null : keys
  } catch {
    return null
  }
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

async function readKeys(keyOrPath: string): Promise<VerifierKey[]> {
  const given = keysOf(keyOrPath)
  if (given !== null) return given
  if (keyOrPath.includes('\n') || /\+[0-9a-f]{8}\+/i.test(keyOrPath))
    throw new UsageError(`--key: ${whyNoKey(keyOrPath)}`)
  const text = decodeText(await readBytes(keyOrPath, MAX_TEXT, 'key file'))
  if (text === null || text.trim() === '')
    throw new Error(`the key file ${keyOrPath} ${text === null ? 'is not text' : 'is empty'}`)
  const keys = keysOf(text)
  if (keys === null) throw new Error(`the key file ${keyOrPath} does not hold keys: ${whyNoKey(text)}`)
  return keys
}

function whyNoKey(text: string): string {
  for (const line of linesOf(text)) {
    try {
      parseVerifierKey(nodeCrypto.sha256, line)
    } catch (error) {
      return `${messageOf(error)} ("${line.slice(0, 60)}")`
    }
  }
  return 'it has no line with a key'
}

async function readPin(path: string): Promise<string> {
  const text = decodeText(await readBytes(path, MAX_TEXT, 'pin'))
  if (text !== null && isCheckpoint(text)) return text
  throw new Error(`the pin ${path} is not a checkpoint; -h says where one comes from`)
}

function isCheckpoint(text: string): boolean {
  try {
    parseCheckpoint(parseNote(text).text)
    return true
  } catch {
    return false
  }
}

// At most `maximum` bytes: a file may be as large as it likes.
async function readBytes(path: string, maximum: number, what = 'file'): Promise<Uint8Array> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const found = await file.stat()
    const bytes = new Uint8Array(found.isFile() ? Math.min(maximum, found.size) : maximum) // a pipe tells no size
    let filled = 0
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return bytes.subarray(0, filled)
  } catch (error) {
    throw new Error(whyNotRead(path, what, error))
  } finally {
    await file?.close() // `using` would cost the one file a kilobyte
  }
}

function whyNotRead(path: string, what: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return `there is no ${what} ${path}`
  if (code === 'EISDIR') return `the ${what} ${path} is a folder`
  if (code === 'EACCES') return `the ${what} ${path} cannot be read: permission denied`
  return `the ${what} ${path} cannot be read: ${messageOf(error)}`
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

// A file made before its pin looks like a log that lost its end: only whoever made the two can tell them apart.
function sentence(result: Result): string {
  if (!result.verified)
    return `${UNDECIDED.has(result.code) ? 'NOT CHECKED' : 'NOT VERIFIED'} ${result.code}: ${result.message}`
  const { entries, size, root, origin, sealed_opened } = result
  const parts = sealed_opened === 0 ? '' : `, ${plural(sealed_opened, 'opened part')}`
  const anchor = result.anchored === null ? '' : `, anchored ${result.anchored.at} by ${result.anchored.origin}`
  const end = result.kind === 'range' && entries > 0 ? `, entry ${result.end} not included` : ''
  return `verified: ${whatIs(result)}${parts} of ${origin}, at size ${size} with root ${root}${anchor}${end}`
}

function whatIs({ kind, start, end, entries }: Verified): string {
  if (kind === 'receipt') return `entry ${start}`
  if (kind === 'certificate') return `certificate of an erasure, entry ${start}`
  return `${kind} of ${entries} ${entries === 1 ? 'entry' : 'entries'} from ${start} to ${end}`
}

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
