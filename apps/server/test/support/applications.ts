import assert from 'node:assert/strict'
import * as client from 'openid-client'
import { Browser } from './browser.ts'
import type { TestServer } from './server.ts'

/** Where people come back to from Probity. */
export const BACK = 'https://app.example/callback'

/** An application of the tests' tenant that people log in to. */
export interface Application {
  id: string
  secret: string
  issuer: string
}

/** A log-in that an application began. */
export interface Begun {
  url: string
  verifier: string
  state: string
  nonce: string
}

let count = 0

export async function addApplication(server: TestServer, more: object = {}): Promise<Application> {
  const made = await server.call('POST', '/v1/applications', {
    ...{ name: `app ${++count}`, kind: 'web', redirect_uris: [BACK] },
    scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    ...more,
  })
  assert.equal(made.status, 201, made.text)
  assert.equal(made.body.issuer, `${server.url}/oidc/${server.tenantId}`)
  return { id: made.body.id, secret: made.body.client_secret, issuer: made.body.issuer }
}

/** The application, as its own library sets it up. */
export function libraryOf(
  { id, secret, issuer }: Application,
  authentication?: client.ClientAuth,
): Promise<client.Configuration> {
  const proof = authentication ?? (secret === null ? client.None() : client.ClientSecretBasic(secret))
  return client.discovery(new URL(issuer), id, {}, proof, {
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  })
}

export async function begin(config: client.Configuration, more: Record<string, string> = {}): Promise<Begun> {
  const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()]
  const url = client.buildAuthorizationUrl(config, {
    ...{ redirect_uri: BACK, scope: 'openid profile email groups offline_access', prompt: 'consent', state, nonce },
    ...{ code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
    ...more,
  })
  return { url: url.href, verifier, state, nonce }
}

export const finish = (config: client.Configuration, back: URL, { verifier, state, nonce }: Begun) =>
  client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
  })

/** `token`: of the session at Probity of whoever logs in to the application. */
export async function logInTo(server: TestServer, config: client.Configuration, token: string) {
  const begun = await begin(config)
  return finish(config, await new Browser(server).logIn(begun.url, token), begun)
}
