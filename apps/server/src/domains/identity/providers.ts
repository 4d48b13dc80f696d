import { randomUUID } from 'node:crypto'
import { DomainError } from '../../platform/errors.ts'
import type { Outside } from '../../platform/outside.ts'
import type { Connections } from './connections.ts'
import type { Directories } from './directories.ts'
import { OpenIdProviders } from './openid.ts'
import { SamlProviders } from './saml.ts'
import type { ConnectionRow } from './store-connections.ts'
import { type Marks, type Presented, REFUSED, type Told } from './told.ts'

/** Providers to which a browser goes, by the protocol that each speaks. */
export class Providers {
  readonly #connections: Connections
  readonly #directories: Directories
  readonly #openId: OpenIdProviders
  readonly #saml: SamlProviders

  constructor(connections: Connections, directories: Directories, outside: Outside) {
    this.#connections = connections
    this.#directories = directories
    this.#openId = new OpenIdProviders(outside)
    this.#saml = new SamlProviders()
  }

  /** Where the browser goes. Throws PROVIDER_UNREACHABLE, NOT_FOUND for one that no browser goes to. */
  async start(tenantId: string, row: ConnectionRow, marks: Marks): Promise<string> {
    if (row.kind === 'oidc')
      return this.#openId.start(await this.#openIdOf(tenantId, row), this.#connections.redirectUriOf(row.id), marks)
    if (row.kind === 'saml')
      return this.#saml.start(row.settings, this.#connections.serviceProviderOf(tenantId, row.id), marks)
    throw new DomainError('NOT_FOUND', { reason: 'log in with name and password: POST /v1/auth/login with connection' })
  }

  /** Whom the provider says it is, by what it had the browser bring. Throws CREDENTIALS_INVALID, whatever is wrong with that. */
  async finish(tenantId: string, row: ConnectionRow, parameters: string, marks: Marks): Promise<Told> {
    if (row.kind === 'saml')
      return this.#saml.finish(row.settings, this.#connections.serviceProviderOf(tenantId, row.id), parameters, marks)
    if (row.kind !== 'oidc') throw new DomainError('NOT_FOUND')
    const returned = URL.parse(parameters)
    const isOurs = returned && returned.origin + returned.pathname === this.#connections.redirectUriOf(row.id)
    if (!isOurs) throw new DomainError('CREDENTIALS_INVALID', { reason: REFUSED })
    const provider = await this.#openIdOf(tenantId, row)
    return this.#openId.finish(provider, returned, marks, row.settings.groups_claim)
  }

  /** Whom a provider says it is, in what it issued without being asked from here. Throws CREDENTIALS_INVALID, NOT_FOUND where the connection takes no such thing. */
  async presented(
    tenantId: string,
    row: ConnectionRow,
    given: { kind: 'oidc' | 'saml'; text: string },
  ): Promise<Presented> {
    if (row.kind === 'oidc' && given.kind === 'oidc' && row.settings.accepts_id_tokens)
      return this.#openId.presented(await this.#openIdOf(tenantId, row), given.text, row.settings.groups_claim)
    if (row.kind === 'saml' && given.kind === 'saml' && row.settings.accepts_unsolicited)
      return this.#saml.unsolicited(row.settings, this.#connections.serviceProviderOf(tenantId, row.id), given.text)
    throw new DomainError('NOT_FOUND', { reason: 'log-ins through this connection begin here: POST /v1/auth/sso' })
  }

  /** Asks the provider what it takes to begin a log-in. Throws PROVIDER_UNREACHABLE with why as cause. */
  async ask(tenantId: string, row: ConnectionRow): Promise<void> {
    if (row.kind === 'oidc') await this.#openId.ask(await this.#openIdOf(tenantId, row))
    if (row.kind !== 'ldap') return // to a provider that speaks SAML browsers alone go
    const secret = await this.#connections.secretOf(tenantId, row)
    await this.#directories.authenticate(tenantId, row.settings, secret, {
      username: randomUUID(), // nobody’s: no account there counts a failed log-in
      password: randomUUID(),
    })
  }

  /** Who has logged out there, or which session has. Throws BAD_REQUEST. */
  async loggedOut(
    tenantId: string,
    row: ConnectionRow,
    token: string,
  ): Promise<{ subject: string | null; session: string | null }> {
    if (row.kind !== 'oidc') throw new DomainError('NOT_FOUND')
    return this.#openId.loggedOut(await this.#openIdOf(tenantId, row), token)
  }

  async #openIdOf(tenantId: string, row: ConnectionRow & { kind: 'oidc' }) {
    return {
      key: `${tenantId} ${row.id} ${row.version}`,
      issuer: row.settings.issuer,
      clientId: row.settings.client_id,
      secret: await this.#connections.secretOf(tenantId, row),
    }
  }
}
