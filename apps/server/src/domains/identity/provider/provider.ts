import { createHash, generateKeyPair, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import Provider, { type Configuration, interactionPolicy, type JWK, type KoaContextWithOIDC } from 'oidc-provider'
import { BoundedMap } from '../../../platform/bounded-map.ts'
import type { Tx } from '../../../platform/database/transaction.ts'
import { DomainError } from '../../../platform/errors.ts'
import type { RecordEvent } from '../../../platform/record.ts'
import type { Work } from '../../../platform/work.ts'
import { type Keys, keyedDigest, open, seal } from '../../keys/index.ts'
import type { Tenancy } from '../../tenancy/index.ts'
import { hashToken } from '../authenticate.ts'
import { openProfiles } from '../profile.ts'
import { type PersonRow, readPerson } from '../store-users.ts'
import { Artifacts } from './artifacts.ts'
import { deviceConfirmPage, deviceDonePage, deviceInputPage, errorPage } from './pages.ts'
import * as store from './store-applications.ts'
import { namesOfGroups } from './store-people.ts'

export interface ProviderDependencies {
  work: Work
  keys: Keys
  record: RecordEvent
  tenancy: Tenancy
  /** Where people reach the server. */
  publicUrl(): string
}

const SECONDS = {
  AccessToken: 600,
  AuthorizationCode: 60,
  ClientCredentials: 600,
  DeviceCode: 600,
  Grant: 90 * 86_400,
  IdToken: 600,
  Interaction: 600,
  RefreshToken: 30 * 86_400,
  // Just enough for one log-in; see `policyOf`.
  Session: 120,
}
/** For how long a key that signs no more is published, which is longer than any ID token is good. */
const RETIRED_MILLISECONDS = 86_400_000

/** The OpenID provider of each tenant (OpenID Connect Core 1.0, OAuth 2.0 by RFC 9700): what the library is set to. */
export class TenantProviders {
  readonly #dependencies: ProviderDependencies
  readonly #known = new BoundedMap<string, Provider>(200)

  constructor(dependencies: ProviderDependencies) {
    this.#dependencies = dependencies
  }

  issuerOf(tenantId: string): string {
    return `${this.#dependencies.publicUrl()}/oidc/${tenantId}`
  }

  /** The provider as its keys are now. The first use makes the first key. Throws NOT_FOUND for no such tenant. */
  async of(tenantId: string): Promise<Provider> {
    if ((await this.#dependencies.tenancy.find(tenantId)) === null) throw new DomainError('NOT_FOUND')
    const keys = await this.#keysOf(tenantId)
    const name = [tenantId, this.issuerOf(tenantId), ...keys.map(({ id }) => id)].join(' ')
    const known = this.#known.get(name)
    if (known) return known
    const own = await this.#dependencies.keys.subjects.ownKey(tenantId)
    const jwks = keys.map(({ id, key_sealed }) =>
      JSON.parse(open(tenantId, [own], locationOf(id), key_sealed).toString()),
    )
    const cookieKey = keyedDigest(own, 'provider cookies').toString('base64url')
    const made = this.#make(tenantId, jwks, cookieKey)
    this.#known.set(name, made)
    return made
  }

  async keys(tenantId: string): Promise<store.KeyRow[]> {
    return this.#keysOf(tenantId)
  }

  /** The next key signs from now on, and one after it is published; the one before stays published for a day. */
  async turnKey(tenantId: string, recorded: (tx: Tx) => Promise<void>): Promise<void> {
    const { work } = this.#dependencies
    await this.#keysOf(tenantId)
    const made = await this.#newKey(tenantId)
    await work.run(tenantId, async (tx) => {
      const at = work.now()
      await store.lockKeys(tx)
      await store.retireKey(tx, at, new Date(at.getTime() + RETIRED_MILLISECONDS))
      await store.insertKey(tx, made.id, made.sealed, at)
      await recorded(tx)
    })
  }

  // Applications keep what is published for a while: a key is there before it signs.
  async #keysOf(tenantId: string): Promise<store.KeyRow[]> {
    const { work } = this.#dependencies
    const read = (tx: Tx) => store.listKeys(tx, work.now())
    const rows = await work.run(tenantId, read)
    if (rows.length > 0) return rows
    const [first, next] = [await this.#newKey(tenantId), await this.#newKey(tenantId)]
    return work.run(tenantId, async (tx) => {
      const at = work.now()
      await store.lockKeys(tx)
      const meanwhile = await read(tx)
      if (meanwhile.length > 0) return meanwhile
      await store.insertKey(tx, first.id, first.sealed, at)
      await store.insertKey(tx, next.id, next.sealed, new Date(at.getTime() + 1))
      return read(tx)
    })
  }

  async #newKey(tenantId: string): Promise<{ id: string; sealed: Buffer }> {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    const { e = '', n = '', ...rest } = privateKey.export({ format: 'jwk' })
    const id = createHash('sha256')
      .update(JSON.stringify({ e, kty: 'RSA', n }))
      .digest('base64url')
    const jwk = { ...rest, e, n, kid: id, use: 'sig', alg: 'RS256' }
    const own = await this.#dependencies.keys.subjects.ownKey(tenantId)
    return { id, sealed: seal(tenantId, [own], locationOf(id), Buffer.from(JSON.stringify(jwk))) }
  }

  #make(tenantId: string, keys: JWK[], cookieKey: string): Provider {
    const provider = new Provider(this.issuerOf(tenantId), this.#configuration(tenantId, keys, cookieKey))
    // Behind a proxy or not, it is reached where the installation says; the routes see to these headers.
    provider.proxy = true
    provider.Client.prototype.compareClientSecret = function compare(this: { clientSecret?: string }, actual: string) {
      const held = Buffer.from(this.clientSecret ?? '', 'hex')
      const given = hashToken(actual)
      return held.length === given.length && timingSafeEqual(held, given)
    } as typeof provider.Client.prototype.compareClientSecret
    return provider
  }

  #configuration(tenantId: string, keys: JWK[], cookieKey: string): Configuration {
    const isSecure = this.#dependencies.publicUrl().startsWith('https:')
    // Of each tenant its own, so that none reads or tosses another's.
    const cookie = (name: string, prefix: string) =>
      `${isSecure ? prefix : ''}prb_${name}_${tenantId.replaceAll('-', '')}`
    return {
      adapter: (model) => new Artifacts(this.#dependencies, tenantId, model),
      jwks: { keys },
      scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
      claims: {
        openid: ['sub', 'acr', 'amr', 'auth_time'],
        profile: ['name', 'preferred_username'],
        email: ['email', 'email_verified'],
        groups: ['groups'],
      },
      conformIdTokenClaims: false,
      // An application asks when and how they logged in of the token too (RFC 9470 §6.2).
      extraTokenClaims: async (context) => logInOf(context.oidc.entities),
      pkce: { required: () => true },
      responseTypes: ['code'],
      rotateRefreshToken: true,
      expiresWithSession: async () => false,
      ttl: SECONDS,
      cookies: {
        keys: [cookieKey],
        names: {
          session: cookie('os', '__Host-'),
          interaction: cookie('oi', '__Host-'),
          resume: cookie('or', '__Secure-'), // it stands at the one address where the log-in goes on
        },
        long: { path: '/', sameSite: 'lax', httpOnly: true, secure: isSecure, signed: true },
        short: { path: '/', sameSite: 'lax', httpOnly: true, secure: isSecure, signed: true },
      },
      interactions: { policy: policyOf(), url: () => `${this.#dependencies.publicUrl()}/consent#${tenantId}` },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        deviceFlow: {
          enabled: true,
          userCodeInputSource: deviceInputPage,
          userCodeConfirmSource: deviceConfirmPage,
          successSource: deviceDonePage,
        },
        dPoP: { enabled: true },
        introspection: {
          enabled: true,
          // An application asks of its own tokens; those of others are none of its business.
          allowedPolicy: async (_context, client, token) => client.clientId === token.clientId,
        },
        pushedAuthorizationRequests: { enabled: true },
        resourceIndicators: { enabled: false },
        revocation: { enabled: true },
        rpInitiatedLogout: { enabled: false },
        userinfo: { enabled: true },
      },
      findAccount: (_context, id) => this.#account(tenantId, id),
      renderError: errorPage,
    }
  }

  async #account(tenantId: string, id: string) {
    const { work, keys } = this.#dependencies
    const found = await work.run(tenantId, async (tx) => {
      const row = await readPerson(tx, id)
      return row?.status === 'active' ? { row, groups: await namesOfGroups(tx, id) } : null
    })
    if (found === null) return undefined
    return {
      accountId: id,
      claims: async () => ({ sub: id, ...(await claimsOf(keys, tenantId, found.row, found.groups)) }),
    }
  }
}

/** Each log-in asks again: who is logged in is said by Probity's own session, and by nothing that outlives it. */
function policyOf() {
  const policy = interactionPolicy.base()
  const isNew = new interactionPolicy.Check('own_session', 'the person shows their session', (context) =>
    context.oidc.result?.login === undefined
      ? interactionPolicy.Check.REQUEST_PROMPT
      : interactionPolicy.Check.NO_NEED_TO_PROMPT,
  )
  policy.get('login')?.checks.add(isNew)
  return policy
}

/** A token comes of a code, of a device's code, or of a refresh token, which remember the log-in; a machine has none. */
function logInOf({
  AuthorizationCode: code,
  DeviceCode: device,
  RefreshToken: refresh,
}: KoaContextWithOIDC['oidc']['entities']) {
  const from = refresh ?? code ?? device
  if (from?.authTime === undefined) return undefined
  return { auth_time: from.authTime, amr: from.amr ?? [], acr: from.acr }
}

async function claimsOf(keys: Keys, tenantId: string, row: PersonRow, groups: string[]) {
  const [profile] = await openProfiles(keys, tenantId, [row])
  return {
    name: profile?.display_name ?? profile?.username ?? null,
    preferred_username: profile?.username ?? null,
    email: profile?.email ?? null,
    email_verified: row.email_verified_at !== null,
    groups,
  }
}

function locationOf(row: string) {
  return { table: 'provider_keys', column: 'key_sealed', row }
}
