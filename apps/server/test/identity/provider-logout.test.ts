import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { federation } from '../support/federation.ts'
import { CLIENT, HERE, type OpenIdServer, openIdServer } from '../support/openid.ts'
import { type TestServer, testServer, until } from '../support/server.ts'

let provider: OpenIdServer
let server: TestServer
before(async () => {
  provider = await openIdServer()
  server = await testServer({ public_url: HERE, identity_providers_inside: 'true' })
})
after(async () => {
  await server.stop()
  await provider.stop()
})

const { connection, signIn } = federation(() => ({ server, provider }))
async function connected(issuer: string): Promise<{ id: string; name: string; uri: string }> {
  const { id, name, register } = await connection({ settings: { issuer, client_id: CLIENT.id } })
  return { id, name, uri: server.url + register.backchannel_logout_uri.slice(HERE.length) }
}
async function session(name: string, sub: string): Promise<string> {
  const opened = await signIn(name, sub)
  assert.equal(opened.status, 200, opened.text)
  return opened.body.access_token
}
const status = async (token: string) => (await server.call('GET', '/v1/me', undefined, { token })).status
const tell = (uri: string, logout_token: string) =>
  fetch(uri, {
    ...{ method: 'POST', body: new URLSearchParams({ logout_token }).toString() },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

test('who logs out at the provider is logged out here, of what that session there opened and of nothing else', async () => {
  const { name, uri } = await connected(provider.issuer)
  provider.tellLogOuts(uri)
  provider.people.set('ada', { sub: 'ada', email: 'ada@elsewhere.example' })
  provider.people.set('bob', { sub: 'bob', email: 'bob@elsewhere.example' })
  const other = await session(name, 'ada')
  const [ada, bob] = [await session(name, 'ada'), await session(name, 'bob')]
  await provider.logOut('ada')
  await until('the session has ended', async () => (await status(ada)) === 401)
  assert.deepEqual([await status(other), await status(bob)], [200, 200], 'another browser, and another person')
  const again = await session(name, 'ada')
  const [used = ''] = provider.logoutTokens
  assert.equal((await tell(uri, used)).status, 400, 'a token that was used')
  assert.equal(await status(again), 200)
})

/** A provider whose keys the test has, so that it can say anything. */
async function forger(): Promise<{
  issuer: string
  sign(claims: JWTPayload, by?: 'its own' | 'another', header?: object): Promise<string>
  stop: () => void
}> {
  const [own, another] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')]
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' }
  const http: Server = createServer((request, response) => {
    const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    const metadata = {
      issuer,
      jwks_uri: `${issuer}/jwks`,
      authorization_endpoint: `${issuer}/a`,
      token_endpoint: `${issuer}/t`,
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(request.url === '/jwks' ? { keys: [jwk] } : metadata))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    issuer: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    sign: (claims, by = 'its own', header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k', ...header })
        .sign((by === 'its own' ? own : another).privateKey),
    stop: () => http.close(),
  }
}

test('log-out tokens that are forged end nobody’s session: each takes in who only decodes it', async () => {
  const there = await forger()
  try {
    const { id, uri } = await connected(there.issuer)
    const now = Math.floor(Date.now() / 1000)
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
    const good = { iss: there.issuer, aud: CLIENT.id, sub: 'ada', iat: now, exp: now + 60, events }
    const { sub: _, ...nobody } = good
    const forged: Record<string, Promise<string> | string> = {
      'by another key': there.sign({ ...good, jti: '1' }, 'another'),
      'of another issuer': there.sign({ ...good, jti: '2', iss: 'https://evil.example' }),
      'for another client': there.sign({ ...good, jti: '3', aud: 'other' }),
      'an ID token': there.sign({ ...good, jti: '4', events: undefined }),
      'with a nonce': there.sign({ ...good, jti: '5', nonce: 'x' }),
      'of nobody': there.sign({ ...nobody, jti: '6' }),
      old: there.sign({ ...good, jti: '7', iat: now - 600 }),
      over: there.sign({ ...good, jti: '8', exp: now - 10 }),
      'without an id': there.sign(good),
      'without a signature': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ ...good, jti: '9' })).toString('base64url')}.`,
    }
    for (const [what, token] of Object.entries(forged)) {
      const [, claims = ''] = (await token).split('.')
      assert.ok(JSON.parse(Buffer.from(claims, 'base64url').toString()).iss, what)
      const answer = await tell(uri, await token)
      assert.equal(answer.status, 400, what)
    }
    assert.equal((await tell(uri, await there.sign({ ...good, jti: '10' }))).status, 200)
    assert.equal((await tell(uri, await there.sign({ ...good, jti: '10' }))).status, 400, 'twice')
    const bravo = await server.secondTenant('bravo')
    const elsewhere = uri.replace(server.tenantId, bravo.tenantId)
    assert.deepEqual(
      [elsewhere.includes(id), (await tell(elsewhere, await there.sign({ ...good, jti: '11' }))).status],
      [true, 404],
    )
  } finally {
    there.stop()
  }
})

test('a log-out of a person without a session ends all that this provider opened for them', async () => {
  const there = await forger()
  try {
    const { id, uri } = await connected(there.issuer)
    const opened = await server.call(
      'POST',
      '/v1/auth/login',
      {
        ...{ credential_type: 'username_password', tenant: 'first' },
        ...{ username: 'admin@first.example', password: 'correct horse battery staple' },
      },
      { token: null },
    )
    const byPassword = opened.body.access_token
    const { name, uri: real } = await connected(provider.issuer)
    provider.people.set('carl', { sub: 'carl', email: 'carl@elsewhere.example' })
    const [one, two] = [await session(name, 'carl'), await session(name, 'carl')]
    assert.ok(id && uri && real)
    const [, connectionId = ''] = /logout\/[^/]+\/([^/]+)$/.exec(real) ?? []
    await server.sql(
      'UPDATE identity_connections SET settings = jsonb_set(settings, $2, to_jsonb($3::text)), version = version + 1 WHERE id = $1',
      [connectionId, '{issuer}', there.issuer],
    )
    const now = Math.floor(Date.now() / 1000)
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
    const token = await there.sign({
      iss: there.issuer,
      aud: CLIENT.id,
      sub: 'carl',
      iat: now,
      exp: now + 60,
      jti: 'x',
      events,
    })
    assert.equal((await tell(real, token)).status, 200)
    assert.deepEqual([await status(one), await status(two), await status(byPassword)], [401, 401, 200])
  } finally {
    there.stop()
  }
})
