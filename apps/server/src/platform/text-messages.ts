import { createHmac } from 'node:crypto'
import type { Logger } from 'pino'
import { Outbox } from './outbox.ts'

export interface TextMessage {
  /** E.164. */
  to: string
  text: string
}

const MILLISECONDS = 10_000

/**
 * Sends text messages through a gateway of the operator's: `POST {to, text}` as JSON, with
 * `x-probity-signature: t=<seconds>,v1=<HMAC-SHA-256 of "<seconds>.<body>">` in hexadecimal. Any answer of 2xx means taken.
 */
export class TextMessages {
  readonly #url: string | null
  readonly #secret: string
  readonly #outbox: Outbox<TextMessage>

  /** `url` null: there is no gateway, and none is sent. */
  constructor(url: string | null, secret: string, log: Logger) {
    this.#url = url
    this.#secret = secret
    this.#outbox = new Outbox((message) => this.#post(message), 'text message', log)
  }

  get canSend(): boolean {
    return this.#url !== null
  }

  /** Puts a message into the queue; false: it is full, or none is sent here. */
  send(message: TextMessage): boolean {
    return this.#url !== null && this.#outbox.send(message)
  }

  /** Ends: messages under way go out, those that wait to be tried again do not. */
  stop(): Promise<void> {
    return this.#outbox.stop()
  }

  async #post(message: TextMessage): Promise<void> {
    const body = JSON.stringify(message)
    const seconds = Math.floor(Date.now() / 1000)
    const signature = createHmac('sha256', this.#secret).update(`${seconds}.${body}`).digest('hex')
    const answer = await fetch(this.#url ?? '', {
      ...{ method: 'POST', body, redirect: 'manual', signal: AbortSignal.timeout(MILLISECONDS) },
      headers: { 'content-type': 'application/json', 'x-probity-signature': `t=${seconds},v1=${signature}` },
    })
    if (!answer.ok) throw Object.assign(new Error('not taken'), { code: answer.status })
  }
}
