import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { HERE } from '../support/openid.ts'
import { assertion, ENTITY, response, type Said, type SigningKey, sign, signingKey } from '../support/saml.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
let keys: { publicKey: CryptoKey; privateKey: CryptoKey }
let samlKey: SigningKey
let http: Server
let issuer = ''
let keySetsRead = 0
before(async () => {
  keys = await generateKeyPair('ES256', { extractable: true })
  samlKey = await signingKey()
  http = createServer(async (request, answer) => {
    if (request.url === '/jwks') keySetsRead++
    const answers: Record<string, unknown> = {
      '/.well-known/openid-configuration': {
        ...{ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` },
        ...{ jwks_uri: `${issuer}/jwks`, response_types_supported: ['code'], subject_types_supported: ['public'] },
        id_token_signing_alg_values_supported: ['ES256'],
      },
      '/jwks': { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k', use: 'sig', alg: 'ES256' }] },
    }
    answer.setHeader('content-type', 'application/json')
    answer.end(JSON.stringify(answers[request.url ?? ''] ?? {}))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  server = await testServer({ public_url: HERE, identity_providers_inside: 'true' })
})
after(async () => {
  await server.stop()
  http.closeAllConnections()
  http.close()
})

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const logIn = (input: object) => call('POST', '/v1/auth/login', input, null)
let count = 0

// api_key

async function key(more: object = {}): Promise<{ id: string; token: string; account: string }> {
  const account = await call('POST', '/v1/service-accounts', { name: `robot ${++count}` })
  assert.equal(account.status, 201, account.text)
  const service_account_id = account.body.id
  const made = await call('POST', '/v1/tokens', { name: 'k', scopes: ['audit:read'], service_account_id, ...more })
  assert.equal(made.status, 201, made.text)
  return { id: made.body.id, token: made.body.token, account: service_account_id }
}
const byKey = ({ id, token }: { id: string; token: string }, more: object = {}) =>
  logIn({ credential_type: 'api_key', api_key: id, api_secret: token, ...more })

test('tokens that an API token led to count to its rate, however many they are', async () => {
  const slow = await testServer({ rate_limit_per_second: '5' })
  try {
    const { body: account } = await slow.call('POST', '/v1/service-accounts', { name: 'robot' })
    const asked = { name: 'k', scopes: ['audit:read'], service_account_id: account.id }
    const { body: made } = await slow.call('POST', '/v1/tokens', asked)
    const shown = { credential_type: 'api_key', api_key: made.id, api_secret: made.token }
    const tokens = await Promise.all(
      [1, 2, 3, 4].map(
        async () => (await slow.call('POST', '/v1/auth/login', shown, { token: null })).body.access_token,
      ),
    )
    const answers = await Promise.all(
      tokens.flatMap((token) =>
        Array.from({ length: 8 }, () => slow.call('GET', '/v1/audit/key', undefined, { token })),
      ),
    )
    const taken = answers.filter(({ status }) => status === 200).length
    assert.ok(taken >= 10 && taken <= 15, `${taken} of ${answers.length}`)
  } finally {
    await slow.stop()
  }
})

test('an application shows its API token and goes on with one of a quarter of an hour, which may do the same', async () => {
  const made = await key()
  const opened = await byKey(made, { tenant: 'first' })
  assert.equal(opened.status, 200, opened.text)
  const { access_token, expires_in, refresh_token, permissions, user_id, session_id } = opened.body
  assert.deepEqual([expires_in, refresh_token, permissions, user_id], [900, null, ['audit:read'], made.account])
  assert.equal((await call('GET', '/v1/audit/events', undefined, access_token)).status, 200)
  assert.deepEqual(code(await call('POST', '/v1/audit/events', {}, access_token)), [403, 'SCOPE_MISSING'])
  assert.deepEqual(code(await call('GET', '/v1/me/sessions', undefined, access_token)), [403, 'SESSION_REQUIRED'])
  const headers = { 'x-probity-cookies': '1' }
  const input = { credential_type: 'api_key', api_key: made.id, api_secret: made.token }
  const browser = await server.call('POST', '/v1/auth/login', input, { token: null, headers })
  assert.match(browser.body.access_token, /^prb_/, 'it belongs to no browser')
  const listed = await call('GET', '/v1/tokens?limit=100')
  const ids = listed.body.tokens.map((one: { id: string }) => one.id)
  assert.deepEqual([ids.includes(made.id), ids.includes(session_id)], [true, false])
  const started = () => call('POST', '/v1/audit/search', { event_type: 'session.started', limit: 50 })
  const entryIn = ({ body }: Answer) =>
    body.events.find((one: { resource: string }) => one.resource === `token/${session_id}`)
  await until('it is an entry', async () => entryIn(await started()) !== undefined)
  const found = await started()
  const entry = entryIn(found)
  assert.deepEqual([entry.event_data.credential_type, entry.event_data.key], ['api_key', made.id])
  assert.ok(!JSON.stringify(found.body).includes(made.token))
})

test('what a key gave out ends when the key is revoked, and no later than the key', async () => {
  const made = await key()
  const { access_token } = (await byKey(made)).body
  assert.equal((await call('GET', '/v1/audit/events', undefined, access_token)).status, 200)
  assert.equal((await call('DELETE', `/v1/tokens/${made.id}`)).status, 200)
  assert.deepEqual(code(await call('GET', '/v1/audit/events', undefined, access_token)), [401, 'UNAUTHENTICATED'])
  const short = await key({ expires_in_days: 1 })
  await server.sql(`UPDATE api_tokens SET expires_at = now() + interval '60 seconds' WHERE id = $1`, [short.id])
  const { expires_in } = (await byKey(short)).body
  assert.ok(expires_in > 0 && expires_in <= 60, String(expires_in))
})

test('a key that is not there, another’s, revoked, ended, given out itself or of another tenant gets the same answer', async () => {
  const [made, other, revoked, ended] = [await key(), await key(), await key(), await key()]
  await call('DELETE', `/v1/tokens/${revoked.id}`)
  await server.sql('UPDATE api_tokens SET expires_at = now() WHERE id = $1', [ended.id])
  const given = (await byKey(made)).body
  const { token, tenantId } = await server.secondTenant(`keys${++count}`)
  const elsewhere = `${token.slice(0, -4)}aaaa`
  const answers = [
    await byKey({ id: made.id, token: elsewhere }),
    await byKey({ id: other.id, token: made.token }),
    await byKey(revoked),
    await byKey(ended),
    await byKey({ id: given.session_id, token: given.access_token }),
    await byKey(made, { tenant: tenantId }),
    await byKey({ id: made.id, token: 'prb_nonsense' }),
  ]
  const told = answers.map(({ status, body }) =>
    JSON.stringify([status, { ...body, request_id: null, timestamp: null }]),
  )
  assert.equal(new Set(told).size, 1, told.join('\n'))
  assert.deepEqual(code(answers[0] as Answer), [401, 'CREDENTIALS_INVALID'])
})

test('what keys gave out and has ended is dropped when they are shown again', async () => {
  const made = await key()
  const { session_id } = (await byKey(made)).body
  await server.sql('UPDATE api_tokens SET expires_at = now() WHERE id = $1', [session_id])
  await byKey(made)
  const left = await server.sql('SELECT id FROM api_tokens WHERE issued_by = $1', [made.id])
  assert.deepEqual([left.length, left.some((row) => row.id === session_id)], [1, false])
})

// oauth2

async function openIdConnection(settings: object = {}, more: object = {}): Promise<string> {
  const made = await call('POST', '/v1/connections', {
    ...{ kind: 'oidc', name: `idp${++count}`, creates_accounts: true, default_scopes: ['audit:read'] },
    settings: { issuer, client_id: 'probity', accepts_id_tokens: true, ...settings },
    ...more,
  })
  assert.equal(made.status, 201, made.text)
  return made.body.name
}
const seconds = () => Math.floor(Date.now() / 1000)
const claims = (more: { [name: string]: unknown } = {}): JWTPayload => ({
  ...{ iss: issuer, aud: 'probity', sub: `p${++count}`, iat: seconds(), exp: seconds() + 600 },
  ...{ email: `p${count}@elsewhere.example`, email_verified: true, ...more },
})
const signed = (payload: JWTPayload) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(keys.privateKey)
const byIdToken = (oauth_provider: string, oauth_token: string, tenant = 'first') =>
  logIn({ credential_type: 'oauth2', tenant, oauth_provider, oauth_token })
/** The log-in of many who write their own: it reads the token, and checks nothing. */
function naiveSubject(token: string): string | null {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub ?? null
}

test('an application that got an ID token by itself logs its person in by it, once', async () => {
  const name = await openIdConnection()
  const payload = claims()
  const token = await signed(payload)
  const opened = await byIdToken(name, token)
  assert.equal(opened.status, 200, opened.text)
  assert.deepEqual([opened.body.permissions, opened.body.mfa_required], [['audit:read'], false])
  const me = await call('GET', '/v1/me', undefined, opened.body.access_token)
  assert.equal(me.body.email, payload.email)
  assert.deepEqual(code(await byIdToken(name, token)), [401, 'CREDENTIALS_INVALID'], 'a second time')
  const again = await byIdToken(name, await signed({ ...payload, iat: seconds() - 5 }))
  assert.equal(again.body.user_id, opened.body.user_id)
})

test('one ID token that many bring at once opens one session', async () => {
  const name = await openIdConnection()
  const token = await signed(claims())
  const answers = await Promise.all(Array.from({ length: 8 }, () => byIdToken(name, token)))
  const statuses = answers.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [200, 401, 401, 401, 401, 401, 401, 401])
})

test('a connection that was not told to takes no ID token, and says where log-ins begin', async () => {
  const name = await openIdConnection({ accepts_id_tokens: false })
  const refused = await byIdToken(name, await signed(claims()))
  assert.deepEqual(code(refused), [404, 'NOT_FOUND'])
  assert.match(refused.body.message, /auth\/sso/)
  assert.deepEqual(code(await byIdToken('nowhere', 'x')), [404, 'NOT_FOUND'])
  assert.deepEqual(code(await byIdToken(name, 'x', 'no such tenant')), [404, 'NOT_FOUND'])
})

test('the key set of a provider is not read anew for each that knocks', async () => {
  const name = await openIdConnection()
  const before = keySetsRead
  for (let i = 0; i < 5; i++) await byIdToken(name, await signed(claims()))
  assert.equal(keySetsRead - before, 1)
})

test('an ID token whose signature is written another way is the same token', async () => {
  const name = await openIdConnection()
  const token = await signed(claims())
  assert.equal((await byIdToken(name, token)).status, 200)
  const [head, body, signature] = token.split('.') as [string, string, string]
  const bytes = Buffer.from(signature, 'base64url')
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  const twin = `${head}.${body}.${other.toString('base64url')}`
  const verified = await crypto.subtle.verify(
    { name: 'ECDSA', hash: 'SHA-256' },
    keys.publicKey,
    new Uint8Array(other),
    Buffer.from(`${head}.${body}`),
  )
  assert.equal(verified, true, 'a careless reader takes it for another')
  assert.deepEqual(code(await byIdToken(name, twin)), [401, 'CREDENTIALS_INVALID'])
})

const forged: Record<string, () => Promise<string>> = {
  'no algorithm': async () => new UnsecuredJWT(claims()).encode(),
  'another’s key': async () => {
    const other = await generateKeyPair('ES256')
    return new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(other.privateKey)
  },
  'the public key as a secret': async () => {
    const secret = new TextEncoder().encode(await exportSPKI(keys.publicKey))
    return new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'k' }).sign(secret)
  },
  'a key that it brings': async () => {
    const other = await generateKeyPair('ES256', { extractable: true })
    const header = { alg: 'ES256', kid: 'k', jwk: await exportJWK(other.publicKey) }
    return new SignJWT(claims()).setProtectedHeader(header).sign(other.privateKey)
  },
  'another issuer': async () => signed(claims({ iss: 'https://elsewhere.example' })),
  'another application': async () => signed(claims({ aud: 'another' })),
  'several applications': async () => signed(claims({ aud: ['probity', 'another'] })),
  'given to another application': async () => signed(claims({ azp: 'another' })),
  'its time is over': async () => signed(claims({ exp: seconds() - 120 })),
  'old, though it lives for long': async () => signed(claims({ iat: seconds() - 600, exp: seconds() + 86_400 })),
  'of tomorrow': async () => signed(claims({ iat: seconds() + 86_400, exp: seconds() + 90_000 })),
  'no end': async () => signed(claims({ exp: undefined })),
  'no beginning': async () => signed(claims({ iat: undefined })),
  'a log-out token': async () =>
    signed(claims({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })),
}
for (const [what, make] of Object.entries(forged))
  test(`an ID token is refused: ${what}`, async () => {
    const name = await openIdConnection()
    const token = await make()
    assert.match(naiveSubject(token) ?? '', /^p\d+$/, 'a careless reader lets them in')
    assert.deepEqual(code(await byIdToken(name, token)), [401, 'CREDENTIALS_INVALID'])
  })

test('an ID token without a subject, and what is none, are refused', async () => {
  const name = await openIdConnection()
  for (const token of [await signed(claims({ sub: undefined })), 'a.b.c', '..', '{}', 'x'.repeat(20_000)])
    assert.deepEqual(code(await byIdToken(name, token)), [401, 'CREDENTIALS_INVALID'])
})

// saml

async function samlConnection(
  settings: object = {},
): Promise<{ name: string; us: { issuer: string; consumer: string } }> {
  const made = await call('POST', '/v1/connections', {
    ...{ kind: 'saml', name: `saml${++count}`, creates_accounts: true, default_scopes: ['audit:read'] },
    settings: {
      ...{ entity_id: ENTITY, sso_url: 'https://idp.example/sso', certificates: [samlKey.certificate] },
      ...{ email_attribute: 'mail', accepts_unsolicited: true, ...settings },
    },
  })
  assert.equal(made.status, 201, made.text)
  const { register, name } = made.body
  return { name, us: { issuer: register.entity_id, consumer: register.assertion_consumer_service } }
}
function unasked(us: { issuer: string; consumer: string }, said: Said = {}, by = samlKey): string {
  const nameId = `s${++count}`
  const request = { id: '', ...us }
  const all = { nameId, inResponseTo: null, attributes: { mail: [`${nameId}@elsewhere.example`] }, ...said }
  return Buffer.from(sign(response(request, assertion(request, all)), 'Assertion', by)).toString('base64')
}
const bySaml = (connection: string, saml_assertion: string) =>
  logIn({ credential_type: 'saml', tenant: 'first', connection, saml_assertion })

test('a log-in that begins at the provider is taken where the connection says so, once', async () => {
  const { name, us } = await samlConnection()
  const answer = unasked(us)
  const opened = await bySaml(name, answer)
  assert.equal(opened.status, 200, opened.text)
  assert.deepEqual(opened.body.permissions, ['audit:read'])
  assert.deepEqual(code(await bySaml(name, answer)), [401, 'CREDENTIALS_INVALID'])
  const strict = await samlConnection({ accepts_unsolicited: false })
  assert.deepEqual(code(await bySaml(strict.name, unasked(strict.us))), [404, 'NOT_FOUND'])
})

test('the same assertion in another envelope is the same', async () => {
  const { name, us } = await samlConnection()
  const answer = unasked(us)
  assert.equal((await bySaml(name, answer)).status, 200)
  const xml = Buffer.from(answer, 'base64').toString()
  const other = xml.replace(/(<samlp:Response [^>]*\bID=")[^"]+/, '$1_another')
  assert.notEqual(other, xml)
  assert.deepEqual(code(await bySaml(name, Buffer.from(other).toString('base64'))), [401, 'CREDENTIALS_INVALID'])
})

const said: Record<string, Said> = {
  'the answer to a log-in that somebody began': { inResponseTo: '_abc' },
  'for another service': { audience: 'https://elsewhere.example' },
  'for no service': { audience: null },
  'for another address': { recipient: 'https://elsewhere.example/acs' },
  'its time is over': { endsIn: -120_000 },
  'of another issuer': { issuer: 'https://elsewhere.example' },
}
for (const [what, one] of Object.entries(said))
  test(`an assertion that nobody asked for is refused: ${what}`, async () => {
    const { name, us } = await samlConnection()
    assert.deepEqual(code(await bySaml(name, unasked(us, one))), [401, 'CREDENTIALS_INVALID'])
  })

test('an assertion that nobody asked for is refused when another signed it, or nobody did', async () => {
  const { name, us } = await samlConnection()
  const request = { id: '', ...us }
  const unsigned = Buffer.from(response(request, assertion(request, { inResponseTo: null }))).toString('base64')
  for (const answer of [unasked(us, {}, await signingKey()), unsigned, 'PA==', 'x'.repeat(1000)])
    assert.deepEqual(code(await bySaml(name, answer)), [401, 'CREDENTIALS_INVALID'])
})

test('an answer that one connection’s provider gave opens nothing through another', async () => {
  const [one, two] = [await samlConnection(), await samlConnection()]
  assert.deepEqual(code(await bySaml(two.name, unasked(one.us))), [401, 'CREDENTIALS_INVALID'])
})

test('a credential of a kind that is not known, or with fields of another kind, is refused with what there is', async () => {
  const unknown = await logIn({ credential_type: 'kerberos', tenant: 'first' })
  assert.deepEqual(code(unknown), [400, 'VALIDATION_FAILED'])
  assert.match(unknown.text, /username_password/)
  const mixed = await logIn({ credential_type: 'api_key', tenant: 'first', username: 'a', password: 'b' })
  assert.deepEqual(code(mixed), [400, 'VALIDATION_FAILED'])
})
