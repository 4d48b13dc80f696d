import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SCOPE_PERMITS, SCOPES } from '@probity/contract'
import { type Person, person } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
const roles = new Map<string, string>()
before(async () => {
  server = await testServer()
  const { body } = await call('GET', '/v1/roles')
  for (const { id, name } of body.roles) roles.set(name, id)
})
after(() => server.stop())

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const grant = (role: string, holder: object, token?: string) =>
  call('POST', '/v1/grants', { role_id: roles.get(role) ?? role, ...holder }, token)
async function given(role: string, holder: object): Promise<string> {
  const made = await grant(role, holder)
  assert.equal(made.status, 201, made.text)
  return made.body.id
}
const opens = async ({ token }: Person, path: string, method = 'GET', body?: object) =>
  (await call(method, path, body, token)).status < 300
/** Administers the tenant, and may neither open what is sealed nor erase anybody. */
const administrator = () => person(server, { scopes: ['tenant:admin'] })
let count = 0
async function role(permissions: object[], more: object = {}, token?: string): Promise<string> {
  const made = await call('POST', '/v1/roles', { name: `role ${++count}`, permissions, ...more }, token)
  assert.equal(made.status, 201, made.text)
  return made.body.id
}
async function group(): Promise<string> {
  return (await call('POST', '/v1/groups', { name: `group ${++count}` })).body.id
}

test('every route says what it does to what, and a scope that lets one do it; one without fails here', async () => {
  const { paths } = (await call('GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, { security: object[]; 'x-permits'?: string[]; 'x-scopes'?: string[] }>>
  }
  const known = new Set<string>(Object.values(SCOPE_PERMITS).flat())
  const own: string[] = []
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { security, 'x-permits': permits = [], 'x-scopes': scopes = [] }] of Object.entries(methods)) {
      for (const permit of permits) {
        assert.ok(known.has(permit), `${method} ${path}: ${permit}`)
        const opened = scopes.flatMap((scope) => [...SCOPE_PERMITS[scope as keyof typeof SCOPE_PERMITS]] as string[])
        assert.ok(opened.includes(permit), `${method} ${path}: no scope of it permits ${permit}`)
      }
      if (permits.length === 0 && security.length > 0) own.push(path)
    }
  const isOwn = /^\/access\/v1\/gateway|^\/v1\/(me\b|auth\/|grants|elevations|access\/(reviews|moments))/
  assert.deepEqual(
    own.filter((path) => !isOwn.test(path)),
    [],
    'of what needs nothing but to be known, each decides within',
  )
  const used = new Set(
    Object.values(paths).flatMap((one) => Object.values(one).flatMap((each) => each['x-permits'] ?? [])),
  )
  assert.deepEqual(
    [...known].filter((permit) => !used.has(permit)),
    ['audit_entry:read_personal'],
    'what no route asks for; that one depends on the query',
  )
})

test('the roles that every tenant has name what there is; what one has by a role, which may end, one makes nothing lasting of', async () => {
  const known = SCOPES.flatMap((scope) => [...SCOPE_PERMITS[scope]] as string[])
  const { body } = await call('GET', '/v1/roles')
  for (const { name, is_system, permissions } of body.roles)
    for (const { resource, action } of is_system ? permissions : [])
      assert.ok(name === 'owner' || known.includes(`${resource}:${action}`), `${name}: ${action} ${resource}`)
  const ada = await person(server)
  assert.equal(await opens(ada, '/v1/sign-in-rules'), false)
  await given('administrator', { user_id: ada.id })
  await until('it counts', () => opens(ada, '/v1/sign-in-rules'))
  assert.equal(await opens(ada, '/v1/users', 'POST', { email: 'plain@first.example', scopes: [] }), true)
  const lasting = { name: 'lasting', scopes: ['tenant:admin'] }
  assert.deepEqual(code(await call('POST', '/v1/tokens', lasting, ada.token)), [403, 'SCOPE_MISSING'])
  const friend = { email: 'friend@first.example', scopes: ['tenant:admin'] }
  assert.deepEqual(code(await call('POST', '/v1/users', friend, ada.token)), [403, 'SCOPE_MISSING'])
  const { id } = await person(server)
  assert.deepEqual(code(await grant('administrator', { user_id: id }, ada.token)), [403, 'GRANT_REFUSED'])
})

test('a role opens what it names and nothing else, from the moment it is given until it is taken back, on every server', async () => {
  const auditor = await person(server)
  const other = await testServer({}, server.installation)
  try {
    assert.deepEqual(code(await call('GET', '/v1/users', undefined, auditor.token)), [403, 'SCOPE_MISSING'])
    const id = await given('auditor', { user_id: auditor.id })
    for (const path of ['/v1/users', '/v1/audit/events', '/v1/roles', '/v1/policies']) {
      await until(`${path} is opened`, () => opens(auditor, path))
      assert.equal((await other.call('GET', path, undefined, { token: auditor.token })).status, 200)
    }
    assert.equal(await opens(auditor, '/v1/audit/verify', 'POST', { start_position: 0 }), true)
    for (const [method, path] of [
      ['POST', '/v1/users'],
      ['POST', '/v1/roles'],
      ['GET', '/v1/audit/events?personal=true'],
      ['DELETE', `/v1/privacy/data-subjects/${auditor.id}`],
      ['GET', '/v1/tenants'],
      ['POST', '/v1/keys/rotate'],
    ] as const)
      assert.deepEqual(
        code(await call(method, path, method === 'GET' ? undefined : {}, auditor.token)),
        [403, 'SCOPE_MISSING'],
        path,
      )
    await call('DELETE', `/v1/grants/${id}`)
    assert.equal(await opens(auditor, '/v1/users'), false, 'here at once')
    await until(
      'and there',
      async () => (await other.call('GET', '/v1/users', undefined, { token: auditor.token })).status === 403,
    )
  } finally {
    await other.stop()
  }
})

test('a role counts by a group, until it ends, and not on one resource alone or under a condition that does not hold', async () => {
  const [ada, bob, cyd, dan] = [await person(server), await person(server), await person(server), await person(server)]
  const readers = await group()
  await call('POST', `/v1/groups/${readers}/members`, { user_id: ada.id })
  const reads = await role([{ resource: 'user', action: 'read' }])
  const member = await given(reads, { group_id: readers })
  await until('by the group', () => opens(ada, '/v1/users'))
  await call('DELETE', `/v1/grants/${member}`)
  assert.equal(await opens(ada, '/v1/users'), false)
  await given(reads, { user_id: bob.id, resource_type: 'user', resource_id: ada.id })
  await given(
    await role([{ resource: 'user', action: 'read', conditions: [{ type: 'network', networks: ['192.0.2.1'] }] }]),
    { user_id: cyd.id },
  )
  const brief = new Date(Date.now() + 2_500).toISOString()
  await given(reads, { user_id: dan.id, resource_type: 'user', expires_at: brief })
  await until('while it lasts', () => opens(dan, '/v1/users'))
  while (Date.now() < Date.parse(brief) - 50) assert.equal(await opens(dan, '/v1/users'), true)
  await until('its time has come', () => Date.now() >= Date.parse(brief))
  assert.equal(await opens(dan, '/v1/users'), false, 'also where it was known a moment ago')
  for (const one of [bob, cyd]) assert.equal(await opens(one, '/v1/users'), false)
})

test('roles count in one’s own session: not in a token, and not for who acts as somebody', async () => {
  const [boss, ada] = [await person(server, { scopes: ['tenant:admin', 'audit:read'] }), await person(server)]
  await given('auditor', { user_id: ada.id })
  await until('in the session', () => opens(ada, '/v1/users'))
  const acted = await call('POST', `/v1/users/${ada.id}/impersonate`, { reason: 'a question' }, boss.token)
  assert.equal(acted.status, 200, acted.text)
  assert.equal(await opens({ ...ada, token: acted.body.access_token }, '/v1/users'), false)
})

test('a policy that forbids takes away what roles open, and one that permits opens nothing here', async () => {
  const [ada, bob, second] = [await person(server), await person(server), await administrator()]
  await given('auditor', { user_id: ada.id })
  await given('viewer', { user_id: bob.id })
  await until('the role opens it', () => opens(ada, '/v1/users'))
  const cedar = `forbid (principal == User::"${ada.id}", action == Action::"read", resource is user);
    permit (principal == User::"${bob.id}", action, resource);`
  await policyInForce(server, second.token, cedar)
  await until('it is taken away', async () => !(await opens(ada, '/v1/users')))
  assert.equal(await opens(ada, '/v1/roles'), true)
  assert.deepEqual([await opens(bob, '/v1/roles'), await opens(bob, '/v1/users')], [true, false])
})

test('nobody opens of Probity to others what they may not do: by a grant, an edit, a parent, a group or an elevation', async () => {
  const [admin, friend] = [await administrator(), await person(server)]
  const refused = [403, 'GRANT_REFUSED']
  for (const name of ['owner', 'compliance officer', 'security analyst', 'ingest'])
    assert.deepEqual(code(await grant(name, { user_id: friend.id }, admin.token)), refused, name)
  const everything = await role([{ resource: '*', action: '*' }], {}, admin.token)
  assert.deepEqual(
    code(await grant(everything, { user_id: friend.id }, admin.token)),
    refused,
    '* is everything, Probity’s own too',
  )
  const harmless = await role([{ resource: 'invoice', action: 'read' }], {}, admin.token)
  assert.equal((await grant(harmless, { user_id: friend.id }, admin.token)).status, 201)
  const erases = [{ resource: 'data_subject', action: 'erase', conditions: [{ type: 'owner' }] }]
  for (const change of [{ permissions: erases }, { parent_roles: [roles.get('owner')] }])
    assert.deepEqual(
      code(await call('PATCH', `/v1/roles/${harmless}`, change, admin.token)),
      refused,
      JSON.stringify(change),
    )
  const officers = await group()
  await given('compliance officer', { group_id: officers })
  const joined = await call('POST', `/v1/groups/${officers}/members`, { user_id: friend.id }, admin.token)
  assert.deepEqual(code(joined), [403, 'SCOPE_MISSING'])
  const asked = {
    role_id: roles.get('compliance officer'),
    resource_type: null,
    resource_id: null,
    duration_seconds: 600,
    reason: 'now',
  }
  const elevation = await call('POST', '/v1/elevations', asked, friend.token)
  assert.deepEqual(
    code(await call('POST', `/v1/elevations/${elevation.body.id}/approve`, undefined, admin.token)),
    refused,
  )
  assert.equal((await grant('auditor', { user_id: friend.id }, server.token)).status, 201, 'who may all of it gives it')
})

test('nobody takes over who may more by roles: not by their address, nor by a connection that they log in by', async () => {
  const [admin, officer] = [await administrator(), await person(server)]
  await given('compliance officer', { user_id: officer.id })
  const readdressed = await call('PATCH', `/v1/users/${officer.id}`, { email: 'mine@first.example' }, admin.token)
  assert.deepEqual(code(readdressed), [403, 'SCOPE_MISSING'])
  const sealed = await person(server, { scopes: ['audit:read_personal'] })
  const also = await call('PATCH', `/v1/users/${sealed.id}`, { email: 'mine@first.example' }, admin.token)
  assert.deepEqual(code(also), [403, 'SCOPE_MISSING'], 'nor who may more by scopes')
  const named = await call('PATCH', `/v1/users/${officer.id}`, { display_name: 'Officer' }, admin.token)
  assert.equal(named.status, 200)
  const settings = { issuer: 'https://idp.example', client_id: 'probity' }
  const { body } = await call('POST', '/v1/connections', { kind: 'oidc', name: 'idp', settings })
  await server.sql(
    `INSERT INTO external_identities (tenant_id, connection_id, subject_index, user_id, created_at, last_login_at) VALUES ($1, $2, sha256('sub'), $3, now(), now())`,
    [server.tenantId, body.id, officer.id],
  )
  const moved = await call(
    'PATCH',
    `/v1/connections/${body.id}`,
    { settings: { ...settings, issuer: 'https://mine.example' } },
    admin.token,
  )
  assert.deepEqual(code(moved), [403, 'SCOPE_MISSING'])
})

test('what an application tells of people opens nothing of Probity', async () => {
  const ada = await person(server, { scopes: ['access:decide'] })
  const cleared = { type: 'attribute', attribute: 'principal.cleared', operator: 'equals', value: true }
  await given(await role([{ resource: 'user', action: 'read', conditions: [cleared] }]), { user_id: ada.id })
  const entities = [{ type: 'User', id: ada.id, attributes: { cleared: true } }]
  assert.equal((await call('PUT', '/v1/access/entities', { entities }, ada.token)).status, 200)
  const asked = { action: 'read', resource: 'user/1' }
  assert.equal(
    (await call('POST', '/v1/auth/authorize', asked, ada.token)).body.authorized,
    true,
    'for an application it counts',
  )
  await call('POST', '/v1/grants', { role_id: roles.get('viewer'), user_id: ada.id })
  await until('who they are is looked up anew', () => opens(ada, '/v1/roles'))
  assert.equal(await opens(ada, '/v1/users'), false)
})

test('nobody hands on what a policy takes from them, though their role has it with grant option', async () => {
  const [lead, other] = [await person(server), await person(server)]
  const second = await person(server, { scopes: ['tenant:admin', 'access:decide'] })
  const writes = await role([{ resource: 'role', action: 'write', conditions: [] }])
  await call('POST', '/v1/grants', { role_id: writes, user_id: lead.id, with_grant_option: true })
  assert.equal(await opens(lead, '/v1/roles', 'POST', { name: `made ${++count}` }), true)
  const cedar = `forbid (principal == User::"${lead.id}", action == Action::"write", resource is role);`
  await policyInForce(server, second.token, cedar)
  await until(
    'it is taken from them',
    async () => !(await opens(lead, '/v1/roles', 'POST', { name: `made ${++count}` })),
  )
  const handed = await call('POST', '/v1/grants', { role_id: writes, user_id: other.id }, lead.token)
  assert.deepEqual([handed.status, handed.body.code], [403, 'GRANT_REFUSED'])
})
