import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { cookieHeader, cookiesOf } from '../support/browser.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer({ public_url: 'https://probity.example' })
})
after(() => server.stop())

const LOGIN = {
  ...{ credential_type: 'username_password', tenant: 'first' },
  ...{ username: 'admin@first.example', password: 'correct horse battery staple' },
}
const SESSION = '__Host-probity-session'
const REFRESH = '__Host-probity-refresh'
const code = ({ status, body }: Answer) => [status, body?.code]

interface Page {
  cookies: Record<string, string>
  csrf: string
  answer: Answer
}
async function logIn(more: object = {}): Promise<Page> {
  const answer = await server.call(
    'POST',
    '/v1/auth/login',
    { ...LOGIN, ...more },
    { token: null, headers: { 'x-probity-cookies': '1' } },
  )
  assert.equal(answer.status, 200, answer.text)
  return { answer, cookies: cookiesOf(answer), csrf: answer.body.csrf_token }
}
const ask = (
  method: string,
  path: string,
  cookies: Record<string, string>,
  headers: Record<string, string> = {},
  body?: unknown,
) => server.call(method, path, body, { token: null, headers: { cookie: cookieHeader(cookies), ...headers } })
const change = { display_name: 'Ada' }

test('a browser’s tokens stand in cookies that no script reads, and in no answer', async () => {
  const { answer, cookies, csrf } = await logIn()
  assert.deepEqual([answer.body.access_token, answer.body.refresh_token], [null, null])
  assert.deepEqual(Object.keys(cookies), [SESSION, REFRESH])
  for (const value of Object.values(cookies)) assert.equal(answer.text.includes(value), false)
  for (const set of answer.headers.getSetCookie()) {
    assert.match(set, /; Path=\/(;|$)/)
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Strict']) assert.ok(set.includes(`; ${attribute}`), set)
    assert.doesNotMatch(set, /Domain=/i)
  }
  assert.equal((await ask('GET', '/v1/me', cookies)).body.email, LOGIN.username)
  assert.equal((await ask('PATCH', '/v1/me', cookies, { 'x-csrf-token': csrf }, change)).status, 200)
})

test('CSRF: another site has the browser send its cookies, which fools who looks at cookies alone, and changes nothing here', async () => {
  const [victim, mallory] = [await logIn(), await logIn()]
  const forged = [{}, { 'x-csrf-token': '' }, { 'x-csrf-token': 'x' }, { 'x-csrf-token': mallory.csrf }]
  for (const headers of forged) {
    assert.equal((await ask('GET', '/v1/me', victim.cookies)).status, 200, 'by the cookies alone it is the victim')
    for (const [method, path, body] of [
      ['PATCH', '/v1/me', change],
      ['POST', '/v1/me/password', {}],
      ['DELETE', '/v1/me/sessions', undefined],
    ] as const)
      assert.deepEqual(code(await ask(method, path, victim.cookies, headers, body)), [403, 'CSRF_REFUSED'], path)
  }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  assert.equal((await ask('POST', '/v1/me/password', victim.cookies, form, 'a=b')).status, 403)
})

test('cookie tossing: a cookie that a neighbour set under another name is none, and one session’s proof is not another’s', async () => {
  const [victim, mallory] = [await logIn(), await logIn()]
  const tossed = {
    'probity-session': mallory.cookies[SESSION] ?? '',
    '__Secure-probity-session': mallory.cookies[SESSION] ?? '',
  }
  assert.deepEqual(code(await ask('GET', '/v1/me', tossed)), [401, 'UNAUTHENTICATED'])
  const mixed = { ...victim.cookies, ...tossed }
  assert.equal((await ask('GET', '/v1/me', mixed)).status, 200)
  const swapped = { ...victim.cookies, [SESSION]: mallory.cookies[SESSION] ?? '' }
  assert.deepEqual(code(await ask('PATCH', '/v1/me', swapped, { 'x-csrf-token': victim.csrf }, change)), [
    403,
    'CSRF_REFUSED',
  ])
})

test('a session goes on by its cookie, once, for its own page alone', async () => {
  const { cookies } = await logIn()
  const refresh = (headers: Record<string, string>) =>
    ask('POST', '/v1/auth/refresh', cookies, { 'x-probity-cookies': '1', ...headers }, {})
  assert.deepEqual(code(await refresh({})), [403, 'CSRF_REFUSED'])
  assert.deepEqual(code(await refresh({ 'x-csrf-token': 'x', 'sec-fetch-site': 'cross-site' })), [403, 'CSRF_REFUSED'])
  const next = await refresh({ 'x-csrf-token': 'x', 'sec-fetch-site': 'same-origin' })
  assert.equal(next.status, 200, next.text)
  const after = cookiesOf(next)
  assert.notEqual(after[SESSION], cookies[SESSION])
  const proof = { 'x-csrf-token': next.body.csrf_token }
  assert.equal((await ask('PATCH', '/v1/me', after, proof, change)).status, 200)
  assert.deepEqual(code(await ask('POST', '/v1/auth/refresh', {}, {}, {})), [401, 'UNAUTHENTICATED'])
  const out = await ask('POST', '/v1/auth/logout', after, proof)
  assert.deepEqual(cookiesOf(out), { [SESSION]: '', [REFRESH]: '' })
  assert.deepEqual(code(await ask('GET', '/v1/me', after)), [401, 'UNAUTHENTICATED'])
})

test('session fixation: what a browser had before it logged in is nothing after', async () => {
  const before = { [SESSION]: `prb_se_${'A'.repeat(71)}`, [REFRESH]: `prb_re_${'A'.repeat(71)}` }
  const answer = await server.call('POST', '/v1/auth/login', LOGIN, {
    ...{ token: null, headers: { 'x-probity-cookies': '1', cookie: cookieHeader(before) } },
  })
  const cookies = cookiesOf(answer)
  assert.notEqual(cookies[SESSION], before[SESSION])
  assert.deepEqual(code(await ask('GET', '/v1/me', before)), [401, 'UNAUTHENTICATED'])
})

test('who sends a bearer token means that one, whatever cookies are there; without the wish no cookie is set', async () => {
  const { cookies } = await logIn()
  const bearer = { authorization: `Bearer ${server.token}` }
  assert.equal((await ask('GET', '/v1/tokens', cookies, bearer)).status, 200)
  assert.equal((await ask('GET', '/v1/me', cookies, { authorization: 'Bearer none' })).status, 401)
  const plain = await server.call('POST', '/v1/auth/login', LOGIN, { token: null })
  assert.deepEqual([plain.headers.getSetCookie(), typeof plain.body.access_token], [[], 'string'])
})

test('an installation without TLS, on one’s own machine, has cookies without Secure', async () => {
  const own = await testServer()
  try {
    const answer = await own.call('POST', '/v1/auth/login', LOGIN, {
      token: null,
      headers: { 'x-probity-cookies': '1' },
    })
    const cookies = cookiesOf(answer)
    assert.deepEqual(Object.keys(cookies), ['probity-session', 'probity-refresh'])
    assert.equal(
      (await own.call('GET', '/v1/me', undefined, { token: null, headers: { cookie: cookieHeader(cookies) } })).status,
      200,
    )
  } finally {
    await own.stop()
  }
})
