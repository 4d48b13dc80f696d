import { createHash } from 'node:crypto'
import { createRemoteJWKSet, customFetch, type JWTVerifyOptions, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { BoundedMap } from '../../platform/bounded-map.ts'
import { DomainError } from '../../platform/errors.ts'
import type { Outside } from '../../platform/outside.ts'
import { type Marks, type Presented, REFUSED, type Told } from './told.ts'

/** A provider, and who we are there. */
export interface Provider {
  /** Changes with whatever is said here. */
  key: string
  issuer: string
  clientId: string
  secret: string | null
}

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const LOGOUT_SECONDS = 120
const ID_TOKEN_SECONDS = 300
const SKEW_SECONDS = 60
const SIGNED_BY = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

const KEPT_MILLISECONDS = 600_000

/**
 * Log-ins by OpenID Connect: code with PKCE and nonce, `iss` where the provider sends it (RFC 9207), signature, issuer,
 * audience and time of the ID token, whose keys are fetched again when one is not known.
 */
export class OpenIdProviders {
  readonly #outside: Outside
  readonly #keys = new BoundedMap<string, ReturnType<typeof createRemoteJWKSet>>(1000)
  readonly #known = new BoundedMap<string, { at: number; configuration: Promise<client.Configuration> }>(1000)

  /** Log-out tokens that were used: one is good for two minutes, and ends the same sessions again on another server at worst. */
  readonly #loggedOut = new BoundedMap<string, true>(10_000)

  constructor(outside: Outside) {
    this.#outside = outside
  }

  /** Where the browser goes. Throws PROVIDER_UNREACHABLE where the provider's configuration can't be had, with why as cause. */
  async start(provider: Provider, redirect_uri: string, { state, nonce, verifier }: Marks): Promise<string> {
    const configuration = await this.#configuration(provider)
    const challenge = await client.calculatePKCECodeChallenge(verifier)
    return client.buildAuthorizationUrl(configuration, {
      ...{ redirect_uri, scope: 'openid email profile', state, nonce },
      ...{ code_challenge: challenge, code_challenge_method: 'S256' },
    }).href
  }

  /** Reads its configuration, not what is remembered of it. Throws PROVIDER_UNREACHABLE. */
  async ask(provider: Provider): Promise<void> {
    this.#known.delete(provider.key)
    await this.#configuration(provider)
  }

  /** Throws CREDENTIALS_INVALID, whatever is wrong with what came back. */
  async finish(provider: Provider, returned: URL, marks: Marks, groupsClaim: string): Promise<Told> {
    const configuration = await this.#configuration(provider)
    const answer = await client
      .authorizationCodeGrant(configuration, returned, {
        ...{ expectedState: marks.state, expectedNonce: marks.nonce, pkceCodeVerifier: marks.verifier },
        idTokenExpected: true,
      })
      .catch(() => null)
    const claims = answer?.claims()
    // The library looks at azp only where there are several audiences (OpenID Connect Core §3.1.3.7, 5).
    const isOurs = claims?.azp === undefined || claims.azp === provider.clientId
    if (!answer || !claims || !isOurs) throw new DomainError('CREDENTIALS_INVALID', { reason: REFUSED })
    const more = await this.#userInfo(configuration, answer.access_token, claims.sub)
    return toldOf({ ...more, ...claims }, groupsClaim)
  }

  /** Reads a log-out token (OpenID Connect Back-Channel Logout 1.0 §2.6). Throws BAD_REQUEST for what is none, or was used. */
  async loggedOut(provider: Provider, token: string): Promise<{ subject: string | null; session: string | null }> {
    const configuration = await this.#configuration(provider)
    try {
      const requiredClaims = ['jti', 'iat', 'exp', 'events']
      const payload = await this.#verified(provider, configuration, token, {
        maxTokenAge: LOGOUT_SECONDS,
        requiredClaims,
      })
      const { events, nonce, sub, sid, jti } = payload
      const isLogout = typeof events === 'object' && events !== null && LOGOUT_EVENT in events
      const [subject, session] = [sub ?? null, typeof sid === 'string' ? sid : null]
      if (!isLogout || nonce !== undefined || (subject === null && session === null)) throw new Error('no log-out')
      this.#requireFirst(`${provider.key} ${jti}`)
      return { subject, session }
    } catch {
      throw new DomainError('BAD_REQUEST', { reason: 'the logout_token cannot be taken' })
    }
  }

  /**
   * Reads an ID token that an application got by itself: signed, for us alone, of the last minutes. The caller sees to it
   * that it is taken once. Throws CREDENTIALS_INVALID.
   */
  async presented(provider: Provider, token: string, groupsClaim: string): Promise<Presented> {
    const configuration = await this.#configuration(provider)
    try {
      const checks = {
        maxTokenAge: ID_TOKEN_SECONDS,
        clockTolerance: SKEW_SECONDS,
        requiredClaims: ['sub', 'iat', 'exp'],
      }
      const payload = await this.#verified(provider, configuration, token, checks)
      const { aud, azp, events, iat = 0 } = payload
      const isForUsAlone = typeof aud === 'string' || aud?.length === 1
      if (!isForUsAlone || (azp !== undefined && azp !== provider.clientId) || events !== undefined)
        throw new Error('not for us')
      // A signature may be written in several ways; what it signs may not.
      const hash = createHash('sha256')
        .update(token.slice(0, token.lastIndexOf('.')))
        .digest()
      return {
        told: toldOf(payload, groupsClaim),
        hash,
        until: new Date((iat + ID_TOKEN_SECONDS + 2 * SKEW_SECONDS) * 1000),
      }
    } catch {
      throw new DomainError('CREDENTIALS_INVALID', { reason: REFUSED })
    }
  }

  async #verified(provider: Provider, configuration: client.Configuration, token: string, checks: JWTVerifyOptions) {
    const { jwks_uri, issuer } = configuration.serverMetadata()
    const keys =
      this.#keys.get(provider.key) ??
      createRemoteJWKSet(new URL(jwks_uri ?? ''), { [customFetch]: this.#outside.fetch })
    this.#keys.set(provider.key, keys)
    const ours = { issuer, audience: provider.clientId, algorithms: SIGNED_BY }
    return (await jwtVerify(token, keys, { ...checks, ...ours })).payload
  }

  #requireFirst(name: string): void {
    if (this.#loggedOut.get(name)) throw new Error('used before')
    this.#loggedOut.set(name, true)
  }

  async #userInfo(configuration: client.Configuration, token: string, subject: string): Promise<object> {
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return {}
    const told = await client.fetchUserInfo(configuration, token, subject).catch(() => null)
    if (told === null) throw new DomainError('CREDENTIALS_INVALID', { reason: REFUSED })
    return told
  }

  #configuration(provider: Provider): Promise<client.Configuration> {
    const known = this.#known.get(provider.key)
    if (known && performance.now() - known.at < KEPT_MILLISECONDS) return known.configuration
    const configuration = this.#discover(provider)
    this.#known.set(provider.key, { at: performance.now(), configuration })
    configuration.catch(() => this.#known.delete(provider.key))
    return configuration
  }

  async #discover({ issuer, clientId, secret }: Provider): Promise<client.Configuration> {
    const execute = [client.enableNonRepudiationChecks]
    if (this.#outside.allowsInside) execute.push(client.allowInsecureRequests)
    const proof = secret === null ? client.None() : client.ClientSecretBasic(secret)
    const fetch: client.CustomFetch = (url, options) => this.#outside.fetch(url, options as RequestInit)
    try {
      return await client.discovery(new URL(issuer), clientId, {}, proof, { execute, [client.customFetch]: fetch })
    } catch (cause) {
      throw new DomainError('PROVIDER_UNREACHABLE', {}, { cause })
    }
  }
}

function toldOf(claims: Record<string, unknown>, groupsClaim: string): Told {
  const text = (name: string) => (typeof claims[name] === 'string' && claims[name] !== '' ? claims[name] : null)
  const texts = (name: string) =>
    Array.isArray(claims[name]) ? claims[name].filter((one): one is string => typeof one === 'string') : []
  return {
    subject: String(claims.sub),
    email: claims.email_verified === false ? null : text('email'), // anybody may have typed it there
    isEmailVerified: claims.email_verified === true,
    name: text('name'),
    groups: texts(groupsClaim),
    session: text('sid'),
    methods: texts('amr'),
  }
}
