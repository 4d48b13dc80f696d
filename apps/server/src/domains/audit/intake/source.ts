import { events } from '@probity/contract'
import { FormatError, type Json, parseStrict } from '@probity/core'
import { parseJsonText, textOfBody } from '../../../platform/http/json-body.ts'
import { expandRecords, readEvent } from '../formats/index.ts'
import { EventRefused, type Format, type ObservedEvent } from '../formats/observed-event.ts'
import { type PlainEvent, type ReadableEvent, readPlainEvent } from '../formats/plain-event.ts'
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
  const text = textOfBody(bytes)
  const plain = readPlain(format, text)
  if (plain) return [{ line: 0, event: plain }]
  return readValues(text).flatMap((value) =>
    expandRecords(format, value).map((record) => ({ line: 0, event: readOne(format, record) })),
  )
}

// The schema has the word on what is wrong; it is asked only when something is, since it copies all that it reads.
function readValues(text: string): Json[] {
  const value = parseJsonText(text)
  const values = Array.isArray(value) ? value : [value]
  if (values.length === 0 || values.length > MOST_AT_ONCE || !values.every(isObject)) events.parse(value)
  return values
}

const MOST_AT_ONCE = 1000

function isObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readLines(format: Format, bytes: Uint8Array): Read[] {
  return linesOf(bytes).flatMap((text, line): Read[] => {
    if (text === null) return [{ line, event: NOT_UTF8 }]
    if (text.length > LONGEST_LINE / 3 && Buffer.byteLength(text) > LONGEST_LINE)
      return [{ line, event: LINE_TOO_LONG }]
    if (text.trim() === '') return []
    const plain = readPlain(format, text)
    if (plain) return [{ line, event: plain }]
    try {
      return expandRecords(format, parseStrict(text)).map((record) => ({ line, event: readOne(format, record) }))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      const message = `the line is not JSON that can be kept exactly: ${error.message}`
      return [{ line, event: { status: 'refused', code: 'EVENT_REFUSED', message } }]
    }
  })
}

function readPlain(format: Format, text: string): PlainEvent | null {
  return format === 'probity' ? readPlainEvent(text) : null
}

const NOT_UTF8: Refused = { status: 'refused', code: 'EVENT_REFUSED', message: 'the line is not UTF-8' }

/** Lines as text; null for one that is not UTF-8, which is looked for only where there is any. */
function linesOf(bytes: Uint8Array): (string | null)[] {
  const whole = decodeOrNull(bytes)
  if (whole !== null) return whole.split('\n')
  const lines: (string | null)[] = []
  for (let from = 0; from <= bytes.length; ) {
    const found = bytes.indexOf(10, from)
    const end = found === -1 ? bytes.length : found
    lines.push(decodeOrNull(bytes.subarray(from, end)))
    from = end + 1
  }
  return lines
}

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
