import { randomBytes } from 'node:crypto'
import type { CreateToken, Scope, Setup } from '@probity/contract'
import { formatToken, parseToken } from '@probity/core'
import { type Principal, type RolePermits, requireScopes } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Mailer } from '../../platform/mail.ts'
import type { Outside } from '../../platform/outside.ts'
import { afterId, pageOf } from '../../platform/page.ts'
import { type Happened, type RecordEvent, recordOf } from '../../platform/record.ts'
import type { TextMessages } from '../../platform/text-messages.ts'
import { Work } from '../../platform/work.ts'
import type { Keys } from '../keys/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { hashToken } from './authenticate.ts'
import { commonest } from './commonest.ts'
import { ConnectionChecks } from './connection-check.ts'
import { Connections } from './connections.ts'
import { Credentials } from './credentials.ts'
import { Devices } from './devices.ts'
import { Directories } from './directories.ts'
import { Federation } from './federation.ts'
import { Groups } from './groups.ts'
import { handsOf } from './hands.ts'
import { HomeRealms } from './home-realms.ts'
import { Impersonation } from './impersonation.ts'
import { KeyLogIn } from './key-log-in.ts'
import { Links } from './links.ts'
import { LogIn } from './log-in.ts'
import { Passkeys } from './passkeys.ts'
import { passwordFault } from './password-rules.ts'
import type { PasswordCost } from './password-thread.ts'
import { Passwords } from './passwords.ts'
import { sealProfile } from './profile.ts'
import { Applications } from './provider/applications.ts'
import { Consent } from './provider/consent.ts'
import { TenantProviders } from './provider/provider.ts'
import type { ProviderParts } from './provider/routes.ts'
import { Providers } from './providers.ts'
import { ADMINISTRATOR, scopesOf } from './rules.ts'
import { Scim } from './scim/service.ts'
import { SecondFactors } from './second-factors.ts'
import { SentCodes } from './sent-codes.ts'
import { requireServiceAccount, ServiceAccounts } from './service-accounts.ts'
import { type SessionSettings, Sessions } from './sessions.ts'
import { SignInRules } from './sign-in-rules.ts'
import * as store from './store.ts'
import { scopesOpenedBy } from './store-groups.ts'
import { Throttle } from './throttle.ts'
import { Users } from './users.ts'

export interface IdentityDependencies {
  database: Database
  clock: Clock
  keys: Keys
  tenancy: Tenancy
  record: RecordEvent
  rolePermits: RolePermits
  sessions: SessionSettings
  /** What a password's hash costs. */
  passwordCost: PasswordCost
  mailer: Mailer
  textMessages: TextMessages
  outside: Outside
  /** Servers that are asked by DNS; null: those of the machine. */
  dnsServers: readonly string[] | null
  /** Where people reach the server. */
  publicUrl(): string
  /** Told when it is committed that who a token of the tenant stands for may be another now. */
  callersChanged(tenantId: string): void
}

/** Users, sessions and API tokens. */
export class Identity {
  readonly #dependencies: IdentityDependencies
  readonly #work: Work
  readonly #passwords: Passwords
  readonly sessions: Sessions
  readonly users: Users
  readonly credentials: Credentials
  readonly factors: SecondFactors
  readonly access: LogIn
  readonly passkeys: Passkeys
  readonly rules: SignInRules
  readonly devices: Devices
  readonly connections: Connections
  readonly connectionChecks: ConnectionChecks
  readonly federation: Federation
  readonly groups: Groups
  readonly impersonation: Impersonation
  readonly realms: HomeRealms
  readonly serviceAccounts: ServiceAccounts
  readonly scim: Scim
  readonly provider: ProviderParts

  constructor(given: IdentityDependencies) {
    const dependencies = { ...given, work: new Work(given) }
    this.#dependencies = given
    this.#work = dependencies.work
    this.#passwords = new Passwords(given.passwordCost)
    const links = new Links(dependencies.mailer, dependencies.publicUrl)
    const [passwords, throttle, sessions] = [this.#passwords, new Throttle(dependencies), new Sessions(dependencies)]
    this.sessions = sessions
    this.users = new Users({ ...dependencies, links, sessions })
    this.credentials = new Credentials({ ...dependencies, links, sessions, passwords, throttle })
    const sentCodes = new SentCodes(dependencies)
    this.rules = new SignInRules({ ...dependencies, sessions })
    this.devices = new Devices(dependencies)
    this.factors = new SecondFactors({ ...dependencies, sessions, sentCodes })
    this.connections = new Connections(dependencies)
    this.groups = new Groups(dependencies)
    this.realms = new HomeRealms(dependencies)
    this.impersonation = new Impersonation({ ...dependencies, sessions })
    this.serviceAccounts = new ServiceAccounts(dependencies)
    const tenantProviders = new TenantProviders(dependencies)
    this.provider = {
      applications: new Applications({ ...dependencies, providers: tenantProviders }),
      consent: new Consent({ ...dependencies, providers: tenantProviders }),
      providers: tenantProviders,
      publicUrl: dependencies.publicUrl,
    }
    this.scim = new Scim({ ...dependencies, links, sessions, users: this.users, groups: this.groups })
    const directories = new Directories(dependencies.outside)
    const providers = new Providers(this.connections, directories, dependencies.outside)
    this.connectionChecks = new ConnectionChecks(dependencies.work, providers)
    const { connections } = this
    this.federation = new Federation({
      ...{ ...dependencies, sessions, providers, connections, directories },
      credentials: this.credentials,
    })
    this.passkeys = new Passkeys({ ...dependencies, sessions, rules: this.rules })
    this.access = new LogIn({
      ...dependencies,
      rules: this.rules,
      federation: this.federation,
      keyLogIn: new KeyLogIn(dependencies),
      passwords,
      throttle,
      sessions,
      factors: this.factors,
      devices: this.devices,
    })
  }

  /** Makes a tenant's first administrator, and the first tenant with it. Throws LINK_EXPIRED, NAME_TAKEN. */
  async setUp(input: Setup): Promise<{ tenant_id: string; user_id: string; token: string; token_id: string }> {
    const { tenancy } = this.#dependencies
    if (parseToken(input.setup_token)?.kind !== 'su') throw new DomainError('LINK_EXPIRED')
    requireGood(input, await commonest())
    const password_hash = await this.#passwords.hash(input.password)
    const first = parseToken(input.setup_token)?.tenantId === null
    if (first && input.tenant === undefined)
      throw new DomainError('VALIDATION_FAILED', { reason: 'name the first tenant: tenant' })
    const linked = await tenancy.useLink(input.setup_token)
    const tenantId = linked ?? (await tenancy.createFirst(input.tenant ?? ''))
    if (tenantId === null) throw new DomainError('LINK_EXPIRED')
    try {
      return await this.#createAdministrator(tenantId, first, input, password_hash)
    } catch (error) {
      await tenancy.releaseLink(input.setup_token, tenantId)
      throw error
    }
  }

  /** Makes an API token; nobody gives a scope that they don't hold. */
  async createToken(principal: Principal, input: CreateToken) {
    const beyond = input.scopes.filter((scope) => !principal.scopes.includes(scope))
    if (beyond.length > 0) throw new DomainError('SCOPE_MISSING', { required_scopes: beyond })
    const { service_account_id } = input
    return this.#work.run(principal.tenantId, async (tx) => {
      if (service_account_id) await requireServiceAccount(tx, service_account_id)
      // Whoever provisions says who is in its groups, and so who may what they open.
      if (service_account_id && input.scopes.includes('identity:provision'))
        requireScopes(principal, await scopesOpenedBy(tx, service_account_id))
      const { token, row } = await this.#insertToken(tx, service_account_id ?? principal.userId, input, principal)
      return { ...present(row), token }
    })
  }

  async listTokens(principal: Principal, cursor: string | undefined, limit: number) {
    const after = afterId(cursor)
    const rows = await this.#work.run(principal.tenantId, (tx) => store.listTokens(tx, after, limit + 1))
    const { page, next_cursor } = pageOf(rows, limit, ({ id }) => id)
    return { tokens: page.map(present), next_cursor }
  }

  async revokeToken(principal: Principal, id: string) {
    return this.#work.change(principal.tenantId, async (tx) => {
      const row = await store.revokeToken(tx, id, this.#work.now())
      if (!row) throw new DomainError('NOT_FOUND')
      await this.#record(tx, principal, {
        ...{ event_type: 'token.revoked', resource: `token/${id}`, action: 'revoke' },
        data: { scopes: row.scopes },
      })
      return present(row)
    })
  }

  async #createAdministrator(tenantId: string, first: boolean, input: Setup, password_hash: string) {
    const { keys, clock } = this.#dependencies
    const userId = newId(clock.now())
    const profile = { username: input.username ?? input.email, email: input.email, display_name: null }
    const sealed = await sealProfile(keys, tenantId, userId, profile)
    const user = { id: userId, ...sealed, password_hash, status: 'active' as const, scopes: [...ADMINISTRATOR] }
    return this.#work.run(tenantId, async (tx) => {
      const isNew = (await store.countUsers(tx)) === 0
      if (!isNew || !(await store.insertUser(tx, { ...user, is_operator: first }, this.#work.now())))
        throw new DomainError('LINK_EXPIRED')
      await this.#record(tx, userId, {
        ...{ event_type: 'user.created', resource: `user/${userId}`, action: 'create' },
        data: { first: true },
        personal: { username: profile.username, email: profile.email },
      })
      const scopes = [...scopesOf({ ...user, is_operator: first })]
      const { token, id } = await this.#insertToken(tx, userId, { name: 'set-up', scopes }, userId)
      return { tenant_id: tenantId, user_id: userId, token, token_id: id }
    })
  }

  async #insertToken(
    tx: Tx,
    userId: string,
    input: CreateToken,
    by: string | Principal,
  ): Promise<{ token: string; id: string; row: store.TokenRow }> {
    const at = this.#work.now()
    const token = formatToken({ kind: 'at', tenantId: tx.tenantId, secret: randomBytes(32) })
    const row: store.TokenRow = {
      id: newId(this.#dependencies.clock.now()),
      name: input.name,
      scopes: [...new Set<Scope>(input.scopes)],
      created_by: userId,
      created_at: at,
      expires_at:
        input.expires_in_days === undefined ? null : new Date(at.getTime() + input.expires_in_days * 86_400_000),
      last_used_at: null,
      revoked_at: null,
      issued_by: null,
      made_by: typeof by === 'string' ? [by] : [...(await handsOf(tx, by))],
    }
    await store.insertToken(tx, row, hashToken(token))
    await this.#record(tx, by, {
      ...{ event_type: 'token.created', resource: `token/${row.id}`, action: 'create' },
      data: {
        ...{ scopes: row.scopes, expires_at: row.expires_at?.toISOString() ?? null },
        ...(input.service_account_id && { service_account: input.service_account_id }),
      },
    })
    return { token, id: row.id, row }
  }

  #record(tx: Tx, by: string | Principal, happened: Happened): Promise<void> {
    return recordOf(this.#dependencies.record, tx, by, happened)
  }
}

// The rest of what a password is held against is not known before there is a tenant; its length is the schema's.
function requireGood(
  { password, username = '', email, tenant = '' }: Setup,
  isCommon: (text: string) => boolean,
): void {
  const fault = passwordFault(password, { words: [username, email, tenant], hasSecondFactor: false }, isCommon)
  const issues = [{ pointer: '/password', message: fault }]
  if (fault !== null) throw new DomainError('VALIDATION_FAILED', { issues })
}

function present(row: store.TokenRow) {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
  }
}
