import { isUtf8 } from 'node:buffer'
import { events } from '@probity/contract'
import { CanonicalReader, eachObject, FormatError, type Json, OPEN_ARRAY, parseStrict } from '@probity/core'
import { parseJsonBody } from '../../../platform/http/json-body.ts'
import { expandRecords, readEvent } from '../formats/index.ts'
import { EventRefused, type Format, type ObservedEvent } from '../formats/observed-event.ts'
import { type ReadableEvent, readPlainEvent } from '../formats/plain-event.ts'
import type { Refused } from './prepared.ts'

/** Events as somebody sent them: a JSON body (one or an array), or whole lines of NDJSON. */
export interface Source {
  format: Format
  kind: 'body' | 'lines'
  bytes: Uint8Array
}

/** One event of a source, or why it was not taken. `line` counts from 0 within the source. */
export interface Read {
  line: number
  event: ReadableEvent | Refused
}

export const LONGEST_LINE = 1024 * 1024
export const LINE_TOO_LONG: Refused = {
  status: 'refused',
  code: 'ENTRY_TOO_LARGE',
  message: 'the line is longer than 1 MiB',
}

/** One for all that this thread reads: what it wrote stays where it is. */
const reader = new CanonicalReader()

/** Reads a source. Throws BAD_REQUEST or a ZodError for a body that is not one or up to 1,000 objects; bad lines are told alone. */
export function readSource({ format, kind, bytes }: Source): Read[] {
  return kind === 'body' ? readBody(format, bytes) : readLines(format, bytes)
}

/** The events that were read, without those refused. */
export function eventsOf(read: readonly Read[]): ReadableEvent[] {
  return read.map(({ event }) => event).filter((event): event is ReadableEvent => !isRefused(event))
}

export function isRefused(one: object): one is Refused {
  return 'status' in one && one.status === 'refused'
}

function readBody(format: Format, bytes: Uint8Array): Read[] {
  const plain = format === 'probity' && isUtf8(bytes) ? readPlainBody(withoutMark(bytes)) : null
  if (plain) return plain
  return readValues(bytes).flatMap((value) =>
    expandRecords(format, value).map((record) => ({ line: 0, event: readOne(format, record) })),
  )
}

// A byte order mark says nothing in UTF-8.
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

// One event or an array of them, all of which are plain to see; null: it is read the whole way.
function readPlainBody(bytes: Uint8Array): Read[] | null {
  if (bytes[0] !== OPEN_ARRAY) {
    const event = readPlainEvent(reader, bytes, 0, bytes.length)
    return event && [{ line: 0, event }]
  }
  const read: Read[] = []
  const found = eachObject(bytes, (start, end) => {
    const event = readPlainEvent(reader, bytes, start, end)
    if (event) read.push({ line: 0, event })
    return event !== null
  })
  return found && read.length > 0 && read.length <= MOST_AT_ONCE ? read : null
}

// The schema has the word on what is wrong; it is asked only when something is, since it copies all that it reads.
function readValues(bytes: Uint8Array): Json[] {
  const value = parseJsonBody(bytes)
  const values = Array.isArray(value) ? value : [value]
  if (values.length === 0 || values.length > MOST_AT_ONCE || !values.every(isObject)) events.parse(value)
  return values
}

const MOST_AT_ONCE = 1000

function isObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readLines(format: Format, bytes: Uint8Array): Read[] {
  const read: Read[] = []
  const isWhole = isUtf8(bytes)
  for (let line = 0, start = 0; start <= bytes.length; line++) {
    const found = bytes.indexOf(NEWLINE, start)
    const end = found === -1 ? bytes.length : found
    const plain = isWhole && format === 'probity' ? readPlainEvent(reader, bytes, start, end) : null
    if (plain && end - start <= LONGEST_LINE) read.push({ line, event: plain })
    else read.push(...readLine(format, bytes.subarray(start, end), line))
    start = end + 1
  }
  return read
}

const NEWLINE = 10

function readLine(format: Format, bytes: Uint8Array, line: number): Read[] {
  const text = decodeOrNull(bytes)
  if (text === null) return [{ line, event: NOT_UTF8 }]
  if (bytes.length > LONGEST_LINE) return [{ line, event: LINE_TOO_LONG }]
  if (text.trim() === '') return []
  try {
    return expandRecords(format, parseStrict(text)).map((record) => ({ line, event: readOne(format, record) }))
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const message = `the line is not JSON that can be kept exactly: ${error.message}`
    return [{ line, event: { status: 'refused', code: 'EVENT_REFUSED', message } }]
  }
}

const NOT_UTF8: Refused = { status: 'refused', code: 'EVENT_REFUSED', message: 'the line is not UTF-8' }

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeOrNull(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes)
  } catch {
    return null
  }
}

function readOne(format: Format, value: Json): ObservedEvent | Refused {
  try {
    return readEvent(format, value)
  } catch (error) {
    if (!(error instanceof EventRefused)) throw error
    return { status: 'refused', code: 'EVENT_REFUSED', message: error.reason, pointer: error.pointer }
  }
}
