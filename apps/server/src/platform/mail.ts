import { createTransport, type Transporter } from 'nodemailer'
import type { Logger } from 'pino'
import { Outbox } from './outbox.ts'

export interface Mail {
  to: string
  subject: string
  text: string
}

/** Sends mail through the SMTP server that was set. */
export class Mailer {
  readonly #transport: Transporter | null
  readonly #outbox: Outbox<Mail>

  /** `url` null: there is no SMTP server, and no mail is sent. */
  constructor(url: string | null, from: string, log: Logger) {
    this.#transport = url === null ? null : createTransport(url)
    this.#outbox = new Outbox<Mail>(
      async (mail) => {
        await this.#transport?.sendMail({ from, ...mail })
      },
      'mail',
      log,
    )
  }

  get canSend(): boolean {
    return this.#transport !== null
  }

  /** Puts a mail into the queue; false: it is full, or no mail is sent here. */
  send(mail: Mail): boolean {
    return this.#transport !== null && this.#outbox.send(mail)
  }

  /** Ends: mails under way go out, those that wait to be tried again do not. */
  async stop(): Promise<void> {
    await this.#outbox.stop()
    this.#transport?.close()
  }
}
