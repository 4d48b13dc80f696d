import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { account } from '../support/people.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
let count = 0
async function role(more: object = {}): Promise<{ id: string; name: string; version: number }> {
  const made = await call('POST', '/v1/roles', { name: `role ${++count}`, ...more })
  assert.equal(made.status, 201, made.text)
  return made.body
}
const may = (action: string, resource: string, ...conditions: object[]) => ({ action, resource, conditions })

test('a tenant has the system roles, which nobody changes or takes away', async () => {
  const { body } = await call('GET', '/v1/roles?limit=200')
  const names = body.roles.filter((one: Answer['body']) => one.is_system).map((one: Answer['body']) => one.name)
  const all = ['administrator', 'auditor', 'compliance officer', 'ingest', 'owner', 'security analyst', 'viewer']
  assert.deepEqual(names, all)
  const [viewer] = body.roles.filter((one: Answer['body']) => one.name === 'viewer')
  assert.deepEqual(code(await call('PATCH', `/v1/roles/${viewer.id}`, { name: 'x' })), [409, 'SYSTEM_ROLE'])
  assert.deepEqual(code(await call('DELETE', `/v1/roles/${viewer.id}`)), [409, 'SYSTEM_ROLE'])
  assert.deepEqual(
    code(await call('POST', '/v1/roles', { name: 'V\u{ff49}ewer' })),
    [409, 'NAME_TAKEN'],
    'or looks like one',
  )
})

test('a role is made, changed and taken away, with what it permits, and each is an entry', async () => {
  const permissions = [may('read', 'invoice'), may('pay', 'invoice', { type: 'owner' }), may('*', 'draft/7')]
  const made = await role({ description: 'Pays', permissions })
  const read = await call('GET', `/v1/roles/${made.id}`)
  const byText = (all: object[]) => all.map((one) => JSON.stringify(one)).sort()
  assert.deepEqual(
    byText(read.body.permissions),
    byText(permissions.map(({ resource, action, conditions }) => ({ resource, action, conditions }))),
  )
  const changed = await call('PATCH', `/v1/roles/${made.id}`, { version: 1, permissions: [may('read', 'invoice')] })
  assert.deepEqual([changed.body.version, changed.body.permissions.length, changed.body.description], [2, 1, 'Pays'])
  assert.deepEqual(code(await call('PATCH', `/v1/roles/${made.id}`, { version: 1, name: 'x' })), [
    412,
    'VERSION_MISMATCH',
  ])
  assert.equal((await call('DELETE', `/v1/roles/${made.id}`)).status, 200)
  assert.deepEqual(code(await call('GET', `/v1/roles/${made.id}`)), [404, 'NOT_FOUND'])
  const left = 'SELECT 1 FROM security_permissions WHERE resource = $1'
  assert.equal((await server.sql(left, ['draft/7'])).length, 0, 'what no role permits is not kept')
  for (const what of ['created', 'changed', 'removed'])
    await until(`${what} is an entry`, async () => {
      const found = await call('GET', `/v1/audit/events?event_type=role.${what}&resource=role/${made.id}`)
      return found.body.events.length === 1
    })
})

test('a list of roles has pages, as the operation was asked for', async () => {
  await role()
  const first = await call('GET', '/v1/roles?limit=3&page=1')
  const second = await call('GET', '/v1/roles?limit=3&page=2')
  assert.deepEqual([first.body.roles.length, first.body.page, first.body.limit], [3, 1, 3])
  assert.ok(second.body.roles[0].id !== first.body.roles[0].id && second.body.total >= 8)
})

test('parents make no cycle, however long, and not by two changes at once', async () => {
  const first = await role()
  const second = await role({ parent_roles: [first.id] })
  const third = await role({ parent_roles: [second.id] })
  const parents = (id: string, parent_roles: string[]) => call('PATCH', `/v1/roles/${id}`, { parent_roles })
  assert.deepEqual(code(await parents(first.id, [third.id])), [409, 'ROLE_CYCLE'])
  assert.deepEqual(code(await parents(first.id, [first.id])), [409, 'ROLE_CYCLE'])
  for (let round = 0; round < 5; round++) {
    const [one, other] = [await role(), await role()]
    const both = await Promise.all([parents(one.id, [other.id]), parents(other.id, [one.id])])
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409])
  }
  assert.deepEqual(code(await call('DELETE', `/v1/roles/${first.id}`)), [409, 'ROLE_IN_USE'])
  assert.deepEqual(code(await parents(third.id, ['00000000-0000-7000-8000-000000000000'])), [404, 'NOT_FOUND'])
})

test('what cannot be meant is refused with where it stands', async () => {
  const refused = async (one: object) => {
    const answer = await call('POST', '/v1/roles', { name: `role ${++count}`, permissions: [one] })
    assert.deepEqual(code(answer), [400, 'VALIDATION_FAILED'], JSON.stringify(one))
    return answer.body.details.issues[0]
  }
  assert.equal((await refused(may('re*', 'invoice'))).pointer, '/permissions/0/action')
  assert.equal((await refused(may('read', 'inv*'))).pointer, '/permissions/0/resource')
  const mapped = { type: 'network', networks: ['::ffff:192.0.2.1'] }
  assert.match((await refused({ ...may('read', 'invoice'), conditions: [mapped] })).message, /write that of IPv4/)
  assert.equal((await refused(may('read', 'invoice/'))).pointer, '/permissions/0/resource')
  const cedar = (expression: string) => may('read', 'invoice', { type: 'cedar', expression })
  for (const expression of [
    ...[
      'resource.',
      'true }; permit (principal, action, resource) when { true',
      'true } when { true',
      'true } unless { false',
    ],
    ...['true }; @id("x") permit (principal, action, resource) when { true', 'principal == ?principal'],
  ])
    assert.equal((await refused(cedar(expression))).pointer, '/permissions/0/conditions/0', expression)
  const zone = { type: 'time_window', days: [1], from: '08:00', to: '18:00', zone: 'Europe/Nowhere' }
  assert.match((await refused(may('read', 'invoice', zone))).message, /zone/)
  await refused(may('read', 'invoice', { type: 'attribute', attribute: 'resource.x', operator: 'equals' }))
  await refused(may('read', 'invoice', { type: 'attribute', attribute: 'resource.x', operator: 'one_of', value: 1 }))
  await refused(
    may('read', 'invoice', { type: 'attribute', attribute: 'resource["x"] || true', operator: 'equals', value: 1 }),
  )
})

test('an expression with a schema beside it fits it, when it is written and when the schema is', async () => {
  const schema = `entity User { region: String }; entity invoice { amount: Long, region?: String };
    action "read" appliesTo { principal: User, resource: invoice, context: { ip: __cedar::ipaddr } };`
  const own = (expression: string, more: object = { schema }) => ({ type: 'cedar', expression, ...more })
  const fitting = [own('resource.amount < 5 && principal.region == "x"'), own('resource has region')]
  const misspelt = 'resource.amuont < 5'
  const without = await role({ permissions: [may('read', 'invoice', own(misspelt, {}))] })
  const made = await role({ permissions: [may('read', 'invoice/17', ...fitting), may('read', '*', { type: 'owner' })] })
  const { body } = await call('GET', `/v1/roles/${made.id}`)
  const kept = body.permissions.find(({ resource }: { resource: string }) => resource === 'invoice/17')
  assert.deepEqual(kept.conditions, fitting)
  for (const [expression, told] of [
    [misspelt, /amuont/],
    ['resource.region == "x"', /optional/],
    ['resource.amount < "5"', /type/],
    ['context.risk < 5', /risk/],
  ] as const) {
    const permissions = [may('read', 'invoice', ...fitting), may('read', 'invoice', { type: 'owner' }, own(expression))]
    for (const answer of [
      await call('POST', '/v1/roles', { name: `role ${++count}`, permissions }),
      await call('PATCH', `/v1/roles/${without.id}`, { permissions }),
    ]) {
      assert.deepEqual(code(answer), [400, 'VALIDATION_FAILED'], answer.text)
      const [issue] = answer.body.details.issues
      assert.equal(issue.pointer, '/permissions/1/conditions/1')
      assert.match(issue.message, told)
    }
  }
  const set = await call('PATCH', `/v1/roles/${without.id}`, { permissions: [may('read', 'invoice', own(misspelt))] })
  assert.equal(set.body.details.issues[0].pointer, '/permissions/0/conditions/0')
  assert.equal((await call('GET', `/v1/roles/${without.id}`)).body.version, without.version)
  const elsewhere = [may('pay', 'invoice', own('true'))]
  assert.equal((await call('POST', '/v1/roles', { name: `role ${++count}`, permissions: elsewhere })).status, 400)
  for (const one of ['entity', `entity A { a: ${'Set<'.repeat(300)}Long${'>'.repeat(300)} };`]) {
    const permissions = [may('read', 'invoice', own('true', { schema: one }))]
    const refused = await call('POST', '/v1/roles', { name: `role ${++count}`, permissions })
    assert.equal(refused.body.details.issues[0].pointer, '/permissions/0/conditions/0/schema')
  }
})

test('expressions of Cedar are as many as all roles of a tenant may have together, and a change of one role is of that role', async () => {
  const own = (expression: string) => ({ type: 'cedar', expression })
  const many = (all: number, expression: string) =>
    Array.from({ length: all }, (_, i) => may(`do${i}`, 'thing', ...Array.from({ length: 20 }, () => own(expression))))
  const first = await role({ permissions: many(245, 'true') })
  const second = await role({ permissions: [may('see', 'thing', own('context.x == 1')), may('do0', 'thing')] })
  const third = await role({ permissions: [may('see', 'thing', own('context.x == 1'))] })
  for (const [refused, told] of [
    [await call('POST', '/v1/roles', { name: `role ${++count}`, permissions: many(6, 'true') }), /5000/],
    [await call('PATCH', `/v1/roles/${second.id}`, { permissions: many(6, 'true') }), /5000/],
  ] as const) {
    assert.deepEqual(code(refused), [400, 'VALIDATION_FAILED'], refused.text)
    assert.equal(refused.body.details.issues[0].pointer, '/permissions')
    assert.match(refused.body.details.issues[0].message, told)
  }
  assert.equal((await call('PATCH', `/v1/roles/${first.id}`, { permissions: many(1, 'true') })).status, 200)
  const long = await call('POST', '/v1/roles', {
    ...{ name: `role ${++count}` },
    permissions: many(12, `context.x == "${'x'.repeat(4_900)}"`),
  })
  assert.match(long.body.details?.issues[0].message, /1000000 characters/)

  const holders = await Promise.all([account(server), account(server)])
  for (const [i, { id }] of [second, third].entries())
    assert.equal((await call('POST', '/v1/grants', { role_id: id, user_id: holders[i] })).status, 201)
  const asked = { resource: 'thing/1', action: 'see' }
  const answers = () =>
    Promise.all(
      holders.flatMap((user_id) =>
        [1, 2].map(async (x) => {
          const answer = await call('POST', '/v1/auth/authorize', { ...asked, user_id, context: { x } })
          return answer.body.authorized
        }),
      ),
    )
  assert.deepEqual(await answers(), [true, false, true, false])
  const permissions = [may('see', 'thing', own('context.x == 2'))]
  assert.equal((await call('PATCH', `/v1/roles/${second.id}`, { permissions })).status, 200)
  assert.deepEqual(await answers(), [false, true, true, false], 'the other keeps what it had')
})

test('the schemas beside expressions of a role are bounded as those of a policy are', async () => {
  const doubling = Array.from({ length: 20 }, (_, i) => `type T${i + 1} = { a: T${i}, b: T${i} };`).join('')
  const schema = `type T0 = { a: Long };${doubling}entity User; entity doc { x: T20 };
    action read appliesTo { principal: User, resource: doc };`
  const permissions = [may('read', 'doc', { type: 'cedar', expression: 'true', schema })]
  const refused = await call('POST', '/v1/roles', { name: `role ${++count}`, permissions })
  assert.deepEqual(code(refused), [400, 'VALIDATION_FAILED'])
  const [{ pointer, message }] = refused.body.details.issues
  assert.equal(pointer, '/permissions/0/conditions/0/schema')
  assert.match(message, /written out/)
})
