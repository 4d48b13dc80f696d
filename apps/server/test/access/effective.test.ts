import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { account } from '../support/people.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const person = () => account(server)
const call = async (method: string, path: string, body?: unknown) => {
  const answer = await server.call(method, path, body)
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}
let count = 0
const role = async (permissions: object[], parent_roles: string[] = []): Promise<string> =>
  (await call('POST', '/v1/roles', { name: `role ${++count}`, permissions, parent_roles })).id
const grant = async (role_id: string, more: object): Promise<string> =>
  (await call('POST', '/v1/grants', { role_id, ...more })).id
const search = async (action: string, resource: string, more: object = {}) =>
  call('POST', '/v1/access/search', { action, resource, ...more })
const names = ({ people }: Answer['body']): string[] => people.map((one: Answer['body']) => one.user_id)

test('what somebody may do is shown with the grant that each permission comes by, and since when', async () => {
  const id = await person()
  const parent = await role([{ resource: 'invoice', action: 'read' }])
  const child = await role([{ resource: 'invoice', action: 'pay', conditions: [{ type: 'owner' }] }], [parent])
  const group = (await call('POST', '/v1/groups', { name: `group ${++count}` })).id
  const own = await grant(child, { user_id: id, resource_type: 'invoice', resource_id: '17' })
  const shared = await grant(parent, { group_id: group })
  await call('POST', `/v1/groups/${group}/members`, { user_id: id })
  const access = await call('GET', `/v1/users/${id}/access`)
  assert.deepEqual(
    access.roles.map((one: Answer['body']) => [one.grant_id, one.group_id, one.resource_id]),
    [
      [own, null, '17'],
      [shared, group, null],
    ],
  )
  const permissions = access.permissions.map((one: Answer['body']) => [one.action, one.grant_id, one.conditions.length])
  assert.deepEqual(
    permissions.sort(),
    [
      ['pay', own, 1],
      ['read', own, 0],
      ['read', shared, 0],
    ].sort(),
  )
  const [member] = await server.sql<{ added_at: Date }>('SELECT added_at FROM group_members WHERE user_id = $1', [id])
  assert.equal(access.roles[1].since, member?.added_at.toISOString(), 'they came into the group later')
  await server.sql(`UPDATE user_roles SET expires_at = now() - interval '1 second' WHERE id = $1`, [own])
  assert.equal((await call('GET', `/v1/users/${id}/access`)).roles.length, 1, 'what has ended is not had')
  await call('POST', `/v1/users/${id}/suspend`)
  assert.equal((await call('GET', `/v1/users/${id}/access`)).is_active, false)
})

test('what scopes let somebody do beside roles is shown with them, their own and those of their groups', async () => {
  const id = await person()
  await call('PATCH', `/v1/users/${id}`, { scopes: ['audit:read'] })
  const group = await call('POST', '/v1/groups', { name: `group ${++count}`, scopes: ['audit:verify', 'audit:read'] })
  await call('POST', `/v1/groups/${group.id}/members`, { user_id: id })
  assert.deepEqual((await call('GET', `/v1/users/${id}/access`)).scopes, ['audit:read', 'audit:verify'])
  const mine = await call('GET', `/v1/users/${server.userId}/access`)
  assert.ok(mine.scopes.includes('tenant:admin'), 'whoever administers the tenant by a scope is seen to')
})

test('who may do something is found, and is who may: themselves, by a group, by a parent, on this resource or on all', async () => {
  const [ada, bob, cyd, dan, eve] = [await person(), await person(), await person(), await person(), await person()]
  const type = `type_${++count}`
  const parent = await role([{ resource: type, action: 'read' }])
  const child = await role([], [parent])
  const group = (await call('POST', '/v1/groups', { name: `group ${++count}` })).id
  await grant(parent, { user_id: ada })
  await grant(child, { user_id: bob, resource_type: type })
  await grant(child, { user_id: cyd, resource_type: type, resource_id: '17' })
  await grant(parent, { group_id: group })
  await call('POST', `/v1/groups/${group}/members`, { user_id: dan })
  await grant(await role([{ resource: type, action: 'write' }]), { user_id: eve })
  assert.deepEqual(names(await search('read', `${type}/17`)).sort(), [ada, bob, cyd, dan].sort())
  assert.deepEqual(names(await search('read', `${type}/18`)).sort(), [ada, bob, dan].sort())
  assert.deepEqual(names(await search('write', `${type}/17`)), [eve])
  assert.deepEqual(names(await search('read', 'other/17')), [])
  for (const [who, resource] of [
    [ada, '17'],
    [bob, '18'],
    [cyd, '17'],
    [cyd, '18'],
    [eve, '17'],
  ] as const) {
    const asked = { user_id: who, action: 'read', resource: `${type}/${resource}` }
    const { authorized } = await call('POST', '/v1/auth/authorize', asked)
    assert.equal(names(await search('read', `${type}/${resource}`)).includes(who), authorized, `${who} ${resource}`)
  }
  await call('POST', `/v1/users/${ada}/suspend`)
  assert.equal(names(await search('read', `${type}/17`)).includes(ada), false)
})

test('who is found comes in pages, each once, and with what else has to hold', async () => {
  const type = `type_${++count}`
  const reads = await role([{ resource: type, action: '*', conditions: [{ type: 'risk', at_most: 10 }] }])
  const all: string[] = []
  for (let i = 0; i < 5; i++) all.push(await person())
  for (const user_id of all) await grant(reads, { user_id })
  const found: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Answer['body'] = await search('any', `${type}/1`, { limit: 2, ...(cursor && { cursor }) })
    assert.ok(page.people.every((one: Answer['body']) => one.conditions[0].type === 'risk'))
    found.push(...names(page))
    cursor = page.next_cursor
  }
  assert.deepEqual(found, all.toSorted())
  const wrong = await server.call('POST', '/v1/access/search', { resource: 'a/1', action: 'b', cursor: 'x' })
  assert.deepEqual([wrong.status, wrong.body.code], [400, 'CURSOR_INVALID'])
})

test('who was given a role on what a resource is in is found, as decisions go by it', async () => {
  const [ada, ben] = [await person(), await person()]
  const reads = await role([{ resource: 'leaf', action: 'read' }])
  await grant(reads, { user_id: ada, resource_type: 'branch', resource_id: 'top' })
  await grant(reads, { user_id: ben, resource_type: 'branch', resource_id: 'other' })
  const within = (type: string, id: string, parent: string) => ({ type, id, parents: [{ type: 'branch', id: parent }] })
  const entities = [within('branch', 'inner', 'top'), within('leaf', '1', 'inner')]
  await call('PUT', '/v1/access/entities', { entities })
  assert.deepEqual(names(await search('read', 'leaf/1')), [ada])
  assert.deepEqual(names(await search('read', 'leaf/2')), [])
  for (const [user_id, expected] of [[ada, true] as const, [ben, false] as const]) {
    const decided = await call('POST', '/v1/auth/authorize', { user_id, action: 'read', resource: 'leaf/1' })
    assert.equal(decided.authorized, expected)
  }
})
