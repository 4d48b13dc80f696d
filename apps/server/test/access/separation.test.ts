import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { account, person as someone } from '../support/people.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const person = () => account(server)
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const SEPARATED = [409, 'DUTIES_SEPARATED']
let count = 0
async function made(path: string, body: object): Promise<string> {
  const answer = await call('POST', path, body)
  assert.equal(answer.status, 201, answer.text)
  return answer.body.id
}
const role = (permissions: object[] = [], parent_roles: string[] = []) =>
  made('/v1/roles', { name: `role ${++count}`, permissions, parent_roles })
const may = (action: string) => ({ action, resource: 'invoice', conditions: [] })
const group = () => made('/v1/groups', { name: `group ${++count}` })
const add = (group_id: string, user_id: string) => call('POST', `/v1/groups/${group_id}/members`, { user_id })
const join = async (group_id: string, user_id: string) => assert.equal((await add(group_id, user_id)).status, 200)
/** As a directory does by SCIM: nothing here refuses it. */
const joinElsewhere = (group_id: string, user_id: string) =>
  server.sql('INSERT INTO group_members (tenant_id, group_id, user_id, added_at) VALUES ($1, $2, $3, now())', [
    ...[server.tenantId, group_id, user_id],
  ])
const exclude = (kind: string, role_id: string, other_role_id: string) =>
  call('POST', '/v1/role-exclusions', { kind, role_id, other_role_id })
const give = (role_id: string, more: object) => call('POST', '/v1/grants', { role_id, ...more })
const granted = (role_id: string, more: object) => made('/v1/grants', { role_id, ...more })
const asks = async (user_id: string, action: string, more: object = {}) => {
  const asked = { user_id, action, resource: 'invoice/1', ...more }
  const { status, body, text } = await call('POST', '/v1/auth/authorize', asked)
  assert.equal(status, 200, text)
  return body
}
/** Two roles of which nobody has both: one pays, the other approves. */
async function apart(kind = 'static'): Promise<{ pays: string; approves: string; exclusion: string }> {
  const [pays, approves] = [await role([may('pay')]), await role([may('approve')])]
  const answer = await exclude(kind, pays, approves)
  assert.equal(answer.status, 201, answer.text)
  return { pays, approves, exclusion: answer.body.id }
}

test('nobody is given two roles that exclude each other: themselves, by a group, by a parent, on whatever resources', async () => {
  const { pays, approves } = await apart()
  const [leads, id] = [await role([], [approves]), await person()]
  const [payers, others] = [await group(), await group()]
  await granted(pays, { user_id: id, resource_type: 'invoice', resource_id: '1' })
  const refused = await give(approves, { user_id: id, resource_type: 'memo' })
  assert.deepEqual(code(refused), SEPARATED)
  assert.deepEqual(refused.body.details, { roles: [pays, approves].sort() }, 'it tells the roles, and no person')
  assert.deepEqual(code(await give(leads, { user_id: id })), SEPARATED, 'by a parent')
  await join(others, id)
  assert.deepEqual(code(await give(approves, { group_id: others })), SEPARATED, 'by a group that they are in')
  assert.deepEqual(code(await give(leads, { group_id: others })), SEPARATED, 'by a group, and a parent')
  const bob = await person()
  await join(payers, bob)
  await granted(pays, { group_id: payers })
  assert.deepEqual(code(await give(leads, { user_id: bob })), SEPARATED, 'the group has the other')
  assert.deepEqual(code(await give(approves, { group_id: payers })), SEPARATED, 'one group, both roles')
  const empty = await group()
  await granted(pays, { group_id: empty })
  assert.deepEqual(code(await give(approves, { group_id: empty })), SEPARATED, 'whoever came into it would have both')
  assert.equal((await give(approves, { user_id: await person() })).status, 201)
})

test('a role that has ended, or was taken back, keeps nobody from the other; one of who is suspended does', async () => {
  const { pays, approves } = await apart()
  const id = await person()
  const first = await granted(pays, { user_id: id })
  await granted(pays, { user_id: id, expires_at: new Date(Date.now() + 60_000).toISOString() })
  assert.deepEqual(code(await give(approves, { user_id: id })), SEPARATED)
  await server.sql(`UPDATE user_roles SET expires_at = now() - interval '1 second' WHERE id = $1`, [first])
  const second = await granted(approves, { user_id: id })
  assert.deepEqual(code(await give(pays, { user_id: id })), SEPARATED, 'what has ended is not given again')
  await call('DELETE', `/v1/grants/${second}`)
  await granted(pays, { user_id: id })
  const payers = await group()
  await join(payers, id)
  await call('POST', `/v1/users/${id}/suspend`)
  assert.deepEqual(code(await give(approves, { group_id: payers })), SEPARATED)
})

test('no change of parents gives both to anybody, or makes a role of both', async () => {
  const { pays, approves } = await apart()
  const [leads, id] = [await role(), await person()]
  await granted(leads, { user_id: id })
  await granted(pays, { user_id: id })
  const parents = (of: string, ...parent_roles: string[]) => call('PATCH', `/v1/roles/${of}`, { parent_roles })
  assert.deepEqual(code(await parents(leads, approves)), SEPARATED)
  const between = await role([], [leads])
  const above = await role()
  assert.deepEqual(code(await parents(above, between, pays)), [200, undefined], 'leads to no approval yet')
  assert.deepEqual(code(await parents(await role(), pays, approves)), SEPARATED, 'a role that nobody may have')
  assert.deepEqual(code(await parents(pays, approves)), SEPARATED)
  const both = await call('POST', '/v1/roles', { name: `role ${++count}`, parent_roles: [pays, approves] })
  assert.deepEqual(code(both), SEPARATED)
  const other = await role()
  assert.equal((await parents(other, approves)).status, 200)
  assert.deepEqual(code(await give(other, { user_id: id })), SEPARATED)
})

test('an exclusion that somebody breaks already is refused with how many', async () => {
  const [pays, approves] = [await role(), await role()]
  const all = [await person(), await person()]
  for (const user_id of all) for (const one of [pays, approves]) await granted(one, { user_id })
  const refused = await exclude('static', approves, pays)
  assert.deepEqual(code(refused), SEPARATED)
  assert.deepEqual([refused.body.details.people, refused.body.details.groups], [2, 0])
  for (const one of all) assert.ok(!refused.text.includes(one))
  assert.deepEqual((await call('GET', '/v1/role-exclusions?limit=500')).text.includes(pays), false)
  assert.equal((await exclude('dynamic', approves, pays)).status, 201, 'to have both is not to use both')
  assert.deepEqual(code(await exclude('static', pays, approves)), SEPARATED, 'nor is its kind changed to it')
  assert.deepEqual(code(await exclude('static', pays, pays)), [400, 'VALIDATION_FAILED'])
  assert.deepEqual(code(await exclude('static', pays, randomUUID())), [404, 'NOT_FOUND'])
  const child = await role([], [pays])
  for (const kind of ['static', 'dynamic']) assert.deepEqual(code(await exclude(kind, child, pays)), SEPARATED)
})

test('exclusions are listed in pages, taken away, and each is an entry', async () => {
  const first = await apart()
  const second = await apart('dynamic')
  const all: Answer['body'][] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await call('GET', `/v1/role-exclusions?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
    all.push(...page.body.exclusions)
    cursor = page.body.next_cursor
  }
  const kinds = new Map(all.map(({ id, kind }) => [id, kind]))
  assert.deepEqual([kinds.get(first.exclusion), kinds.get(second.exclusion)], ['static', 'dynamic'])
  const id = await person()
  await granted(first.pays, { user_id: id })
  assert.deepEqual(code(await give(first.approves, { user_id: id })), SEPARATED)
  assert.equal((await call('DELETE', `/v1/role-exclusions/${first.exclusion}`)).status, 200)
  assert.equal((await give(first.approves, { user_id: id })).status, 201)
  assert.deepEqual(code(await call('DELETE', `/v1/role-exclusions/${first.exclusion}`)), [404, 'NOT_FOUND'])
  for (const what of ['created', 'removed'])
    await until(`${what} is an entry`, async () => {
      const of = `event_type=role_exclusion.${what}&resource=role-exclusion/${first.exclusion}`
      return (await call('GET', `/v1/audit/events?${of}`)).body.events.length === 1
    })
})

test('two grants at the same moment give nobody both, whichever way each comes', async () => {
  const { pays, approves } = await apart()
  for (let round = 0; round < 5; round++) {
    const [id, all] = [await person(), await group()]
    await join(all, id)
    const direct = await Promise.all([give(pays, { user_id: id }), give(approves, { user_id: id })])
    assert.deepEqual(direct.map(({ status }) => status).sort(), [201, 409])
    const [bob, others] = [await person(), await group()]
    await join(others, bob)
    const mixed = await Promise.all([give(pays, { user_id: bob }), give(approves, { group_id: others })])
    assert.deepEqual(mixed.map(({ status }) => status).sort(), [201, 409])
    const [one, other, cyd] = [await role(), await role(), await person()]
    await granted(one, { user_id: cyd })
    const making = await Promise.all([exclude('static', one, other), give(other, { user_id: cyd })])
    assert.deepEqual(making.map(({ status }) => status).sort(), [201, 409], 'an exclusion, and what breaks it')
  }
})

test('who comes to have both by a group has neither, and is told why', async () => {
  const { pays, approves } = await apart()
  const [id, approvers] = [await person(), await group()]
  const reads = await role([may('read')])
  const leads = await role([may('lead')], [approves])
  await granted(leads, { group_id: approvers })
  for (const one of [pays, reads]) await granted(one, { user_id: id })
  const allowed = async () =>
    Promise.all(['pay', 'approve', 'lead', 'read'].map(async (one) => (await asks(id, one)).authorized))
  assert.deepEqual(await allowed(), [true, false, false, true])
  assert.deepEqual(code(await add(approvers, id)), [409, 'DUTIES_SEPARATED'])
  assert.deepEqual(await allowed(), [true, false, false, true], 'who is refused is not in it')
  await joinElsewhere(approvers, id)
  assert.deepEqual(await allowed(), [false, false, false, true], 'what has nothing to do with it counts')
  assert.match((await asks(id, 'pay')).reason, /^neither role \d+ nor role \d+ counts, since nobody may have both$/)
  assert.match((await asks(id, 'sing')).reason, /no role/, 'what none of them permits is not for that')
  const { permissions } = (await call('GET', `/v1/users/${id}/access`)).body
  assert.deepEqual(
    permissions.map((one: Answer['body']) => one.action),
    ['read'],
  )
  const found = await call('POST', '/v1/access/search', { action: 'pay', resource: 'invoice/1' })
  assert.ok(!found.text.includes(id))
  await call('DELETE', `/v1/groups/${approvers}/members/${id}`)
  assert.deepEqual(await allowed(), [true, false, false, true])
})

test('two roles of a dynamic exclusion are had by one, and used one at a time', async () => {
  const { pays, approves } = await apart('dynamic')
  const id = await person()
  const reads = await role([may('read')])
  const leads = await role([may('lead')], [approves])
  for (const one of [pays, leads, reads]) await granted(one, { user_id: id })
  const allowed = (more: object = {}) =>
    Promise.all(['pay', 'approve', 'lead', 'read'].map(async (one) => (await asks(id, one, more)).authorized))
  assert.deepEqual(await allowed(), [false, false, false, true])
  assert.match((await asks(id, 'pay')).reason, /name which is active in active_roles$/)
  assert.deepEqual(await allowed({ active_roles: [pays] }), [true, false, false, false])
  assert.deepEqual(await allowed({ active_roles: [leads, reads] }), [false, true, true, true], 'with its parents')
  assert.deepEqual(await allowed({ active_roles: [approves] }), [false, true, false, false], 'a parent by itself')
  assert.deepEqual(await allowed({ active_roles: [pays, leads, reads] }), [false, false, false, true])
  assert.deepEqual(await allowed({ active_roles: [] }), [false, false, false, false])
  const asked = { user_id: id, action: 'pay', active_roles: [pays] }
  const questions = [{ resource: 'invoice/1' }, { resource: 'invoice/1', active_roles: [leads] }]
  const batch = await call('POST', '/v1/auth/authorize/batch', { ...asked, questions })
  assert.deepEqual(
    batch.body.answers.map((one: Answer['body']) => one.authorized),
    [true, false],
  )
})

test('nobody takes away an exclusion of roles that they have, nor makes it less: themselves or by an application', async () => {
  const { pays, approves, exclusion } = await apart()
  const boss = await someone(server, { scopes: ['tenant:admin'] })
  await granted(pays, { user_id: boss.id })
  const own = (token: string) => [
    () => call('DELETE', `/v1/role-exclusions/${exclusion}`, undefined, token),
    () => call('POST', '/v1/role-exclusions', { kind: 'dynamic', role_id: approves, other_role_id: pays }, token),
  ]
  const account = await call('POST', '/v1/service-accounts', { name: `robot ${++count}`, owner_id: boss.id })
  const given = { name: 'robot', scopes: ['tenant:admin'], service_account_id: account.body.id }
  const { token } = (await call('POST', '/v1/tokens', given)).body
  for (const by of [boss.token, token])
    for (const take of own(by)) assert.deepEqual(code(await take()), [403, 'GRANT_REFUSED'])
  for (const take of own(server.token).reverse()) assert.ok((await take()).status < 300)
})

test('no role becomes active that one has not, there or at all', async () => {
  const [pays, admin, id] = [await role([may('pay')]), await role([may('*')]), await person()]
  await granted(pays, { user_id: id, resource_type: 'memo' })
  assert.equal((await asks(id, 'pay', { active_roles: [pays] })).authorized, false)
  assert.equal((await asks(id, 'pay', { active_roles: [admin] })).authorized, false)
})

test('on different resources a dynamic exclusion keeps nobody from either', async () => {
  const { pays, approves } = await apart('dynamic')
  const id = await person()
  await granted(pays, { user_id: id, resource_type: 'invoice', resource_id: '1' })
  await granted(approves, { user_id: id, resource_type: 'invoice', resource_id: '2' })
  assert.equal((await asks(id, 'pay')).authorized, true)
  assert.equal((await asks(id, 'approve', { resource: 'invoice/2' })).authorized, true)
})

test('a role that counts no more for who has both is not handed on by them', async () => {
  const { pays, approves } = await apart()
  const email = `person${++count}@first.example`
  const { body } = await call('POST', '/v1/users', { email, scopes: [] })
  const link = new URL(body.invitation_url).hash.slice(1)
  const password = 'violet harbour lantern'
  await call('POST', '/v1/auth/invitation', { token: link, password }, null)
  const login = { credential_type: 'username_password', tenant: 'first', username: email, password }
  const { access_token } = (await call('POST', '/v1/auth/login', login, null)).body
  const friends = [await person(), await person()]
  await granted(pays, { user_id: body.user.id, with_grant_option: true })
  const hand = (user_id: string | undefined) => call('POST', '/v1/grants', { role_id: pays, user_id }, access_token)
  assert.equal((await hand(friends[0])).status, 201)
  const approvers = await group()
  await granted(approves, { group_id: approvers })
  await joinElsewhere(approvers, body.user.id)
  assert.deepEqual(code(await hand(friends[1])), [403, 'GRANT_REFUSED'])
})

test('only an administrator of the tenant makes, sees or takes away exclusions', async () => {
  const { pays, exclusion } = await apart()
  const other = await role()
  const weak = (await call('POST', '/v1/tokens', { name: 'app', scopes: ['access:decide'] })).body.token
  const pair = { kind: 'static', role_id: pays, other_role_id: other }
  for (const [method, path, body] of [
    ['GET', '/v1/role-exclusions', undefined],
    ['POST', '/v1/role-exclusions', pair],
    ['DELETE', `/v1/role-exclusions/${exclusion}`, undefined],
  ] as const)
    assert.deepEqual(code(await call(method, path, body, weak)), [403, 'SCOPE_MISSING'])
  const stranger = (await server.secondTenant(`tenant${++count}`)).token
  assert.deepEqual(code(await call('POST', '/v1/role-exclusions', pair, stranger)), [404, 'NOT_FOUND'])
  const taken = await call('DELETE', `/v1/role-exclusions/${exclusion}`, undefined, stranger)
  assert.deepEqual(code(taken), [404, 'NOT_FOUND'])
})
