import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { federation } from '../support/federation.ts'
import { CLIENT, HERE, type OpenIdServer, openIdServer } from '../support/openid.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let provider: OpenIdServer
let other: OpenIdServer
let server: TestServer
before(async () => {
  provider = await openIdServer()
  other = await openIdServer()
  server = await testServer({ public_url: HERE, identity_providers_inside: 'true' })
})
after(async () => {
  await server.stop()
  await provider.stop()
  await other.stop()
})
beforeEach(async () => {
  await server.sql('DELETE FROM login_attempts')
  await server.sql('DELETE FROM sign_in_rules')
})

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]

let count = 0
const { connection, somebody, begin, finish, signIn } = federation(() => ({ server, provider }))

test('somebody signs in at the tenant’s provider, and has an account from then on', async () => {
  const { name } = await connection()
  const sub = somebody()
  const opened = await signIn(name, sub)
  assert.equal(opened.status, 200, opened.text)
  assert.deepEqual(opened.body.permissions, ['audit:read'])
  const me = await call('GET', '/v1/me', undefined, opened.body.access_token)
  assert.deepEqual([me.body.email, me.body.display_name], [`${sub}@elsewhere.example`, provider.people.get(sub)?.name])
  const again = await signIn(name, sub)
  assert.equal(again.body.user_id, opened.body.user_id)
  const listed = await call('GET', `/v1/users?name=${sub}@elsewhere.example`)
  assert.equal(listed.body.users.length, 1)
})

test('an address that the provider itself has not verified makes no account: anybody may have typed it there', async () => {
  const { name } = await connection()
  const refused = await signIn(name, somebody({ email_verified: false }))
  assert.deepEqual(code(refused), [409, 'IDENTITY_NOT_LINKED'])
})

test('two first log-ins at once make one account', async () => {
  const { name } = await connection()
  const sub = somebody()
  const both = await Promise.all([signIn(name, sub), signIn(name, sub)])
  assert.deepEqual(
    both.map(({ status }) => status),
    [200, 200],
    both.map(({ text }) => text).join(),
  )
  assert.equal(both[0]?.body.user_id, both[1]?.body.user_id)
})

test('where no accounts are made, who is nobody here is not let in', async () => {
  const { name } = await connection({ creates_accounts: false })
  assert.deepEqual(code(await signIn(name, somebody())), [409, 'IDENTITY_NOT_LINKED'])
})

test('an address that the provider names takes no account over', async () => {
  const { name } = await connection()
  const sub = somebody({ email: 'admin@first.example' })
  assert.deepEqual(code(await signIn(name, sub)), [409, 'IDENTITY_NOT_LINKED'])
})

test('who is logged in links an identity, which is one person’s alone', async () => {
  const { name } = await connection()
  const sub = somebody({ email: 'admin@first.example' })
  const login = { credential_type: 'username_password', tenant: 'first', username: 'admin@first.example' }
  const own = await call('POST', '/v1/auth/login', { ...login, password: 'correct horse battery staple' }, null)
  const begun = await call('POST', '/v1/me/identities', { connection: name }, own.body.access_token)
  assert.equal(begun.status, 200, begun.text)
  const back = await provider.browse(begun.body.authorization_url, sub)
  assert.equal((await finish(begun.body.request_token, back)).body.user_id, server.userId)
  assert.equal((await signIn(name, sub)).body.user_id, server.userId)
  const ada = await signIn(name, somebody())
  const stolen = await call('POST', '/v1/me/identities', { connection: name }, ada.body.access_token)
  const taken = await finish(stolen.body.request_token, await provider.browse(stolen.body.authorization_url, sub))
  assert.deepEqual(code(taken), [409, 'NAME_TAKEN'])
  assert.deepEqual(code(await call('POST', '/v1/me/identities', { connection: name })), [403, 'SESSION_REQUIRED'])
})

test('one sees one’s own identities and takes them away, but not the last thing that opens the account', async () => {
  const [first, second] = [await connection(), await connection()]
  const [ada, elsewhere] = [somebody(), somebody()]
  const { access_token } = (await signIn(first.name, ada)).body
  const unlink = ({ id }: { id: string }) => call('DELETE', `/v1/me/identities/${id}`, undefined, access_token)
  assert.deepEqual(code(await unlink(first)), [409, 'LAST_WAY_IN'])
  assert.deepEqual(code(await unlink(second)), [404, 'NOT_FOUND'])
  const { body } = await call('POST', '/v1/me/identities', { connection: second.name }, access_token)
  await finish(body.request_token, await provider.browse(body.authorization_url, elsewhere))
  const names = async () =>
    (await call('GET', '/v1/me/identities', undefined, access_token)).body.identities.map(
      (one: { connection: string }) => one.connection,
    )
  assert.deepEqual(await names(), [first.name, second.name].sort())
  assert.equal((await unlink(first)).status, 200)
  assert.deepEqual(await names(), [second.name])
  assert.deepEqual(code(await signIn(first.name, ada)), [409, 'IDENTITY_NOT_LINKED'], 'the account has that address')
})

test('groups give scopes, anew at each log-in', async () => {
  const group_scopes = { auditors: ['audit:read', 'audit:verify'], writers: ['audit:write'] }
  const { name } = await connection({ group_scopes, default_scopes: [] })
  const sub = somebody({ groups: ['auditors', 'constructor', 'nobody knows'] })
  assert.deepEqual((await signIn(name, sub)).body.permissions, ['audit:read', 'audit:verify'])
  provider.people.set(sub, { sub, email: `${sub}@elsewhere.example`, groups: ['writers'] })
  const next = await signIn(name, sub)
  assert.deepEqual(next.body.permissions, ['audit:write'])
})

test('an administrator gives through a provider no more than they have', async () => {
  const made = await call('POST', '/v1/tokens', { name: 'less', scopes: ['tenant:admin'] })
  const body = { kind: 'oidc', name: 'beyond', settings: { issuer: provider.issuer, client_id: CLIENT.id } }
  for (const more of [{ default_scopes: ['audit:read'] }, { group_scopes: { g: ['audit:read'] } }]) {
    const refused = await call('POST', '/v1/connections', { ...body, ...more }, made.body.token)
    assert.deepEqual(code(refused), [403, 'SCOPE_MISSING'])
  }
  const { id } = await connection()
  const wider = await call('PATCH', `/v1/connections/${id}`, { default_scopes: ['audit:write'] }, made.body.token)
  assert.deepEqual(code(wider), [403, 'SCOPE_MISSING'])
})

test('mix-up: what one provider answered is told to no other, though state and token fit', async () => {
  const asked: string[] = []
  const evilServer = createServer((request, response) => {
    const issuer = `http://127.0.0.1:${(evilServer.address() as AddressInfo).port}`
    asked.push(request.url ?? '')
    response.setHeader('content-type', 'application/json')
    const metadata = {
      issuer,
      authorization_endpoint: `${issuer}/a`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/k`,
    }
    response.end(JSON.stringify(metadata))
  })
  await new Promise<void>((resolve) => evilServer.listen(0, '127.0.0.1', resolve))
  try {
    const issuer = `http://127.0.0.1:${(evilServer.address() as AddressInfo).port}`
    const [honest, evil] = [await connection(), await connection({ settings: { issuer, client_id: CLIENT.id } })]
    const victim = (await begin(evil.name)).body // lured into a log-in at the evil one …
    const thief = (await begin(honest.name)).body // … which sends the victim on to the honest one, with the thief's challenge
    const answer = new URL(await provider.browse(thief.authorization_url, somebody()))
    answer.searchParams.set('state', new URL(victim.authorization_url).searchParams.get('state') ?? '')
    answer.searchParams.delete('iss') // of a provider that does not say who it is
    // Who knows a log-in by its state alone takes the code to the provider where that log-in began.
    const body = new URLSearchParams({ code: answer.searchParams.get('code') ?? '' })
    await fetch(`${issuer}/token`, { method: 'POST', body })
    assert.equal(asked.pop(), '/token', 'a naive client tells the evil one')
    assert.deepEqual(code(await finish(victim.request_token, answer.href)), [401, 'CREDENTIALS_INVALID'])
    assert.ok(asked.length > 0 && !asked.includes('/token'), 'the code is the thief’s if the evil one gets it')
  } finally {
    evilServer.close()
  }
})

test('whoever changes a provider may what it opens: else they would log in as those whom it opens', async () => {
  const { id, name } = await connection({ default_scopes: ['audit:read', 'subject:erase'] })
  await signIn(name, somebody())
  const small = (await call('POST', '/v1/tokens', { name: 'small', scopes: ['tenant:admin'] })).body.token
  const change = () => call('PATCH', `/v1/connections/${id}`, { settings: { client_id: 'mine' } }, small)
  assert.deepEqual(code(await change()), [403, 'SCOPE_MISSING'])
  await call('PATCH', `/v1/connections/${id}`, { default_scopes: [] })
  assert.deepEqual(code(await change()), [403, 'SCOPE_MISSING'], 'somebody is linked who may more')
})

test('nobody finishes what another browser began, nor anything twice', async () => {
  const { name } = await connection()
  const sub = somebody()
  const [victim, thief] = [(await begin(name)).body, (await begin(name)).body]
  const back = await provider.browse(victim.authorization_url, sub)
  assert.deepEqual(code(await finish(thief.request_token, back)), [401, 'CREDENTIALS_INVALID'], 'a stolen code')
  assert.equal((await finish(victim.request_token, back)).status, 200)
  assert.deepEqual(code(await finish(victim.request_token, back)), [410, 'LINK_EXPIRED'])
})

test('a log-in that waits too long ends', async () => {
  const { name } = await connection()
  const { body } = await begin(name)
  const back = await provider.browse(body.authorization_url, somebody())
  await server.sql('UPDATE federation_requests SET expires_at = now()')
  assert.deepEqual(code(await finish(body.request_token, back)), [410, 'LINK_EXPIRED'])
})

test('an answer of another provider, without issuer, state or code, or with an error, is refused and recorded', async () => {
  const { name, id } = await connection()
  const sub = somebody()
  const forge = [
    (back: URLSearchParams) => back.set('iss', other.issuer),
    (back: URLSearchParams) => back.delete('iss'),
    (back: URLSearchParams) => back.delete('state'),
    (back: URLSearchParams) => back.delete('code'),
    (back: URLSearchParams) => back.set('code', 'guessed'),
    (back: URLSearchParams) => back.append('state', 'x'),
    (back: URLSearchParams) => back.set('error', 'access_denied'),
  ]
  for (const change of forge) {
    const { body } = await begin(name)
    const back = new URLSearchParams(await provider.browse(body.authorization_url, sub))
    change(back)
    const refused = await finish(body.request_token, `?${back}`)
    assert.deepEqual(code(refused), [401, 'CREDENTIALS_INVALID'], String(back))
  }
  await until('each is an entry', async () => {
    const found = await call('POST', '/v1/audit/search', { text: `connection/${id}`, limit: 20 })
    return found.body.events.length >= forge.length
  })
})

test('a suspended account, a disabled provider and a suspended tenant let nobody in', async () => {
  const { name, id, version } = await connection()
  const sub = somebody()
  const { user_id } = (await signIn(name, sub)).body
  await call('POST', `/v1/users/${user_id}/suspend`)
  assert.deepEqual(code(await signIn(name, sub)), [403, 'ACCOUNT_SUSPENDED'])
  await call('POST', `/v1/users/${user_id}/reactivate`)
  const { body } = await begin(name)
  const back = await provider.browse(body.authorization_url, sub)
  assert.equal((await call('PATCH', `/v1/connections/${id}`, { is_enabled: false, version })).status, 200)
  assert.deepEqual(code(await finish(body.request_token, back)), [404, 'NOT_FOUND'])
  assert.deepEqual(code(await begin(name)), [404, 'NOT_FOUND'])
})

test('a tenant that demands a second factor takes the provider’s word for it only where it is given or trusted', async () => {
  await call('PATCH', '/v1/sign-in-rules', { requires_second_factor: true })
  const { name } = await connection()
  const weak = await signIn(name, somebody())
  assert.deepEqual([weak.body.must_add_factor, weak.body.permissions], [true, []])
  const refused = await call('GET', '/v1/audit/events', undefined, weak.body.access_token)
  assert.deepEqual(code(refused), [403, 'SCOPE_MISSING'])
  const strong = await signIn(name, somebody({ amr: ['pwd', 'mfa'] }))
  assert.equal(strong.body.must_add_factor, false)
  const trusted = await connection({ trusts_second_factor: true })
  assert.equal((await signIn(trusted.name, somebody())).body.must_add_factor, false)
})

test('a provider does not lead past a second factor that somebody has here', async () => {
  const { name } = await connection()
  const sub = somebody()
  const { user_id } = (await signIn(name, sub)).body
  await server.sql('UPDATE security_users SET mfa_enabled = true WHERE id = $1', [user_id])
  const { body } = await signIn(name, sub)
  assert.deepEqual([body.must_add_factor, body.permissions], [true, []])
  assert.deepEqual(code(await call('GET', '/v1/audit/events', undefined, body.access_token)), [403, 'SCOPE_MISSING'])
})

test('providers are the tenant’s own, and their secret is never shown', async () => {
  const { name, id } = await connection()
  const bravo = await server.secondTenant('bravo')
  assert.deepEqual((await call('GET', '/v1/connections', undefined, bravo.token)).body, { connections: [] })
  assert.deepEqual(code(await call('DELETE', `/v1/connections/${id}`, undefined, bravo.token)), [404, 'NOT_FOUND'])
  const elsewhere = await call('POST', '/v1/auth/sso', { tenant: 'bravo', connection: name }, null)
  assert.deepEqual(code(elsewhere), [404, 'NOT_FOUND'])
  const listed = await call('GET', '/v1/connections')
  assert.ok(!listed.text.includes(CLIENT.secret))
  const rows = await server.sql(`SELECT 1 FROM identity_connections t WHERE t::text LIKE '%' || $1 || '%'`, [
    Buffer.from(CLIENT.secret).toString('hex'),
  ])
  assert.equal(rows.length, 0)
  assert.deepEqual(
    code(
      await call('POST', '/v1/connections', {
        kind: 'oidc',
        name,
        settings: { issuer: provider.issuer, client_id: 'x' },
      }),
    ),
    [...[409, 'NAME_TAKEN']],
  )
  const stale = await call('PATCH', `/v1/connections/${id}`, { name: 'other', version: 9 })
  assert.deepEqual(code(stale), [412, 'VERSION_MISMATCH'])
  assert.equal((await call('DELETE', `/v1/connections/${id}`)).status, 200)
  assert.deepEqual(code(await begin(name)), [404, 'NOT_FOUND'])
})

test('a provider that does not answer is told of clearly, and no secret of ours leaves with it', async () => {
  const { name } = await connection({ settings: { issuer: 'http://127.0.0.1:9009', client_id: 'x' } })
  const refused = await begin(name)
  assert.deepEqual(code(refused), [502, 'PROVIDER_UNREACHABLE'])
  assert.match(refused.body.message, /identity provider/)
})

test('without leave no provider inside our own network is asked', async () => {
  const own = await testServer({ public_url: HERE })
  try {
    const made = (issuer: string) =>
      own.call('POST', '/v1/connections', {
        ...{ kind: 'oidc', name: `i${++count}`, settings: { issuer, client_id: CLIENT.id } },
      })
    for (const issuer of [provider.issuer, 'https://127.0.0.1:1', 'https://[::ffff:10.0.0.1]']) {
      const refused = await made(issuer)
      assert.deepEqual(code(refused), [400, 'VALIDATION_FAILED'], issuer)
      assert.match(refused.text, /PROBITY_IDENTITY_PROVIDERS_INSIDE/, issuer)
    }
    const { body } = await made('https://localhost:4443') // where a name leads is seen when it is asked
    const asked = await own.call('POST', '/v1/auth/sso', { tenant: 'first', connection: body.name }, { token: null })
    assert.deepEqual(code(asked), [502, 'PROVIDER_UNREACHABLE'])
    assert.doesNotMatch(asked.text, /INSIDE/, 'a stranger is not told where names lead')
    const checked = await own.call('POST', `/v1/connections/${body.id}/check`)
    assert.deepEqual(
      [checked.body.is_reachable, /PROBITY_IDENTITY_PROVIDERS_INSIDE/.test(checked.body.problem)],
      [false, true],
    )
  } finally {
    await own.stop()
  }
})
