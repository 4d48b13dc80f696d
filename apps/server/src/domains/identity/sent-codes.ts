import { randomInt, timingSafeEqual } from 'node:crypto'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Mailer } from '../../platform/mail.ts'
import type { TextMessages } from '../../platform/text-messages.ts'
import { type Keys, keyedDigest } from '../keys/index.ts'
import * as store from './store-codes.ts'

const MINUTES = 10
const DIGITS = 8

export type SentKind = 'email' | 'sms'

export interface SentCodeDependencies {
  mailer: Mailer
  textMessages: TextMessages
  keys: Keys
}

/** Codes that are sent by mail or text message: eight digits, good once, for ten minutes and five tries; only the last one that was sent. */
export class SentCodes {
  readonly #dependencies: SentCodeDependencies

  constructor(dependencies: SentCodeDependencies) {
    this.#dependencies = dependencies
  }

  canSend(kind: SentKind): boolean {
    const { mailer, textMessages } = this.#dependencies
    return kind === 'email' ? mailer.canSend : textMessages.canSend
  }

  /** Sends a code once the transaction is committed; false: too many were sent of late. */
  async send(tx: Tx, factor: { id: string; kind: SentKind }, to: string, at: Date): Promise<boolean> {
    const { mailer, textMessages } = this.#dependencies
    const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0')
    const digest = await this.#digest(tx.tenantId, factor.id, code)
    const until = new Date(at.getTime() + MINUTES * 60_000)
    if (!(await store.putCode(tx, { factorId: factor.id, digest, at, until }))) return false
    tx.onCommit(() => {
      if (factor.kind === 'email') mailer.send({ to, ...mailOf(code) })
      else textMessages.send({ to, text: textOf(code) })
    })
    return true
  }

  /** Counts a try, in a transaction that stays whatever comes of it; answers what `take` takes; null: it is not the code. */
  async try(tx: Tx, factorId: string, code: string, at: Date): Promise<Buffer | null> {
    const shown = await this.#digest(tx.tenantId, factorId, code)
    const expected = await store.tryCode(tx, factorId, at)
    return expected !== null && timingSafeEqual(expected, shown) ? shown : null
  }

  take(tx: Tx, factorId: string, digest: Buffer): Promise<boolean> {
    return store.takeCode(tx, factorId, digest)
  }

  async #digest(tenantId: string, factorId: string, code: string): Promise<Buffer> {
    return keyedDigest(await this.#dependencies.keys.subjects.ownKey(tenantId), `sent code ${factorId} ${code}`)
  }
}

function textOf(code: string): string {
  return `${code} is your code for Probity, good once and for ${MINUTES} minutes. Type it nowhere but where you log in.`
}

// The code is not in the subject: that is shown on screens that are locked.
function mailOf(code: string) {
  return {
    subject: 'Your code for Probity',
    text: `${code} is your code, good once and for ${MINUTES} minutes.\n\nWhoever asks you for it is not us: type it nowhere but where you log in.\nIf you did not just log in, somebody knows your password: change it.\n`,
  }
}
