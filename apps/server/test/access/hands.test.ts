import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Person, person } from '../support/people.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
let owner: Person
let maker: Person
let other: Person
before(async () => {
  server = await testServer()
  const scopes = ['tenant:admin', 'access:decide', 'identity:provision']
  owner = await person(server, { scopes })
  maker = await person(server, { scopes })
  other = await person(server, { scopes: [] })
})
after(() => server.stop())

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const REFUSED = [403, 'GRANT_REFUSED']
let count = 0
const unique = (what: string) => `${what} ${++count}`
const ok = async (...given: Parameters<typeof call>): Promise<Answer['body']> => {
  const answer = await call(...given)
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}
const role = async () => (await ok('POST', '/v1/roles', { name: unique('role') })).id as string
const group = async (scopes: string[] = []) => (await ok('POST', '/v1/groups', { name: unique('group'), scopes })).id
const give = (role_id: string, user_id: string, token: string) =>
  call('POST', '/v1/grants', { role_id, user_id }, token)
/** An account of `owner`, with the token that `maker` made for it. */
async function application(scopes = ['tenant:admin']) {
  const account = (await ok('POST', '/v1/service-accounts', { name: unique('robot'), owner_id: owner.id })).id
  const asked = { name: unique('token'), scopes, service_account_id: account }
  const { id, token } = await ok('POST', '/v1/tokens', asked, maker.token)
  return { account: account as string, key: id as string, token: token as string }
}

test('what an application gives, its owner and who made its token give: to neither of them, and to others', async () => {
  const { account, token } = await application()
  const reads = await role()
  for (const { id } of [owner, maker]) {
    assert.deepEqual(code(await give(reads, id, token)), REFUSED)
    const joined = await group()
    await ok('POST', `/v1/groups/${joined}/members`, { user_id: id })
    assert.deepEqual(code(await call('POST', '/v1/grants', { role_id: reads, group_id: joined }, token)), REFUSED)
  }
  assert.deepEqual(code(await give(reads, account, token)), REFUSED, 'nor to itself')
  assert.equal((await give(reads, other.id, token)).status, 201)
})

test('an application edits no role that its owner, or who made its token, has: themselves, by a group, or as a parent', async () => {
  const { token } = await application()
  const permissions = [{ resource: 'invoice', action: 'pay' }]
  const edit = async (id: string, body: object) => call('PATCH', `/v1/roles/${id}`, body, token)
  const [parent, own, shared] = [await role(), await role(), await role()]
  await ok('PATCH', `/v1/roles/${own}`, { parent_roles: [parent] })
  await ok('POST', '/v1/grants', { role_id: own, user_id: owner.id })
  const joined = await group()
  await ok('POST', `/v1/groups/${joined}/members`, { user_id: maker.id })
  await ok('POST', '/v1/grants', { role_id: shared, group_id: joined })
  for (const id of [parent, own, shared]) assert.deepEqual(code(await edit(id, { permissions })), REFUSED)
  assert.deepEqual(code(await edit(own, { parent_roles: [await role()] })), REFUSED)
  assert.equal((await edit(await role(), { permissions })).status, 200)
})

test('an application changes neither what groups open that they are in, nor puts them there, nor changes their scopes', async () => {
  const { token } = await application()
  for (const { id } of [owner, maker]) {
    const joined = await group()
    assert.deepEqual(code(await call('POST', `/v1/groups/${joined}/members`, { user_id: id }, token)), [
      ...[400, 'VALIDATION_FAILED'],
    ])
    await ok('POST', `/v1/groups/${joined}/members`, { user_id: id })
    const more = await call('PATCH', `/v1/groups/${joined}`, { scopes: ['tenant:admin'] }, token)
    assert.deepEqual(code(more), [400, 'VALIDATION_FAILED'])
    const scopes = await call('PATCH', `/v1/users/${id}`, { scopes: ['tenant:admin'] }, token)
    assert.deepEqual(code(scopes), [400, 'VALIDATION_FAILED'])
  }
  const joined = await group()
  assert.equal((await call('POST', `/v1/groups/${joined}/members`, { user_id: other.id }, token)).status, 200)
})

test('a token counts as made by who made it when it was shown for another, and made another', async () => {
  const first = await application()
  const reads = await role()
  const shown = { credential_type: 'api_key', api_key: first.key, api_secret: first.token }
  const issued = (await ok('POST', '/v1/auth/login', shown, null)).access_token
  const account = (await ok('POST', '/v1/service-accounts', { name: unique('robot'), owner_id: other.id })).id
  const asked = { name: unique('token'), scopes: ['tenant:admin'], service_account_id: account }
  const made = (await ok('POST', '/v1/tokens', asked, issued)).token
  for (const token of [issued, made])
    for (const { id } of [owner, maker]) assert.deepEqual(code(await give(reads, id, token)), REFUSED)
  assert.deepEqual(code(await give(reads, other.id, made)), REFUSED, 'of its account the owner counts too')
  assert.deepEqual(code(await give(reads, first.account, made)), REFUSED, 'and the application that made it')
})

test('who comes to own the account counts from then on; who made its token, and who handed it on, go on to', async () => {
  const { account, token } = await application()
  const reads = await role()
  const change = (owner_id: string) => call('PATCH', `/v1/service-accounts/${account}`, { owner_id }, owner.token)
  assert.equal((await change(other.id)).status, 200)
  assert.deepEqual(code(await give(reads, other.id, token)), REFUSED)
  assert.deepEqual(code(await give(reads, maker.id, token)), REFUSED)
  assert.deepEqual(code(await give(reads, owner.id, token)), REFUSED)
  const { id } = await person(server)
  assert.equal((await give(reads, id, token)).status, 201)
})

test('a directory’s client puts its owner, and who made its token, into no group that opens something, and else everywhere', async () => {
  const { token } = await application(['identity:provision'])
  const scim = async (method: string, path: string, body: object) => {
    const headers = { 'content-type': 'application/scim+json' }
    return server.call(method, `/scim/v2${path}`, body, { token, headers })
  }
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:Group']
  const add = (id: string, user: string) => {
    const Operations = [{ op: 'add', path: 'members', value: [{ value: user }] }]
    return scim('PATCH', `/Groups/${id}`, {
      ...{ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations },
    })
  }
  const made = async (): Promise<string> => {
    const answer = await scim('POST', '/Groups', { schemas, displayName: unique('group') })
    assert.equal(answer.status, 201, answer.text)
    return answer.body.id
  }
  const [plain, scoped, roled] = [await made(), await made(), await made()]
  await ok('PATCH', `/v1/groups/${scoped}`, { scopes: ['audit:read'] })
  await ok('POST', '/v1/grants', { role_id: await role(), group_id: roled })
  for (const { id } of [owner, maker]) {
    for (const one of [scoped, roled]) assert.equal((await add(one, id)).status, 403)
    assert.equal((await add(plain, id)).status, 200)
  }
  for (const one of [plain, scoped, roled]) assert.equal((await add(one, other.id)).status, 200)
})
