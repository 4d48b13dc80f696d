import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { HERE } from '../support/openid.ts'
import { type TestServer, testServer } from '../support/server.ts'

const SECRET = 'a secret of the client that is long enough'
const VICTIM = 'victim'

let keys: { publicKey: CryptoKey; privateKey: CryptoKey }
let http: Server
let issuer = ''
let server: TestServer
/** What the provider's token endpoint gives out next. */
let idToken = ''
let userinfoSubject = VICTIM

before(async () => {
  keys = await generateKeyPair('RS256', { extractable: true })
  http = createServer(async (request, response) => {
    const answers: Record<string, unknown> = {
      '/.well-known/openid-configuration': {
        ...{ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` },
        ...{ jwks_uri: `${issuer}/jwks`, userinfo_endpoint: `${issuer}/me`, response_types_supported: ['code'] },
        ...{ subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'] },
      },
      '/jwks': { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k', use: 'sig', alg: 'RS256' }] },
      '/token': { access_token: 'a', token_type: 'Bearer', id_token: idToken },
      '/me': { sub: userinfoSubject, email: 'victim@elsewhere.example' },
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers[request.url ?? ''] ?? {}))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  server = await testServer({ public_url: HERE, identity_providers_inside: 'true' })
  const connection = {
    ...{ kind: 'oidc', name: 'idp', secret: SECRET, creates_accounts: true },
    settings: { issuer, client_id: 'probity' },
  }
  assert.equal((await server.call('POST', '/v1/connections', connection)).status, 201)
})
after(async () => {
  await server.stop()
  http.closeAllConnections()
  http.close()
})

/** The log-in of many who write their own: it reads the token, and checks nothing. */
function naiveLogIn(token: string): string | null {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return payload.sub ?? null
}

async function signIn(make: (payload: JWTPayload) => Promise<string>) {
  const begun = await server.call('POST', '/v1/auth/sso', { tenant: 'first', connection: 'idp' }, { token: null })
  assert.equal(begun.status, 200, begun.text)
  const asked = new URL(begun.body.authorization_url).searchParams
  const now = Math.floor(Date.now() / 1000)
  const sound = { iss: issuer, aud: 'probity', sub: VICTIM, nonce: asked.get('nonce'), iat: now, exp: now + 300 }
  idToken = await make(sound)
  const body = {
    request_token: begun.body.request_token,
    parameters: `${asked.get('redirect_uri')}?code=c&state=${asked.get('state')}`,
  }
  return server.call('POST', '/v1/auth/sso/finish', body, { token: null })
}
const signed = (payload: JWTPayload, key: CryptoKey | Uint8Array = keys.privateKey, header: object = {}) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k', ...header }).sign(key)

test('a sound token is taken, so that what follows fails for its own fault', async () => {
  const opened = await signIn((sound) => signed(sound))
  assert.equal(opened.status, 200, opened.text)
})

const FORGED: [string, (sound: JWTPayload) => Promise<string>][] = [
  ['without signature (alg none)', async (sound) => new UnsecuredJWT(sound).encode()],
  [
    'signed with the public key as if it were a shared secret',
    async (sound) => signed(sound, Buffer.from(await exportSPKI(keys.publicKey)), { alg: 'HS256' }),
  ],
  ['signed with the secret of the client', async (sound) => signed(sound, Buffer.from(SECRET), { alg: 'HS256' })],
  ['of a key of another', async (sound) => signed(sound, (await generateKeyPair('RS256')).privateKey)],
  [
    'of a key that the token brings along',
    async (sound) => {
      const own = await generateKeyPair('RS256', { extractable: true })
      return signed(sound, own.privateKey, { jwk: await exportJWK(own.publicKey) })
    },
  ],
  [
    'of a key that the token points to',
    async (sound) => signed(sound, (await generateKeyPair('RS256')).privateKey, { jku: `${issuer}/jwks` }),
  ],
  ['whose signature was cut', async (sound) => (await signed(sound)).replace(/[^.]*$/, '')],
  [
    'whose payload was changed',
    async (sound) => {
      const [head, , signature] = (await signed({ ...sound, sub: 'nobody' })).split('.')
      return [head, Buffer.from(JSON.stringify(sound)).toString('base64url'), signature].join('.')
    },
  ],
  ['of another issuer', async (sound) => signed({ ...sound, iss: 'https://elsewhere.example' })],
  ['of no issuer', async ({ iss: _, ...sound }) => signed(sound)],
  ['for another application', async (sound) => signed({ ...sound, aud: 'another' })],
  [
    'for us and another, without saying whom it was given to',
    async (sound) => signed({ ...sound, aud: ['probity', 'another'] }),
  ],
  ['given to another application', async (sound) => signed({ ...sound, azp: 'another' })],
  ['that has expired', async (sound) => signed({ ...sound, exp: Math.floor(Date.now() / 1000) - 600 })],
  ['that is not good yet', async (sound) => signed({ ...sound, nbf: Math.floor(Date.now() / 1000) + 600 })],
  ['without end', async ({ exp: _, ...sound }) => signed(sound)],
  ['without nonce', async ({ nonce: _, ...sound }) => signed(sound)],
  ['of another log-in', async (sound) => signed({ ...sound, nonce: 'of another' })],
  [
    'with a header that must be understood',
    async (sound) => signed(sound, keys.privateKey, { crit: ['b64'], b64: true }),
  ],
]
for (const [what, forge] of FORGED)
  test(`a token ${what} is refused`, async () => {
    const refused = await signIn(forge)
    assert.equal(naiveLogIn(idToken), VICTIM, 'whoever does not look is taken in')
    assert.deepEqual([refused.status, refused.body.code], [401, 'CREDENTIALS_INVALID'], refused.text)
  })

test('what is told of another person than the token’s is refused', async () => {
  userinfoSubject = 'another'
  try {
    const refused = await signIn((sound) => signed(sound))
    assert.deepEqual([refused.status, refused.body.code], [401, 'CREDENTIALS_INVALID'])
  } finally {
    userinfoSubject = VICTIM
  }
})
