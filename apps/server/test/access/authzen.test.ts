import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Person, person } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

// The fixture and the cases of the AuthZEN 1.0 certification scenario, each by what it asks and what must come back.

let server: TestServer
let second: Person
const FIXTURE = `
permit (principal, action == Action::"read", resource is record) when { [user::"alice", user::"bob"].contains(principal) };
permit (principal == user::"alice", action == Action::"write", resource is record)
  unless { resource has status && resource.status == "archived" };
permit (principal, action == Action::"write", resource is record)
  when { principal has role && principal.role == "admin" && resource has status && resource.status == "archived" };
permit (principal == user::"alice", action == Action::"delete", resource is record) when { action has soft && action.soft };
`
before(async () => {
  server = await testServer()
  second = await person(server, { scopes: ['tenant:admin'] })
  await policyInForce(server, second.token, FIXTURE)
  await server.call('PUT', '/v1/access/entities', {
    entities: [
      { type: 'user', id: 'alice' },
      { type: 'user', id: 'bob', attributes: { role: 'admin' } },
      { type: 'record', id: 'record-1', attributes: { status: 'active' } },
      { type: 'record', id: 'record-2', attributes: { status: 'archived' } },
    ],
  })
})
after(() => server.stop())

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  server.call('POST', path, body, { headers })
const alice = { type: 'user', id: 'alice' }
const bob = { type: 'user', id: 'bob' }
const record = (n: number, status?: string) => ({
  type: 'record',
  id: `record-${n}`,
  ...(status && { properties: { status } }),
})
const ask = (subject: object, name: string, resource: object, more: object = {}) =>
  post('/access/v1/evaluation', { subject, action: { name }, resource, ...more })
const ids = ({ body }: Answer): string[] => body.results.map((one: Answer['body']) => one.id ?? one.name)

test('the eight decisions of the fixture, by ids and by properties', async () => {
  const admin = { ...bob, properties: { role: 'admin' } }
  for (const [expected, subject, name, resource, action] of [
    [true, alice, 'read', record(1)],
    [true, alice, 'write', record(1)],
    [true, bob, 'read', record(1)],
    [false, bob, 'write', record(1)],
    [false, alice, 'write', record(2, 'archived')],
    [true, admin, 'write', record(2, 'archived')],
    [true, alice, 'delete', record(1), { name: 'delete', properties: { soft: true } }],
    [false, alice, 'delete', record(1), { name: 'delete', properties: { soft: false } }],
  ] as const) {
    const answer = await ask(subject, name, resource, action ? { action } : {})
    assert.deepEqual([answer.status, answer.body.decision], [200, expected], `${name} ${JSON.stringify(resource)}`)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
  }
})

test('context, properties that nothing asks for, values that Cedar has none of, and unknown fields change nothing', async () => {
  const more = [
    { context: { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' } },
    { context: { score: 0.25, nothing: null, list: [1, null, 0.123456] } },
    { foo: 'bar', futureField: { nested: true } },
    {
      subject: { ...alice, properties: { department: 'Sales', role: 'manager' } },
      action: { name: 'read', properties: { method: 'GET' } },
    },
  ]
  for (const one of more)
    assert.equal((await ask(alice, 'read', record(1), one)).body.decision, true, JSON.stringify(one))
})

test('what is missing or of another type is a 400, in whatever it stands', async () => {
  const whole = { subject: alice, action: { name: 'read' }, resource: record(1) }
  for (const [name, value] of [
    ...['subject', 'action', 'resource'].map((key) => [key, undefined] as const),
    ...[{ id: 'alice' }, { type: 'user' }, 'alice', null].map((one) => ['subject', one] as const),
    ...[{}, { name: 123 }].map((one) => ['action', one] as const),
    ...[{ id: 'record-1' }, { type: 'record' }].map((one) => ['resource', one] as const),
  ])
    assert.equal(
      (await post('/access/v1/evaluation', { ...whole, [name]: value })).status,
      400,
      `${name} ${JSON.stringify(value)}`,
    )
  for (const [body, type] of [
    ['{"subject":', 'application/json'],
    ['', 'application/json'],
    [JSON.stringify(whole), 'text/plain'],
    [JSON.stringify(whole), 'application/xml'],
  ] as const)
    assert.equal((await post('/access/v1/evaluation', body, { 'content-type': type })).status, 400, `${type} ${body}`)
})

test('X-Request-ID comes back as it was sent, and one of ours where there was none', async () => {
  const whole = { subject: alice, action: { name: 'read' }, resource: record(1) }
  const sent = await post('/access/v1/evaluation', whole, { 'x-request-id': 'bfe9eb29-ab87-4ca3' })
  assert.equal(sent.headers.get('x-request-id'), 'bfe9eb29-ab87-4ca3')
  assert.ok((await post('/access/v1/evaluation', whole)).headers.get('x-request-id'))
  const refused = await post('/access/v1/evaluation', {}, { 'x-request-id': 'abc' })
  assert.deepEqual([refused.status, refused.headers.get('x-request-id')], [400, 'abc'])
})

test('many evaluations take from the whole what they do not say, each as a whole, and answer in their order', async () => {
  const all = async (body: object) => {
    const answer = await post('/access/v1/evaluations', body)
    assert.equal(answer.status, 200, answer.text)
    return answer.body.evaluations.map((one: Answer['body']) => one.decision)
  }
  const [read, write] = [{ name: 'read' }, { name: 'write' }]
  assert.deepEqual(
    await all({ subject: bob, resource: record(1), evaluations: [{ action: read }, { action: write }] }),
    [true, false],
  )
  assert.deepEqual(
    await all({
      subject: alice,
      action: write,
      evaluations: [{ resource: record(1, 'active') }, { resource: record(2, 'archived') }],
    }),
    [true, false],
  )
  const both = [{ subject: alice }, { subject: { ...bob, properties: { role: 'admin' } } }]
  assert.deepEqual(await all({ action: write, resource: record(2, 'archived'), evaluations: both }), [false, true])
  const whole = [
    { subject: alice, action: read, resource: record(1) },
    { subject: bob, action: write, resource: record(1) },
  ]
  assert.deepEqual(await all({ evaluations: whole }), [true, false])
  const inherits = {
    subject: alice,
    action: write,
    resource: record(1, 'active'),
    evaluations: [{}, { resource: record(2, 'archived') }],
  }
  assert.deepEqual(await all(inherits), [true, false])
  const broken = {
    subject: alice,
    action: read,
    options: { evaluations_semantic: 'execute_all' },
    evaluations: [{ resource: record(1) }, {}],
  }
  assert.deepEqual(await all(broken), [true, false])
})

test('short-circuits end with the answer that they look for; without evaluations the whole is one', async () => {
  const evaluations = [{ action: { name: 'write' } }, { action: { name: 'read' } }, { action: { name: 'write' } }]
  const cut = async (evaluations_semantic: string) => {
    const { body } = await post('/access/v1/evaluations', {
      subject: bob,
      resource: record(1),
      evaluations,
      options: { evaluations_semantic },
    })
    return body.evaluations.map((one: Answer['body']) => one.decision)
  }
  assert.deepEqual(await cut('deny_on_first_deny'), [false])
  assert.deepEqual(await cut('permit_on_first_permit'), [false, true])
  const whole = { subject: alice, action: { name: 'read' }, resource: record(1) }
  for (const body of [whole, { ...whole, evaluations: [] }])
    assert.equal((await post('/access/v1/evaluations', body)).body.decision, true)
  assert.equal((await post('/access/v1/evaluations', { ...whole, subject: undefined })).status, 400)
})

test('searches find subjects, resources and actions, and pass over the id of what is sought', async () => {
  const read = { name: 'read' }
  for (const subject of [{ type: 'user' }, alice]) {
    const found = await post('/access/v1/search/subject', { subject, action: read, resource: record(1) })
    assert.deepEqual([found.status, ids(found), found.body.page.next_token], [200, ['alice', 'bob'], ''])
  }
  const admins = await post('/access/v1/search/subject', {
    subject: { type: 'user' },
    action: { name: 'write' },
    resource: record(2, 'archived'),
  })
  assert.deepEqual(ids(admins), ['bob'])
  for (const resource of [{ type: 'record' }, record(1)]) {
    const found = await post('/access/v1/search/resource', { subject: alice, action: { name: 'write' }, resource })
    assert.deepEqual(ids(found), ['record-1'])
  }
  const admin = { ...bob, properties: { role: 'admin' } }
  assert.deepEqual(
    ids(
      await post('/access/v1/search/resource', {
        subject: admin,
        action: { name: 'write' },
        resource: { type: 'record' },
      }),
    ),
    ['record-2'],
  )
  assert.deepEqual(ids(await post('/access/v1/search/action', { subject: alice, resource: record(1) })), [
    'read',
    'write',
  ])
  assert.deepEqual(ids(await post('/access/v1/search/action', { subject: admin, resource: record(2, 'archived') })), [
    'read',
    'write',
  ])
})

test('who and what is unknown is found in nothing, and what is missing is a 400', async () => {
  const nobody = { type: 'user', id: 'nonexistent-user' }
  assert.deepEqual(ids(await post('/access/v1/search/action', { subject: nobody, resource: record(1) })), [])
  assert.deepEqual(
    ids(
      await post('/access/v1/search/subject', {
        subject: { type: 'spaceship' },
        action: { name: 'read' },
        resource: record(1),
      }),
    ),
    [],
  )
  assert.deepEqual(
    ids(
      await post('/access/v1/search/resource', {
        subject: alice,
        action: { name: 'read' },
        resource: { type: 'spaceship' },
      }),
    ),
    [],
  )
  const unfinished = { subject: { type: 'user' }, action: { name: 'read' }, resource: { type: 'record' } }
  for (const what of ['subject', 'resource', 'action'])
    assert.equal((await post(`/access/v1/search/${what}`, unfinished)).status, 400, what)
})

test('results come in pages that leave nothing out', async () => {
  const search = { subject: { type: 'user' }, action: { name: 'read' }, resource: record(1) }
  const first = await post('/access/v1/search/subject', { ...search, page: { limit: 1 } })
  assert.deepEqual(ids(first), ['alice'])
  const next = await post('/access/v1/search/subject', {
    ...search,
    page: { limit: 1, token: first.body.page.next_token },
  })
  assert.deepEqual(ids(next), ['bob'])
})

test('accounts are subjects of the type user by their id, with their roles, and are found as such', async () => {
  const { id } = await person(server)
  const role = await post('/v1/roles', { name: 'shipper', permissions: [{ action: 'ship', resource: 'parcel' }] })
  await post('/v1/grants', { role_id: role.body.id, user_id: id })
  assert.equal((await ask({ type: 'user', id }, 'ship', { type: 'parcel', id: '1' })).body.decision, true)
  assert.equal((await ask({ type: 'customer', id }, 'ship', { type: 'parcel', id: '1' })).body.decision, false)
  const found = await post('/access/v1/search/subject', {
    subject: { type: 'user' },
    action: { name: 'ship' },
    resource: { type: 'parcel', id: '1' },
  })
  assert.deepEqual(ids(found), [id])
  const forged = await ask({ type: 'Role', id: role.body.id }, 'ship', { type: 'parcel', id: '1' })
  assert.equal(forged.status, 400, 'nobody asks as a role')
})

test('where the operations are is told, and asking takes a scope', async () => {
  const { body } = await server.call('GET', '/.well-known/authzen-configuration', undefined, { token: null })
  assert.equal(body.policy_decision_point, server.url)
  assert.equal(body.search_action_endpoint, `${server.url}/access/v1/search/action`)
  const { token } = await person(server)
  const asked = { subject: alice, action: { name: 'read' }, resource: record(1) }
  assert.equal((await server.call('POST', '/access/v1/evaluation', asked, { token })).status, 403)
  assert.equal((await server.call('POST', '/access/v1/evaluation', asked, { token: null })).status, 401)
})

test('what Cedar has no value for keeps nothing from forbidding', async () => {
  const forbids = `permit (principal, action == Action::"enter", resource is hall);
    forbid (principal, action == Action::"enter", resource is hall) when { resource has level && resource.level > 5 };`
  await policyInForce(server, second.token, forbids)
  const enter = async (properties: object) =>
    (await ask(alice, 'enter', { type: 'hall', id: '1', properties })).body.decision
  assert.deepEqual([await enter({}), await enter({ level: 1 }), await enter({ level: 6 })], [true, true, false])
  assert.deepEqual([await enter({ level: 6.00001 }), await enter({ level: 0.123456 })], [false, false])
  for (const ip of [7, { a: 1 }, ['192.0.2.7']]) {
    const { status, body } = await ask(alice, 'read', record(1), { context: { ip } })
    assert.deepEqual([status, body.details.issues[0].pointer], [400, '/context/ip'], JSON.stringify(ip))
    assert.match(body.details.issues[0].message, /as text, such as/)
  }
  for (const ip of [' 10.0.0.1', '10.0.0.1:443', '010.0.0.1', 'nowhere'])
    assert.equal((await ask(alice, 'read', record(1), { context: { ip } })).status, 400, ip)
  assert.equal((await ask(alice, 'read', record(1), { context: { ip: '::ffff:10.0.0.1' } })).status, 200)
})
