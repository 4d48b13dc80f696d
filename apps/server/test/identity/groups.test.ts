import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { logIn, person } from '../support/people.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

let count = 0
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]

const somebody = (scopes: string[] = []) => person(server, { scopes })
async function group(scopes: string[]): Promise<{ id: string; version: number }> {
  const made = await call('POST', '/v1/groups', { name: `group ${++count}`, scopes })
  assert.equal(made.status, 201, made.text)
  return made.body
}
const search = (token: string) => call('GET', '/v1/audit/events?limit=1', undefined, token)

test('who is in a group may what it opens, beside what they may themselves, until either ends', async () => {
  const { id } = await group(['audit:read'])
  const ada = await somebody(['audit:verify'])
  assert.equal((await search(ada.token)).status, 403)
  assert.equal((await call('POST', `/v1/groups/${id}/members`, { user_id: ada.id })).status, 200)
  assert.equal((await search(ada.token)).status, 200, 'a session that was there already')
  assert.deepEqual((await logIn(server, ada.email)).body.permissions, ['audit:verify', 'audit:read'])
  assert.deepEqual((await call('GET', `/v1/groups/${id}/members`)).body, {
    members: [{ user_id: ada.id }],
    next_cursor: null,
  })
  await call('PATCH', `/v1/groups/${id}`, { scopes: [] })
  assert.equal((await search(ada.token)).status, 403)
  await call('PATCH', `/v1/groups/${id}`, { scopes: ['audit:read'] })
  assert.equal((await search(ada.token)).status, 200)
  assert.equal((await call('DELETE', `/v1/groups/${id}/members/${ada.id}`)).status, 200)
  assert.equal((await search(ada.token)).status, 403)
})

test('what a group opens ends on every server when it ends on one', async () => {
  const second = await testServer({}, server.installation)
  try {
    const { id } = await group(['audit:read'])
    const ada = await somebody()
    await call('POST', `/v1/groups/${id}/members`, { user_id: ada.id })
    const there = () => second.call('GET', '/v1/audit/events?limit=1', undefined, { token: ada.token })
    assert.equal((await there()).status, 200)
    await call('DELETE', `/v1/groups/${id}`)
    await until('it is refused there', async () => (await there()).status === 403)
  } finally {
    await second.stop()
  }
})

test('nobody gives by a group what they do not have, to themselves, or over another’s change', async () => {
  const small = await somebody(['tenant:admin'])
  assert.deepEqual(code(await call('POST', '/v1/groups', { name: 'x', scopes: ['audit:read'] }, small.token)), [
    403,
    'SCOPE_MISSING',
  ])
  const big = await group(['subject:erase'])
  const other = await somebody()
  const members = `/v1/groups/${big.id}/members`
  assert.deepEqual(code(await call('POST', members, { user_id: other.id }, small.token)), [403, 'SCOPE_MISSING'])
  assert.deepEqual(code(await call('POST', members, { user_id: server.userId })), [400, 'VALIDATION_FAILED'])
  const own = await group([])
  await call('POST', `/v1/groups/${own.id}/members`, { user_id: small.id })
  const more = await call('PATCH', `/v1/groups/${own.id}`, { scopes: ['tenant:admin'] }, small.token)
  assert.deepEqual(code(more), [400, 'VALIDATION_FAILED'])
  assert.deepEqual(code(await call('PATCH', `/v1/groups/${own.id}`, { name: 'y', version: 1 })), [
    412,
    'VERSION_MISMATCH',
  ])
  const { body } = await call('GET', '/v1/groups?limit=1')
  assert.deepEqual(code(await call('POST', '/v1/groups', { name: body.groups[0].name.toUpperCase() })), [
    409,
    'NAME_TAKEN',
  ])
  assert.deepEqual(code(await call('POST', members, { user_id: '01890000-0000-7000-8000-000000000000' })), [
    404,
    'NOT_FOUND',
  ])
})

test('the last who administers by themselves stays, whoever does so by a group', async () => {
  const { id } = await group(['tenant:admin'])
  const ada = await somebody()
  await call('POST', `/v1/groups/${id}/members`, { user_id: ada.id })
  const others = (await call('GET', '/v1/users?status=active&limit=500')).body.users
  for (const user of others)
    if (user.scopes.includes('tenant:admin') && user.id !== server.userId) await call('DELETE', `/v1/users/${user.id}`)
  assert.equal((await call('GET', '/v1/users', undefined, ada.token)).status, 200)
  assert.deepEqual(code(await call('POST', `/v1/users/${server.userId}/suspend`, {}, ada.token)), [
    409,
    'LAST_ADMINISTRATOR',
  ])
  assert.deepEqual(code(await call('DELETE', `/v1/users/${server.userId}`, undefined, ada.token)), [
    409,
    'LAST_ADMINISTRATOR',
  ])
})

test('somebody who is taken away is gone at once, their name is free, and can then be erased as a person', async () => {
  const ada = await somebody(['tenant:admin', 'audit:read'])
  const made = await call('POST', '/v1/tokens', { name: 'hers', scopes: ['audit:read'] }, ada.token)
  assert.equal((await search(made.body.token)).status, 200)
  const gone = await call('DELETE', `/v1/users/${ada.id}`)
  assert.deepEqual([gone.status, gone.body], [200, { id: ada.id, erasure: `/v1/privacy/data-subjects/${ada.id}` }])
  for (const token of [ada.token, made.body.token]) assert.equal((await search(token)).status, 401)
  assert.deepEqual(code(await logIn(server, ada.email)), [401, 'CREDENTIALS_INVALID'])
  assert.equal((await call('GET', `/v1/users/${ada.id}`)).status, 404)
  assert.deepEqual(code(await call('DELETE', `/v1/users/${server.userId}`)), [400, 'VALIDATION_FAILED'])
  const erased = await call('DELETE', gone.body.erasure, { legal_basis: 'asked' })
  assert.equal(erased.status, 200, erased.text)
  assert.equal((await call('POST', '/v1/users', { email: ada.email })).status, 201)
})

test('an account of an application has an owner and tokens, acts under its own name, and cannot log in', async () => {
  const owner = await somebody(['tenant:admin'])
  const made = await call('POST', '/v1/service-accounts', { name: 'shop', owner_id: owner.id })
  assert.deepEqual([made.status, made.body.owner_id, made.body.owner_is_active], [201, owner.id, true])
  const { id } = made.body
  const body = { name: 'key', scopes: ['audit:write', 'tenant:admin'], service_account_id: id }
  const { token } = (await call('POST', '/v1/tokens', body)).body
  const group = await call('POST', '/v1/groups', { name: `by the shop ${++count}` }, token)
  assert.equal(group.status, 201, group.text)
  await until('it is an entry under its own name', async () => {
    const { body } = await call('GET', `/v1/audit/events?resource=group/${group.body.id}`)
    return JSON.stringify(body.events).includes(`service-account/${id}`)
  })
  assert.equal((await call('GET', `/v1/users/${id}`)).status, 404)
  for (const path of ['/v1/me', '/v1/me/sessions'])
    assert.deepEqual(code(await call('GET', path, undefined, token)), [403, 'SESSION_REQUIRED'], path)
  await call('DELETE', `/v1/users/${owner.id}`)
  const listed = (await call('GET', '/v1/service-accounts')).body.service_accounts
  assert.equal(listed.find((one: { id: string }) => one.id === id).owner_is_active, false, 'it outlives its owner')
  assert.equal((await call('GET', '/v1/groups', undefined, token)).status, 200)
  await call('PATCH', `/v1/service-accounts/${id}`, { is_enabled: false })
  assert.equal((await call('GET', '/v1/groups', undefined, token)).status, 401)
  assert.deepEqual(code(await call('POST', '/v1/service-accounts', { name: 'shop' })), [409, 'NAME_TAKEN'])
  assert.deepEqual(code(await call('PATCH', `/v1/service-accounts/${id}`, { owner_id: owner.id })), [404, 'NOT_FOUND'])
  const stranger = await call('POST', '/v1/tokens', { ...body, service_account_id: server.userId })
  assert.deepEqual(code(stranger), [404, 'NOT_FOUND'])
  const beyond = await call('POST', '/v1/tokens', { ...body, scopes: ['platform:operate'] }, owner.token)
  assert.equal(beyond.status, 401)
})
