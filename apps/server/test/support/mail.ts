import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { until } from './server.ts'

export interface ReceivedMail {
  to: string[]
  /** Headers and body as they came. */
  source: string
}

export interface MailServer {
  /** What a Probity is set to send through. */
  url: string
  received: ReceivedMail[]
  /** The next mail to an address that was not taken yet, once it has come. */
  next(to: string): Promise<ReceivedMail>
  /** While true, each mail is refused for now. */
  busy: boolean
  refused: number
  stop(): Promise<void>
}

/** An SMTP server on a free port. */
export async function mailServer(): Promise<MailServer> {
  const received: ReceivedMail[] = []
  const taken = new Set<ReceivedMail>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo(_address, _session, done) {
      if (mail.busy) mail.refused++
      done(mail.busy ? Object.assign(new Error('try again'), { responseCode: 451 }) : null)
    },
    onData(stream, session, done) {
      void text(stream).then((source) => {
        received.push({ to: session.envelope.rcptTo.map(({ address }) => address), source })
        done()
      }, done)
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const mail: MailServer = {
    url: `smtp://127.0.0.1:${port}`,
    received,
    busy: false,
    refused: 0,
    async next(to) {
      const find = () => received.find((one) => one.to.includes(to) && !taken.has(one))
      await until(`a mail to ${to} comes`, async () => find() !== undefined)
      const found = find()
      if (!found) throw new Error('a mail that came has gone')
      taken.add(found)
      return found
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return mail
}

/** The token behind # of the link in a mail. */
export function tokenIn(mail: ReceivedMail): string {
  return /#(prb_li_[0-9A-Za-z]+)/.exec(plainMail(mail))?.[1] ?? ''
}

/** A mail as it was written: without the line ends and signs of quoted-printable. */
export function plainMail({ source }: ReceivedMail): string {
  return source.replaceAll('=\r\n', '').replaceAll('=3D', '=')
}
