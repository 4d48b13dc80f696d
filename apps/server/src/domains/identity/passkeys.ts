import { createHash } from 'node:crypto'
import type { AddPasskey, AssertedCredential, PasskeyLogin } from '@probity/contract'
import { bytesToUuid, uuidToBytes } from '@probity/core'
import { generateAuthenticationOptions, generateRegistrationOptions } from '@simplewebauthn/server'
import type { Principal } from '../../platform/authority.ts'
import { byName } from '../../platform/by-name.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import type { Keys } from '../keys/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { conveyanceOf, requireAllowed } from './attestation.ts'
import { openProfiles } from './profile.ts'
import { type Client, ownSession, placeOf, type Sessions } from './sessions.ts'
import type { SignInRules } from './sign-in-rules.ts'
import { settleEnabled } from './store-factors.ts'
import * as store from './store-passkeys.ts'
import { readRules } from './store-rules.ts'
import * as users from './store-users.ts'
import { ALGORITHMS, type RelyingParty, readAsserted, readRegistered } from './webauthn.ts'

export interface PasskeyDependencies {
  work: Work
  clock: Clock
  keys: Keys
  tenancy: Tenancy
  record: RecordEvent
  sessions: Sessions
  rules: SignInRules
  /** Where people reach the server: its host is the relying party, its origin where passkeys are good. */
  publicUrl(): string
}

const CHALLENGE_MILLISECONDS = 300_000
const NAME = 'Probity'

/**
 * Passkeys (WebAuthn Level 3). Each is discoverable and verifies its user, so that it is both factors of a log-in at
 * once, for which nobody says a name. Any authenticator will do, unless the tenant says which.
 */
export class Passkeys {
  readonly #dependencies: PasskeyDependencies
  readonly #work: Work

  constructor(dependencies: PasskeyDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /** What a browser makes a passkey from. Throws STEP_UP_REQUIRED. */
  async optionsToAdd(principal: Principal) {
    const { keys, sessions } = this.#dependencies
    const { tenantId, userId } = principal
    await sessions.requireRecent(principal)
    const { row, known, policy } = await this.#work.run(tenantId, async (tx) => ({
      row: await users.readPerson(tx, userId),
      known: await store.listPasskeys(tx, userId),
      policy: await readRules(tx),
    }))
    const [profile] = row ? await openProfiles(keys, tenantId, [row]) : []
    if (!profile) throw new DomainError('NOT_FOUND')
    const options = await generateRegistrationOptions({
      rpName: NAME,
      rpID: this.#relyingParty().id,
      userID: Uint8Array.from(uuidToBytes(userId)),
      userName: profile.username,
      userDisplayName: profile.display_name ?? profile.username,
      timeout: CHALLENGE_MILLISECONDS,
      attestationType: conveyanceOf(policy),
      excludeCredentials: known.map((one) => ({ id: one.credential_id.toString('base64url') })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
    })
    await this.#challenge(tenantId, options.challenge, userId)
    return options
  }

  /** Adds it; from now on a password alone opens nothing. Throws CREDENTIALS_INVALID for what is not what was asked for, AUTHENTICATOR_REFUSED. */
  async add(principal: Principal, { credential, name }: AddPasskey): Promise<{ id: string }> {
    const { sessions, clock, record } = this.#dependencies
    const { tenantId, userId } = principal
    await sessions.requireRecent(principal)
    const read = await readRegistered(credential, this.#relyingParty())
    if (read === null)
      throw new DomainError('CREDENTIALS_INVALID', { reason: 'this is not the passkey that was asked for' })
    const { attestation, ...made } = read
    const id = newId(clock.now())
    await this.#work.change(tenantId, async (tx) => {
      const at = this.#work.now()
      if (!(await store.takeChallenge(tx, challengeOf(credential), userId, at)))
        throw new DomainError('CREDENTIALS_INVALID')
      requireAllowed(await readRules(tx), { aaguid: made.aaguid, attestation }, at)
      await users.lockPerson(tx, userId)
      const row = { ...made, id, user_id: userId, name: name ?? null, created_at: at }
      if (!(await store.insertPasskey(tx, row))) throw new DomainError('NAME_TAKEN', { reason: 'the passkey is known' })
      await settleEnabled(tx, userId, at)
      await sessions.noteFactors(tx, ownSession(principal), ['pwd', 'hwk'])
      const data = { kind: 'passkey', aaguid: made.aaguid, backed_up: made.is_backed_up }
      const happened = { event_type: 'factor.confirmed', resource: `user/${userId}`, action: 'confirm', data }
      await recordOf(record, tx, userId, happened)
    })
    return { id }
  }

  /** What a browser asks its authenticators with; it names nobody. For a tenant that does not exist as well. */
  async optionsToLogIn(tenant: string) {
    const options = await generateAuthenticationOptions({
      rpID: this.#relyingParty().id,
      timeout: CHALLENGE_MILLISECONDS,
      userVerification: 'required',
    })
    const tenantId = await this.#dependencies.tenancy.find(tenant)
    if (tenantId !== null) await this.#challenge(tenantId, options.challenge, null)
    return options
  }

  /** Starts a session. Throws CREDENTIALS_INVALID, the same whatever is wrong, ACCOUNT_SUSPENDED and TENANT_SUSPENDED. */
  async logIn({ tenant, credential, remember_me }: PasskeyLogin, client: Client) {
    const { tenancy, sessions } = this.#dependencies
    const tenantId = await tenancy.find(tenant)
    if (tenantId === null) throw new DomainError('CREDENTIALS_INVALID')
    const user = await this.#asserted(tenantId, credential, client)
    if (user.status === 'suspended') throw new DomainError('ACCOUNT_SUSPENDED')
    if (!(await tenancy.get(tenantId)).is_active) throw new DomainError('TENANT_SUSPENDED')
    await this.#dependencies.rules.requireWay(tenantId, user)
    return sessions.start(tenantId, {
      ...{ user, client, through: null, isRemembered: remember_me, methods: ['hwk', 'user', 'mfa'] },
      before: async (tx) => {
        if ((await users.lockPerson(tx, user.id))?.status !== 'active') throw new DomainError('CREDENTIALS_INVALID')
        await this.#dependencies.rules.settleWay(tx, user)
        await users.noteLogin(tx, user.id, this.#work.now())
      },
    })
  }

  /** Whose passkey it is that signed the challenge, which is taken, as is what the authenticator counted. */
  async #asserted(tenantId: string, credential: AssertedCredential, client: Client): Promise<users.PersonRow> {
    const credentialId = Buffer.from(credential.id, 'base64url')
    const found = await this.#work.run(tenantId, async (tx) => {
      const at = this.#work.now()
      const isAsked = await store.takeChallenge(tx, challengeOf(credential), null, at)
      const passkey = await store.lockPasskey(tx, credentialId)
      const user = passkey && (await users.readPerson(tx, passkey.user_id))
      if (!isAsked || !passkey || !user || !isOwner(credential, passkey)) return null
      const told = await readAsserted(credential, passkey.public_key, this.#relyingParty())
      if (told === null) return await this.#refuse(tx, user.id, client, 'passkey', 40)
      // A count that does not grow: somebody has a copy of the key (WebAuthn §6.1.1).
      if ((told.newCounter > 0 || passkey.sign_count > 0) && told.newCounter <= passkey.sign_count)
        return await this.#refuse(tx, user.id, client, 'passkey_copied', 90)
      await store.noteUse(tx, passkey.id, told.newCounter, told.credentialBackedUp, at)
      return user
    })
    if (!found || found.status === 'invited' || found.status === 'deactivated')
      throw new DomainError('CREDENTIALS_INVALID')
    return found
  }

  async #refuse(tx: Tx, userId: string, client: Client, why: string, risk_score: number): Promise<null> {
    await recordOf(this.#dependencies.record, tx, userId, {
      ...{ event_type: 'session.refused', resource: `user/${userId}`, action: 'login', outcome: 'Failure', risk_score },
      data: { why },
      personal: placeOf(client),
    })
    return null
  }

  async #challenge(tenantId: string, challenge: string, userId: string | null): Promise<void> {
    const at = this.#work.now()
    const until = new Date(at.getTime() + CHALLENGE_MILLISECONDS)
    await this.#work.run(tenantId, (tx) => store.insertChallenge(tx, { hash: hashOf(challenge), userId, at, until }))
  }

  #relyingParty(): RelyingParty {
    const { hostname, origin } = byName(this.#dependencies.publicUrl())
    return { id: hostname, origin }
  }
}

// The handle is what we named the user to the authenticator; a discoverable credential always tells it.
function isOwner({ response }: AssertedCredential, { user_id }: { user_id: string }): boolean {
  const handle = Buffer.from(response.userHandle ?? '', 'base64url')
  return handle.length === 16 && bytesToUuid(handle) === user_id
}

/** Hash of the challenge that a credential says it signed; of nothing where it says none. */
function challengeOf({ response }: { response: { clientDataJSON: string } }): Buffer {
  try {
    const { challenge } = JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString()) ?? {}
    return hashOf(typeof challenge === 'string' ? challenge : '')
  } catch {
    return hashOf('')
  }
}

function hashOf(challenge: string): Buffer {
  return createHash('sha256').update(challenge).digest()
}
