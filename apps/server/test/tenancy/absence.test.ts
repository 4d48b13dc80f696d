import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { administratorSession } from '../support/people.ts'
import { signingKey } from '../support/saml.ts'
import { type TestServer, testServer } from '../support/server.ts'

let server: TestServer
let b: { tenantId: string; token: string }
let ids: string[]
/** A person's of tenant A: what is one's own is no application's. */
let session: string
/** A SCIM client's of tenant A. */
let client: string
before(async () => {
  server = await testServer()
  b = await server.secondTenant('bravo')
  const sent = await server.call(
    'POST',
    '/v1/audit/events',
    { event_type: 'a.b', user_id: 'ada', action: 'do', outcome: 'Success' },
    { token: b.token },
  )
  const tokens = await server.call('GET', '/v1/tokens', undefined, { token: b.token })
  await logIn('bravo')
  session = (await logIn('first')).body.access_token
  const sessions = await server.sql<{ id: string; user_id: string }>(
    'SELECT id, user_id FROM security_sessions WHERE tenant_id = $1',
    [b.tenantId],
  )
  const event = await server.call('GET', `/v1/audit/events/${sent.body.results[0].event_id}`, undefined, {
    token: b.token,
  })
  assert.equal(event.status, 200)
  ids = [
    event.body.id,
    event.body.user_id,
    tokens.body.tokens[0].id,
    sessions[0]?.id ?? '',
    sessions[0]?.user_id ?? '',
    b.tenantId,
    ...(await others()),
  ]
  const account = await server.call('POST', '/v1/service-accounts', { name: 'directory' })
  const given = { name: 'scim', scopes: ['identity:provision'], service_account_id: account.body.id }
  client = (await server.call('POST', '/v1/tokens', given)).body.token
})
after(() => server.stop())

/** Ids of what else tenant B has. */
async function others(): Promise<string[]> {
  const made = [
    ['/v1/groups', { name: 'group' }],
    ['/v1/roles', { name: 'role' }],
    ['/v1/policies', { policy_name: 'policy', policy_type: 'Privacy', policy_rules: {} }],
    ['/v1/service-accounts', { name: 'directory' }],
    ['/v1/applications', { name: 'app', kind: 'machine' }],
    ['/v1/connections', { kind: 'oidc', name: 'idp', settings: { issuer: 'https://idp.example', client_id: 'x' } }],
    [
      '/v1/connections',
      {
        ...{ kind: 'saml', name: 'saml' },
        settings: {
          ...{ entity_id: 'https://idp.example', sso_url: 'https://idp.example/sso' },
          certificates: [(await signingKey()).certificate],
        },
      },
    ],
  ] as const
  const make = async (path: string, body: object, token = b.token) => {
    const answer = await server.call('POST', path, body, { token })
    assert.equal(answer.status, 201, answer.text)
    return answer.body.id as string
  }
  const [role_id, other_role_id] = [
    await make('/v1/roles', { name: 'payer' }),
    await make('/v1/roles', { name: 'approver' }),
  ]
  return [
    ...(await Promise.all(made.map(([path, body]) => make(path, body)))),
    await make('/v1/role-exclusions', { kind: 'static', role_id, other_role_id }),
    await make('/v1/access/reviews', { name: 'yearly', due_at: '2099-01-01T00:00:00Z', everything: true }),
    await make(
      '/v1/elevations',
      { role_id, duration_seconds: 300, reason: 'on call' },
      await administratorSession(server, 'bravo'),
    ),
  ]
}

/** What a route with an id is asked with, as far as it needs anything to get to the id. */
function bodyFor(path: string, method: string): { body?: unknown; headers?: Record<string, string> } {
  if (path.startsWith('/v1/auth/sso/logout'))
    return { body: 'logout_token=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  if (path.endsWith('/decide')) return { body: { decision: 'end', reason: 'x' } }
  if (path.endsWith('/impersonate')) return { body: { reason: 'x' } }
  if (path.endsWith('/rollback')) return { body: { to_version: 1 } }
  if (path.endsWith('/members') && method === 'POST') return { body: { user_id: randomUUID() } }
  if (!path.startsWith('/scim/') || method === 'GET' || method === 'DELETE') return {}
  const headers = { 'content-type': 'application/scim+json' }
  const core = 'urn:ietf:params:scim:schemas:core:2.0'
  const Operations = [{ op: 'add', path: 'displayName', value: 'x' }]
  if (method === 'PATCH')
    return { headers, body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations } }
  const isUser = path.includes('/Users')
  const named = isUser ? { userName: 'x@example.org' } : { displayName: 'x' }
  return { headers, body: { schemas: [`${core}:${isUser ? 'User' : 'Group'}`], ...named } }
}

function logIn(tenant: string) {
  const username = `admin@${tenant}.example`
  const password = 'correct horse battery staple'
  const body = { credential_type: 'username_password', tenant, username, password }
  return server.call('POST', '/v1/auth/login', body, { token: null })
}

test('to every route with an id, another tenant’s ids are as absent as ids that never were', async () => {
  const { paths } = (await server.call('GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, unknown>>
  }
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
  )
  const withId = routes.filter(({ path }) => path.includes('{id}') && !path.startsWith('/v1/tenants'))
  assert.ok(withId.length >= 5)
  for (const { method, path } of withId) {
    for (const id of ids) {
      const { body, headers = {} } = bodyFor(path, method)
      const isOfPerson = /^\/v1\/(me|elevations)\/|\/(impersonate|decide)$/.test(path)
      const token = isOfPerson ? session : path.startsWith('/scim/') ? client : server.token
      const at = path
        .replace('{tenant}', server.tenantId)
        .replace(/\{(user_id|item)\}/, randomUUID())
        .replace('{version}', '1')
      const ask = (of: string) => server.call(method, at.replace('{id}', of), body, { token, headers })
      const [theirs, never] = [await ask(id), await ask(randomUUID())]
      assert.equal(theirs.status, 404, `${method} ${path} ${theirs.text}`)
      const shape = ({ request_id: _, timestamp: __, ...rest }: Record<string, unknown>) => rest
      assert.deepEqual(shape(theirs.body), shape(never.body), `${method} ${path}`)
    }
  }
})

test('what tenant A attacked is as it was for tenant B', async () => {
  const tokens = await server.call('GET', '/v1/tokens', undefined, { token: b.token })
  assert.equal(tokens.status, 200)
  assert.equal(tokens.body.tokens[0].revoked_at, null)
  const sessions = await server.sql<{ revoked_at: Date | null }>(
    'SELECT revoked_at FROM security_sessions WHERE tenant_id = $1',
    [b.tenantId],
  )
  assert.equal(sessions[0]?.revoked_at, null)
})

test('an administrator who is no operator finds no tenant, not even the own, under /v1/tenants', async () => {
  for (const path of [
    '/v1/tenants',
    `/v1/tenants/${server.tenantId}`,
    `/v1/tenants/${b.tenantId}`,
    `/v1/tenants/${randomUUID()}`,
  ]) {
    const answer = await server.call('GET', path, undefined, { token: b.token })
    assert.deepEqual([answer.status, answer.body.code], [403, 'SCOPE_MISSING'])
  }
})

test('lists, searches, exports and tiles of tenant A hold nothing of tenant B', async () => {
  for (const path of [
    '/v1/tokens',
    '/v1/audit/events',
    '/v1/audit/events?text=a.b',
    '/v1/audit/checkpoint',
    '/v1/audit/key',
  ]) {
    const { status, text } = await server.call('GET', path)
    assert.equal(status, 200, path)
    for (const id of ids) assert.ok(!text.includes(id), `${path} tells ${id}`)
  }
})
