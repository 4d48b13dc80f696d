import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import * as client from 'openid-client'
import { type Application, addApplication, BACK, begin, finish, libraryOf, logInTo } from '../support/applications.ts'
import { askedOf, Browser } from '../support/browser.ts'
import { logIn as logInHere, person } from '../support/people.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
let issuer: string
before(async () => {
  server = await testServer()
  issuer = `${server.url}/oidc/${server.tenantId}`
})
after(() => server.stop())

let count = 0
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]

const application = (more?: object) => addApplication(server, more)
const logIn = (config: client.Configuration, token: string) => logInTo(server, config, token)
const form = (body: Record<string, string>, authorization?: string) => ({
  ...{ method: 'POST', body: new URLSearchParams(body).toString() },
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...(authorization && { authorization }) },
})
const basic = ({ id, secret }: Application) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

test('an application of the tenant lets people in through Probity: code with PKCE, ID token, user info', async () => {
  const ada = await person(server)
  const group = await call('POST', '/v1/groups', { name: `Editors ${++count}` })
  await call('POST', `/v1/groups/${group.body.id}/members`, { user_id: ada.id })
  const app = await application()
  const config = await libraryOf(app)
  const begun = await begin(config)
  const browser = new Browser(server)
  assert.equal((await browser.follow(begun.url)).pathname, '/consent')
  const asked = await browser.asked(ada.token)
  assert.deepEqual([asked.body.application.id, asked.body.was_granted, asked.body.is_device], [app.id, false, false])
  assert.deepEqual(asked.body.scopes, ['openid', 'profile', 'email', 'groups', 'offline_access'])
  const { body } = await browser.answer(ada.token, true)
  const tokens = await finish(config, await browser.follow(body.redirect_to), begun)
  const claims = tokens.claims()
  assert.ok(claims)
  assert.deepEqual(
    [claims.sub, claims.email, claims.groups, claims.acr],
    [ada.id, ada.email, [group.body.name], 'aal1'],
  )
  assert.deepEqual(claims.amr, ['pwd'])
  const info = await client.fetchUserInfo(config, tokens.access_token, ada.id)
  assert.deepEqual([info.email, info.email_verified, info.preferred_username], [ada.email, false, ada.email])
  const again = new Browser(server)
  await again.follow((await begin(config)).url)
  assert.equal((await again.asked(ada.token)).body.was_granted, true)
})

test('who does not let it in is sent back with that, and nothing is given', async () => {
  const ada = await person(server)
  const begun = await begin(await libraryOf(await application()))
  const browser = new Browser(server)
  await browser.follow(begun.url)
  const { body } = await browser.answer(ada.token, false)
  const back = await browser.follow(body.redirect_to)
  assert.equal(back.searchParams.get('error'), 'access_denied')
})

test('who is lured to agree to what another browser began finds nothing to agree to', async () => {
  const [victim, thief] = [await person(server), new Browser(server)]
  await thief.follow((await begin(await libraryOf(await application()))).url)
  const lured = new Browser(server)
  assert.deepEqual(code(await lured.asked(victim.token)), [404, 'NOT_FOUND'])
  assert.deepEqual(code(await lured.answer(victim.token, true)), [404, 'NOT_FOUND'])
  assert.deepEqual(code(await thief.answer(server.token, true)), [403, 'SESSION_REQUIRED'])
})

test('each log-in asks again: nothing of the browser outlives the session of Probity', async () => {
  const ada = await person(server)
  const config = await libraryOf(await application())
  const browser = new Browser(server)
  const begun = await begin(config)
  await finish(config, await browser.logIn(begun.url, ada.token), begun)
  await call('POST', '/v1/auth/logout', undefined, ada.token)
  const next = await begin(config)
  const again = new URL(next.url)
  again.searchParams.delete('prompt')
  assert.equal((await browser.follow(again.href)).pathname, '/consent')
  assert.deepEqual(code(await browser.answer(ada.token, true)), [401, 'UNAUTHENTICATED'])
})

test('a session that lacks the factor which the tenant demands lets no application in', async () => {
  const ada = await person(server)
  const browser = new Browser(server)
  await browser.follow((await begin(await libraryOf(await application()))).url)
  await call('PATCH', '/v1/sign-in-rules', { requires_second_factor: true })
  try {
    assert.deepEqual(code(await browser.asked(ada.token)), [403, 'SCOPE_MISSING'])
    assert.deepEqual(code(await browser.answer(ada.token, true)), [403, 'SCOPE_MISSING'])
  } finally {
    await call('PATCH', '/v1/sign-in-rules', { requires_second_factor: false })
  }
})

test('an application without scopes may ask for nothing but who it is', async () => {
  const app = await application({ scopes: [] })
  const begun = await begin(await libraryOf(app))
  const back = await new Browser(server).follow(begun.url)
  assert.equal(back.searchParams.get('error'), 'invalid_scope')
})

test('a refresh token is good once: the next one goes on, the old one again ends all', async () => {
  const ada = await person(server)
  const config = await libraryOf(await application())
  const first = await logIn(config, ada.token)
  const second = await client.refreshTokenGrant(config, first.refresh_token ?? '')
  assert.notEqual(second.refresh_token, first.refresh_token)
  await client.fetchUserInfo(config, second.access_token, ada.id)
  await assert.rejects(client.refreshTokenGrant(config, first.refresh_token ?? ''))
  await assert.rejects(client.refreshTokenGrant(config, second.refresh_token ?? ''), 'the family ends')
  await assert.rejects(client.fetchUserInfo(config, second.access_token, ada.id))
})

test('a code opens once, also for two who bring it at the same moment, and not without its verifier', async () => {
  const ada = await person(server)
  const app = await application()
  const config = await libraryOf(app)
  const begun = await begin(config)
  const back = await new Browser(server).logIn(begun.url, ada.token)
  const given = (verifier: string) =>
    fetch(
      `${issuer}/token`,
      form(
        {
          grant_type: 'authorization_code',
          code: back.searchParams.get('code') ?? '',
          redirect_uri: BACK,
          code_verifier: verifier,
        },
        basic(app),
      ),
    )
  assert.equal((await given(client.randomPKCECodeVerifier())).status, 400)
  const statuses = (await Promise.all([1, 2, 3, 4].map(() => given(begun.verifier)))).map(({ status }) => status)
  assert.deepEqual(statuses.filter((status) => status === 200).length <= 1, true, String(statuses))
  const bare = await libraryOf(app)
  const without = client.buildAuthorizationUrl(bare, { redirect_uri: BACK, scope: 'openid', state: 'x' })
  const refused = await new Browser(server).follow(without.href)
  assert.equal(refused.searchParams.get('error'), 'invalid_request', 'PKCE is not left to the application')
})

test('the verifier and the challenge of RFC 7636 appendix B are taken for each other', async () => {
  const ada = await person(server)
  const app = await application()
  const config = await libraryOf(app)
  const begun = await begin(config, { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' })
  const back = await new Browser(server).logIn(begun.url, ada.token)
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  assert.ok((await finish(config, back, { ...begun, verifier })).access_token)
})

test('who is suspended, and who takes an application’s leave away, ends what it has of them at once', async () => {
  const ada = await person(server)
  const app = await application()
  const config = await libraryOf(app)
  const tokens = await logIn(config, ada.token)
  const isActive = async (token: string) => (await client.tokenIntrospection(config, token)).active
  assert.equal(await isActive(tokens.access_token), true)
  await call('POST', `/v1/users/${ada.id}/suspend`)
  assert.equal(await isActive(tokens.access_token), false)
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''))
  await call('POST', `/v1/users/${ada.id}/reactivate`)
  const session = (await logInHere(server, ada.email)).body.access_token
  const more = await logIn(config, session)
  const listed = await call('GET', '/v1/me/applications', undefined, session)
  assert.deepEqual(
    listed.body.applications.map((one: { application_id: string }) => one.application_id),
    [app.id],
  )
  assert.equal((await call('DELETE', `/v1/me/applications/${app.id}`, undefined, session)).status, 200)
  assert.equal(await isActive(more.access_token), false)
  assert.deepEqual(code(await call('DELETE', `/v1/me/applications/${app.id}`, undefined, session)), [404, 'NOT_FOUND'])
})

test('an application asks of its own tokens and revokes them; of another’s it learns nothing', async () => {
  const ada = await person(server)
  const [config, other] = [await libraryOf(await application()), await libraryOf(await application())]
  const tokens = await logIn(config, ada.token)
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).sub, ada.id)
  assert.deepEqual({ ...(await client.tokenIntrospection(other, tokens.access_token)) }, { active: false })
  await client.tokenRevocation(other, tokens.refresh_token ?? '').catch(() => {})
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, true)
  await client.tokenRevocation(config, tokens.refresh_token ?? '')
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false)
})

test('a machine has a token for itself, and a disabled one has none', async () => {
  const app = await application({ kind: 'machine', redirect_uris: [], scopes: [] })
  const config = await libraryOf(app)
  const { access_token } = await client.clientCredentialsGrant(config)
  const { active, client_id } = await client.tokenIntrospection(config, access_token)
  assert.deepEqual([active, client_id], [true, app.id])
  await assert.rejects(libraryOf({ ...app, secret: 'wrong' }).then((wrong) => client.clientCredentialsGrant(wrong)))
  await call('PATCH', `/v1/applications/${app.id}`, { is_enabled: false })
  await assert.rejects(client.clientCredentialsGrant(config))
})

test('a device without a browser is let in by a code that its person types elsewhere', async () => {
  const ada = await person(server)
  const config = await libraryOf(await application({ kind: 'device', redirect_uris: [] }))
  const device = await client.initiateDeviceAuthorization(config, { scope: 'openid email' })
  const browser = new Browser(server)
  const input = await (await browser.fetch(device.verification_uri)).text()
  const hidden = (html: string, name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(html)?.[1] ?? ''
  const typed = { xsrf: hidden(input, 'xsrf'), user_code: device.user_code }
  const confirm = await (await browser.fetch(device.verification_uri, form(typed))).text()
  assert.match(confirm, new RegExp(device.user_code))
  const going = await browser.fetch(
    device.verification_uri,
    form({ ...typed, xsrf: hidden(confirm, 'xsrf'), confirm: 'yes' }),
  )
  assert.equal(new URL(going.headers.get('location') ?? '').pathname, '/consent')
  assert.equal((await browser.asked(ada.token)).body.is_device, true)
  const { body } = await browser.answer(ada.token, true)
  assert.equal((await browser.fetch(body.redirect_to)).status, 200)
  const tokens = await client.pollDeviceAuthorizationGrant(config, device)
  assert.equal(tokens.claims()?.email, ada.email)
})

test('tokens that are bound to a key by DPoP are good with that key alone (RFC 9449)', async () => {
  const ada = await person(server)
  const config = await libraryOf(await application({ kind: 'public' }), client.None())
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair())
  const begun = await begin(config)
  const back = await new Browser(server).logIn(begun.url, ada.token)
  const checks = { pkceCodeVerifier: begun.verifier, expectedState: begun.state, expectedNonce: begun.nonce }
  const tokens = await client.authorizationCodeGrant(config, back, checks, undefined, { DPoP })
  assert.equal(tokens.token_type, 'dpop')
  await client.fetchUserInfo(config, tokens.access_token, ada.id, { DPoP })
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, ada.id), 'as a bearer token')
  const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair())
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, ada.id, { DPoP: thief }))
})

test('the signing key turns: what the old one signed is good for a day, and the new one signs', async () => {
  const ada = await person(server)
  const config = await libraryOf(await application())
  const kid = async () => {
    const [header = ''] = (await logIn(config, ada.token)).id_token?.split('.') ?? []
    return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
  }
  const before = await kid()
  const turned = await call('POST', '/v1/provider-keys/turn')
  assert.equal(turned.status, 200, turned.text)
  const now = await kid()
  assert.notEqual(now, before)
  const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: { kid: string; d?: string }[] }
  assert.deepEqual([keys.length, keys[0]?.kid, keys[2]?.kid], [3, now, before])
  assert.deepEqual(
    turned.body.keys.map((key: { state: string }) => key.state),
    ['signs', 'next', 'retired'],
  )
  assert.ok(keys.every((key) => key.d === undefined))
  await server.sql(`UPDATE provider_keys SET retires_at = now() - interval '1 second' WHERE retires_at IS NOT NULL`)
  const later = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: { kid: string }[] }
  assert.deepEqual([later.keys.length, later.keys[0]?.kid], [2, now])
})

test('each tenant has its own issuer, keys and applications; none takes another’s', async () => {
  const bravo = await server.secondTenant(`bravo${++count}`)
  const app = await application()
  const elsewhere = `${server.url}/oidc/${bravo.tenantId}`
  const metadata = (await (await fetch(`${elsewhere}/.well-known/openid-configuration`)).json()) as {
    issuer: string
    token_endpoint: string
  }
  assert.deepEqual([metadata.issuer, metadata.token_endpoint], [elsewhere, `${elsewhere}/token`])
  const stranger = await fetch(`${elsewhere}/token`, form({ grant_type: 'client_credentials' }, basic(app)))
  assert.equal(stranger.status, 401)
  assert.equal((await fetch(`${server.url}/oidc/01890000-0000-7000-8000-000000000000/jwks`)).status, 404)
  const other = await call('GET', '/v1/applications', undefined, bravo.token)
  assert.deepEqual(other.body.applications, [])
})

test('where a request says that it was sent counts for nothing: addresses are the installation’s', async () => {
  const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp', forwarded: 'host=evil.example' }
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`, { headers })
  const text = await answer.text()
  assert.equal(text.includes('evil'), false)
  assert.equal(JSON.parse(text).authorization_endpoint, `${issuer}/auth`)
  assert.equal(
    JSON.parse(await askedOf(`${issuer}/.well-known/openid-configuration`, 'evil.example')).authorization_endpoint,
    `${issuer}/auth`,
  )
})

test('people are sent back to where the application said, letter by letter', async () => {
  const app = await application()
  const config = await libraryOf(app)
  for (const redirect_uri of [
    'https://evil.example/',
    `${BACK}/..`,
    `${BACK}?x=y`,
    'https://app.example.evil.example/callback',
    'http://app.example/callback',
  ]) {
    const { url } = await begin(config, { redirect_uri })
    const answer = await new Browser(server).fetch(url)
    assert.deepEqual([answer.status, answer.headers.get('location')], [400, null], redirect_uri)
  }
  for (const uri of ['javascript:alert(1)', 'http://app.example/', 'https://app.example/#x', 'data:text/html,x']) {
    const refused = await call('POST', '/v1/applications', {
      name: `bad ${++count}`,
      kind: 'web',
      redirect_uris: [uri],
    })
    assert.deepEqual(code(refused), [400, 'VALIDATION_FAILED'], uri)
  }
  assert.deepEqual(code(await call('POST', '/v1/applications', { name: 'none', kind: 'web' })), [
    400,
    'VALIDATION_FAILED',
  ])
})

test('a secret is shown once and stands nowhere; another one ends it', async () => {
  const app = await application({ kind: 'machine', redirect_uris: [], scopes: [] })
  const rows = await server.sql(`SELECT t::text AS row FROM applications t WHERE id = $1`, [app.id])
  assert.equal(String(rows[0]?.row).includes(app.secret), false)
  assert.ok(String(rows[0]?.row).includes(createHash('sha256').update(app.secret).digest('hex')))
  assert.equal((await call('GET', '/v1/applications')).text.includes(app.secret), false)
  const next = await call('PATCH', `/v1/applications/${app.id}`, { new_secret: true })
  await assert.rejects(libraryOf(app).then((config) => client.clientCredentialsGrant(config)))
  await client.clientCredentialsGrant(await libraryOf({ ...app, secret: next.body.client_secret }))
  const tokens = await server.sql(`SELECT string_agg(t::text, '') AS all FROM application_artifacts t`)
  assert.equal(String(tokens[0]?.all).includes(Buffer.from(app.secret).toString('hex')), false)
})
