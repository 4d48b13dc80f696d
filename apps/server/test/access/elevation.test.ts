import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { administratorSession, type Calling, person as invited, stranger as strangerOf } from '../support/people.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
let chief: Calling
before(async () => {
  server = await testServer()
  chief = await person(['tenant:admin', 'access:decide'])
})
after(() => server.stop())

const person = (scopes: string[] = []) => invited(server, { scopes })
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const [REFUSED, CLOSED] = [
  [403, 'GRANT_REFUSED'],
  [409, 'ELEVATION_CLOSED'],
]
let count = 0
async function role(type: string, more: object = {}): Promise<string> {
  const permissions = [{ action: 'read', resource: type, conditions: [] }]
  return (await call('POST', '/v1/roles', { name: `role ${++count}`, permissions, ...more })).body.id
}
const ask = (who: Calling, role_id: string, more: object = {}) =>
  call('POST', '/v1/elevations', { role_id, duration_seconds: 3600, reason: 'on call', ...more }, who.token)
async function asked(...given: Parameters<typeof ask>): Promise<string> {
  const answer = await ask(...given)
  assert.deepEqual([answer.status, answer.body.state], [201, 'pending'], answer.text)
  return answer.body.id
}
const answer = (id: string, verb: string, by: Calling = chief) =>
  call('POST', `/v1/elevations/${id}/${verb}`, undefined, by.token)
const grantsOf = async ({ id }: Calling) => (await call('GET', `/v1/grants?user_id=${id}`)).body.grants
const isAllowed = async ({ id }: Calling, resource: string) =>
  (await call('POST', '/v1/auth/authorize', { user_id: id, action: 'read', resource })).body.authorized

test('who asks for a role has it when another approves, for as long as was asked from then on', async () => {
  const ada = await person()
  const type = `type_${++count}`
  const reads = await role(type)
  const id = await asked(ada, reads, { resource_type: type, resource_id: '1', duration_seconds: 300 })
  assert.equal(await isAllowed(ada, `${type}/1`), false, 'to ask is not to have')
  await server.sql(`UPDATE role_elevations SET requested_at = requested_at - interval '5 hours' WHERE id = $1`, [id])
  const approved = await answer(id, 'approve')
  assert.deepEqual([approved.status, approved.body.state, approved.body.decided_by], [200, 'approved', chief.id])
  assert.deepEqual([await isAllowed(ada, `${type}/1`), await isAllowed(ada, `${type}/2`)], [true, false])
  const [grant] = await grantsOf(ada)
  assert.deepEqual([grant.id, grant.elevation_id, grant.granted_by], [approved.body.grant_id, id, chief.id])
  assert.equal(grant.with_grant_option, false)
  assert.equal(Date.parse(grant.expires_at) - Date.parse(approved.body.decided_at), 300_000)
  await server.sql(`UPDATE user_roles SET expires_at = now() - interval '1 second' WHERE id = $1`, [grant.id])
  assert.equal(await isAllowed(ada, `${type}/1`), false)
  for (const what of ['requested', 'approved'])
    await until(`${what} is an entry`, async () => {
      const found = await call('GET', `/v1/audit/events?event_type=elevation.${what}&resource=elevation/${id}`)
      return found.body.events.length === 1 && !found.text.includes('on call')
    })
})

test('a role is asked for by its name, as names are compared, or by its id; by one of them', async () => {
  const ada = await person()
  const { id, name } = (await call('POST', '/v1/roles', { name: `On Call ${++count}` })).body
  const terms = { duration_seconds: 3600, reason: 'on call' }
  const askFor = (body: object) => call('POST', '/v1/elevations', { ...terms, ...body }, ada.token)
  for (const named of [name, name.toUpperCase(), ` ${name}`, name.replace('C', 'Ｃ')]) {
    const made = await askFor({ role: named })
    assert.deepEqual([made.status, made.body.role_id, made.body.role], [201, id, undefined], made.text)
  }
  for (const body of [{}, { role: name, role_id: id }, { role: '' }, { role: null }])
    assert.deepEqual(code(await askFor(body)), [400, 'VALIDATION_FAILED'], JSON.stringify(body))
  assert.deepEqual(code(await askFor({ role: `${name}0` })), [404, 'NOT_FOUND'])
  const { token: stranger } = await strangerOf(server, `tenant${++count}`)
  assert.deepEqual(code(await call('POST', '/v1/elevations', { ...terms, role: name }, stranger)), [404, 'NOT_FOUND'])
})

test('whoever is logged in sees the roles that they can ask for, and nothing of what they permit', async () => {
  const ada = await person()
  const type = `type_${++count}`
  const id = await role(type, { description: 'reads all' })
  assert.deepEqual(code(await call('GET', '/v1/roles', undefined, ada.token)), [403, 'SCOPE_MISSING'])
  const listed = await call('GET', '/v1/elevations/roles?limit=200', undefined, ada.token)
  const found = listed.body.roles.find((one: Answer['body']) => one.id === id)
  assert.deepEqual(found, { id, name: `role ${count}`, description: 'reads all' })
  assert.equal(listed.text.includes(type), false)
  const pages = await Promise.all(
    [1, 2].map((page) => call('GET', `/v1/elevations/roles?limit=1&page=${page}`, undefined, ada.token)),
  )
  const [first, next] = pages.map(({ body }) => body.roles[0].name)
  assert.ok(first < next)
  assert.equal((await ask(ada, found.id)).status, 201)
  const { token: stranger } = await strangerOf(server, `tenant${++count}`)
  const theirs = await call('GET', '/v1/elevations/roles?limit=200', undefined, stranger)
  assert.equal(theirs.text.includes(id), false)
  assert.equal((await call('GET', '/v1/elevations/roles', undefined, null)).status, 401)
})

test('what was approved is ended early like any grant', async () => {
  const ada = await person()
  const type = `type_${++count}`
  const { body } = await answer(await asked(ada, await role(type)), 'approve')
  assert.equal(await isAllowed(ada, `${type}/1`), true)
  assert.equal((await call('DELETE', `/v1/grants/${body.grant_id}`)).status, 200)
  assert.equal(await isAllowed(ada, `${type}/1`), false)
  assert.deepEqual(code(await answer(body.id, 'approve')), CLOSED, 'and does not come back by its approval')
})

test('it opens once: an approval is not replayed, nor made of what was denied, withdrawn or has lapsed', async () => {
  const ada = await person()
  const reads = await role(`type_${++count}`)
  for (const verb of ['approve', 'deny', 'withdraw'] as const) {
    const id = await asked(ada, reads)
    assert.equal((await answer(id, verb, verb === 'withdraw' ? ada : chief)).status, 200)
    for (const again of ['approve', 'deny']) assert.deepEqual(code(await answer(id, again)), CLOSED, `${verb} ${again}`)
    assert.deepEqual(code(await answer(id, 'withdraw', ada)), CLOSED)
  }
  const late = await asked(ada, reads)
  await server.sql(`UPDATE role_elevations SET lapses_at = now() - interval '1 second' WHERE id = $1`, [late])
  assert.deepEqual(code(await answer(late, 'approve')), CLOSED)
  assert.deepEqual((await answer(late, 'deny')).body.details, { state: 'lapsed' })
  assert.equal((await call('GET', `/v1/elevations/${late}`, undefined, ada.token)).body.state, 'lapsed')
  assert.equal((await grantsOf(ada)).length, 1)
  const id = await asked(ada, reads)
  const many = await Promise.all(Array.from({ length: 6 }, (_, i) => answer(id, i === 0 ? 'deny' : 'approve')))
  assert.equal(many.filter(({ status }) => status === 200).length, 1, 'not at the same moment either')
})

test('nobody approves what they asked for: themselves, by a token of theirs, or by who acts as somebody', async () => {
  const reads = await role(`type_${++count}`)
  const mine = await asked(chief, reads)
  for (const verb of ['approve', 'deny']) assert.deepEqual(code(await answer(mine, verb)), REFUSED)
  const token = (await call('POST', '/v1/tokens', { name: 'mine', scopes: ['tenant:admin'] }, chief.token)).body.token
  assert.deepEqual(code(await answer(mine, 'approve', { id: chief.id, token })), REFUSED)
  assert.deepEqual(code(await ask({ id: chief.id, token }, reads)), REFUSED, 'nor does a token ask in somebody’s name')
  const account = (await call('POST', '/v1/service-accounts', { name: 'robot' }, chief.token)).body.id
  const given = { name: 'robot', scopes: ['tenant:admin'], service_account_id: account }
  const robot = { id: account, token: (await call('POST', '/v1/tokens', given)).body.token }
  assert.deepEqual(code(await answer(mine, 'approve', robot)), REFUSED, 'an application may be of the same hand')
  const other = await person(['tenant:admin', 'access:decide'])
  const as = async (by: string, whom: Calling) => {
    const { body, text } = await call('POST', `/v1/users/${whom.id}/impersonate`, { reason: 'looks' }, by)
    assert.ok(body.access_token, text)
    return { id: whom.id, token: body.access_token as string }
  }
  const asOther = await as(await administratorSession(server), other)
  assert.deepEqual(code(await answer(mine, 'approve', asOther)), [403, 'IMPERSONATING'])
  assert.deepEqual(code(await ask(asOther, reads)), [403, 'IMPERSONATING'], 'nor asks as somebody to approve it then')
  assert.deepEqual(code(await answer(mine, 'withdraw', asOther)), [403, 'IMPERSONATING'])
  assert.equal((await answer(mine, 'approve', other)).status, 200)
})

test('nobody approves what they asked for by an account that they made for it, or one with the same mailbox', async () => {
  const asking = await person(['tenant:admin'])
  const id = await asked(asking, await role(`type_${++count}`))
  const made = await invited(server, { scopes: ['tenant:admin'], by: asking.token })
  assert.deepEqual(code(await answer(id, 'approve', made)), REFUSED)
  const { body } = await call('GET', `/v1/users/${asking.id}`)
  const email = body.email.replace('@', '+second@')
  const beside = await invited(server, { scopes: ['tenant:admin'], email })
  assert.deepEqual(code(await answer(id, 'approve', beside)), REFUSED)
  assert.equal((await answer(id, 'approve')).status, 200)
})

test('nobody approves what they might not give: without grant option, on more, or for longer', async () => {
  const [lead, ada] = [await person(), await person()]
  const type = `type_${++count}`
  const reads = await role(type)
  const on = { resource_type: type }
  const give = (more: object) => call('POST', '/v1/grants', { role_id: reads, user_id: lead.id, ...on, ...more })
  const one = await asked(ada, reads, on)
  assert.deepEqual(code(await answer(one, 'approve', lead)), REFUSED)
  assert.deepEqual(code(await call('GET', `/v1/elevations/${one}`, undefined, lead.token)), REFUSED)
  await give({})
  assert.deepEqual(code(await answer(one, 'approve', lead)), REFUSED, 'without the option')
  await give({ with_grant_option: true, expires_at: new Date(Date.now() + 1_800_000).toISOString() })
  assert.deepEqual(code(await answer(one, 'approve', lead)), REFUSED, 'for longer than they have it')
  await give({ with_grant_option: true })
  const all = await asked(ada, reads)
  const above = await asked(ada, await role('*'), on)
  for (const id of [all, above])
    for (const verb of ['approve', 'deny']) assert.deepEqual(code(await answer(id, verb, lead)), REFUSED)
  assert.equal((await call('GET', `/v1/elevations/${one}`, undefined, lead.token)).body.id, one)
  assert.equal((await answer(one, 'approve', lead)).status, 200)
  assert.deepEqual(code(await answer(await asked(lead, reads, on), 'approve', lead)), REFUSED, 'nor their own')
})

test('nobody changes what a role permits while they ask for it: what is approved is what was seen', async () => {
  const boss = await person(['tenant:admin', 'access:decide'])
  const parent = await role(`type_${++count}`)
  const reads = await role(`type_${++count}`, { parent_roles: [parent] })
  const edit = (id: string) =>
    call(
      'PATCH',
      `/v1/roles/${id}`,
      { permissions: [{ action: '*', resource: 'invoice', conditions: [] }] },
      boss.token,
    )
  const id = await asked(boss, reads)
  for (const one of [reads, parent]) assert.deepEqual(code(await edit(one)), REFUSED)
  await call('POST', `/v1/elevations/${id}/withdraw`, undefined, boss.token)
  assert.equal((await edit(reads)).status, 200)
})

test('roles to ask for are shown to who is there, and not to a token', async () => {
  const token = (await call('POST', '/v1/tokens', { name: 'writes', scopes: ['audit:write'] })).body.token
  assert.deepEqual(code(await call('GET', '/v1/elevations/roles', undefined, token)), REFUSED)
})

test('nobody asks for another, for longer than a day, or for nothing', async () => {
  const [ada, bob] = [await person(), await person()]
  const reads = await role(`type_${++count}`)
  for (const more of [
    ...[{ user_id: bob.id }, { duration_seconds: 299 }, { duration_seconds: 86_401 }, { duration_seconds: 300.5 }],
    ...[{ reason: '' }, { reason: ' \n' }, { reason: undefined }, { resource_id: '1' }, { state: 'approved' }],
    ...[{ lapses_at: '2099-01-01T00:00:00Z' }, { grant_id: randomUUID() }],
  ])
    assert.deepEqual(code(await ask(ada, reads, more)), [400, 'VALIDATION_FAILED'], JSON.stringify(more))
  assert.deepEqual(code(await ask(ada, randomUUID())), [404, 'NOT_FOUND'])
  const id = await asked(ada, reads)
  assert.deepEqual(code(await answer(id, 'withdraw', bob)), [404, 'NOT_FOUND'])
  assert.deepEqual(code(await answer(id, 'withdraw')), [404, 'NOT_FOUND'], 'an administrator denies it instead')
})

test('who asked sees theirs, who administers sees all, by state and in pages', async () => {
  const [ada, bob] = [await person(), await person()]
  const reads = await role(`type_${++count}`)
  const [first, second, third] = [await asked(ada, reads), await asked(bob, reads), await asked(ada, reads)]
  await answer(third, 'deny')
  const ids = async (who: Calling, query = '') =>
    (await call('GET', `/v1/elevations?limit=500${query}`, undefined, who.token)).body.elevations.map(
      (one: Answer['body']) => one.id,
    )
  assert.deepEqual(await ids(ada), [first, third])
  assert.deepEqual(await ids(ada, '&state=denied'), [third])
  assert.deepEqual(await ids(bob), [second])
  const pending = await ids(chief, '&state=pending')
  assert.ok(pending.includes(first) && pending.includes(second) && !pending.includes(third))
  await server.sql(`UPDATE role_elevations SET lapses_at = now() - interval '1 second' WHERE id = $1`, [first])
  assert.ok((await ids(chief, '&state=lapsed')).includes(first))
  assert.ok(!(await ids(chief, '&state=pending')).includes(first))
  const page = (await call('GET', '/v1/elevations?limit=1', undefined, ada.token)).body
  assert.deepEqual([page.elevations.length, page.next_cursor], [1, first])
  const rest = await ids(ada, `&cursor=${first}`)
  assert.deepEqual(rest, [third])
})

test('what somebody has anyway is neither shortened nor lengthened by an approval', async () => {
  const ada = await person()
  const type = `type_${++count}`
  const reads = await role(type)
  const give = async (more: object) =>
    (await call('POST', '/v1/grants', { role_id: reads, user_id: ada.id, ...more })).body
  const lasting = await give({ with_grant_option: true, reason: 'hired' })
  const { body } = await answer(await asked(ada, reads), 'approve')
  const of = async (id: string) => (await grantsOf(ada)).find((one: Answer['body']) => one.id === id)
  assert.deepEqual(await of(lasting.id), lasting, 'without end it stays')
  await call('DELETE', `/v1/grants/${body.grant_id}`)
  assert.equal(await isAllowed(ada, `${type}/1`), true)
  const soon = await give({ expires_at: new Date(Date.now() + 60_000).toISOString() })
  const longer = await answer(await asked(ada, reads), 'approve')
  assert.deepEqual(await of(soon.id), soon, 'what ends sooner ends sooner')
  await give({ reason: 'again' })
  const { expires_at } = await of(longer.body.grant_id)
  assert.equal(Date.parse(expires_at) - Date.parse(longer.body.decided_at), 3_600_000, 'nor the other way round')
})

test('roles that exclude each other are not had by an approval, and what was refused is still open', async () => {
  const ada = await person()
  const [pays, approves] = [await role(`type_${++count}`), await role(`type_${++count}`)]
  const pair = { kind: 'static', role_id: pays, other_role_id: approves }
  assert.equal((await call('POST', '/v1/role-exclusions', pair)).status, 201)
  const held = await call('POST', '/v1/grants', { role_id: pays, user_id: ada.id })
  const id = await asked(ada, approves)
  assert.deepEqual(code(await answer(id, 'approve')), [409, 'DUTIES_SEPARATED'])
  assert.equal((await call('GET', `/v1/elevations/${id}`)).body.state, 'pending')
  await call('DELETE', `/v1/grants/${held.body.id}`)
  assert.equal((await answer(id, 'approve')).status, 200)
  assert.deepEqual(code(await call('POST', '/v1/grants', { role_id: pays, user_id: ada.id })), [
    409,
    'DUTIES_SEPARATED',
  ])
})

test('who is suspended meanwhile gets nothing, and another tenant’s are absent', async () => {
  const ada = await person()
  const id = await asked(ada, await role(`type_${++count}`))
  const stranger = await strangerOf(server, `tenant${++count}`)
  for (const verb of ['approve', 'deny', 'withdraw'])
    assert.deepEqual(code(await answer(id, verb, stranger)), [404, 'NOT_FOUND'])
  assert.deepEqual(code(await call('GET', `/v1/elevations/${id}`, undefined, stranger.token)), [404, 'NOT_FOUND'])
  assert.deepEqual((await call('GET', '/v1/elevations', undefined, stranger.token)).body.elevations, [])
  await call('POST', `/v1/users/${ada.id}/suspend`)
  assert.deepEqual(code(await answer(id, 'approve')), [404, 'NOT_FOUND'])
  assert.equal((await grantsOf(ada)).length, 0)
  assert.equal((await answer(id, 'deny')).status, 200)
})

test('whoever lacks the second factor that is demanded neither sees the roles nor asks for one', async () => {
  const ada = await person()
  const reads = await role(`type_${++count}`)
  const rules = (requires_second_factor: boolean) => call('PATCH', '/v1/sign-in-rules', { requires_second_factor })
  assert.equal((await rules(true)).status, 200)
  const list = () => call('GET', '/v1/elevations/roles', undefined, ada.token)
  assert.deepEqual(code(await list()), [403, 'STEP_UP_REQUIRED'])
  assert.deepEqual(code(await ask(ada, reads)), [403, 'STEP_UP_REQUIRED'])
  assert.equal((await rules(false)).status, 200)
  assert.equal((await list()).status, 200)
})
