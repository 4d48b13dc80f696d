import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Person, person } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
let second: Person
let ada: Person
let bob: Person
before(async () => {
  server = await testServer()
  second = await person(server, { scopes: ['tenant:admin', 'access:decide'] })
  ada = await person(server)
  bob = await person(server)
})
after(() => server.stop())

const call = async (method: string, path: string, body?: unknown, token = server.token): Promise<Answer['body']> => {
  const answer = await server.call(method, path, body, { token })
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}
let count = 0
const newType = () => `type_${++count}`
async function role(resource: string, ...conditions: object[]): Promise<string> {
  const permissions = [{ action: 'read', resource, conditions }]
  return (await call('POST', '/v1/roles', { name: `role ${++count}`, permissions })).id
}
const grant = (role_id: string, user_id: string) => call('POST', '/v1/grants', { role_id, user_id })
const cedar = (expression: string) => ({ type: 'cedar', expression })
const explained = (more: object, token?: string) =>
  call('POST', '/v1/auth/authorize', { action: 'read', explain: true, ...more }, token)
const flat = (parts: Answer['body'][]): Answer['body'][] => parts.flatMap((one) => [one, ...flat(one.parts ?? [])])
const cameTo = (parts: Answer['body'][]) => Object.fromEntries(flat(parts).map(({ text, holds }) => [text, holds]))

test('a denial shows every condition, what held and what failed, and what would be enough', async () => {
  const type = newType()
  const open = 'resource.open && context.level > 3 && resource.state == "due"'
  const either = 'context.level == 9 || resource.state == "paid"'
  await grant(await role(type, cedar(open), { type: 'owner' }, cedar(either), { type: 'risk', at_most: 50 }), ada.id)
  const asked = { user_id: ada.id, resource: `${type}/1`, context: { level: 1, risk: 10 } }
  const { explanation } = await explained({ ...asked, resource_attributes: { open: false, state: 'due' } })
  const [{ holds, parts, needs }] = explanation
  assert.equal(holds, false)
  const seen = cameTo(parts)
  assert.deepEqual(
    [seen['resource.open'], seen['context.level > 3'], seen['resource.state == "due"'], seen['context.risk <= 50']],
    [false, false, true, true],
    'all of a condition, and all conditions behind it',
  )
  assert.deepEqual([seen['resource has owner_id'], seen['resource.owner_id == principal.id']], [false, null])
  assert.deepEqual(needs, [
    'resource.open',
    'context.level > 3',
    'resource has owner_id',
    'resource.owner_id == principal.id',
    '(context.level == 9) || (resource.state == "paid")',
  ])
  const enough = {
    resource_attributes: { open: true, state: 'due', owner_id: ada.id },
    context: { level: 9, risk: 10 },
  }
  const allowed = await explained({ ...asked, ...enough })
  assert.deepEqual([allowed.authorized, allowed.explanation[0].needs], [true, []])
})

test('what is nearest comes first: the role that is held, and of others the one of which the least is missing', async () => {
  const type = newType()
  const far = await role(type, cedar('context.a'), cedar('context.b'))
  await role(type)
  await grant(far, ada.id)
  const { explanation } = await explained({ user_id: ada.id, resource: `${type}/1`, context: { a: true, b: false } })
  assert.deepEqual(explanation[0].needs, ['context.b'])
  assert.match(explanation[1].needs[0], /^principal in Role::/, 'the role itself is what is missing')
})

test('anybody has a denial of their own explained, in a session and by a token, and nobody one of others', async () => {
  const type = newType()
  const cyd = await person(server, { scopes: ['tenant:admin', 'audit:read'] })
  const reads = await role(type, cedar('context.level > 3'))
  for (const { id } of [ada, cyd]) await grant(reads, id)
  const { token } = await call('POST', '/v1/tokens', { name: 'own', scopes: ['audit:read'] }, cyd.token)
  for (const mine of [ada.token, cyd.token, token]) {
    const { authorized, explanation } = await explained({ resource: `${type}/1`, context: { level: 1 } }, mine)
    assert.deepEqual([authorized, explanation[0].needs], [false, ['context.level > 3']])
    assert.equal(explanation[0].parts.at(-1).because, 'context.level is 1')
  }
  const others = { action: 'read', resource: `${type}/1`, explain: true, user_id: bob.id }
  assert.equal((await server.call('POST', '/v1/auth/authorize', others, { token: ada.token })).status, 403)
})

test('one’s own explanation tells of nobody else, and nothing that an application told of the resource', async () => {
  const type = newType()
  const named = `principal == User::"${bob.id}" || resource.mail == "bob@first.example" || resource.part == "${ada.id}"`
  await grant(await role(type, cedar(named)), ada.id)
  await policyInForce(
    server,
    second.token,
    `permit (principal == User::"${bob.id}", action, resource is ${type});
     forbid (principal, action, resource is ${type}) when { resource.owner_id == "${bob.id}" };`,
  )
  const attributes = { owner_id: bob.id, mail: 'secret@first.example', part: 'x' }
  await call('PUT', '/v1/access/entities', { entities: [{ type, id: '1', attributes }] })
  const all = JSON.stringify(await explained({ user_id: ada.id, resource: `${type}/1` }))
  for (const one of [bob.id, 'bob@first.example', 'secret@first.example']) assert.ok(all.includes(one), one)
  const own = await explained({ resource: `${type}/1` }, ada.token)
  const text = JSON.stringify(own)
  for (const one of [bob.id, 'bob@first.example', 'secret@first.example']) assert.ok(!text.includes(one), text)
  assert.ok(text.includes(ada.id), 'their own id stays')
  const policies = own.explanation.filter((one: Answer['body']) => one.policy !== undefined)
  assert.deepEqual(
    policies.map((one: Answer['body']) => one.effect),
    ['forbid'],
    'of policies those that are of them',
  )
})

test('anybody sees what they may themselves, of others only who may see that', async () => {
  const type = newType()
  const condition = cedar(`resource.owner == User::"${bob.id}" || principal.id == "${ada.id}"`)
  const reads = await role(type, condition)
  const given = await grant(reads, ada.id)
  await grant(reads, bob.id)
  const own = await call('GET', '/v1/me/access', undefined, ada.token)
  const seen = await call('GET', `/v1/users/${ada.id}/access`)
  assert.deepEqual([own.user_id, own.roles], [ada.id, seen.roles])
  const [permission] = own.permissions.filter(({ grant_id }: { grant_id: string }) => grant_id === given.id)
  assert.equal(permission.conditions[0].expression, `resource.owner == User::"…" || principal.id == "${ada.id}"`)
  assert.ok(JSON.stringify(seen).includes(bob.id), 'whoever may read grants and roles sees it as it is')
  for (const path of [`/v1/users/${bob.id}/access`, `/v1/users/${ada.id}/access`])
    assert.equal((await server.call('GET', path, undefined, { token: ada.token })).status, 403)
})

test('a token that may do one thing tells its holder nothing of what its maker may', async () => {
  const bea = await person(server)
  const { token } = await call('POST', '/v1/tokens', { name: 'sender', scopes: ['audit:write'] })
  for (const path of ['/v1/me/access', '/v1/elevations']) {
    assert.equal((await server.call('GET', path, undefined, { token: bea.token })).status, 200, path)
    const { status, body } = await server.call('GET', path, undefined, { token })
    assert.deepEqual([status, body.code], [403, 'SESSION_REQUIRED'], path)
  }
})
