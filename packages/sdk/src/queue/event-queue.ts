import type { Probity, Written } from '../client.ts'
import { ProbityError } from '../error.ts'
import { type Line, MemorySpool, type Portion, type Spool } from './spool.ts'

/** An event that the server will never take, and why. */
export interface Refusal {
  event: Record<string, unknown>
  code: string
  message: string
}

export interface QueueOptions {
  client: Pick<Probity, 'send'>
  /** Where events wait; in memory without it. `FileSpool` of `@probity/sdk/node` keeps them over the end of the process. */
  spool?: Spool | undefined
  /** The format of the events; that of Probity without it. */
  format?: string | undefined
  /** How long an event waits for others to travel with; 200 without it. */
  milliseconds?: number | undefined
  /** Told of each event that is refused. */
  onRefused?: ((refusal: Refusal) => void) | undefined
  /** What is added, once, in the place of an event of Probity's format that is refused; null: nothing. */
  tellAgain?: ((refusal: Refusal) => object | null) | undefined
  /** Told of why events wait: the server is away, or does not know the token. They are sent again. */
  onError?: ((error: unknown) => void) | undefined
}

const MILLISECONDS = 200
const LONGEST_PAUSE_MILLISECONDS = 30_000
const MOST_AT_ONCE = 500

/**
 * Takes events at once and sends them together. An event that was added is in the log in the end, once: it waits in the spool
 * until the server has it, and is sent again with the same id until then.
 */
export class EventQueue {
  readonly #options: QueueOptions
  readonly #spool: Spool
  #adding: { lines: Line[]; kept: Promise<void> } | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #sending: Promise<void> | null = null
  /** Ids of what was told in the place of something else, and waits: that is not told again. */
  readonly #again = new Set<unknown>()
  #failures = 0
  #isClosed = false

  constructor(options: QueueOptions) {
    this.#options = options
    this.#spool = options.spool ?? new MemorySpool()
  }

  /** Resolves when the event is kept, in the spool, and not yet in the log. Throws when there is no room, or the queue is closed. */
  add(event: object): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('the queue is closed'))
    const line = JSON.stringify(this.#identified(event))
    // Those that are added in the same turn are kept together.
    if (this.#adding && this.#adding.lines.length < MOST_AT_ONCE) this.#adding.lines.push(line)
    else this.#adding = this.#keep([line])
    return this.#adding.kept
  }

  /** Sends what waits; resolves when it is in the log or was refused. Throws why it is not. */
  async flush(): Promise<void> {
    await this.#adding?.kept
    await this.#sending?.catch(() => undefined) // tried again
    await this.#sendOnce()
  }

  /**
   * Takes no more, and sends what waits for so long. What is left stays in the spool. Throws why it is left.
   */
  async close(milliseconds = 5_000): Promise<void> {
    this.#isClosed = true
    if (this.#timer) clearTimeout(this.#timer)
    let giveUp: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      giveUp = setTimeout(() => reject(new Error(`not all was sent within ${milliseconds} ms`)), milliseconds)
    })
    try {
      await Promise.race([this.flush(), late])
    } finally {
      clearTimeout(giveUp)
      await this.#spool.close()
    }
  }

  /** What is of another format has an id and a time by which that tells it again. */
  #identified(event: object): object {
    if (!this.#isOurFormat) return event
    const at = 'timestamp' in event ? {} : { occurred_at: new Date().toISOString() }
    return { event_id: crypto.randomUUID(), ...at, ...event }
  }

  get #isOurFormat(): boolean {
    return (this.#options.format ?? 'probity') === 'probity'
  }

  #keep(lines: Line[]): { lines: Line[]; kept: Promise<void> } {
    const kept = Promise.resolve().then(async () => {
      if (this.#adding?.lines === lines) this.#adding = null // whoever comes now waits for the next
      await this.#spool.append(lines)
      this.#sendIn(this.#options.milliseconds ?? MILLISECONDS)
    })
    kept.catch(() => undefined) // told to each who added
    return { lines, kept }
  }

  /** What lasts need not keep the process from its end. */
  #sendIn(milliseconds: number, mayEnd = false): void {
    if (this.#timer || this.#sending) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#sendOnce().catch(() => undefined) // told, and tried again
    }, milliseconds)
    if (mayEnd) unref(this.#timer)
  }

  #sendOnce(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null
    })
    return this.#sending
  }

  async #sendAll(): Promise<void> {
    try {
      for (let portion = await this.#spool.oldest(); portion; portion = await this.#spool.oldest()) {
        await this.#send(portion)
        this.#failures = 0
      }
    } catch (failure) {
      this.#options.onError?.(failure)
      const pause = Math.min(LONGEST_PAUSE_MILLISECONDS, MILLISECONDS * 2 ** this.#failures++)
      if (!this.#isClosed) queueMicrotask(() => this.#sendIn(pause * (0.5 + Math.random() / 2), this.#spool.isLasting))
      throw failure
    }
  }

  async #send({ lines, drop }: Portion): Promise<void> {
    const refused: Refused[] = []
    await this.#sendLines(lines, refused)
    if (refused.length > 0)
      await this.#spool.setAside(refused.map(({ line, code, message }) => ({ line, code, message })))
    await drop()
    for (const { event, code, message } of refused) this.#options.onRefused?.({ event, code, message })
    await this.#tellAgain(refused)
  }

  /** Also of a queue that is closing. Where there is no room for it, it was told and set aside all the same. */
  async #tellAgain(refused: readonly Refused[]): Promise<void> {
    const { tellAgain, onError } = this.#options
    const first = refused.filter(({ isAgain }) => !isAgain)
    if (!tellAgain || !this.#isOurFormat) return
    const told = first.map(({ event, code, message }) => tellAgain({ event, code, message })).filter((one) => !!one)
    const events = told.map((one) => ({ ...one, event_id: crypto.randomUUID() }))
    if (events.length === 0) return
    for (const { event_id } of events) this.#again.add(event_id)
    try {
      await this.#spool.append(events.map((one) => JSON.stringify(this.#identified(one))))
    } catch (failure) {
      for (const { event_id } of events) this.#again.delete(event_id)
      onError?.(failure)
    }
  }

  /** What is too much for one request goes in two. */
  async #sendLines(lines: readonly Line[], refused: Refused[]): Promise<void> {
    if (lines.length === 0) return
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    let written: Written
    try {
      written = await this.#options.client.send(events, this.#options.format)
    } catch (failure) {
      if (!(failure instanceof ProbityError) || !isOfTheBody(failure)) throw failure
      const [line, event] = [lines[0], events[0]]
      if (lines.length === 1 && line !== undefined && event) {
        const { code, message } = failure
        refused.push({ line, event, code, message, isAgain: this.#again.delete(event.event_id) })
        return
      }
      const half = Math.ceil(lines.length / 2)
      await this.#sendLines(lines.slice(0, half), refused)
      return this.#sendLines(lines.slice(half), refused)
    }
    for (const [i, { status, code = '', message = '' }] of written.results.entries()) {
      const [line, event] = [lines[i], events[i]]
      if (line === undefined || !event) continue
      const isAgain = this.#again.delete(event.event_id)
      if (status === 'refused') refused.push({ line, event, code, message, isAgain })
    }
  }
}

/** `isAgain`: it was told in the place of something that was refused already. */
interface Refused extends Refusal {
  line: Line
  isAgain: boolean
}

/** Whether the server would refuse the same again, whoever sends it and whenever. */
function isOfTheBody({ status }: ProbityError): boolean {
  return status === 400 || status === 413 || status === 422
}

/** In browsers a timer is a number, and keeps nothing. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
