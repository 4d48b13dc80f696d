import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { pid } from 'node:process'
import type { Line, Portion, Spool } from './spool.ts'

export interface FileSpoolOptions {
  /** Whether each event is on the disk before it counts as kept: then it outlives a loss of power too, and not only of the process. */
  isSynced?: boolean
  /** Bytes that wait at once, at most; 1 GB without it. */
  mostBytes?: number
}

const SEGMENT_BYTES = 256 * 1024
const SEGMENT_LINES = 500
/** An open segment of another machine that nothing was written to for so long has nobody any more. */
const ABANDONED_MILLISECONDS = 600_000
const OPEN = '.open'
const SEALED = '.ndjson'
const REFUSED = 'refused.jsonl'
const REFUSED_BEFORE = 'refused.1.jsonl'
const MOST_REFUSED_BYTES = 16e6

interface Segment {
  file: FileHandle
  path: string
  bytes: number
  lines: number
}

/**
 * A folder of segments. One that is being written ends in `.open` and belongs to who writes it; renamed to `.ndjson` it is whole, and
 * whoever comes by sends and drops it: twice does no harm. A killed process leaves an open one behind, whose last line may be
 * half: nobody was told that that was kept. The next process takes it over. Several processes may share a folder.
 *
 * What the server will never take is in `refused.jsonl`. When that has 16 MB it becomes `refused.1.jsonl`, and the one of that
 * name before is gone: there are two such files at most.
 */
export class FileSpool implements Spool {
  readonly isLasting = true
  readonly #folder: string
  readonly #isSynced: boolean
  readonly #mostBytes: number
  readonly #id = randomUUID().slice(0, 8)
  #segment: Segment | null = null
  #count = 0
  #waitingBytes: number | null = null
  /** What is done to the open segment, one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(folder: string, { isSynced = false, mostBytes = 1e9 }: FileSpoolOptions = {}) {
    this.#folder = folder
    this.#isSynced = isSynced
    this.#mostBytes = mostBytes
  }

  append(lines: readonly Line[]): Promise<void> {
    return this.#inTurn(async () => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      const before = this.#waitingBytes ?? (await this.#start())
      if (before + bytes.length > this.#mostBytes)
        throw new Error(`${this.#mostBytes} bytes of events wait already: the server does not take them`)
      const segment = this.#segment ?? (await this.#open())
      this.#segment = segment
      try {
        await segment.file.appendFile(bytes)
        if (this.#isSynced) await segment.file.datasync()
      } catch (failure) {
        await this.#seal() // what was written by half ends a segment
        throw failure
      }
      this.#waitingBytes = before + bytes.length
      segment.bytes += bytes.length
      segment.lines += lines.length
      if (segment.bytes >= SEGMENT_BYTES || segment.lines >= SEGMENT_LINES) await this.#seal()
    })
  }

  async oldest(): Promise<Portion | null> {
    return this.#inTurn(async () => {
      if (this.#waitingBytes === null) await this.#start()
      const first =
        (await this.#names(SEALED))[0] ?? ((await this.#seal()) ? (await this.#names(SEALED))[0] : undefined)
      if (first === undefined) return null
      const path = join(this.#folder, first)
      const text = await readFile(path, 'utf8')
      const lines = text.split('\n').slice(0, -1).filter(isWhole) // what comes after the last end of line was never told to be kept
      const drop = async () => {
        await unlink(path).catch(ignoreMissing)
        this.#waitingBytes = Math.max(0, (this.#waitingBytes ?? 0) - Buffer.byteLength(text))
      }
      return { lines, drop }
    })
  }

  async setAside(refused: readonly { line: Line; code: string; message: string }[]): Promise<void> {
    const path = join(this.#folder, REFUSED)
    if ((await sizeOf(path)) >= MOST_REFUSED_BYTES)
      await rename(path, join(this.#folder, REFUSED_BEFORE)).catch(ignoreMissing)
    const file = await open(path, 'a', 0o600)
    try {
      const at = new Date().toISOString()
      await file.appendFile(refused.map((one) => `${JSON.stringify({ at, ...one })}\n`).join(''))
      await file.datasync()
    } finally {
      await file.close()
    }
  }

  close(): Promise<void> {
    return this.#inTurn(async () => void (await this.#seal()))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined) // told to whose turn it was
    return done
  }

  /** Takes over what dead processes left; answers how many bytes wait. */
  async #start(): Promise<number> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (const name of await this.#names(OPEN))
      if (await this.#isAbandoned(name))
        await rename(this.#path(name), this.#path(sealedName(name))).catch(ignoreMissing)
    const sizes = await Promise.all((await this.#names(SEALED)).map((name) => sizeOf(this.#path(name))))
    this.#waitingBytes = sizes.reduce((sum, size) => sum + size, 0)
    return this.#waitingBytes
  }

  /** Names of segments begin with when they were begun, and end with whose they are. */
  async #isAbandoned(name: string): Promise<boolean> {
    const [, , host, owner] = name.slice(0, -OPEN.length).split('~')
    const isHere = host === encodeURIComponent(hostname())
    if (isHere) return !isAlive(Number(owner)) || (Number(owner) === pid && !name.includes(`~${this.#id}~`))
    const { mtimeMs } = await stat(this.#path(name)).catch(() => ({ mtimeMs: Date.now() }))
    return Date.now() - mtimeMs > ABANDONED_MILLISECONDS
  }

  async #open(): Promise<Segment> {
    const begun = Date.now().toString().padStart(15, '0') + (this.#count++).toString().padStart(9, '0')
    const path = this.#path(`${begun}~${this.#id}~${encodeURIComponent(hostname())}~${pid}${OPEN}`)
    const file = await open(path, 'ax', 0o600)
    if (this.#isSynced) await syncFolder(this.#folder) // the name of a new file as well
    return { file, path, bytes: 0, lines: 0 }
  }

  /** False: nothing was open. */
  async #seal(): Promise<boolean> {
    if (!this.#segment) return false
    const { file, path } = this.#segment
    this.#segment = null
    await file.close()
    await rename(path, sealedName(path)).catch(ignoreMissing)
    return true
  }

  async #names(ending: string): Promise<string[]> {
    return (await readdir(this.#folder)).filter((name) => name.endsWith(ending)).sort()
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function sealedName(name: string): string {
  return name.slice(0, -OPEN.length) + SEALED
}

/** Of a disk that was full a line may be cut, and written on. */
function isWhole(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0)
    return true
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code === 'EPERM' // somebody else's
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ size: 0 }))).size
}

function ignoreMissing(failure: NodeJS.ErrnoException): void {
  if (failure.code !== 'ENOENT') throw failure // another process was there first
}
