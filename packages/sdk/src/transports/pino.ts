import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import build from 'pino-abstract-transport'
import { Probity } from '../client.ts'
import { ProbityError } from '../error.ts'
import { EventQueue } from '../queue/event-queue.ts'
import { FileSpool } from '../queue/file-spool.ts'
import { eventOf, unreadable } from './event.ts'

/** They travel to the transport's thread, so that there are no functions among them. */
export interface PinoTransportOptions {
  /** Of the server; `PROBITY_URL` without it. */
  url?: string
  /** Of scope audit:write; `PROBITY_TOKEN` without it. */
  token?: string
  /** A folder where lines wait until the server has them; without it they wait in memory, and are lost with the process. */
  spool?: string
  /** How long what waits is sent at the end, at most; 5,000 without it. */
  closeMilliseconds?: number
}

const LEVELS: Readonly<Record<number, string>> = {
  ...{ 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' },
}
const FULL_MILLISECONDS = 500

/**
 * A transport of pino 9 and newer: `pino({ transport: { target: '@probity/sdk/pino', options } })`. A line with an `event_type`
 * is that event, and any other is a `log.<level>`. Lines of which the spool has no room wait in the stream.
 */
export default function probityTransport({ url, token, spool, closeMilliseconds }: PinoTransportOptions = {}) {
  const client = new Probity({ url: url ?? needed('PROBITY_URL'), token: token ?? needed('PROBITY_TOKEN') })
  const tell = teller()
  const queue = new EventQueue({
    ...{ client, spool: spool === undefined ? undefined : new FileSpool(spool), tellAgain: unreadable },
    onRefused: ({ code, message }) => tell(`refused ${code}`, `a line of the log is refused: ${code}: ${message}`),
    onError: (error) => tell(`wait ${codeOf(error)}`, `lines of the log wait: ${messageOf(error)}`),
  })
  return build(
    async (lines) => {
      for await (const line of lines as AsyncIterable<Record<string, unknown>>)
        await keep(queue, eventOfLine(line), tell)
    },
    {
      async close() {
        await queue
          .close(closeMilliseconds)
          .catch((error: Error) => tell('left', `lines of the log are left: ${error.message}`))
      },
    },
  )
}

/** Where there is no room the stream waits, and with it who logs. */
async function keep(queue: EventQueue, event: object, tell: Tell): Promise<void> {
  for (;;) {
    try {
      return await queue.add(event)
    } catch (error) {
      tell(`keep ${codeOf(error)}`, `a line of the log cannot be kept: ${messageOf(error)}`)
      await pause(FULL_MILLISECONDS)
    }
  }
}

function eventOfLine({ level, time, msg, ...fields }: Record<string, unknown>): Record<string, unknown> {
  const number =
    typeof level === 'number' ? level : Number(Object.entries(LEVELS).find(([, name]) => name === level)?.[0])
  return eventOf({
    at: typeof time === 'number' || typeof time === 'string' ? new Date(time).getTime() : Number.NaN,
    time,
    level: typeof level === 'string' ? level : (LEVELS[number] ?? String(level)),
    outcome: number >= 50 ? 'Failure' : number >= 40 ? 'Warning' : 'Information',
    message: typeof msg === 'string' ? msg : null,
    fields: [...Object.entries(fields), ['msg', typeof msg === 'string' ? undefined : msg]],
  })
}

type Tell = (kind: string, what: string) => void

/** Tells the first of a kind, and how many there were at the tenth, the hundredth and so on: never as often as it happens. */
function teller(): Tell {
  const counts = new Map<string, number>()
  return (kind, what) => {
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    if (!Number.isInteger(Math.log10(count))) return
    const times = count === 1 ? '' : ` (${count} times)`
    writeSync(2, `probity: ${what}${times}\n`) // what a thread hands on is lost at the end
  }
}

/** What is the same of errors whose texts differ. */
function codeOf(error: unknown): string {
  if (error instanceof ProbityError) return error.code
  return error instanceof Error ? error.name : typeof error
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function needed(name: string): string {
  const value = process.env[name]
  if (value === undefined)
    throw new Error(`say in the options of the transport, or in ${name}, where it sends to and with which token`)
  return value
}
