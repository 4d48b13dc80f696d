import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Probity } from '@probity/sdk'
import fc from 'fast-check'
import { person as invited } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'
import { passes, type Thing } from './passes.ts'

let server: TestServer
before(async () => {
  server = await testServer({ rate_limit_per_second: '100000' })
})
after(() => server.stop())

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const may = (action: string, resource: string, ...conditions: object[]) => ({ action, resource, conditions })
let count = 0
const newType = () => `type_${++count}`
async function role(permissions: object[], more: object = {}): Promise<string> {
  const made = await call('POST', '/v1/roles', { name: `role ${++count}`, permissions, ...more })
  assert.equal(made.status, 201, made.text)
  return made.body.id
}
const person = (given: { scopes?: string[] } = {}) => invited(server, given)
async function granted(role_id: string, more: object): Promise<void> {
  const made = await call('POST', '/v1/grants', { role_id, ...more })
  assert.equal(made.status, 201, made.text)
}
async function filtered(user_id: string, resource_type: string, more: object = {}) {
  const answer = await call('POST', '/v1/auth/filter', { user_id, action: 'read', resource_type, ...more })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const attribute = (name: string, operator: string, value: unknown) => ({
  ...{ type: 'attribute', attribute: `resource.${name}`, operator, value },
})

test('conditions are comparisons, a grant on one resource is its id, and what is not permitted is nothing', async () => {
  const { id } = await person()
  const [owned, all, other] = [newType(), newType(), newType()]
  assert.deepEqual((await filtered(id, owned)).filter, { op: 'false' })
  const state = attribute('state', 'one_of', ['open', 'due'])
  await granted(await role([may('read', owned, { type: 'owner' }, state), may('read', `${owned}/9`)]), { user_id: id })
  const { filter, exact, version } = await filtered(id, owned)
  const conditions = [
    { op: 'one_of', attribute: ['owner_id'], values: [id] },
    { op: 'one_of', attribute: ['state'], values: ['open', 'due'] },
  ]
  assert.deepEqual(filter, {
    op: 'or',
    of: [
      { op: 'and', of: conditions },
      { op: 'id_in', ids: ['9'] },
    ],
  })
  assert.deepEqual([exact, version > 0], [true, true])
  const reads = await role([may('read', '*')])
  for (const one of ['17', '18']) await granted(reads, { user_id: id, resource_type: other, resource_id: one })
  assert.deepEqual((await filtered(id, other)).filter, { op: 'id_in', ids: ['17', '18'] })
  await granted(reads, { user_id: id, resource_type: all })
  assert.deepEqual((await filtered(id, all)).filter, { op: 'true' })
  assert.deepEqual((await filtered(id, all, { action: 'write' })).filter, { op: 'false' })
  assert.deepEqual(
    (await filtered(id, other)).filter,
    { op: 'id_in', ids: ['17', '18'] },
    'the other type is not meant',
  )
})

test('what a role permits beyond the others counts on the one resource on which it is given', async () => {
  const { id } = await person()
  const type = newType()
  const open = await role([may('read', type, attribute('state', 'equals', 'open'))])
  const low = await role([may('read', type, attribute('level', 'at_most', 3))])
  await granted(open, { user_id: id, resource_type: type })
  await granted(low, { user_id: id, resource_type: type, resource_id: '7' })
  await granted(low, { user_id: id, resource_type: newType(), resource_id: '8' })
  const { filter } = await filtered(id, type)
  const read = (one: string, attributes: object) => passes(filter, { id: one, attributes: { ...attributes } })
  assert.deepEqual([read('7', { level: 3 }), read('7', { level: 4 }), read('8', { level: 3 })], [true, false, false])
  assert.deepEqual([read('7', { state: 'open' }), read('8', { state: 'open' })], [true, true])
})

test('who asks is what the server knows of them, also where they are what is asked for', async () => {
  const { id } = await person()
  await granted(await role([may('meet', 'User', { type: 'tenant_member' })]), { user_id: id })
  const { filter, exact } = await filtered(id, 'User', { action: 'meet' })
  const meets = (one: string, tenant_id: string) => passes(filter, { id: one, attributes: { tenant_id } })
  assert.deepEqual([exact, meets(id, 'x'), meets('y', server.tenantId), meets('y', 'x')], [true, true, true, false])
})

const LEAVES = [
  { type: 'owner' },
  { type: 'tenant_member' },
  ...['equals', 'not_equals', 'less_than', 'at_least'].map((operator) => attribute('level', operator, 3)),
  ...[attribute('state', 'one_of', ['open', 'due']), attribute('tags', 'contains', 'public')],
  { type: 'risk', at_most: 40 },
  { type: 'cedar', expression: 'resource.level + 1 > 3 && !(resource.state like "d*")' },
  { type: 'cedar', expression: 'resource.tags.containsAny(["a", "public"]) || resource.level == 2' },
  { type: 'cedar', expression: 'resource.owner == principal || resource.part.level > 2' },
  { type: 'cedar', expression: 'resource == User::"x" || resource has state' },
  { type: 'cedar', expression: 'resource.state == resource.owner_id' },
]

test('what passes a condition is what a decision allows, whatever is given where', async () => {
  const who = await person()
  const attributes = fc.record(
    {
      owner_id: fc.constantFrom<unknown>(who.id, 'x', 5),
      owner: fc.constantFrom<unknown>({ __entity: { type: 'User', id: who.id } }, who.id),
      tenant_id: fc.constantFrom(server.tenantId, 'x'),
      level: fc.constantFrom<unknown>(1, 2, 3, 4, '3', true),
      state: fc.constantFrom<unknown>('open', 'due', 'd', 7),
      tags: fc.constantFrom<unknown>(['public'], ['a', 'b'], [], 'public'),
      part: fc.constantFrom<unknown>({ level: 3 }, { level: 2 }, {}, 3),
    },
    { requiredKeys: [] },
  )
  const thing = fc.record({ id: fc.constantFrom('1', '2', '3', '4', who.id), attributes })
  const things = fc.sample(thing, { numRuns: 300, seed: 3 }) as Thing[]
  const given = fc.record({
    permissions: fc.array(fc.tuple(fc.constantFrom('', '', '/2'), fc.subarray(LEAVES, { maxLength: 2 })), {
      minLength: 1,
      maxLength: 3,
    }),
    on: fc.constantFrom<object[]>(
      [{}],
      [{ resource_type: '' }],
      [{ resource_type: '', resource_id: '1' }],
      [
        { resource_type: '', resource_id: '1' },
        { resource_type: '', resource_id: '3' },
      ],
    ),
    isByParent: fc.boolean(),
  })
  const cases = fc.sample(fc.tuple(fc.array(given, { minLength: 1, maxLength: 3 }), fc.constantFrom(30, 50)), {
    numRuns: 60,
  })
  let exact = 0
  for (const [i, [roles, risk]] of cases.entries()) {
    // Whoever asks is what the server knows of them, so that one type in four is theirs.
    const type = i % 4 === 0 ? 'User' : newType()
    const action = `act${++count}`
    for (const { permissions, on, isByParent } of roles) {
      const parent = await role(permissions.map(([id, conditions]) => may(action, `${type}${id}`, ...conditions)))
      const held = isByParent ? await role([], { parent_roles: [parent] }) : parent
      for (const one of on)
        await granted(held, { user_id: who.id, ...one, ...('resource_type' in one && { resource_type: type }) })
    }
    const context = { risk }
    const told = await filtered(who.id, type, { action, context })
    const questions = things.map(({ id, attributes }) => ({
      resource: `${type}/${id}`,
      resource_attributes: type === 'User' && id === who.id ? {} : attributes, // of themselves nobody says anything
    }))
    const { body } = await call('POST', '/v1/auth/authorize/batch', { user_id: who.id, action, context, questions })
    for (const [n, { authorized }] of (body.answers as { authorized: boolean }[]).entries()) {
      const passed = passes(told.filter, things[n] as Thing)
      const message = () => JSON.stringify([things[n], told, roles])
      assert.ok(told.exact ? passed === authorized : passed || !authorized, message())
    }
    if (told.exact) exact++
  }
  assert.ok(exact > 15 && exact < 60, `${exact} are exact`)
})

test('the clock is the server’s, and what only a decision can tell says so', async () => {
  const { id } = await person()
  const [always, never, opaque] = [newType(), newType(), newType()]
  const zone = 'Europe/Berlin'
  const whole = { type: 'time_window', days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '00:00', zone }
  await granted(
    await role([may('read', always, whole), may('read', never, { type: 'network', networks: ['10.0.0.0/8'] })]),
    { user_id: id },
  )
  const lie = { local: { [zone]: { weekday: 9, minute: 9999 } } }
  assert.deepEqual((await filtered(id, always, { context: lie })).filter, { op: 'true' })
  assert.deepEqual((await filtered(id, never, { context: { ip: '11.0.0.1' } })).filter, { op: 'false' })
  assert.deepEqual((await filtered(id, never, { context: { ip: '10.0.0.1' } })).filter, { op: 'true' })
  const both = { type: 'cedar', expression: 'resource.level == 1 && ip(resource.from).isLoopback()' }
  await granted(await role([may('read', opaque, both)]), { user_id: id })
  const { filter, exact } = await filtered(id, opaque)
  const level = { op: 'one_of', attribute: ['level'], values: [1] }
  assert.deepEqual([exact, filter], [false, { op: 'and', of: [level, { op: 'opaque' }] }])
})

test('one asks for oneself, an application with its scope for others; each is an entry, and ends with the account', async () => {
  const [ada, bob] = [await person(), await person()]
  const type = newType()
  await granted(await role([may('read', type)]), { user_id: bob.id })
  const asked = { user_id: bob.id, action: 'read', resource_type: type }
  assert.deepEqual(code(await call('POST', '/v1/auth/filter', asked, ada.token)), [403, 'SCOPE_MISSING'])
  const own = await new Probity({ url: server.url, token: bob.token }).accessFilter({
    action: 'read',
    resource_type: type,
  })
  assert.deepEqual(own.filter, { op: 'true' })
  const { body } = await call('POST', '/v1/tokens', { name: 'app', scopes: ['access:decide'] })
  const answer = await call('POST', '/v1/auth/filter', asked, body.token)
  assert.deepEqual(answer.body.filter, { op: 'true' })
  await until('it is an entry', async () => {
    const { events } = (await call('GET', `/v1/audit/events?event_type=access.decided&resource=${type}`)).body
    const found = events.find((one: Answer['body']) => one.event_data.decision === answer.body.decision_id)
    return found?.event_data.lets === 'all' && found.event_data.exact === true
  })
  const second = await server.secondTenant(`tenant${++count}`)
  assert.deepEqual((await call('POST', '/v1/auth/filter', asked, second.token)).body.filter, { op: 'false' })
  await call('POST', `/v1/users/${bob.id}/suspend`)
  assert.deepEqual((await filtered(bob.id, type)).filter, { op: 'false' })
  for (const wrong of [
    { resource_type: 'a b' },
    { resource_type: '*' },
    { context: { x: null } },
    { action: undefined },
  ])
    assert.deepEqual(code(await call('POST', '/v1/auth/filter', { ...asked, ...wrong })), [400, 'VALIDATION_FAILED'])
})

test('a policy that forbids is in the condition, also where it cannot be evaluated; two duties that exclude each other are not', async () => {
  const { id } = await person()
  const approver = await person({ scopes: ['tenant:admin'] })
  const type = newType()
  const reads = await role([may('read', type)])
  await granted(reads, { user_id: id })
  const cedar = `forbid (principal, action, resource is ${type}) when { resource.secret };`
  await policyInForce(server, approver.token, cedar)
  const { filter, exact } = await filtered(id, type)
  for (const secret of [true, false, 'unclear', undefined]) {
    const thing = { id: '1', attributes: secret === undefined ? {} : { secret } }
    const asked = { user_id: id, action: 'read', resource: `${type}/1`, resource_attributes: thing.attributes }
    const { authorized } = (await call('POST', '/v1/auth/authorize', asked)).body
    assert.deepEqual([passes(filter, thing), authorized], [secret === false, secret === false], String(secret))
  }
  assert.equal(exact, true)
  const other = await role([may('write', type)])
  await granted(other, { user_id: id })
  const apart = await call('POST', '/v1/role-exclusions', { role_id: reads, other_role_id: other, kind: 'dynamic' })
  assert.equal(apart.status, 201, apart.text)
  assert.deepEqual((await filtered(id, type)).filter, { op: 'false' })
})
