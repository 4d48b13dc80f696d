import { randomBytes } from 'node:crypto'
import { formatToken, parseToken } from '@probity/core'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import type { Mailer } from '../../platform/mail.ts'
import { hashToken } from './authenticate.ts'
import * as store from './store-links.ts'

const SECONDS: Record<store.Purpose, number> = { invitation: 604_800, password_reset: 3600, address: 86_400 }
const PAGE: Record<store.Purpose, string> = { invitation: 'invitation', password_reset: 'password', address: 'address' }
const DAY = 86_400_000

export interface Recipient {
  id: string
  email: string
}

/** A link as it was made; the text of its token is nowhere else. */
export interface GivenLink {
  url: string
  wasMailed: boolean
}

/** Links to an account: by mail where mail can be sent. Each is good once; in the database only its hash stands. */
export class Links {
  readonly #mailer: Mailer
  /** Never what a request says of the host: a link would lead where its sender wants. */
  readonly #publicUrl: () => string

  constructor(mailer: Mailer, publicUrl: () => string) {
    this.#mailer = mailer
    this.#publicUrl = publicUrl
  }

  get canMail(): boolean {
    return this.#mailer.canSend
  }

  /** Makes a link in the caller's transaction; it is mailed when that is committed, if mail is sent here at all. */
  async give(tx: Tx, to: Recipient, purpose: store.Purpose, at: Date): Promise<GivenLink> {
    const token = formatToken({ kind: 'li', tenantId: tx.tenantId, secret: randomBytes(32) })
    const expires = new Date(at.getTime() + SECONDS[purpose] * 1000)
    const wasMailed = this.#mailer.canSend
    await store.dropOldLinks(tx, new Date(at.getTime() - DAY))
    await store.insertLink(tx, { hash: hashToken(token), userId: to.id, purpose, wasMailed, at, expires })
    // In the fragment: browsers do not send it, so it lands in no access log.
    const url = `${this.#publicUrl()}/${PAGE[purpose]}#${token}`
    if (wasMailed) tx.onCommit(() => this.#mailer.send({ to: to.email, ...MAILS[purpose](url) }))
    return { url, wasMailed }
  }
}

/** Tenant and hash of a link's token. Throws LINK_EXPIRED for what is none. */
export function partsOfLink(token: string): { tenantId: string; hash: Buffer } {
  const parts = parseToken(token)
  if (parts?.kind !== 'li' || parts.tenantId === null) throw new DomainError('LINK_EXPIRED')
  return { tenantId: parts.tenantId, hash: hashToken(token) }
}

const MAILS: Record<store.Purpose, (url: string) => { subject: string; text: string }> = {
  invitation: (url) => ({
    subject: 'You are invited to Probity',
    text: `Somebody who administers Probity for your organisation invites you.\n\nOpen your account here, within seven days:\n${url}\n\nThe link is good once, and it is yours alone: do not pass it on.\nIf you did not expect this, do nothing.\n`,
  }),
  address: (url) => ({
    subject: 'Is this your address for Probity?',
    text: `This address was set for your account.\n\nShow that it is yours here, within a day:\n${url}\n\nThe link is good once. If you have no such account, do nothing.\n`,
  }),
  password_reset: (url) => ({
    subject: 'Choose a new password for Probity',
    text: `Somebody, hopefully you, asked for a new password for your account.\n\nChoose one here, within an hour:\n${url}\n\nThe link is good once. Your sessions end when you use it.\nIf you did not ask, do nothing: your password is as it was.\n`,
  }),
}
