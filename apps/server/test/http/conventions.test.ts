import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer({ body_limit_bytes: '65536' })
})
after(() => server.stop())

const token = (fields: object = {}) => ({ name: 'collector', scopes: ['audit:write'], ...fields })

test('a repeat under an Idempotency-Key gets the first answer, another request under it is refused', async () => {
  const headers = { 'idempotency-key': 'once-and-for-all' }
  const first = await server.call('POST', '/v1/tokens', token(), { headers })
  const again = await server.call('POST', '/v1/tokens', token(), { headers })
  const other = await server.call('POST', '/v1/tokens', token({ name: 'another' }), { headers })
  assert.equal(first.status, 201)
  assert.equal(again.status, 201)
  assert.deepEqual(again.body, first.body)
  assert.equal(other.status, 409)
  assert.equal(other.body.code, 'IDEMPOTENCY_KEY_REUSED')
  const stored = await server.sql<{ row: string }>(
    `SELECT encode(answer_sealed, 'escape') AS row FROM idempotency_keys`,
  )
  assert.ok(stored.every(({ row }) => !row.includes(first.body.token)))
})

test('a refused request leaves its Idempotency-Key free', async () => {
  const headers = { 'idempotency-key': 'second-chance' }
  const refused = await server.call('POST', '/v1/tenants', { name: 'first' }, { headers })
  const mended = await server.call('POST', '/v1/tenants', { name: 'second-chance' }, { headers })
  assert.equal(refused.status, 409)
  assert.equal(mended.status, 201)
})

test('every refusal is a problem with a code, a request id and a time, and tells nothing of the inside', async () => {
  const answers = await Promise.all([
    server.call('GET', '/v1/nothing'),
    server.call('GET', '/v1/audit/events', undefined, { token: null }),
    server.call('GET', '/v1/audit/events?limit=many'),
    server.call('GET', '/v1/audit/events?cursor=nonsense'),
    server.call('POST', '/v1/audit/events', '{"a":', {}),
    server.call('POST', '/v1/audit/events', 'x', { headers: { 'content-type': 'text/plain' } }),
    server.call('POST', '/v1/audit/events', { event_type: 'x', event_data: { a: 'y'.repeat(70_000) } }),
  ])
  const expected = [404, 401, 400, 400, 400, 415, 413]
  for (const [i, answer] of answers.entries()) {
    assert.equal(answer.status, expected[i], answer.text)
    assert.match(answer.headers.get('content-type') ?? '', /application\/problem\+json/)
    assert.equal(answer.body.request_id, answer.headers.get('x-request-id'))
    assert.ok(Date.parse(answer.body.timestamp) > 0)
    assert.doesNotMatch(answer.text, /node_modules|\.ts:|SELECT|pg_/)
  }
})

test('a token that calls too often is told to wait', async () => {
  const slow = await testServer({ rate_limit_per_second: '2' })
  try {
    const answers = await Promise.all(Array.from({ length: 12 }, () => slow.call('GET', '/v1/tokens')))
    const limited = answers.find((answer) => answer.status === 429)
    assert.ok(Number(limited?.headers.get('retry-after')) >= 1)
  } finally {
    await slow.stop()
  }
})

test('a token without a scope is refused on every route that needs one, and the refusal is an entry', async () => {
  const { paths } = (await server.call('GET', '/openapi.json')).body
  const bare = (await server.call('POST', '/v1/tokens', token({ name: 'bare', scopes: ['audit:verify'] }))).body.token
  for (const [path, operations] of Object.entries<Record<string, { 'x-scopes'?: string[] }>>(paths)) {
    for (const [method, { 'x-scopes': scopes = [] }] of Object.entries(operations)) {
      if (scopes.length === 0 || scopes.includes('audit:verify')) continue
      const at = path.replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000')
      const body = method === 'get' ? undefined : {}
      const answer = await server.call(method.toUpperCase(), at, body, { token: bare })
      assert.equal(answer.status, 403, `${method} ${path}`)
    }
  }
  await until('the refusals are recorded', async () => {
    const found = await server.call('POST', '/v1/audit/search', { event_type: 'access.refused', limit: 1 })
    return found.body.events.length === 1
  })
})

test('a suspended tenant reads and does not write, and works again when it is reactivated', async () => {
  const tenant = await server.secondTenant('to-suspend')
  const write = () => server.call('POST', '/v1/audit/events', { event_type: 'x' }, { token: tenant.token })
  assert.equal((await write()).status, 200)
  assert.equal((await server.call('POST', `/v1/tenants/${tenant.tenantId}/suspend`, {})).body.is_active, false)
  assert.equal((await write()).body.code, 'TENANT_SUSPENDED')
  assert.equal((await server.call('GET', '/v1/audit/events', undefined, { token: tenant.token })).status, 200)
  await server.call('POST', `/v1/tenants/${tenant.tenantId}/reactivate`, {})
  assert.equal((await write()).status, 200)
})

test('only an operator makes tenants, and nobody gives a scope that they lack', async () => {
  const tenant = await server.secondTenant('no-operator')
  const made = await server.call('POST', '/v1/tenants', { name: 'x' }, { token: tenant.token })
  const given = await server.call('POST', '/v1/tokens', token({ scopes: ['platform:operate'] }), {
    token: tenant.token,
  })
  assert.equal(made.status, 403)
  assert.equal(given.status, 403)
})

test('a log-in answers the same for a wrong password and an unknown name; a right one starts a session that ends', async () => {
  const login = (fields: object) =>
    server.call(
      'POST',
      '/v1/auth/login',
      {
        credential_type: 'username_password',
        tenant: 'first',
        username: 'admin@first.example',
        password: 'correct horse battery staple',
        ...fields,
      },
      { token: null },
    )
  const wrong = await login({ password: 'not that one' })
  const unknown = await login({ username: 'nobody' })
  const elsewhere = await login({ tenant: 'nowhere' })
  for (const answer of [wrong, unknown, elsewhere]) {
    assert.equal(answer.status, 401)
    const { request_id: _, timestamp: __, ...same } = answer.body
    const { request_id: ___, timestamp: ____, ...first } = wrong.body
    assert.deepEqual(same, first)
  }
  const right = await login({})
  assert.equal(right.status, 200, right.text)
  const session = right.body.access_token
  assert.equal((await server.call('GET', '/v1/tokens', undefined, { token: session })).status, 200)
  assert.equal((await server.call('POST', '/v1/auth/logout', {}, { token: session })).status, 200)
  assert.equal((await server.call('GET', '/v1/tokens', undefined, { token: session })).status, 401)
})

test('a revoked token is refused at once', async () => {
  const made = (await server.call('POST', '/v1/tokens', token({ scopes: ['audit:read'] }))).body
  assert.equal((await server.call('GET', '/v1/audit/events', undefined, { token: made.token })).status, 200)
  await server.call('DELETE', `/v1/tokens/${made.id}`)
  assert.equal((await server.call('GET', '/v1/audit/events', undefined, { token: made.token })).status, 401)
})
