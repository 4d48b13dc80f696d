import { randomBytes } from 'node:crypto'
import type { AssertionLogin, FederationStarted, FinishFederation, IdentityList, Scope } from '@probity/contract'
import { formatToken, parseToken } from '@probity/core'
import type { Principal } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { type Keys, keyedDigest } from '../keys/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { hashToken } from './authenticate.ts'
import type { Connections } from './connections.ts'
import type { Credentials } from './credentials.ts'
import type { Directories } from './directories.ts'
import { namesOf, sealProfile } from './profile.ts'
import type { Providers } from './providers.ts'
import { lacksFactor, nameFault } from './rules.ts'
import { externalIndex } from './scim/people.ts'
import { findKept } from './scim/store-people.ts'
import { type Client, ownSession, placeOf, type Sessions, type Through } from './sessions.ts'
import { insertUser } from './store.ts'
import * as store from './store-connections.ts'
import { listPasskeys } from './store-passkeys.ts'
import { readRules } from './store-rules.ts'
import { clientsOf } from './store-services.ts'
import * as users from './store-users.ts'
import { type Marks, REFUSED, type Told } from './told.ts'
import { UNKNOWN_PERSON } from './unknown-person.ts'

export interface FederationDependencies {
  work: Work
  clock: Clock
  keys: Keys
  tenancy: Tenancy
  record: RecordEvent
  sessions: Sessions
  providers: Providers
  connections: Connections
  directories: Directories
  credentials: Credentials
}

const SECONDS = 600
/** Values of RFC 8176 that show more than one factor, or one that is more than knowledge. */
const SECOND_FACTORS = new Set(['mfa', 'otp', 'hwk', 'swk', 'sms', 'face', 'fpt', 'iris', 'retina', 'vbm', 'sc'])

/**
 * Log-in through a tenant's provider. The browser that begins keeps a token; state, nonce and verifier derive from it,
 * so that nobody finishes what another began, and nothing that is in the database or passed the provider is enough.
 */
export class Federation {
  readonly #dependencies: FederationDependencies
  readonly #work: Work

  constructor(dependencies: FederationDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /** Throws NOT_FOUND, the same for a tenant and a connection that are not there or not enabled. */
  async start(tenant: string, name: string): Promise<FederationStarted> {
    const tenantId = await this.#dependencies.tenancy.find(tenant)
    if (tenantId === null) throw new DomainError('NOT_FOUND')
    return this.#begin(tenantId, name, null)
  }

  /** Begins to link an identity to one's own account. Throws STEP_UP_REQUIRED, NOT_FOUND. */
  async link(principal: Principal, name: string): Promise<FederationStarted> {
    ownSession(principal)
    await this.#dependencies.sessions.requireRecent(principal)
    return this.#begin(principal.tenantId, name, principal.userId)
  }

  /** Those that are linked to one's own account. */
  async listOwn(principal: Principal): Promise<IdentityList> {
    ownSession(principal)
    const rows = await this.#work.run(principal.tenantId, (tx) => store.listExternal(tx, principal.userId))
    return {
      identities: rows.map(({ created_at, last_login_at, ...row }) => ({
        ...row,
        created_at: created_at.toISOString(),
        last_login_at: last_login_at.toISOString(),
      })),
    }
  }

  /** Takes one's own away, unless it is all that opens the account. Throws STEP_UP_REQUIRED, NOT_FOUND, LAST_WAY_IN. */
  async unlink(principal: Principal, connectionId: string): Promise<void> {
    const { tenantId, userId } = principal
    await this.#dependencies.sessions.requireRecent(principal)
    await this.#work.run(tenantId, async (tx) => {
      const held = await users.lockPerson(tx, userId)
      if ((await store.deleteExternal(tx, userId, connectionId)) === 0) throw new DomainError('NOT_FOUND')
      const isOpen =
        held?.has_password ||
        (await store.listExternal(tx, userId)).length > 0 ||
        (await listPasskeys(tx, userId)).length > 0
      if (!isOpen) throw new DomainError('LAST_WAY_IN')
      await this.#record(tx, userId, 'identity.unlinked', 'unlink', connectionId)
    })
  }

  /**
   * Starts a session for whom the provider says it is. With an invitation it is accepted. Throws LINK_EXPIRED, CREDENTIALS_INVALID, ACCOUNT_SUSPENDED,
   * TENANT_SUSPENDED, and IDENTITY_NOT_LINKED where they are nobody here yet and no account is made.
   */
  async finish({ request_token, parameters, invitation_token }: FinishFederation, client: Client) {
    const { providers, credentials } = this.#dependencies
    const parts = parseToken(request_token)
    if (parts?.kind !== 'fr' || parts.tenantId === null) throw new DomainError('LINK_EXPIRED')
    const { tenantId } = parts
    const invited = invitation_token === undefined ? null : await credentials.invited(invitation_token)
    if (invited && invited.tenantId !== tenantId) throw new DomainError('LINK_EXPIRED')
    const pending = await this.#work.run(tenantId, (tx) =>
      store.takePending(tx, hashToken(request_token), this.#work.now()),
    )
    if (!pending || (invited && pending.user_id !== null)) throw new DomainError('LINK_EXPIRED')
    const connection = await this.#enabled(tenantId, { id: pending.connection_id })
    const marks = await this.#marksOf(tenantId, request_token)
    const told = await this.#refusedIs(tenantId, connection, client, () =>
      providers.finish(tenantId, connection, parameters, marks),
    )
    return this.#admit(tenantId, connection, told, client, {
      ...{ linkTo: invited?.userId ?? pending.user_id, isRemembered: false },
      invitation: invitation_token ?? null,
    })
  }

  /**
   * Starts a session by what a provider issued without being asked from here, which is good once. Throws NOT_FOUND where
   * there is no connection that takes it, and as `finish` does.
   */
  async logIn(input: AssertionLogin, client: Client) {
    const { tenancy, providers } = this.#dependencies
    const tenantId = await tenancy.find(input.tenant)
    if (tenantId === null) throw new DomainError('NOT_FOUND')
    const isToken = input.credential_type === 'oauth2'
    const connection = await this.#enabled(tenantId, { name: isToken ? input.oauth_provider : input.connection })
    const given = isToken
      ? { kind: 'oidc' as const, text: input.oauth_token }
      : { kind: 'saml' as const, text: input.saml_assertion }
    const told = await this.#refusedIs(tenantId, connection, client, async () => {
      const presented = await providers.presented(tenantId, connection, given)
      const used = { connectionId: connection.id, hash: presented.hash, until: presented.until }
      if (!(await this.#work.run(tenantId, (tx) => store.useAssertion(tx, used, this.#work.now()))))
        throw new DomainError('CREDENTIALS_INVALID', { reason: REFUSED })
      return presented.told
    })
    return this.#admit(tenantId, connection, told, client, {
      ...{ linkTo: null, isRemembered: input.remember_me, invitation: null },
    })
  }

  async #admit(
    tenantId: string,
    connection: store.ConnectionRow,
    told: Told,
    client: Client,
    { linkTo, isRemembered, invitation }: { linkTo: string | null; isRemembered: boolean; invitation: string | null },
  ) {
    const { tenancy, sessions } = this.#dependencies
    const user = await this.#account(tenantId, connection, { linkTo, invitation }, told)
    if (user.status === 'suspended') throw new DomainError('ACCOUNT_SUSPENDED')
    if (user.status !== 'active') throw new DomainError('CREDENTIALS_INVALID')
    if (!(await tenancy.get(tenantId)).is_active) throw new DomainError('TENANT_SUSPENDED')
    const methods = methodsOf(connection, told)
    const rules = await this.#work.run(tenantId, readRules)
    const lacks_factor = lacksFactor(rules, user, methods)
    return sessions.start(tenantId, {
      ...{ user: { ...user, lacks_factor }, client, isRemembered, methods },
      through: await this.#through(tenantId, connection, told),
      before: async (tx) => {
        if ((await users.lockPerson(tx, user.id))?.status !== 'active') throw new DomainError('CREDENTIALS_INVALID')
        await users.noteLogin(tx, user.id, this.#work.now())
      },
    })
  }

  /**
   * Who of ours somebody is by name and password of a directory; null: one of them is wrong. Throws NOT_FOUND for no such
   * directory, UNAVAILABLE, IDENTITY_NOT_LINKED.
   */
  async byPassword(
    tenantId: string,
    name: string,
    given: { username: string; password: string },
  ): Promise<{ userId: string; through: Through } | null> {
    const { connections, directories } = this.#dependencies
    const row = await this.#enabled(tenantId, { name })
    if (row.kind !== 'ldap') throw new DomainError('NOT_FOUND')
    const told = await directories.authenticate(
      tenantId,
      row.settings,
      await connections.secretOf(tenantId, row),
      given,
    )
    if (told === null) return null
    const { id } = await this.#account(tenantId, row, { linkTo: null, invitation: null }, told)
    return { userId: id, through: await this.#through(tenantId, row, told) }
  }

  async #begin(tenantId: string, name: string, userId: string | null): Promise<FederationStarted> {
    const { providers } = this.#dependencies
    const connection = await this.#enabled(tenantId, { name })
    const token = formatToken({ kind: 'fr', tenantId, secret: randomBytes(32) })
    const marks = await this.#marksOf(tenantId, token)
    const authorization_url = await providers.start(tenantId, connection, marks)
    const at = this.#work.now()
    const until = new Date(at.getTime() + SECONDS * 1000)
    await this.#work.run(tenantId, (tx) =>
      store.insertPending(tx, { hash: hashToken(token), connectionId: connection.id, userId, at, until }),
    )
    return { authorization_url, request_token: token, expires_in: SECONDS }
  }

  async #through(tenantId: string, { id, kind }: store.ConnectionRow, { session }: Told): Promise<Through> {
    return {
      connectionId: id,
      kind,
      session: session === null ? null : await this.#sessionIndex(tenantId, id, session),
    }
  }

  #sessionIndex(tenantId: string, connectionId: string, session: string): Promise<Buffer> {
    return this.#dependencies.keys.blindIndex(tenantId, 'provider-session', `${connectionId}\0${session}`)
  }

  #subjectIndex(tenantId: string, connectionId: string, subject: string): Promise<Buffer> {
    return this.#dependencies.keys.blindIndex(tenantId, 'external-identity', `${connectionId}\0${subject}`)
  }

  /**
   * A provider says that somebody has logged out there: what it opened here ends at once (OpenID Connect Back-Channel Logout
   * 1.0). Throws NOT_FOUND, BAD_REQUEST for a token that is none.
   */
  async loggedOut(tenantId: string, connectionId: string, token: string): Promise<void> {
    const { providers, sessions } = this.#dependencies
    const connection = await this.#enabled(tenantId, { id: connectionId })
    const { subject, session } = await providers.loggedOut(tenantId, connection, token)
    const [index, sessionIndex] = [
      subject === null ? null : await this.#subjectIndex(tenantId, connectionId, subject),
      session === null ? null : await this.#sessionIndex(tenantId, connectionId, session),
    ]
    await this.#work.change(tenantId, async (tx) => {
      const userId = index === null ? null : await store.findExternal(tx, connectionId, index)
      await sessions.endOfProvider(tx, connectionId, {
        userId,
        session: sessionIndex,
      })
    })
  }

  async #enabled(tenantId: string, which: { name: string } | { id: string }): Promise<store.ConnectionRow> {
    const [row] = await this.#work.run(tenantId, (tx) => store.listConnections(tx, which))
    if (!row?.is_enabled) throw new DomainError('NOT_FOUND')
    return row
  }

  async #marksOf(tenantId: string, token: string): Promise<Marks> {
    const own = await this.#dependencies.keys.subjects.ownKey(tenantId)
    const of = (what: string) => keyedDigest(own, `federation ${what} ${token}`).toString('base64url')
    return { state: of('state'), nonce: of('nonce'), verifier: of('verifier') }
  }

  /** Whose identity it is; where nobody's, it is linked or an account is made, if that may be. An invitation is taken with it. */
  async #account(
    tenantId: string,
    connection: store.ConnectionRow,
    { linkTo, invitation }: { linkTo: string | null; invitation: string | null },
    told: Told,
  ): Promise<users.PersonRow> {
    const subject = await this.#subjectIndex(tenantId, connection.id, told.subject)
    const known = await this.#work.run(tenantId, (tx) => store.findExternal(tx, connection.id, subject))
    const userId =
      linkTo ??
      known ??
      (await this.#provisioned(tenantId, connection, told)) ??
      (await this.#created(tenantId, connection, subject, told))
    return this.#work.change(tenantId, async (tx) => {
      const at = this.#work.now()
      if (invitation !== null) await this.#dependencies.credentials.acceptByIdentity(tx, invitation)
      const held = await users.lockPerson(tx, userId)
      if (!held) throw new DomainError('CREDENTIALS_INVALID')
      if (!(await store.insertExternal(tx, { connectionId: connection.id, subject, userId, at })))
        throw new DomainError('NAME_TAKEN', { reason: 'this identity is linked to another account' })
      if (known === null) await this.#record(tx, userId, 'identity.linked', 'link', connection.id)
      await this.#settleScopes(tx, held, connection, told)
      return (await users.readPerson(tx, userId)) ?? held
    })
  }

  // The tenant has said that a SCIM client and this provider are one source: whom the client keeps, the provider may name.
  async #provisioned(tenantId: string, connection: store.ConnectionRow, told: Told): Promise<string | null> {
    const { keys } = this.#dependencies
    const clients = await this.#work.run(tenantId, (tx) => clientsOf(tx, connection.id))
    if (clients.length === 0) return null
    const externals = await Promise.all(clients.map((id) => externalIndex(keys, tenantId, id, told.subject)))
    const names = told.email !== null && told.isEmailVerified ? await namesOf(keys, tenantId, told.email) : []
    const kept = await this.#work.run(tenantId, (tx) =>
      findKept(tx, clients, { externals, names, connectionId: connection.id }),
    )
    return kept.length === 1 ? (kept[0] ?? null) : null
  }

  // An address that the provider names proves nothing of an account that is here: its owner links it themselves.
  async #created(tenantId: string, connection: store.ConnectionRow, subject: Buffer, told: Told): Promise<string> {
    const { keys, clock } = this.#dependencies
    const { email } = told
    const isUsable =
      email !== null && email.length <= 254 && /^[^@\s]+@[^@\s]+$/.test(email) && nameFault(email) === null
    if (!connection.creates_accounts || !isUsable) throw new DomainError('IDENTITY_NOT_LINKED')
    const names = await namesOf(keys, tenantId, email)
    // Whoever has the name may be the same person, who has come in by another window meanwhile.
    const other = await this.#work.run(tenantId, async (tx) =>
      (await users.isTaken(tx, names, null)) ? { id: await store.findExternal(tx, connection.id, subject) } : null,
    )
    if (other?.id) return other.id
    if (other) throw new DomainError('IDENTITY_NOT_LINKED')
    const id = newId(clock.now())
    const display_name = told.name?.slice(0, 255).replaceAll(/\p{Cc}/gu, ' ') ?? null
    const sealed = await sealProfile(keys, tenantId, id, { username: email, email, display_name })
    return this.#work.run(tenantId, async (tx) => {
      const scopes = scopesFor(connection, told)
      const at = this.#work.now()
      const row = { id, ...sealed, password_hash: '', status: 'active' as const, scopes, is_operator: false }
      if (!(await insertUser(tx, row, at))) {
        const meanwhile = await store.findExternal(tx, connection.id, subject)
        if (meanwhile === null) throw new DomainError('IDENTITY_NOT_LINKED')
        return meanwhile
      }
      await store.insertExternal(tx, { connectionId: connection.id, subject, userId: id, at })
      await this.#record(tx, id, 'user.provisioned', 'create', connection.id, { scopes })
      return id
    })
  }

  async #settleScopes(tx: Tx, held: users.PersonRow, connection: store.ConnectionRow, told: Told): Promise<void> {
    if (connection.group_scopes === null) return
    const scopes = scopesFor(connection, told)
    if (isSame(scopes, held.scopes)) return
    const isLast = held.scopes.includes('tenant:admin') && (await users.lockOtherAdministrators(tx, held.id)) === 0
    if (isLast && !scopes.includes('tenant:admin')) return // somebody must be left who can change the connection
    await store.updateScopes(tx, held.id, scopes, this.#work.now())
    await this.#record(tx, held.id, 'user.changed', 'changed', connection.id, { changed: ['scopes'], scopes })
  }

  /** Does what the provider's answer is judged by; one that is refused is recorded. */
  async #refusedIs<T>(
    tenantId: string,
    connection: store.ConnectionRow,
    client: Client,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof DomainError && error.code === 'CREDENTIALS_INVALID')
        await this.#work.run(tenantId, (tx) =>
          recordOf(this.#dependencies.record, tx, UNKNOWN_PERSON, {
            ...{ event_type: 'session.refused', resource: `connection/${connection.id}`, action: 'login' },
            ...{ outcome: 'Failure', risk_score: 60, data: { why: 'provider_answer' }, personal: placeOf(client) },
          }),
        )
      throw error
    }
  }

  #record(
    tx: Tx,
    userId: string,
    event_type: string,
    action: string,
    connection: string,
    data: Record<string, unknown> = {},
  ): Promise<void> {
    const happened = { event_type, resource: `user/${userId}`, action, data: { connection, ...data } }
    return recordOf(this.#dependencies.record, tx, userId, happened)
  }
}

function methodsOf({ trusts_second_factor }: store.ConnectionRow, { methods }: Told): string[] {
  const isShown = trusts_second_factor || methods.some((one) => SECOND_FACTORS.has(one))
  return isShown ? ['fed', 'mfa'] : ['fed']
}

function scopesFor({ default_scopes, group_scopes }: store.ConnectionRow, { groups }: Told): Scope[] {
  const byGroup = new Map(Object.entries(group_scopes ?? {}))
  return [...new Set([...default_scopes, ...groups.flatMap((group) => byGroup.get(group) ?? [])])]
}

function isSame(a: readonly Scope[], b: readonly Scope[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one))
}
