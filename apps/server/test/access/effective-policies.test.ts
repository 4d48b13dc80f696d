import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { account, type Person, person } from '../support/people.ts'
import { policyApproved, policyInForce, policyWritten } from '../support/policies.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

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
const role = (...permissions: object[]) => made('/v1/roles', { name: unique('role'), permissions })
const grant = (role_id: string, user_id: string) => made('/v1/grants', { role_id, user_id })
async function group(...members: string[]): Promise<string> {
  const id = await made('/v1/groups', { name: unique('group') })
  for (const user_id of members) await call('POST', `/v1/groups/${id}/members`, { user_id })
  return id
}
const written = (cedar: string) => policyWritten(server, cedar)
const inForce = (cedar: string, more: object = {}) => policyInForce(server, second.token, cedar, more)
const search = (action: string, resource: string) => call('POST', '/v1/access/search', { action, resource })
const accessOf = (id: string) => call('GET', `/v1/users/${id}/access`)
const namesIn = ({ policies }: Answer['body'], all: readonly { policy_name: string }[]): string[] =>
  policies
    .map((one: Answer['body']) => one.policy_name)
    .filter((name: string) => all.some(({ policy_name }) => policy_name === name))
const people = (found: Answer['body']): string[] => found.people.map((one: Answer['body']) => one.user_id)
const isAllowed = async (user_id: string, action: string, resource: string, more: object = {}) =>
  (await call('POST', '/v1/auth/authorize', { user_id, action, resource, ...more })).authorized

test('what somebody may do tells of the policies that are of them: by name, group, role, type, entity, or of everybody', async () => {
  const [ada, bob] = [await account(server), await account(server)]
  const type = unique('type')
  const [parent, held] = [await role(), await role()]
  await call('PATCH', `/v1/roles/${held}`, { version: 1, parent_roles: [parent] })
  await call('POST', '/v1/grants', { role_id: held, user_id: ada, resource_type: type, resource_id: '1' })
  const team = await group(ada)
  const entities = [{ type: 'User', id: ada, parents: [{ type: 'Team', id: 'red' }] }]
  await call('PUT', '/v1/access/entities', { entities })
  const of = async (principal: string, effect = 'permit') =>
    inForce(`${effect} (${principal}, action == Action::"read", resource is ${type});`)
  const hers = [
    await of(`principal == User::"${ada}"`),
    await of(`principal in Group::"${team}"`),
    await of(`principal in Role::"${parent}"`),
    await of(`principal is User in Role::"${held}"`, 'forbid'),
    await of('principal in Team::"red"'),
  ]
  const everybodys = [await of('principal'), await of('principal is User', 'forbid')]
  const others = [
    await of(`principal == User::"${bob}"`),
    await of('principal is guest'),
    await of(`principal in Role::"x"`),
  ]
  const all = [...hers, ...everybodys, ...others]
  const names = (some: readonly { policy_name: string }[]) => some.map((one) => one.policy_name).sort()
  assert.deepEqual(namesIn(await accessOf(ada), all).sort(), names([...hers, ...everybodys]))
  assert.deepEqual(namesIn(await accessOf(bob), all).sort(), names([...everybodys, others[0] as (typeof others)[0]]))
  await call('POST', `/v1/users/${ada}/suspend`)
  assert.equal(namesIn(await accessOf(ada), all).length, hers.length + everybodys.length, 'as are roles')
})

test('a policy is told in the words of permissions, with its version, and since when it is in force', async () => {
  const ada = await account(server)
  const type = unique('type')
  const cedar = `permit (principal == User::"${ada}", action in [Action::"read", Action::"print"], resource == ${type}::"17") when { context.a == 1 };
    forbid (principal, action, resource is ${type} in Folder::"f");
    permit (principal, action == Other::Action::"x", resource);`
  const expiration_date = new Date(Date.now() + 3_600_000).toISOString()
  const policy = await inForce(cedar, { expiration_date })
  const { policies } = await accessOf(ada)
  const of = { policy_id: policy.id, policy_name: policy.policy_name, version: 1 }
  const times = { since: policy.since, expires_at: expiration_date }
  assert.deepEqual(
    policies.filter((one: Answer['body']) => one.policy_id === policy.id),
    [
      {
        ...{ ...of, ...times, statement: 'policy0', effect: 'permit', has_conditions: true },
        ...{ principal: `User/${ada}`, principal_in: null },
        ...{ actions: ['read', 'print'], resource: `${type}/17`, resource_in: null },
      },
      {
        ...{ ...of, ...times, statement: 'policy1', effect: 'forbid', has_conditions: false },
        ...{ principal: '*', principal_in: null },
        ...{ actions: ['*'], resource: type, resource_in: { type: 'Folder', id: 'f' } },
      },
    ],
    'and not of actions that nobody asks for',
  )
})

test('what is a draft, is switched off, warns or only audits is not told', async () => {
  const type = unique('type')
  const cedar = `forbid (principal, action, resource is ${type});`
  const drafted = await written(cedar)
  const warning = await inForce(cedar, { enforcement_mode: 'Warn' })
  const audited = await inForce(cedar, { enforcement_mode: 'Audit' })
  const counts = await inForce(cedar)
  const all = [drafted, warning, audited, counts]
  const ada = await account(server)
  assert.deepEqual(namesIn(await accessOf(ada), all), [counts.policy_name])
  assert.deepEqual(namesIn(await search('read', `${type}/1`), all), [counts.policy_name])
  const off = await call('PATCH', `/v1/policies/${counts.id}`, { version: 1, is_active: false })
  await policyApproved(server, second.token, off)
  assert.deepEqual(namesIn(await accessOf(ada), all), [])
})

test('a search tells which policies permit and forbid it there, and of whom', async () => {
  const type = unique('type')
  const entities = [{ type, id: '1', parents: [{ type: 'Folder', id: 'secret' }] }]
  await call('PUT', '/v1/access/entities', { entities })
  const read = (rest: string, head = 'permit (principal') => inForce(`${head}, action == Action::"read", ${rest};`)
  const team = await group()
  const told = [
    await read(`resource is ${type})`, `permit (principal in Group::"${team}"`),
    await read('resource in Folder::"secret")', 'forbid (principal is guest'),
    await read(`resource) when { resource is ${type} }`),
    await read(`resource is ${type}) when { resource.state == "open" }`),
    await read(`resource is ${type}) when { resource in Folder::"secret" }`),
    await read(`resource is ${type}) when { context.ip.isLoopback() }`),
    await read(`resource is ${type}) when { principal.id == "x" }`),
    await read(`resource is ${type}) when { context has ticket }`),
  ]
  const silent = [
    await read(`resource == ${type}::"2")`),
    await read(`resource is ${type}) unless { resource in Folder::"secret" }`),
    await inForce(`permit (principal, action == Action::"write", resource is ${type});`),
  ]
  const found = await search('read', `${type}/1`)
  const all = [...told, ...silent]
  const shown = new Map(found.policies.map((one: Answer['body']) => [one.policy_name, one]))
  assert.deepEqual(namesIn(found, all).sort(), told.map((one) => one.policy_name).sort())
  const [ofTeam, guests, ...others] = told.map(({ policy_name }) => shown.get(policy_name) as Answer['body'])
  assert.deepEqual(ofTeam.principal_in, { type: 'Group', id: team })
  assert.deepEqual([guests.effect, guests.principal], ['forbid', 'guest'])
  assert.deepEqual(
    [ofTeam, guests, ...others].map((one) => one.has_conditions),
    [false, false, false, true, false, true, true, true],
    'what is known of the resource is no condition any more',
  )
})

test('whom a policy forbids it is not among those who may; whom it forbids it under conditions is, with the policy', async () => {
  const type = unique('type')
  const [ada, bob, cyd, dan] = await Promise.all(Array.from({ length: 4 }, () => account(server)))
  assert.ok(ada && bob && cyd && dan)
  const reads = await role({ resource: type, action: 'read' })
  for (const user of [ada, bob, cyd, dan]) await grant(reads, user)
  const [team, marked] = [await group(bob, dan), await role()]
  await grant(marked, cyd)
  const forbid = (rest: string) => inForce(`forbid (principal, action, resource is ${type}) when { ${rest} };`)
  await inForce(`forbid (principal in Group::"${team}", action == Action::"read", resource is ${type});`)
  await forbid(`principal in Role::"${marked}"`)
  const open = await forbid(`principal == User::"${ada}" && resource.state == "closed"`)
  const near = await forbid(`principal == User::"${ada}" && context.ip.isInRange(ip("10.0.0.0/8"))`)
  const without = await forbid(`principal == User::"${ada}" && !(context has ticket)`)
  const found = await search('read', `${type}/1`)
  assert.deepEqual(people(found), [ada])
  assert.deepEqual(
    found.people[0].forbidding.map((one: Answer['body']) => one.policy_name).sort(),
    [open.policy_name, near.policy_name, without.policy_name].sort(),
  )
  const state = { resource_attributes: { state: 'open' }, context: { ip: '192.0.2.1', ticket: 7 } }
  for (const user of [ada, bob, cyd, dan])
    assert.equal(people(found).includes(user), await isAllowed(user, 'read', `${type}/1`, state), 'as is decided')
  assert.equal(found.policies.length >= 5, true)
})
