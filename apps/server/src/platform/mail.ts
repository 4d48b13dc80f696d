import { createTransport, type Transporter } from 'nodemailer'
import type { Logger } from 'pino'

export interface Mail {
  to: string
  subject: string
  text: string
}

/** A mail that the server of the recipient takes later is tried again after so many milliseconds each. */
const PAUSES = [1_000, 5_000, 30_000]
const MOST_WAITING = 1_000
const AT_ONCE = 4

/**
 * Sends mail through the SMTP server that was set, behind the caller's back. Owns its queue, which lives in memory: what
 * waits when the server ends is lost, and whoever misses a mail asks for another.
 */
export class Mailer {
  readonly #transport: Transporter | null
  readonly #from: string
  readonly #log: Logger
  readonly #waiting: Mail[] = []
  readonly #ended = new AbortController()
  #sending = 0
  #idle: (() => void)[] = []

  /** `url` null: there is no SMTP server, and no mail is sent. */
  constructor(url: string | null, from: string, log: Logger) {
    this.#transport = url === null ? null : createTransport(url)
    this.#from = from
    this.#log = log
  }

  get canSend(): boolean {
    return this.#transport !== null
  }

  /** Puts a mail into the queue; false: it is full, or no mail is sent here. */
  send(mail: Mail): boolean {
    if (this.#transport === null || this.#ended.signal.aborted || this.#waiting.length >= MOST_WAITING) return false
    this.#waiting.push(mail)
    this.#next()
    return true
  }

  /** Ends: mails under way go out, those that wait to be tried again do not. */
  async stop(): Promise<void> {
    this.#waiting.length = 0
    this.#ended.abort()
    if (this.#sending > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
    this.#transport?.close()
  }

  #next(): void {
    while (this.#sending < AT_ONCE) {
      const mail = this.#waiting.shift()
      if (!mail) break
      this.#sending++
      void this.#deliver(mail).finally(() => {
        this.#sending--
        this.#next()
      })
    }
    if (this.#sending === 0) for (const wake of this.#idle.splice(0)) wake()
  }

  async #deliver(mail: Mail): Promise<void> {
    for (const pause of [...PAUSES, null]) {
      try {
        await this.#transport?.sendMail({ from: this.#from, ...mail })
        return
      } catch (error) {
        // Never the mail itself, nor what the server said: it repeats the address.
        const code = codeOf(error)
        this.#log.warn({ code, again: pause !== null }, 'a mail could not be sent')
        if (pause === null || (await this.#pause(pause)) === 'ended') return
      }
    }
  }

  #pause(milliseconds: number): Promise<'over' | 'ended'> {
    const { signal } = this.#ended
    return new Promise((resolve) => {
      if (signal.aborted) return resolve('ended')
      const timer = setTimeout(() => resolve('over'), milliseconds)
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer)
          resolve('ended')
        },
        { once: true },
      )
    })
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
}
