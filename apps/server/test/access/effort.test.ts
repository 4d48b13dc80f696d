import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { account, person } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
let second: string
before(async () => {
  server = await testServer()
  second = (await person(server, { scopes: ['tenant:admin', 'access:decide'] })).token
})
after(() => server.stop())

const call = async (method: string, path: string, body?: unknown): Promise<Answer['body']> => {
  const answer = await server.call(method, path, body)
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}
let count = 0
const newType = () => `type_${++count}`
const search = (type: string) => call('POST', '/v1/access/search', { action: 'read', resource: `${type}/1` })
const people = (found: Answer['body']): string[] => found.people.map((one: Answer['body']) => one.user_id)

/** So much to look at, and always so, that one answer takes three of it, and not four. */
const LONG = [
  `[${Array.from({ length: 900 }, (_, i) => i).join(', ')}].contains(1)`,
  ...Array.from({ length: 6 }, () => '(if true then true else false)'),
].join(' && ')

async function readers(type: string, many: number): Promise<string[]> {
  const permissions = [{ resource: type, action: 'read' }]
  const { id } = await call('POST', '/v1/roles', { name: `readers of ${type}`, permissions })
  const all: string[] = []
  for (let i = 0; i < many; i++) {
    all.push(await account(server))
    await call('POST', '/v1/grants', { role_id: id, user_id: all.at(-1) })
  }
  return all
}

test('a search looks at so much and no more: of what it has not looked at it says that it has conditions', async () => {
  const type = newType()
  const [ada] = await readers(type, 1)
  const never = (many: number) =>
    Array.from(
      { length: many },
      (_, i) => `forbid (principal, action, resource is ${type}) when { ${i} < 0 && ${LONG} };`,
    ).join('\n')
  await policyInForce(server, second, never(3))
  assert.deepEqual((await search(type)).policies, [], 'three are looked at, and never hold')
  const more = await policyInForce(server, second, never(3))
  const found = await search(type)
  assert.ok(found.policies.length > 0 && found.policies.length <= 3, 'all beyond the bound')
  assert.ok(found.policies.every((one: Answer['body']) => one.has_conditions))
  assert.deepEqual(people(found), [ada])
  assert.deepEqual(
    found.people[0].forbidding.map((one: Answer['body']) => one.policy_id),
    [more.id],
  )
})

test('what a policy says of everybody is looked at once, however many there are', async () => {
  const type = newType()
  const all = await readers(type, 6)
  assert.equal(people(await search(type)).length, all.length)
  await policyInForce(server, second, `forbid (principal, action, resource is ${type}) when { ${LONG} };`)
  const found = await search(type)
  assert.deepEqual(
    [found.people, found.policies[0].has_conditions],
    [[], false],
    'it is known of each that they may not',
  )
})

test('what it says of each by what they are in is looked at for each', async () => {
  const type = newType()
  const [ada, bob] = await readers(type, 2)
  const office = { type: 'Office', id: type }
  await call('PUT', '/v1/access/entities', {
    entities: [
      { type: 'User', id: ada, parents: [{ type: 'Team', id: type }] },
      { type: 'Team', id: type, parents: [office] },
    ],
  })
  const cedar = `forbid (principal, action, resource is ${type}) when { Team::"${type}" in Office::"${type}" };`
  await policyInForce(server, second, cedar)
  const decided = async (user_id: string | undefined) =>
    (await call('POST', '/v1/auth/authorize', { user_id, action: 'read', resource: `${type}/1` })).authorized
  assert.deepEqual([await decided(ada), await decided(bob)], [false, true])
  assert.deepEqual(people(await search(type)), [bob])
})
