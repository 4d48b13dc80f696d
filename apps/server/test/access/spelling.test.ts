import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Person, person } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type TestServer, testServer } from '../support/server.ts'

// Everybody may read letters and see people; Ada may read none, and nobody may see her. Her id in capitals is still hers.

let server: TestServer
let ada: Person
let second: Person
let capitals: string
before(async () => {
  server = await testServer()
  second = await person(server, { scopes: ['tenant:admin', 'access:decide'] })
  ada = await person(server)
  capitals = ada.id.toUpperCase()
  await policyInForce(
    server,
    second.token,
    `permit (principal, action == Action::"read", resource is letter);
     permit (principal, action == Action::"see", resource is User);
     permit (principal, action == Action::"get", resource is http_route);
     forbid (principal == User::"${ada.id}", action, resource is letter);
     forbid (principal == User::"${ada.id}", action, resource is http_route);
     forbid (principal, action == Action::"see", resource == User::"${ada.id}");`,
  )
})
after(() => server.stop())

const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const answer = await server.call(method, path, body, { headers })
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}
const letter = { type: 'letter', id: '1' }
const read = { name: 'read' }
let count = 0
async function role(permissions: object[]): Promise<string> {
  return (await call('POST', '/v1/roles', { name: `role ${++count}`, permissions })).id
}

test('AuthZEN: nobody escapes what forbids them by another spelling of their id', async () => {
  for (const id of [ada.id, capitals])
    for (const type of ['user', 'User']) {
      const subject = { type, id }
      const asked = { subject, action: read, resource: letter }
      assert.equal((await call('POST', '/access/v1/evaluation', asked)).decision, false, `${type} ${id}`)
      const all = await call('POST', '/access/v1/evaluations', { ...asked, evaluations: [{}] })
      assert.equal(all.evaluations[0].decision, false, `${type} ${id}`)
      const actions = await call('POST', '/access/v1/search/action', { subject, resource: letter })
      assert.deepEqual(actions.results, [], `${type} ${id}`)
    }
  const others = { subject: { type: 'user', id: second.id.toUpperCase() }, action: read, resource: letter }
  assert.equal((await call('POST', '/access/v1/evaluation', others)).decision, true)
})

test('AuthZEN: an entity of the application that is called as an account is, is that account', async () => {
  await call('PUT', '/v1/access/entities', { entities: [{ type: 'user', id: capitals }, letter] })
  const search = { subject: { type: 'user' }, action: read, resource: letter }
  const { results } = await call('POST', '/access/v1/search/subject', search)
  const found = results.map(({ id }: { id: string }) => id.toLowerCase())
  assert.deepEqual([found.includes(ada.id), found.includes(second.id)], [false, true])
  const searched = { subject: { type: 'user', id: capitals }, action: read, resource: { type: 'letter' } }
  assert.deepEqual((await call('POST', '/access/v1/search/resource', searched)).results, [])
})

test('a gateway names nobody past what forbids them', async () => {
  const { token } = await call('POST', '/v1/tokens', { name: 'gateway', scopes: ['access:decide'] })
  const comes = async (id: string) => {
    const headers = { 'x-probity-gateway-token': token, 'x-probity-subject-id': id }
    const original = { 'x-original-method': 'GET', 'x-original-uri': '/office' }
    return (
      await server.call('GET', '/access/v1/gateway', undefined, { token: null, headers: { ...headers, ...original } })
    ).status
  }
  assert.deepEqual([await comes(second.id.toUpperCase()), await comes(ada.id), await comes(capitals)], [200, 403, 403])
})

test('a decision, a batch and a filter are of the same person in either case, and so is a resource that is one', async () => {
  for (const user_id of [ada.id, capitals]) {
    const asked = { user_id, action: 'read', resource: 'letter/1' }
    assert.equal((await call('POST', '/v1/auth/authorize', asked)).authorized, false)
    const questions = [{ resource: 'letter/1' }]
    const batch = await call('POST', '/v1/auth/authorize/batch', { user_id, action: 'read', questions })
    assert.equal(batch.answers[0].authorized, false)
    const filtered = await call('POST', '/v1/auth/filter', { user_id, action: 'read', resource_type: 'letter' })
    assert.deepEqual(filtered.filter, { op: 'false' })
    const seen = { user_id: second.id, action: 'see', resource: `User/${user_id}` }
    assert.equal((await call('POST', '/v1/auth/authorize', seen)).authorized, false)
  }
})

test('what is given on a person, told of one, or permitted of one is of them in either case', async () => {
  const bob = await person(server)
  const upper = bob.id.toUpperCase()
  const meets = await role([{ action: 'meet', resource: 'User' }])
  await call('POST', '/v1/grants', { role_id: meets, user_id: upper, resource_type: 'User', resource_id: capitals })
  const calls = await role([{ action: 'call', resource: `User/${capitals}` }])
  await call('POST', '/v1/grants', { role_id: calls, user_id: bob.id })
  const may = async (action: string, resource: string) =>
    (await call('POST', '/v1/auth/authorize', { user_id: bob.id, action, resource })).authorized
  for (const id of [ada.id, capitals])
    assert.deepEqual([await may('meet', `User/${id}`), await may('call', `User/${id}`)], [true, true], id)
  await call('PUT', '/v1/access/entities', { entities: [{ type: 'User', id: upper, attributes: { level: 3 } }] })
  const { entities } = await call('GET', '/v1/access/entities?type=User')
  assert.deepEqual(
    entities.map((one: { id: string }) => one.id),
    [bob.id],
  )
  assert.equal((await call('GET', `/v1/users/${upper}/access`)).user_id, bob.id)
})

test('an id in a condition of a role is of the same person in either case', async () => {
  const bea = await person(server)
  const on = (action: string, expression: string) => ({
    action,
    resource: 'desk',
    conditions: [{ type: 'cedar', expression }],
  })
  const theirs = bea.id.toUpperCase()
  const role_id = await role([
    on('take', `principal != User::"${theirs}"`),
    on('keep', `principal == User::"${theirs}"`),
    on('list', `[User::"${theirs}"].contains(principal)`),
  ])
  await call('POST', '/v1/grants', { role_id, user_id: bea.id })
  const may = async (action: string) =>
    (await call('POST', '/v1/auth/authorize', { user_id: bea.id, action, resource: 'desk/1' })).authorized
  assert.deepEqual([await may('take'), await may('keep'), await may('list')], [false, true, true])
})

test('a policy that would be of nobody, by the spelling of an id in it, is refused', async () => {
  const refused = await server.call('POST', '/v1/policies', {
    ...{ policy_name: 'capitals', policy_type: 'Access' },
    policy_rules: { cedar: `forbid (principal, action, resource) when { principal == User::"${capitals}" };` },
  })
  assert.deepEqual([refused.status, refused.body.details.issues[0].pointer], [400, '/policy_rules/cedar'])
})

test('whoever is named in what is told of a resource or of a question is the same in either case', async () => {
  await policyInForce(
    server,
    second.token,
    `permit (principal, action == Action::"read", resource is note);
     forbid (principal, action, resource is note) when { resource has blocked && resource.blocked.contains(principal) };
     forbid (principal, action, resource is note) when { context has blocked && principal == context.blocked };`,
  )
  const may = async (id: string, more: object = {}) =>
    (await call('POST', '/v1/auth/authorize', { user_id: ada.id, action: 'read', resource: `note/${id}`, ...more }))
      .authorized
  assert.equal(await may('1'), true)
  for (const id of [ada.id, capitals]) {
    const named = { __entity: { type: 'User', id } }
    assert.equal(await may('1', { resource_attributes: { blocked: [named] } }), false, `of the resource: ${id}`)
    assert.equal(await may('1', { context: { blocked: named } }), false, `of the question: ${id}`)
    await call('PUT', '/v1/access/entities', {
      entities: [{ type: 'note', id: '2', attributes: { blocked: [named] } }],
    })
    assert.equal(await may('2'), false, `as an entity: ${id}`)
    const resource = { type: 'note', id: '1', properties: { blocked: [named] } }
    const asked = { subject: { type: 'user', id: capitals }, action: read, resource }
    assert.equal((await call('POST', '/access/v1/evaluation', asked)).decision, false, `by AuthZEN: ${id}`)
  }
})
