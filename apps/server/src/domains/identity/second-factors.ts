import { randomInt } from 'node:crypto'
import type { BackupCodes, ConfirmFactor, FactorList, FactorSetUp, SetUpFactor } from '@probity/contract'
import { renderSVG } from 'uqr'
import type { Principal } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { type DataKey, type Keys, keyedDigest, open, seal } from '../keys/index.ts'
import { keyOfPerson, openProfiles } from './profile.ts'
import type { SentCodes, SentKind } from './sent-codes.ts'
import { ownSession, type Sessions } from './sessions.ts'
import { deleteDevices } from './store-devices.ts'
import * as store from './store-factors.ts'
import { deletePasskey, deletePasskeys, listPasskeys } from './store-passkeys.ts'
import { readRules } from './store-rules.ts'
import { lockPerson, readPerson } from './store-users.ts'
import { describe, newSecret, stepOf } from './totp.ts'

export interface SecondFactorDependencies {
  work: Work
  clock: Clock
  keys: Keys
  record: RecordEvent
  sessions: Sessions
  sentCodes: SentCodes
}

/** What a code may be, found out before it is taken in the transaction that it opens. */
export interface Proof {
  userId: string
  /** Factors whose code of a time step it is. */
  steps: { id: string; step: number }[]
  /** Factors that it was mailed for. */
  sent: { id: string; kind: SentKind; digest: Buffer }[]
  /** What it would be as a backup code; null: it has not the form of one. */
  digest: Buffer | null
}

export type Method = 'totp' | 'email' | 'sms' | 'backup_code' | 'passkey'

/** Value of RFC 8176 for what was shown. */
export type Shown = 'otp' | 'backup_code'

const CODES = 10
const CODE_LENGTH = 10
/** Seconds between two numbers that somebody sets up. */
const SETUP_PAUSE = 60
/** Base32 of Crockford: no letter looks like a digit. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Second factors of people: authenticators, and backup codes for when one is lost. */
export class SecondFactors {
  readonly #dependencies: SecondFactorDependencies
  readonly #work: Work

  constructor(dependencies: SecondFactorDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /**
   * Makes an authenticator's secret, or sends a first code; it counts once a code of it was shown. Throws STEP_UP_REQUIRED,
   * NOT_FOUND where the tenant allows no codes that are sent, RATE_LIMITED for a number within a minute of another.
   */
  async setUp(principal: Principal, { method, phone_number }: SetUpFactor): Promise<FactorSetUp> {
    const { keys, clock, sessions, sentCodes } = this.#dependencies
    const { tenantId, userId } = principal
    await sessions.requireRecent(principal)
    const row = await this.#work.run(tenantId, (tx) => readPerson(tx, userId))
    const [profile] = row ? await openProfiles(keys, tenantId, [row]) : []
    if (!profile) throw new DomainError('NOT_FOUND')
    const id = newId(clock.now())
    if (method === 'sms' && phone_number === undefined) throw refusedField('/phone_number', 'is needed for sms')
    const to = method === 'sms' ? (phone_number ?? '') : profile.email
    const secret = method === 'totp' ? newSecret() : Buffer.from(to)
    const sealed = seal(tenantId, [await this.#key(tenantId, userId)], locationOf(id), secret)
    await this.#work.run(tenantId, async (tx) => {
      if (method !== 'totp') await this.#requireSentCodes(tx, method)
      if (method === 'sms') await this.#requirePause(tx, userId)
      await store.insertFactor(tx, { id, userId, kind: method, secret: sealed, at: this.#work.now() })
      if (method !== 'totp') await sentCodes.send(tx, { id, kind: method }, to, this.#work.now())
      await this.#record(tx, userId, 'factor.set_up', 'set_up', { kind: method })
    })
    if (method !== 'totp') return { factor_id: id, setup_key: null, setup_uri: null, qr_code: null }
    const { key, uri } = describe(secret, profile.username)
    return { factor_id: id, setup_key: key, setup_uri: uri, qr_code: renderSVG(uri) }
  }

  /** The first code of it: from now on one is asked for, and other sessions end, which had none. A wrong one is recorded. Throws MFA_CODE_INVALID. */
  async confirm(principal: Principal, { factor_id, code }: ConfirmFactor): Promise<BackupCodes> {
    const { tenantId, userId } = principal
    const own = ownSession(principal)
    await this.#dependencies.sessions.requireRecent(principal)
    const { steps, sent } = await this.prepare(tenantId, userId, code, 'pending')
    const isOf = ({ id }: { id: string }) => id === factor_id
    const proof = { userId, steps: steps.filter(isOf), sent: sent.filter(isOf), digest: null }
    const fresh = await this.#newCodes(tenantId, userId)
    const confirmed = await this.#work.change(tenantId, async (tx) => {
      const at = this.#work.now()
      await lockPerson(tx, userId)
      if ((await this.take(tx, proof)) === null) {
        await this.#record(tx, userId, 'factor.refused', 'confirm', {}, { outcome: 'Failure', risk_score: 40 })
        return null
      }
      await store.settleEnabled(tx, userId, at)
      const hasCodes = (await store.countCodes(tx, userId)) > 0
      if (!hasCodes) await store.replaceCodes(tx, userId, fresh.digests, at)
      await this.#dependencies.sessions.endAll(tx, userId, own)
      await this.#dependencies.sessions.noteFactors(tx, own, ['pwd', 'otp'])
      await this.#record(tx, userId, 'factor.confirmed', 'confirm', { kind: proof.sent[0]?.kind ?? 'totp' })
      return { backup_codes: hasCodes ? [] : fresh.codes }
    })
    if (confirmed === null) throw new DomainError('MFA_CODE_INVALID')
    return confirmed
  }

  /** By what a person who knows their password may show who they are. */
  async methodsOf(tenantId: string, userId: string): Promise<Method[]> {
    return this.#work.run(tenantId, async (tx) => {
      const { allows_sent_codes } = await readRules(tx)
      const confirmed = (await store.readFactors(tx, userId)).filter(({ confirmed_at }) => confirmed_at !== null)
      const kinds = new Set<Method>(confirmed.map(({ kind }) => kind))
      if (!allows_sent_codes) for (const kind of ['email', 'sms'] as const) kinds.delete(kind)
      if ((await store.countCodes(tx, userId)) > 0) kinds.add('backup_code')
      if ((await listPasskeys(tx, userId)).length > 0) kinds.add('passkey')
      return [...kinds]
    })
  }

  /** Sends a code to who knows their password; false: they have no such factor, or got one just now. */
  async send(tenantId: string, userId: string, by: SentKind): Promise<boolean> {
    const key = await this.#key(tenantId, userId)
    return this.#work.run(tenantId, async (tx) => {
      const { allows_sent_codes } = await readRules(tx)
      const rows = await store.readFactors(tx, userId)
      const factor = rows.find(({ kind, confirmed_at }) => kind === by && confirmed_at !== null)
      if (!factor || !allows_sent_codes) return false
      const to = open(tenantId, [key], locationOf(factor.id), factor.secret_sealed).toString()
      const wasSent = await this.#dependencies.sentCodes.send(tx, { id: factor.id, kind: by }, to, this.#work.now())
      if (wasSent) await this.#record(tx, userId, 'factor.code_sent', 'send', { kind: by })
      return wasSent
    })
  }

  list(principal: Principal): Promise<FactorList> {
    ownSession(principal)
    return this.#work.run(principal.tenantId, (tx) => this.#listed(tx, principal.userId))
  }

  /** Those of somebody of the tenant. Throws NOT_FOUND. */
  ofPerson(principal: Principal, userId: string): Promise<FactorList> {
    return this.#work.run(principal.tenantId, async (tx) => {
      if (!(await readPerson(tx, userId))) throw new DomainError('NOT_FOUND')
      return this.#listed(tx, userId)
    })
  }

  async #listed(tx: Tx, userId: string): Promise<FactorList> {
    const confirmed = (await store.readFactors(tx, userId)).filter(({ confirmed_at }) => confirmed_at !== null)
    const passkeys = await listPasskeys(tx, userId)
    const factors = [
      ...confirmed.map((row) => ({ ...shownOf(row), kind: row.kind, name: null })),
      ...passkeys.map((row) => ({ ...shownOf(row), kind: 'passkey' as const, name: row.name })),
    ]
    return { factors, backup_codes_left: await store.countCodes(tx, userId) }
  }

  /** Takes a factor away; with the last one the backup codes go as well. Throws STEP_UP_REQUIRED. */
  async remove(principal: Principal, id: string): Promise<void> {
    const { userId } = principal
    await this.#dependencies.sessions.requireRecent(principal)
    await this.#work.run(principal.tenantId, async (tx) => {
      await lockPerson(tx, userId)
      const removed =
        (await store.deleteFactor(tx, userId, id)) ?? ((await deletePasskey(tx, userId, id)) ? 'passkey' : null)
      if (removed === null) throw new DomainError('NOT_FOUND')
      await deleteDevices(tx, userId)
      if (!(await store.settleEnabled(tx, userId, this.#work.now())))
        await store.replaceCodes(tx, userId, [], this.#work.now())
      await this.#record(tx, userId, 'factor.removed', 'remove', { kind: removed })
    })
  }

  /** Other backup codes in the place of those that there were. Throws STEP_UP_REQUIRED, NOT_FOUND without a factor. */
  async renewCodes(principal: Principal): Promise<BackupCodes> {
    const { tenantId, userId } = principal
    await this.#dependencies.sessions.requireRecent(principal)
    const fresh = await this.#newCodes(tenantId, userId)
    await this.#work.run(tenantId, async (tx) => {
      const person = await lockPerson(tx, userId)
      if (!person?.mfa_enabled) throw new DomainError('NOT_FOUND', { reason: 'set up a second factor first' })
      await store.replaceCodes(tx, userId, fresh.digests, this.#work.now())
      await this.#record(tx, userId, 'factor.codes_renewed', 'renew', {})
    })
    return { backup_codes: fresh.codes }
  }

  /** Takes all factors of one person, who lost them; nobody does it to oneself. */
  async reset(principal: Principal, userId: string): Promise<{ factors: number; sessions_ended: number }> {
    if (userId === principal.userId)
      throw new DomainError('VALIDATION_FAILED', {
        reason: 'nobody does this to themselves; ask another administrator',
      })
    return this.#work.change(principal.tenantId, async (tx) => {
      if (!(await lockPerson(tx, userId))) throw new DomainError('NOT_FOUND')
      const factors = (await store.deleteFactors(tx, userId)) + (await deletePasskeys(tx, userId))
      await store.replaceCodes(tx, userId, [], this.#work.now())
      await store.settleEnabled(tx, userId, this.#work.now())
      await deleteDevices(tx, userId)
      const sessions_ended = await this.#dependencies.sessions.endAll(tx, userId, null)
      await recordOf(this.#dependencies.record, tx, principal.userId, {
        ...{ event_type: 'user.factors_reset', resource: `user/${userId}`, action: 'reset', risk_score: 60 },
        data: { factors, sessions_ended },
      })
      return { factors, sessions_ended }
    })
  }

  /** What a code may be: of confirmed factors, or of those that are to be confirmed. */
  async prepare(tenantId: string, userId: string, code: string, of: 'confirmed' | 'pending'): Promise<Proof> {
    const rows = await this.#work.run(tenantId, (tx) => store.readFactors(tx, userId))
    const key = await this.#key(tenantId, userId)
    const now = this.#work.now().getTime()
    const asked = rows.filter(({ confirmed_at }) => (confirmed_at === null) === (of === 'pending'))
    const sent = await this.#sent(tenantId, asked, code)
    const steps = asked
      .filter(({ kind }) => kind === 'totp')
      .flatMap(({ id, secret_sealed }) => {
        const step = stepOf(open(tenantId, [key], locationOf(id), secret_sealed), code.replaceAll(' ', ''), now)
        return step === null ? [] : [{ id, step }]
      })
    const plain = plainCode(code)
    const digest = plain.length === CODE_LENGTH ? await this.#digest(tenantId, userId, plain) : null
    return { userId, steps, sent, digest }
  }

  /** Takes what was prepared, once; null: it is nothing, or was taken before. */
  async take(tx: Tx, { userId, steps, sent, digest }: Proof): Promise<Shown | null> {
    const at = this.#work.now()
    for (const one of sent)
      if (await this.#dependencies.sentCodes.take(tx, one.id, one.digest)) {
        await store.noteFactorUse(tx, one.id, at)
        return 'otp'
      }
    for (const { id, step } of steps) if (await store.takeStep(tx, id, step, at)) return 'otp'
    if (digest === null || !(await store.useCode(tx, userId, digest, at))) return null
    const left = await store.countCodes(tx, userId)
    await this.#record(tx, userId, 'factor.backup_code_used', 'use', { left })
    return 'backup_code'
  }

  /** Counts a try at each code that was sent, where they count at all. */
  async #sent(tenantId: string, factors: readonly store.FactorRow[], code: string): Promise<Proof['sent']> {
    const given = factors.flatMap(({ id, kind }) => (kind === 'totp' ? [] : { id, kind }))
    if (given.length === 0) return []
    return this.#work.run(tenantId, async (tx) => {
      if (!(await readRules(tx)).allows_sent_codes) return []
      const found: Proof['sent'] = []
      for (const { id, kind } of given) {
        const digest = await this.#dependencies.sentCodes.try(tx, id, code.replaceAll(' ', ''), this.#work.now())
        if (digest !== null) found.push({ id, kind, digest })
      }
      return found
    })
  }

  async #requireSentCodes(tx: Tx, kind: SentKind): Promise<void> {
    const what = kind === 'email' ? 'mail' : 'text message'
    if (!this.#dependencies.sentCodes.canSend(kind))
      throw new DomainError('NOT_FOUND', {
        reason: `no ${what} is sent from here; set up an authenticator or a passkey`,
      })
    if (!(await readRules(tx)).allows_sent_codes)
      throw new DomainError('NOT_FOUND', {
        reason: 'your tenant takes no codes that are sent; set up an authenticator or a passkey',
      })
  }

  // A text message costs somebody, and a number may be anybody's.
  async #requirePause(tx: Tx, userId: string): Promise<void> {
    await lockPerson(tx, userId)
    const since = this.#work.now().getTime() - SETUP_PAUSE * 1000
    const rows = await store.readFactors(tx, userId)
    if (rows.some(({ kind, created_at }) => kind === 'sms' && created_at.getTime() > since))
      throw new DomainError('RATE_LIMITED', { retry_after: SETUP_PAUSE })
  }

  async #newCodes(tenantId: string, userId: string): Promise<{ codes: string[]; digests: Buffer[] }> {
    const plain = Array.from({ length: CODES }, () =>
      Array.from({ length: CODE_LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join(''),
    )
    const digests = await Promise.all(plain.map((code) => this.#digest(tenantId, userId, code)))
    return { codes: plain.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`), digests }
  }

  async #digest(tenantId: string, userId: string, plain: string): Promise<Buffer> {
    return keyedDigest(await this.#dependencies.keys.subjects.ownKey(tenantId), `backup code ${userId} ${plain}`)
  }

  #key(tenantId: string, userId: string): Promise<DataKey> {
    return keyOfPerson(this.#dependencies.keys, tenantId, userId)
  }

  #record(
    tx: Tx,
    userId: string,
    event_type: string,
    action: string,
    data: Record<string, unknown>,
    judged: { outcome?: 'Failure'; risk_score?: number } = {},
  ): Promise<void> {
    const resource = `user/${userId}`
    return recordOf(this.#dependencies.record, tx, userId, { event_type, resource, action, data, ...judged })
  }
}

function shownOf({ id, created_at, last_used_at }: { id: string; created_at: Date; last_used_at: Date | null }) {
  return { id, created_at: created_at.toISOString(), last_used_at: last_used_at?.toISOString() ?? null }
}

function locationOf(row: string) {
  return { table: 'second_factors', column: 'secret_sealed', row }
}

// As people type it: in small letters, with what reads alike, with spaces and dashes.
function plainCode(code: string): string {
  return code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
}
