import type { AcceptInvitation, ChangePassword, ForgotPassword, ResetPassword } from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import type { Keys } from '../keys/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { commonest } from './commonest.ts'
import { type Links, partsOfLink } from './links.ts'
import { passwordFault } from './password-rules.ts'
import type { Passwords } from './passwords.ts'
import { namesOf, openProfiles, type Profile, sealProfile } from './profile.ts'
import { isProvidersAlone } from './rules.ts'
import { type Client, ownSession, type Sessions } from './sessions.ts'
import { findUser, lockAccount } from './store.ts'
import { deleteDevices } from './store-devices.ts'
import * as links from './store-links.ts'
import { readRules } from './store-rules.ts'
import * as users from './store-users.ts'
import type { Throttle } from './throttle.ts'

export interface CredentialDependencies {
  work: Work
  clock: Clock
  keys: Keys
  tenancy: Tenancy
  record: RecordEvent
  links: Links
  passwords: Passwords
  sessions: Sessions
  throttle: Throttle
}

/** Links for a forgotten password that a user gets within an hour. */
const MOST_RESETS = 3
const HOUR = 3_600_000
/** Requests for such links that wait to be looked at. */
const MOST_WAITING = 200

/** How people come to their passwords: by invitation, by change, and by a link when they forgot it. */
export class Credentials {
  readonly #dependencies: CredentialDependencies
  readonly #work: Work
  #forgotten: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(dependencies: CredentialDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /** Throws PASSWORD_REFUSED with the reason. */
  async requireGood(tenantId: string, password: string, profile: Profile, hasSecondFactor: boolean): Promise<void> {
    const { name } = await this.#dependencies.tenancy.get(tenantId)
    const words = [profile.username, profile.email, profile.display_name ?? '', name]
    const fault = passwordFault(password, { words, hasSecondFactor }, await commonest())
    if (fault !== null) throw new DomainError('PASSWORD_REFUSED', { reason: `the password ${fault}` })
  }

  /**
   * Sets the first password of somebody who was invited. Throws LINK_EXPIRED, PASSWORD_REFUSED, and PROVIDER_REQUIRED where a
   * password would open nothing.
   */
  async accept(input: AcceptInvitation): Promise<{ tenant_id: string; user_id: string; username: string }> {
    const { keys, passwords } = this.#dependencies
    const { tenantId, hash, link, row, profile } = await this.#byLink(input.token, 'invitation')
    await this.#requirePasswords(tenantId, row)
    await this.requireGood(tenantId, input.password, profile, false)
    const named = { ...profile, display_name: input.display_name ?? profile.display_name }
    const sealed = await sealProfile(keys, tenantId, row.id, named)
    const password = await passwords.hash(input.password)
    await this.#work.change(tenantId, async (tx) => {
      const at = this.#work.now()
      const { scopes } = await this.#activate(tx, row.id, hash)
      await users.setPassword(tx, row.id, { hash: password, verifies: link.was_mailed, at })
      await users.updateProfile(tx, row.id, { ...sealed, scopes, keepsAddress: true }, at)
    })
    return { tenant_id: tenantId, user_id: row.id, username: named.username }
  }

  /** Whom an invitation is to; it is not taken yet. Throws LINK_EXPIRED. */
  async invited(token: string): Promise<{ tenantId: string; userId: string }> {
    const { tenantId, link } = await this.#byLink(token, 'invitation')
    return { tenantId, userId: link.user_id }
  }

  /** Takes an invitation for an account that an identity at a provider opens, in the transaction that links the two. Throws LINK_EXPIRED. */
  async acceptByIdentity(tx: Tx, token: string): Promise<void> {
    const at = this.#work.now()
    const { hash } = partsOfLink(token)
    const link = await links.findLink(tx, hash, 'invitation', at)
    if (!link) throw new DomainError('LINK_EXPIRED')
    await this.#activate(tx, link.user_id, hash)
    if (link.was_mailed) await users.verifyAddress(tx, link.user_id, at)
  }

  /** Changes one's own password; all other sessions end. Throws CREDENTIALS_INVALID, RATE_LIMITED, PASSWORD_REFUSED. */
  async change(principal: Principal, input: ChangePassword, client: Client): Promise<{ ended: number }> {
    const { passwords, sessions, throttle } = this.#dependencies
    const { tenantId, userId } = principal
    const own = ownSession(principal)
    const { profile, row } = await this.#person(tenantId, userId)
    const attempt = await throttle.begin(tenantId, { tenant: tenantId, username: profile.username }, client.ip_address)
    if (attempt.refusedFor > 0) throw new DomainError('RATE_LIMITED', { retry_after: attempt.refusedFor })
    const { user } = attempt
    if (user?.id !== userId || !(await passwords.check(user.password_hash, input.current_password))) {
      await this.#work.run(tenantId, (tx) => this.#record(tx, userId, 'password.refused', 'change', 'Failure'))
      throw new DomainError('CREDENTIALS_INVALID')
    }
    await this.requireGood(tenantId, input.new_password, profile, row.mfa_enabled)
    const hash = await passwords.hash(input.new_password)
    const ended = await this.#work.change(tenantId, async (tx) => {
      await throttle.succeed(tx, attempt)
      const held = await lockAccount(tx, userId)
      if (held?.password_hash !== user.password_hash) throw new DomainError('CREDENTIALS_INVALID')
      await users.setPassword(tx, userId, { hash, verifies: false, at: this.#work.now() })
      await links.endLinks(tx, userId, 'password_reset', this.#work.now())
      await deleteDevices(tx, userId)
      await this.#record(tx, userId, 'password.changed', 'change')
      return sessions.endAll(tx, userId, own)
    })
    return { ended }
  }

  /**
   * Has a link mailed to who forgot their password, behind the caller's back: the answer and its time tell nothing of
   * the account. Throws NOT_FOUND where no mail is sent, and UNAVAILABLE where too many ask at once.
   */
  forgot(input: ForgotPassword): void {
    if (!this.#dependencies.links.canMail)
      throw new DomainError('NOT_FOUND', { reason: 'no mail is sent from here; ask an administrator of your tenant' })
    if (this.#waiting >= MOST_WAITING)
      throw new DomainError('UNAVAILABLE', { reason: 'too many ask at once', retry_after: 10 })
    this.#waiting++
    this.#forgotten = this.#forgotten
      .then(() => this.#mailReset(input))
      .catch(() => undefined) // whoever gets no mail asks again
      .finally(() => this.#waiting--)
  }

  /** Sets another password; all sessions end, and nobody is logged in by it. Throws LINK_EXPIRED, PASSWORD_REFUSED. */
  async reset(input: ResetPassword): Promise<{ tenant_id: string; user_id: string; username: string }> {
    const { passwords, sessions } = this.#dependencies
    const { tenantId, hash, row, profile } = await this.#byLink(input.token, 'password_reset')
    await this.requireGood(tenantId, input.new_password, profile, row.mfa_enabled)
    const password = await passwords.hash(input.new_password)
    await this.#work.change(tenantId, async (tx) => {
      const at = this.#work.now()
      const user = await users.lockPerson(tx, row.id)
      if (user?.status !== 'active' || !(await links.useLink(tx, hash, at))) throw new DomainError('LINK_EXPIRED')
      await users.setPassword(tx, row.id, { hash: password, verifies: true, at })
      await deleteDevices(tx, row.id)
      const ended = await sessions.endAll(tx, row.id, null)
      await this.#record(tx, row.id, 'password.reset', 'reset', 'Success', { sessions_ended: ended })
    })
    return { tenant_id: tenantId, user_id: row.id, username: profile.username }
  }

  async #mailReset({ tenant, username }: ForgotPassword): Promise<void> {
    const { tenancy, keys } = this.#dependencies
    const tenantId = await tenancy.find(tenant)
    if (tenantId === null) return
    const [byName, byAddress] = await namesOf(keys, tenantId, username)
    await this.#work.run(tenantId, async (tx) => {
      const user = byName && byAddress ? await findUser(tx, byName, byAddress) : null
      const at = this.#work.now()
      if (user?.status !== 'active' || user.password_hash === '') return
      const since = new Date(at.getTime() - HOUR)
      if ((await links.countLinksSince(tx, user.id, 'password_reset', since)) >= MOST_RESETS) return
      const [profile] = await openProfiles(keys, tenantId, [user])
      if (!profile) return
      await this.#dependencies.links.give(tx, { id: user.id, email: profile.email }, 'password_reset', at)
      await this.#record(tx, user.id, 'password.reset_requested', 'request')
    })
  }

  async #activate(tx: Tx, userId: string, hash: Buffer): Promise<users.PersonRow> {
    const at = this.#work.now()
    const user = await users.lockPerson(tx, userId)
    if (user?.status !== 'invited' || !(await links.useLink(tx, hash, at))) throw new DomainError('LINK_EXPIRED')
    await users.updateStatus(tx, userId, 'active', at)
    await this.#record(tx, userId, 'user.activated', 'activate')
    return user
  }

  async #requirePasswords(tenantId: string, row: users.PersonRow): Promise<void> {
    if (isProvidersAlone(await this.#work.look(tenantId, readRules), row))
      throw new DomainError('PROVIDER_REQUIRED', {
        reason: 'log in there, and finish with this invitation: invitation_token of POST /v1/auth/sso/finish',
      })
  }

  async #byLink(token: string, purpose: links.Purpose) {
    const { tenantId, hash } = partsOfLink(token)
    const link = await this.#work.run(tenantId, (tx) => links.findLink(tx, hash, purpose, this.#work.now()))
    if (!link) throw new DomainError('LINK_EXPIRED')
    return { tenantId, hash, link, ...(await this.#person(tenantId, link.user_id)) }
  }

  async #person(tenantId: string, id: string): Promise<{ row: users.PersonRow; profile: Profile }> {
    const row = await this.#work.run(tenantId, (tx) => users.readPerson(tx, id))
    const [profile] = row ? await openProfiles(this.#dependencies.keys, tenantId, [row]) : []
    if (!row || !profile) throw new DomainError('NOT_FOUND')
    return { row, profile }
  }

  #record(
    tx: Tx,
    userId: string,
    event_type: string,
    action: string,
    outcome: 'Success' | 'Failure' = 'Success',
    data: Record<string, unknown> = {},
  ): Promise<void> {
    const risk = outcome === 'Failure' ? { risk_score: 40 } : {}
    const resource = `user/${userId}`
    return recordOf(this.#dependencies.record, tx, userId, { event_type, resource, action, outcome, data, ...risk })
  }
}
