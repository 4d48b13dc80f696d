import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { withClient } from '../../src/platform/database/provision.ts'
import { person as invited, type Person } from '../support/people.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const person = () => invited(server)
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const may = (action: string, resource: string, ...conditions: object[]) => ({ action, resource, conditions })
let count = 0
async function role(permissions: object[], more: object = {}): Promise<string> {
  const made = await call('POST', '/v1/roles', { name: `role ${++count}`, permissions, ...more })
  assert.equal(made.status, 201, made.text)
  return made.body.id
}
const grant = (role_id: string, more: object, token?: string) => call('POST', '/v1/grants', { role_id, ...more }, token)
async function granted(role_id: string, more: object): Promise<string> {
  const made = await grant(role_id, more)
  assert.equal(made.status, 201, made.text)
  return made.body.id
}
const asks = (user_id: string, action: string, resource: string, more: object = {}) =>
  call('POST', '/v1/auth/authorize', { user_id, action, resource, ...more })
const isAllowed = async (...asked: Parameters<typeof asks>): Promise<boolean> => {
  const answer = await asks(...asked)
  assert.equal(answer.status, 200, answer.text)
  return answer.body.authorized
}

test('who has a role may what it permits, and what its parents permit, and nothing else', async () => {
  const { id, token } = await person()
  const parent = await role([may('read', 'invoice')])
  const child = await role([may('pay', 'invoice/17'), may('*', 'draft')], { parent_roles: [parent] })
  assert.equal(await isAllowed(id, 'read', 'invoice/17'), false)
  await granted(child, { user_id: id })
  for (const [action, resource, expected] of [
    ...([
      ['read', 'invoice/17', true],
      ['read', 'invoice/18', true],
      ['pay', 'invoice/17', true],
    ] as const),
    ...([
      ['pay', 'invoice/18', false],
      ['pay', 'invoice/171', false],
      ['Read', 'invoice/17', false],
    ] as const),
    ...([
      ['any', 'draft/1', true],
      ['any', 'drafts/1', false],
      ['read', 'Invoice/17', false],
    ] as const),
    ...([
      ['*', 'invoice/17', false],
      ['read', 'receipt/17', false],
    ] as const),
  ])
    assert.equal(await isAllowed(id, action, resource), expected, `${action} ${resource}`)
  const own = await call('POST', '/v1/auth/authorize', { action: 'read', resource: 'invoice/17' }, token)
  assert.deepEqual([own.status, own.body.authorized, own.body.roles.length], [200, true, 1])
  const refused = await call('POST', '/v1/auth/authorize', { action: 'pay', resource: 'invoice/18' }, token)
  assert.deepEqual(refused.body.required_permissions, [{ resource: 'invoice', action: 'pay' }])
  assert.match(refused.body.reason, /no role/)
  await until('each decision is an entry', async () => {
    const found = await call('GET', `/v1/audit/events?event_type=access.decided&resource=invoice/18&outcome=Failure`)
    return found.body.events.some((one: Answer['body']) => one.event_data.decision === refused.body.decision_id)
  })
})

test('a role counts where it was given: everywhere, on a type, on one resource, and by a group', async () => {
  const [ada, bob, cyd, dan] = [await person(), await person(), await person(), await person()]
  const reads = await role([may('read', '*')])
  const group = (await call('POST', '/v1/groups', { name: `group ${++count}` })).body.id
  assert.equal((await call('POST', `/v1/groups/${group}/members`, { user_id: dan.id })).status, 200)
  await granted(reads, { user_id: ada.id })
  await granted(reads, { user_id: bob.id, resource_type: 'invoice' })
  await granted(reads, { user_id: cyd.id, resource_type: 'invoice', resource_id: '17' })
  await granted(reads, { group_id: group, resource_type: 'memo' })
  const seen = (who: Person) =>
    Promise.all(['invoice/17', 'invoice/18', 'memo/1'].map((one) => isAllowed(who.id, 'read', one)))
  assert.deepEqual(await seen(ada), [true, true, true])
  assert.deepEqual(await seen(bob), [true, true, false])
  assert.deepEqual(await seen(cyd), [true, false, false])
  assert.deepEqual(await seen(dan), [false, false, true])
  await call('DELETE', `/v1/groups/${group}/members/${dan.id}`)
  assert.deepEqual(await seen(dan), [false, false, false])
})

test('what is taken back, ended or suspended counts no more from the next decision on, on another server too', async () => {
  const other = await testServer({}, server.installation)
  try {
    const { id } = await person()
    const reads = await role([may('read', 'invoice')])
    const there = async () => {
      const asked = { user_id: id, action: 'read', resource: 'invoice/1' }
      return (await other.call('POST', '/v1/auth/authorize', asked, { token: server.token })).body.authorized
    }
    const given = await granted(reads, { user_id: id })
    assert.deepEqual([await there(), await isAllowed(id, 'read', 'invoice/1')], [true, true])
    await call('DELETE', `/v1/grants/${given}`)
    assert.deepEqual([await there(), await isAllowed(id, 'read', 'invoice/1')], [false, false])
    await granted(reads, { user_id: id, expires_at: new Date(Date.now() + 60_000).toISOString() })
    assert.equal(await there(), true)
    await server.sql(`UPDATE user_roles SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [id])
    assert.equal(await there(), false)
    await granted(reads, { user_id: id })
    assert.equal(await there(), true)
    await call('PATCH', `/v1/roles/${reads}`, { permissions: [] })
    assert.equal(await there(), false, 'the role permits it no more')
    await call('PATCH', `/v1/roles/${reads}`, { permissions: [may('read', 'invoice')] })
    assert.equal(await there(), true)
    await call('POST', `/v1/users/${id}/suspend`)
    assert.equal(await there(), false)
  } finally {
    await other.stop()
  }
})

test('conditions hold as they say, and what is not told does not hold', async () => {
  const { id } = await person()
  const given = async (...conditions: object[]) => {
    const resource = `type_${++count}`
    await granted(await role([may('read', resource, ...conditions)]), { user_id: id })
    return (resource_attributes: object = {}, context: object = {}) =>
      isAllowed(id, 'read', `${resource}/1`, { resource_attributes, context })
  }
  const owner = await given({ type: 'owner' })
  assert.deepEqual([await owner({ owner_id: id }), await owner({ owner_id: 'x' }), await owner()], [true, false, false])
  const tenant = await given({ type: 'tenant_member' })
  assert.deepEqual([await tenant({ tenant_id: server.tenantId }), await tenant({ tenant_id: 'x' })], [true, false])
  const network = await given({ type: 'network', networks: ['10.0.0.0/8', '2001:db8::/32'] })
  const ip = (arg: string) => ({ ip: arg.includes(':') ? { __extn: { fn: 'ip', arg } } : arg })
  assert.deepEqual([await network({}, ip('10.1.2.3')), await network({}, ip('2001:db8::1'))], [true, true])
  assert.deepEqual([await network({}, ip('11.0.0.1')), await network()], [false, false])
  const risk = await given({ type: 'risk', at_most: 40 }, { type: 'factor', max_age_seconds: 300 })
  assert.deepEqual(
    [await risk({}, { risk: 40, factor_age: 300 }), await risk({}, { risk: 41, factor_age: 1 })],
    [true, false],
  )
  assert.deepEqual([await risk({}, { risk: 1, factor_age: 301 }), await risk({}, { risk: 1 })], [false, false])
  const state = await given({
    type: 'attribute',
    attribute: 'resource.state',
    operator: 'one_of',
    value: ['open', 'due'],
  })
  assert.deepEqual([await state({ state: 'due' }), await state({ state: 'paid' }), await state()], [true, false, false])
  const amount = await given({
    type: 'attribute',
    attribute: 'resource.amount',
    operator: 'at_most',
    other: 'context.limit',
  })
  assert.deepEqual(
    [await amount({ amount: 5 }, { limit: 5 }), await amount({ amount: 6 }, { limit: 5 })],
    [true, false],
  )
  const cedar = await given({ type: 'cedar', expression: 'resource has tags && resource.tags.contains("public")' })
  assert.deepEqual([await cedar({ tags: ['public'] }), await cedar({ tags: ['secret'] })], [true, false])
  const resource = `type_${++count}`
  const tagged = { type: 'cedar', expression: 'resource.tags.contains("public")' }
  await granted(await role([may('read', resource, tagged)]), { user_id: id })
  const failing = await asks(id, 'read', `${resource}/1`, { resource_attributes: { tags: 7 } })
  assert.deepEqual([failing.body.authorized, /could not be evaluated/.test(failing.body.reason)], [false, true])
})

test('the clock is the server’s, in the zone that the condition names', async () => {
  const { id } = await person()
  const resource = `type_${++count}`
  const days = [1, 2, 3, 4, 5, 6, 7]
  const whole = { type: 'time_window', days, from: '00:00', to: '00:00', zone: 'Europe/Berlin' }
  await granted(await role([may('read', resource, whole)]), { user_id: id })
  const lie = { local: { 'Europe/Berlin': { weekday: 9, minute: 9999 } }, now: 'yesterday' }
  assert.equal(
    await isAllowed(id, 'read', `${resource}/1`, { context: lie }),
    true,
    'the caller does not say what time it is',
  )
})

test('a zone is taken as it is written, and told once', async () => {
  const { id } = await person()
  const resource = `type_${++count}`
  const whole = { type: 'time_window', days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '00:00' }
  const windows = ['Asia/Kolkata', 'Asia/Calcutta', 'asia/kolkata', 'ASIA/CALCUTTA'].map((zone) => ({ ...whole, zone }))
  await granted(await role([may('read', resource, ...windows)]), { user_id: id })
  assert.equal(await isAllowed(id, 'read', `${resource}/1`), true)
  const has = (zone: string) => ({ type: 'cedar', expression: `context.local has "${zone}"` })
  await granted(await role(windows.map(({ zone }, i) => may(`see${i}`, resource, has(zone)))), { user_id: id })
  const told = await Promise.all(windows.map((_, i) => isAllowed(id, `see${i}`, `${resource}/1`)))
  assert.equal(told.filter((one) => one).length, 1, JSON.stringify(told))
})

test('what is no value is refused with where it stands, and takes nothing down', async () => {
  for (const given of [
    ...[{ context: { x: null } }, { context: { x: 1.5 } }],
    ...[{ context: { ip: { __extn: { fn: 'ip', arg: 'none' } } } }, { context: { x: { __entity: 'User' } } }],
    { context: { x: { __extn: { fn: 'constructor', arg: 'x' } } } },
  ]) {
    const answer = await asks(server.userId, 'read', 'invoice/1', given)
    assert.deepEqual(code(answer), [400, 'VALIDATION_FAILED'], answer.text)
    assert.equal(answer.body.details.issues[0].pointer, '/context')
  }
  const address = await asks(server.userId, 'read', 'invoice/1', { context: { ip: '999.1.1.1' } })
  assert.equal(address.body.details.issues[0].pointer, '/context/ip')
})

test('nobody describes themselves as what they ask for, or another as an administrator', async () => {
  const { id } = await person()
  const reads = await role([
    may('read', 'User', { type: 'attribute', attribute: 'principal.level', operator: 'equals', value: 9 }),
  ])
  await granted(reads, { user_id: id })
  const attributes = { resource_attributes: { level: 9, id: 'x', tenant_id: 'x' } }
  assert.deepEqual(code(await asks(id, 'read', `User/${id}`, attributes)), [400, 'VALIDATION_FAILED'])
  assert.equal(await isAllowed(id, 'read', `User/${id}`), false)
  assert.deepEqual(code(await asks(id, 'read', 'Action/read')), [400, 'VALIDATION_FAILED'])
})

test('an application asks for others with a scope of its own; who has none asks for themselves alone', async () => {
  const [ada, bob] = [await person(), await person()]
  const asked = { user_id: bob.id, action: 'read', resource: 'invoice/1' }
  assert.deepEqual(code(await call('POST', '/v1/auth/authorize', asked, ada.token)), [403, 'SCOPE_MISSING'])
  const explain = { ...asked, explain: true }
  assert.deepEqual(code(await call('POST', '/v1/auth/authorize', explain, ada.token)), [403, 'SCOPE_MISSING'])
  const { body } = await call('POST', '/v1/tokens', { name: 'app', scopes: ['access:decide'] })
  assert.equal((await call('POST', '/v1/auth/authorize', asked, body.token)).status, 200)
  const second = await server.secondTenant(`tenant${++count}`)
  await granted(await role([may('*', '*')]), { user_id: bob.id })
  const foreign = await call('POST', '/v1/auth/authorize', asked, second.token)
  assert.deepEqual([foreign.status, foreign.body.authorized], [200, false], 'another tenant’s people are nobody')
})

test('a denial is explained part by part, to whoever may ask for that', async () => {
  const { id } = await person()
  const resource = `type_${++count}`
  await granted(await role([may('read', resource, { type: 'owner' })]), { user_id: id })
  const { body } = await asks(id, 'read', `${resource}/1`, { resource_attributes: { owner_id: 'bob' }, explain: true })
  assert.match(body.reason, /condition/)
  const [{ parts, holds }] = body.explanation
  assert.equal(holds, false)
  const text = JSON.stringify(parts)
  assert.match(text, /resource\.owner_id == principal\.id/)
  assert.match(text, /resource\.owner_id is \\"bob\\"/)
})

test('a role is given by who has it with grant option, on no more and for no longer, and never to oneself', async () => {
  const [lead, ada] = [await person(), await person()]
  const [reads, all] = [await role([may('read', 'invoice')]), await role([may('*', '*')])]
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  const give = (role_id: string, more: object, by = lead.token) => grant(role_id, more, by)
  const on = { resource_type: 'invoice' }
  assert.deepEqual(code(await give(reads, { user_id: ada.id })), [403, 'GRANT_REFUSED'])
  await granted(reads, { user_id: lead.id, ...on, expires_at: soon })
  assert.deepEqual(
    code(await give(reads, { user_id: ada.id, ...on, expires_at: soon })),
    [403, 'GRANT_REFUSED'],
    'without the option',
  )
  await granted(reads, { user_id: lead.id, ...on, with_grant_option: true, expires_at: soon })
  assert.equal((await give(reads, { user_id: ada.id, ...on, expires_at: soon })).status, 201)
  assert.equal((await give(reads, { user_id: ada.id, ...on, resource_id: '7', expires_at: soon })).status, 201)
  for (const more of [
    {},
    { resource_type: 'memo' },
    on,
    { ...on, expires_at: new Date(Date.now() + 7_200_000).toISOString() },
  ])
    assert.deepEqual(
      code(await give(reads, { user_id: ada.id, ...more })),
      [403, 'GRANT_REFUSED'],
      JSON.stringify(more),
    )
  assert.deepEqual(code(await give(all, { user_id: ada.id, ...on, expires_at: soon })), [403, 'GRANT_REFUSED'])
  assert.deepEqual(code(await give(reads, { user_id: lead.id, ...on, expires_at: soon })), [403, 'GRANT_REFUSED'])
  assert.deepEqual(
    code(await grant(all, { user_id: server.userId })),
    [403, 'GRANT_REFUSED'],
    'not even an administrator',
  )
  const group = (await call('POST', '/v1/groups', { name: `group ${++count}` })).body.id
  await call('POST', `/v1/groups/${group}/members`, { user_id: lead.id })
  assert.deepEqual(code(await give(reads, { group_id: group, ...on, expires_at: soon })), [403, 'GRANT_REFUSED'])
  const past = await grant(reads, { user_id: ada.id, expires_at: '2020-01-01T00:00:00Z' })
  assert.deepEqual(code(past), [400, 'VALIDATION_FAILED'])
  const listed = await call('GET', `/v1/grants?user_id=${ada.id}`)
  assert.deepEqual([listed.body.grants.length, listed.body.grants[0].granted_by], [2, lead.id])
})

test('many questions are answered each by itself, in their order, and are one entry', async () => {
  const { id } = await person()
  const type = `type_${++count}`
  await granted(await role([may('read', `${type}/2`), may('write', type, { type: 'owner' })]), { user_id: id })
  const attributes = { resource_attributes: { owner_id: id } }
  const questions = [
    { resource: `${type}/1` },
    { resource: `${type}/2` },
    { resource: `${type}/1`, action: 'write', ...attributes },
    { resource: `${type}/1`, action: 'write' },
    { resource: `${type}/2`, action: 'write', resource_attributes: { owner_id: 'x' } },
  ]
  const { body } = await call('POST', '/v1/auth/authorize/batch', { user_id: id, action: 'read', questions })
  const answers = body.answers.map((one: Answer['body']) => one.authorized)
  assert.deepEqual(answers, [false, true, true, false, false], 'what one says is not another’s')
  await until('it is one entry', async () => {
    const { events } = (await call('GET', '/v1/audit/events?event_type=access.decided&resource=questions/5')).body
    const [data] = events.map((one: Answer['body']) => one.event_data)
    return data?.decision === body.decision_id && data.allowed === 2 && data.denied === 3 && data.questions.length === 5
  })
  const lacking = await call('POST', '/v1/auth/authorize/batch', { user_id: id, questions })
  assert.deepEqual(code(lacking), [400, 'VALIDATION_FAILED'])
  assert.equal(lacking.body.details.issues[0].pointer, '/questions/0/action')
  const many = Array.from({ length: 1000 }, (_, i) => ({ resource: `${type}/${i}` }))
  const seen = await call('POST', '/v1/auth/authorize/batch', { user_id: id, action: 'read', questions: many })
  assert.deepEqual(
    seen.body.answers.flatMap((one: Answer['body'], i: number) => (one.authorized ? [i] : [])),
    [2],
  )
  const { token } = await person()
  const others = await call('POST', '/v1/auth/authorize/batch', { user_id: id, action: 'read', questions }, token)
  assert.deepEqual(code(others), [403, 'SCOPE_MISSING'])
})

test('a decision rests on roles and grants of one moment: what was never allowed is not allowed in between', async () => {
  const { id } = await person()
  const type = `type_${++count}`
  const reads = await role([may('read', type)])
  await isAllowed(id, 'read', `${type}/1`)
  await withClient(server.installation.superuser, async (holder) => {
    await holder.query('BEGIN')
    await holder.query('LOCK TABLE user_roles IN ACCESS EXCLUSIVE MODE')
    const underWay = isAllowed(id, 'read', `${type}/1`)
    await until('it has seen the roles and waits for the grants', async () => {
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
      return (await server.sql(waiting)).length > 0
    })
    // The role permits it no more, and then somebody is given it.
    await server.sql('DELETE FROM role_permissions WHERE role_id = $1', [reads])
    await server.sql('UPDATE access_versions SET version = version + 1')
    await holder.query(
      `INSERT INTO user_roles (tenant_id, id, user_id, role_id, with_grant_option, granted_at, granted_by)
       VALUES ($1, gen_random_uuid(), $2, $3, false, now(), $4)`,
      [server.tenantId, id, reads, server.userId],
    )
    await holder.query('COMMIT')
    assert.equal(await underWay, false)
  })
})

test('each decision is recorded, but for a share of what is allowed where the tenant says so', async () => {
  const { id } = await person()
  await granted(await role([may('read', 'page'), may('write', 'page')]), { user_id: id })
  const recording = { sampled_actions: ['read'], recorded_share: 0 }
  const changed = await call('PUT', '/v1/access/recording', recording)
  assert.deepEqual([changed.status, changed.body], [200, recording])
  for (const [action, resource] of [
    ['read', 'page/1'],
    ['write', 'page/1'],
    ['read', 'other/1'],
  ] as const)
    await asks(id, action, resource)
  await call('PUT', '/v1/access/recording', { sampled_actions: [], recorded_share: 1 })
  await asks(id, 'read', 'page/2')
  const found = async (resource: string) => {
    const { body } = await call('GET', `/v1/audit/events?event_type=access.decided&resource=${resource}`)
    return body.events.map((one: Answer['body']) => `${one.event_data.action} ${one.outcome}`)
  }
  await until('the last is an entry', async () => (await found('page/2')).length === 1)
  assert.deepEqual(await found('page/1'), ['write Success'])
  assert.deepEqual(await found('other/1'), ['read Failure'])
  const said = await call('GET', '/v1/audit/events?event_type=access.recording_changed')
  assert.equal(said.body.events.length, 2)
})

test('nobody shortens or changes what they may not take back', async () => {
  const [ada, bob] = [await person(), await person()]
  const reads = await role([may('read', 'ledger')])
  await granted(reads, {
    user_id: ada.id,
    with_grant_option: true,
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  })
  const forEver = await granted(reads, { user_id: bob.id })
  const brief = { user_id: bob.id, expires_at: new Date(Date.now() + 1_800_000).toISOString() }
  assert.deepEqual(code(await grant(reads, brief, ada.token)), [403, 'GRANT_REFUSED'])
  const { body } = await call('GET', `/v1/grants?user_id=${bob.id}`)
  assert.deepEqual(
    body.grants.map((one: Answer['body']) => [one.id, one.expires_at]),
    [[forEver, null]],
  )
})
