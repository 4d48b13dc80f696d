import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { account, type Person, person } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type TestServer, testServer } from '../support/server.ts'

let server: TestServer
let second: Person
before(async () => {
  server = await testServer()
  second = await person(server, { scopes: ['tenant:admin', 'access:decide'] })
})
after(() => server.stop())

const call = async (method: string, path: string, body?: unknown, token = server.token) => {
  const answer = await server.call(method, path, body, { token })
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}
let count = 0
const unique = (what: string) => `${what}_${++count}`
const made = async (path: string, body: object): Promise<string> => (await call('POST', path, body)).id
async function holder(type: string) {
  const user_id = await account(server)
  const role_id = await made('/v1/roles', { name: unique('role'), permissions: [{ resource: type, action: 'read' }] })
  await made('/v1/grants', { role_id, user_id })
  return { user_id, role_id }
}
const inForce = (cedar: string) => policyInForce(server, second.token, cedar)
const search = (resource: string) => call('POST', '/v1/access/search', { action: 'read', resource, limit: 500 })

for (const condition of [
  'unless { principal has clearance && principal.clearance > 3 }',
  'when { principal has blocked && principal.blocked }',
  'unless { action has soft && action.soft }',
  'when { action has bulk && action.bulk }',
])
  test(`whom something told of principal or action decides is listed with the policy: ${condition}`, async () => {
    const type = unique('told')
    const { user_id } = await holder(type)
    await inForce(`forbid (principal, action == Action::"read", resource is ${type}) ${condition};`)
    const { people, policies } = await search(`${type}/1`)
    assert.deepEqual([people[0]?.user_id, people[0]?.forbidding.length], [user_id, 1])
    assert.equal(policies[0]?.has_conditions, true)
  })

test('somebody with both roles of a dynamic exclusion has to say which they use', async () => {
  const type = unique('told')
  const { user_id, role_id } = await holder(type)
  const other_role_id = await made('/v1/roles', { name: unique('role'), permissions: [] })
  assert.equal((await search(`${type}/1`)).people[0].needs_active_roles, false)
  await call('POST', '/v1/role-exclusions', { role_id, other_role_id, kind: 'dynamic' })
  await made('/v1/grants', { role_id: other_role_id, user_id })
  assert.equal((await search(`${type}/1`)).people[0].needs_active_roles, true)
})

test('an answer without people says whether a policy permits it', async () => {
  const type = unique('told')
  assert.equal((await search(`${type}/1`)).others_by_policy, false)
  await inForce(`permit (principal, action == Action::"read", resource is ${type});`)
  const { people, others_by_policy } = await search(`${type}/1`)
  assert.deepEqual([people, others_by_policy], [[], true])
})

test('what an entity says of somebody is not final: a caller may tell otherwise', async () => {
  const type = unique('told')
  const { user_id } = await holder(type)
  await call('PUT', '/v1/access/entities', { entities: [{ type: 'User', id: user_id, attributes: { level: 1 } }] })
  await inForce(`forbid (principal, action, resource is ${type}) when { principal has level && principal.level < 2 };`)
  const { people } = await search(`${type}/1`)
  assert.deepEqual([people[0]?.user_id, people[0]?.forbidding.length], [user_id, 1])
})
