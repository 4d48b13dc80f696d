import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { person } from '../support/people.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const entity = (text: string) => {
  const [type, id] = text.split('/')
  return { type, id }
}
const tell = (...told: [text: string, attributes?: object, parents?: string[]][]) =>
  call('PUT', '/v1/access/entities', {
    entities: told.map(([text, attributes = {}, parents = []]) => ({
      ...entity(text),
      attributes,
      parents: parents.map(entity),
    })),
  })
let count = 0
async function role(permissions: object[]): Promise<string> {
  return (await call('POST', '/v1/roles', { name: `role ${++count}`, permissions })).body.id
}
const allows = async (user_id: string, action: string, resource: string, more: object = {}) => {
  const answer = await call('POST', '/v1/auth/authorize', { user_id, action, resource, ...more })
  assert.equal(answer.status, 200, answer.text)
  return answer.body.authorized as boolean
}

test('what a document is in counts for grants on that: a folder, and the folder of the folder', async () => {
  const { id } = await person(server)
  const reads = await role([{ action: 'read', resource: 'document' }])
  await call('POST', '/v1/grants', { role_id: reads, user_id: id, resource_type: 'folder', resource_id: 'top' })
  assert.equal(await allows(id, 'read', 'document/1'), false)
  const told = await tell(
    ['folder/inner', {}, ['folder/top']],
    ['document/1', {}, ['folder/inner']],
    ['document/2', {}, ['folder/other']],
  )
  assert.deepEqual([told.status, told.body], [200, { count: 3 }])
  assert.equal(await allows(id, 'read', 'document/1'), true)
  assert.equal(await allows(id, 'read', 'document/2'), false)
  assert.equal(await allows(id, 'read', 'folder/inner'), false, 'the role permits documents')
  await tell(['folder/inner'])
  assert.equal(await allows(id, 'read', 'document/1'), false, 'what is told anew is told as a whole')
})

test('attributes that were told count as if they were asked with, and what is asked with stands over them', async () => {
  const { id } = await person(server)
  const owns = await role([{ action: 'edit', resource: 'document', conditions: [{ type: 'owner' }] }])
  await call('POST', '/v1/grants', { role_id: owns, user_id: id })
  await tell(['document/own', { owner_id: id }], ['document/foreign', { owner_id: 'somebody' }])
  assert.equal(await allows(id, 'edit', 'document/own'), true)
  assert.equal(await allows(id, 'edit', 'document/foreign'), false)
  assert.equal(await allows(id, 'edit', 'document/own', { resource_attributes: { owner_id: 'another' } }), false)
  const batch = {
    user_id: id,
    action: 'edit',
    questions: [{ resource: 'document/own' }, { resource: 'document/foreign' }],
  }
  const { body } = await call('POST', '/v1/auth/authorize/batch', batch)
  assert.deepEqual(
    body.answers.map((one: Answer['body']) => one.authorized),
    [true, false],
  )
})

test('nobody comes into a role, a group or another account by a relation', async () => {
  const { id } = await person(server)
  const all = await role([{ action: '*', resource: '*' }])
  for (const parent of [`Role/${all}`, `Group/${all}`, 'Action/read'])
    assert.deepEqual(code(await tell([`User/${id}`, {}, [parent]])), [400, 'VALIDATION_FAILED'], parent)
  for (const text of [`Role/${all}`, 'Group/g', 'Action/read'])
    assert.deepEqual(code(await tell([text])), [400, 'VALIDATION_FAILED'], text)
  await tell([`User/${id}`, { id: 'another', tenant_id: 'another' }, ['team/red']])
  const own = await role([{ action: 'see', resource: 'thing', conditions: [{ type: 'owner' }] }])
  await call('POST', '/v1/grants', { role_id: own, user_id: id })
  assert.equal(await allows(id, 'see', 'thing/1', { resource_attributes: { owner_id: 'another' } }), false)
  assert.equal(await allows(id, 'see', 'thing/1', { resource_attributes: { owner_id: id } }), true)
})

test('relations have no cycles, also when two make one at the same moment', async () => {
  assert.deepEqual(code(await tell(['node/a', {}, ['node/b']], ['node/b', {}, ['node/a']])), [409, 'RELATION_CYCLE'])
  assert.deepEqual(code(await tell(['node/a', {}, ['node/a']])), [409, 'RELATION_CYCLE'])
  const listed = await call('GET', '/v1/access/entities?type=node')
  assert.deepEqual(listed.body.entities, [], 'what was refused left nothing')
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all([
      tell([`ring/${round}a`, {}, [`ring/${round}b`]]),
      tell([`ring/${round}b`, {}, [`ring/${round}a`]]),
    ])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
  }
})

test('what was told is listed in pages, found by its name and taken back', async () => {
  await tell(...['p', 'q', 'r'].map((id): [string, object] => [`sheet/${id}`, { level: 2 }]))
  const first = (await call('GET', '/v1/access/entities?type=sheet&limit=2')).body
  assert.deepEqual(
    first.entities.map((one: Answer['body']) => one.id),
    ['p', 'q'],
  )
  const rest = await call('GET', `/v1/access/entities?type=sheet&limit=2&cursor=${first.next_cursor}`)
  assert.deepEqual([rest.body.entities.map((one: Answer['body']) => one.id), rest.body.next_cursor], [['r'], null])
  const one = await call('GET', '/v1/access/entities?type=sheet&id=q')
  assert.deepEqual(one.body.entities[0].attributes, { level: 2 })
  assert.deepEqual(code(await call('GET', '/v1/access/entities?cursor=nonsense')), [400, 'CURSOR_INVALID'])
  const removed = await call('POST', '/v1/access/entities/remove', {
    entities: [entity('sheet/q'), entity('sheet/none')],
  })
  assert.deepEqual(removed.body, { count: 1 })
  assert.deepEqual(code(await tell(['sheet/x', { score: 1.5 }])), [400, 'VALIDATION_FAILED'])
})

test('telling takes a scope of its own, and another tenant neither sees nor changes what was told', async () => {
  const { token } = await person(server)
  assert.equal((await call('PUT', '/v1/access/entities', { entities: [entity('sheet/z')] }, token)).status, 403)
  await tell(['secret/1', { level: 1 }])
  const other = await server.secondTenant('second')
  const seen = await call('GET', '/v1/access/entities?type=secret', undefined, other.token)
  assert.deepEqual(seen.body.entities, [])
  await call(
    'PUT',
    '/v1/access/entities',
    { entities: [{ ...entity('secret/1'), attributes: { level: 9 } }] },
    other.token,
  )
  await call('POST', '/v1/access/entities/remove', { entities: [entity('secret/1')] }, other.token)
  assert.deepEqual((await call('GET', '/v1/access/entities?type=secret')).body.entities[0].attributes, { level: 1 })
})

test('things are in one another by no more steps than decisions follow, told from below or from above', async () => {
  const chain = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i): [string, object, string[]] => [
      `link/${from + i}`,
      {},
      [`link/${from + i + 1}`],
    ])
  assert.equal((await tell(...chain(0, 30))).status, 200)
  assert.deepEqual(code(await tell(...chain(30, 60))), [409, 'RELATIONS_TOO_MANY'])
  assert.equal((await tell(...chain(30, 50))).status, 200)
  assert.deepEqual(code(await tell(['link/deeper', {}, ['link/0']])), [409, 'RELATIONS_TOO_MANY'])
  assert.deepEqual(code(await tell(['sheet/nul', { note: 'a\u0000b' }])), [400, 'VALIDATION_FAILED'])
})
