import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { cookieHeader, cookiesOf } from '../support/browser.ts'
import { PASSWORD, type Person, person } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type TestServer, testServer, until } from '../support/server.ts'

// Ada may do anything below /reports/ of docs.example but what is secret, and everybody may delete drafts.

let server: TestServer
let second: Person
let ada: Person
let bob: Person
let gateway: string
before(async () => {
  server = await testServer({ trust_proxy: '127.0.0.1' })
  second = await person(server, { scopes: ['tenant:admin'] })
  ada = await person(server)
  bob = await person(server)
  const { body } = await server.call('POST', '/v1/tokens', { name: 'gateway', scopes: ['access:decide'] })
  gateway = body.token
  await inForce(`
    permit (principal == User::"${ada.id}", action, resource is http_route)
      when { context.host == "docs.example" && context.path like "/reports/*" };
    forbid (principal, action, resource is http_route) when { context.path like "/reports/secret*" };
    permit (principal, action == Action::"delete", resource == http_route::"docs.example/drafts");
    permit (principal is clerk, action == Action::"get", resource is http_route) when { principal == clerk::"eve" };
    permit (principal, action == Action::"get", resource is http_route)
      when { context.path == "/office" && context.ip.isInRange(ip("192.0.2.0/24")) };
    @mask("salary, straße") permit (principal, action == Action::"get", resource == http_route::"docs.example/people");
    @step_up("300") permit (principal, action == Action::"get", resource == http_route::"docs.example/payments");`)
})
after(() => server.stop())

const inForce = (cedar: string) => policyInForce(server, second.token, cedar)

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  text: string
}
type Headers = Record<string, string>
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })

/** Sends what no client of the web would: addresses as they stand here. */
async function send(method: string, path: string, headers: Headers): Promise<Answer> {
  const asked = request(server.url, { method, path, headers: { host: 'docs.example', ...headers }, agent: false })
  const [answer]: [IncomingMessage] = (await once(asked.end(), 'response')) as [IncomingMessage] // as node:http has it
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) }
}
/** As nginx asks. */
const byNginx = (headers: Headers, target: string, method = 'GET') =>
  send('GET', '/access/v1/gateway', { ...headers, 'x-original-uri': target, 'x-original-method': method })
/** As Envoy asks: method and address of the request behind the prefix, no body, and its own address behind the client's. */
const byEnvoy = (headers: Headers, target: string, method = 'GET') => {
  const { 'x-forwarded-for': before } = headers
  return send(method, `/access/v1/gateway${target}`, {
    ...{ ...headers, 'content-length': '0', 'x-envoy-internal': 'true', 'x-envoy-expected-rq-timeout-ms': '2000' },
    'x-forwarded-for': before === undefined ? '127.0.0.1' : `${before}, 127.0.0.1`,
  })
}

for (const [name, ask] of [
  ['nginx', byNginx],
  ['Envoy', byEnvoy],
] as const) {
  test(`${name}: who may comes through with their name, who may not does not, and nobody has to log in`, async () => {
    const allowed = await ask(bearer(ada.token), '/reports/2026?page=2')
    assert.equal(allowed.status, 200)
    assert.deepEqual(
      [allowed.headers['x-probity-subject-type'], allowed.headers['x-probity-subject-id']],
      ['User', ada.id],
    )
    const denied = await ask(bearer(bob.token), '/reports/2026?page=2')
    assert.equal(denied.status, 403)
    assert.equal(JSON.parse(denied.text).code, 'ACCESS_DENIED')
    assert.equal(denied.headers['x-probity-subject-id'], undefined)
    assert.doesNotMatch(denied.text, /role|policy/)
    for (const { headers } of [allowed, denied]) await isRecorded(String(headers['x-probity-decision']))
    for (const headers of [{}, bearer('prb_of_nobody_at_all_and_long_enough')])
      assert.equal((await ask(headers, '/reports/2026')).status, 401)
    assert.equal((await ask(bearer(ada.token), '/reports/secret')).status, 403)
    assert.equal((await ask({ ...bearer(ada.token), host: 'other.example' }, '/reports/2026')).status, 403)
  })

  test(`${name}: the action is the method`, async () => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      assert.equal((await ask(bearer(ada.token), '/reports/1', method)).status, 200, method)
      assert.equal((await ask(bearer(bob.token), '/drafts', method)).status, method === 'DELETE' ? 200 : 403, method)
    }
    assert.equal((await ask(bearer(ada.token), '/reports/1', 'PROPFIND')).status, name === 'nginx' ? 200 : 405)
  })

  test(`${name}: a path is decoded once, and its query is no part of the question`, async () => {
    for (const path of [
      '/reports/a%20b',
      '/%72eports/1',
      '/reports/caf%C3%A9',
      '/reports/100%25',
      '/reports/..a/.b/c..',
    ])
      assert.equal((await ask(bearer(ada.token), path)).status, 200, path)
    for (const path of ['/people', '/people?', '/people?page=2', '/people?next=/../x%2f%zz?//'])
      assert.equal((await ask(bearer(bob.token), path)).status, 200, path)
    for (const path of ['/reports/%73ecret', '/reports/secret?x=/reports/1', '/other?/reports/1', '/reports'])
      assert.equal((await ask(bearer(ada.token), path)).status, 403, path)
  })

  for (const [what, path] of [
    ['a dot segment', '/reports/../secret'],
    ['a dot segment at the end', '/reports/..'],
    ['a single dot', '/reports/./1'],
    ['an encoded dot segment', '/reports/%2e%2e/secret'],
    ['a half encoded dot segment', '/reports/.%2E/secret'],
    ['a dot segment that is encoded twice', '/reports/%252e%252e/secret'],
    ['a dot segment with a parameter', '/reports/..;/secret'],
    ['a parameter', '/reports/1;x=2'],
    ['an encoded parameter', '/reports/..%3B/secret'],
    ['a double slash', '/reports//secret'],
    ['a double slash at the beginning', '//docs.example/reports/1'],
    ['an encoded slash', '/reports/1%2fsecret'],
    ['an encoded slash in capitals', '/reports/1%2Fsecret'],
    ['an encoded slash that is encoded twice', '/reports/1%252Fsecret'],
    ['a backslash', '/reports/..\\secret'],
    ['an encoded backslash', '/reports/..%5csecret'],
    ['NUL', '/reports/1%00'],
    ['a line feed', '/reports/1%0a'],
    ['an encoded number sign', '/reports/1%23'],
    ['a slash of too many bytes', '/reports/%c0%afsecret'],
    ['half a character', '/reports/%c3'],
    ['Latin-1', '/reports/caf%e9'],
    ['a byte that is not ASCII', '/reports/caf\u00e9'],
    ['a percent sign alone', '/reports/100%'],
    ['a path that is too long', `/reports/${'x'.repeat(1_000)}`],
  ] as const) {
    test(`${name}: ${what} lets nobody in`, async () => {
      const { status } = await ask(bearer(ada.token), path)
      // What the HTTP layer cannot decode, it says so of itself; to Envoy anything but 200 is a denial.
      assert.ok(status === 403 || (name === 'Envoy' && status === 400), String(status))
    })
  }

  test(`${name}: a host is the same in capitals, with a port or a dot at the end, and anything else is none`, async () => {
    for (const host of ['DOCS.example', 'docs.example:8443', 'docs.example.'])
      assert.equal((await ask({ ...bearer(ada.token), host }, '/reports/1')).status, 200, host)
    for (const host of [
      'docs.example/reports',
      'docs.example:x',
      'a@docs.example',
      'docs.example:80:80',
      '.docs.example',
    ])
      assert.equal((await ask({ ...bearer(ada.token), host }, '/reports/1')).status, 403, host)
  })

  test(`${name}: users who write a gateway’s headers stay who they are`, async () => {
    const forged = { 'x-probity-subject-type': 'user', 'x-probity-subject-id': ada.id }
    const deciding = { ...bearer(gateway), ...forged }
    assert.equal((await ask({ ...bearer(bob.token), ...forged }, '/reports/1')).status, 403)
    assert.equal((await ask(deciding, '/reports/1')).status, 403, 'the scope alone, in the header of users')
    assert.equal((await ask(forged, '/reports/1')).status, 401)
    for (const own of [{}, bearer(bob.token), bearer(ada.token)]) {
      const { status, text } = await ask({ ...own, ...forged, 'x-probity-gateway-token': bob.token }, '/reports/1')
      assert.deepEqual([status, JSON.parse(text).code], [403, 'SCOPE_MISSING'])
    }
    const wrong = { ...bearer(ada.token), ...forged, 'x-probity-gateway-token': '' }
    assert.equal((await ask(wrong, '/reports/1')).status, 401)
  })

  test(`${name}: a gateway names whom it has authenticated, whatever the user sent to the application`, async () => {
    const named = (id: string, type?: string): Headers => ({
      ...{ 'x-probity-gateway-token': gateway, 'x-probity-subject-id': id, authorization: 'Basic dXNlcjpwYXNz' },
      ...(type !== undefined && { 'x-probity-subject-type': type }),
    })
    for (const [headers, status] of [
      [named(ada.id), 200],
      [named(ada.id, 'user'), 200],
      [named(bob.id), 403],
      [named('eve', 'clerk'), 200],
      [named('bob', 'clerk'), 403],
      [named('eve'), 403],
      [{ ...named(bob.id), ...bearer(ada.token) }, 403],
      [{ 'x-probity-gateway-token': gateway, ...bearer(ada.token) }, 401],
      [named('eve, bob', 'clerk'), 401],
    ] as const) {
      const answer = await ask(headers, '/reports/1')
      assert.equal(answer.status, status, JSON.stringify(headers))
      if (status === 200) assert.equal(answer.headers['x-probity-subject-id'], headers['x-probity-subject-id'])
    }
  })

  test(`${name}: the address is that which the proxy tells of, and a condition on it holds or not`, async () => {
    for (const [forwarded, status] of [
      ['192.0.2.7', 200],
      ['::ffff:192.0.2.7', 200],
      ['198.51.100.7', 403],
      ['192.0.2.7, 198.51.100.7', 403],
      ['no address', 403],
    ] as const) {
      const headers = { ...bearer(bob.token), 'x-forwarded-for': forwarded }
      assert.equal((await ask(headers, '/office')).status, status, forwarded)
    }
  })

  test(`${name}: the application is told what not to show, or that nothing is hidden`, async () => {
    const masked = await ask(bearer(bob.token), '/people')
    assert.deepEqual([masked.status, masked.headers['x-probity-mask']], [200, 'salary,stra%C3%9Fe'])
    assert.equal((await ask(bearer(ada.token), '/reports/1')).headers['x-probity-mask'], '')
  })

  test(`${name}: what takes a second factor sends them to show it, and lets them through for as long as it says`, async () => {
    const someone = await person(server, { scopes: ['access:decide'] })
    const challenge = 'Bearer error="insufficient_user_authentication", max_age="300"'
    const isAsked = async (headers: Headers) => {
      const answer = await ask(headers, '/payments')
      assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, challenge])
      assert.equal(answer.headers['x-probity-subject-id'], undefined)
    }
    const ofGateway = { 'x-probity-gateway-token': gateway, 'x-probity-subject-id': someone.id }
    await isAsked(bearer(someone.token))
    const shown = (seconds: number, methods: string[]) =>
      server.sql(
        `UPDATE security_sessions SET methods = $2, authenticated_at = now() - make_interval(secs => $3) WHERE user_id = $1`,
        [someone.id, methods, seconds],
      )
    await shown(10, ['pwd', 'otp'])
    assert.equal((await ask(bearer(someone.token), '/payments')).status, 200)
    await isAsked(ofGateway)
    await isAsked({ ...ofGateway, 'x-probity-gateway-token': someone.token }) // what they showed as a gateway is no user's
    for (const [seconds, methods] of [
      [310, ['pwd', 'otp']],
      [10, ['pwd', 'remembered_device']],
      [10, ['pwd']],
    ] as const) {
      await shown(seconds, [...methods])
      await isAsked(bearer(someone.token))
    }
  })
}

test('a browser’s cookie is enough to read, and takes the page’s own proof for what changes anything', async () => {
  const login = { credential_type: 'username_password', tenant: 'first', username: ada.email, password: PASSWORD }
  const headers = { 'x-probity-cookies': '1' }
  const answer = await server.call('POST', '/v1/auth/login', login, { token: null, headers })
  const cookie = { cookie: cookieHeader(cookiesOf(answer)) }
  const proof = { ...cookie, 'x-csrf-token': answer.body.csrf_token }
  for (const ask of [byNginx, byEnvoy]) {
    for (const method of ['GET', 'HEAD']) assert.equal((await ask(cookie, '/reports/1', method)).status, 200)
    for (const method of ['POST', 'DELETE', 'OPTIONS']) {
      assert.equal((await ask(cookie, '/reports/1', method)).status, 403, method)
      assert.equal((await ask(proof, '/reports/1', method)).status, 200, method)
    }
  }
  assert.equal((await byNginx(cookie, '/reports/1', 'post')).status, 403)
})

test('nginx that does not say what was asked for gets no answer that lets through, nor Envoy one about what a user wrote', async () => {
  const own = bearer(ada.token)
  for (const headers of [{}, { 'x-original-uri': '/reports/1' }, { 'x-original-method': 'GET' }])
    assert.equal((await send('GET', '/access/v1/gateway', { ...own, ...headers })).status, 403)
  const forged = { ...own, 'x-original-uri': '/reports/1', 'x-original-method': 'GET' }
  assert.equal((await byEnvoy(forged, '/reports/secret')).status, 403)
  assert.equal((await byEnvoy(own, '')).status, 403)
})

test('a session that lacks the second factor that the tenant demands lets nobody through', async () => {
  const rules = (requires_second_factor: boolean) =>
    server.call('PATCH', '/v1/sign-in-rules', { requires_second_factor })
  assert.equal((await rules(true)).status, 200)
  for (const ask of [byNginx, byEnvoy]) {
    const { status, text } = await ask(bearer(ada.token), '/reports/1')
    assert.deepEqual([status, JSON.parse(text).code], [403, 'STEP_UP_REQUIRED'])
  }
  assert.equal((await rules(false)).status, 200)
  assert.equal((await byNginx(bearer(ada.token), '/reports/1')).status, 200)
})

async function isRecorded(id: string): Promise<void> {
  await until('the decision is an entry', async () => {
    const { body } = await server.call('GET', '/v1/audit/events?event_type=access.decided&limit=20')
    return body.events.some((one: { event_data: { decision: string } }) => one.event_data.decision === id)
  })
}

test('an address that is refused is told with what to send instead', async () => {
  for (const [target, told] of [
    ['/reports//2026', /has \/\//],
    ['/reports/%2e%2e/x', /\.\. as a part/],
    ['/reports/%ff', /no UTF-8/],
    ['reports', /X-Original-URI/],
  ] as const) {
    const answer = await byNginx(bearer(ada.token), target)
    const { code, message } = JSON.parse(answer.text)
    assert.deepEqual([answer.status, code], [403, 'ADDRESS_AMBIGUOUS'], target)
    assert.match(message, told)
  }
  assert.match(JSON.parse((await byNginx(bearer(ada.token), '/reports', '')).text).message, /X-Original-Method/)
})
