import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Person, person } from '../support/people.ts'
import { policyInForce, policyWritten } from '../support/policies.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
let second: Person
before(async () => {
  server = await testServer()
  second = await person(server, { scopes: ['tenant:admin'] })
})
after(() => server.stop())

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const DENIED = [
  {
    name: 'nobody',
    principal: { type: 'User', id: 'x' },
    action: 'x',
    resource: { type: 'x', id: 'x' },
    expect: 'deny',
  },
]
const written = (cedar: string, more: object = {}) => policyWritten(server, cedar, more)
const step = async (policy: Answer['body'], what: string, body?: object, token?: string) => {
  const answer = await call('POST', `/v1/policies/${policy.id}/versions/${policy.version}/${what}`, body, token)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const inForce = (cedar: string) => policyInForce(server, second.token, cedar)
const decide = async (user_id: string, action: string, resource: string, more: object = {}) => {
  const answer = await call('POST', '/v1/auth/authorize', { user_id, action, resource, ...more })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const kinds = ({ findings }: Answer['body']): string[] => findings.map((one: Answer['body']) => one.kind)
const user = (id: string) => `principal == User::"${id}"`

test('a replay tells what would have been decided otherwise, whom it concerns, and by which decisions', async () => {
  const [ada, bob] = [await person(server), await person(server)]
  await inForce(
    `permit (principal, action, resource is bill) when { [User::"${ada.id}", User::"${bob.id}"].contains(principal) };`,
  )
  const denied = [await decide(ada.id, 'pay', 'bill/1', { resource_attributes: { amount: 900 } })]
  await decide(ada.id, 'pay', 'bill/2', { resource_attributes: { amount: 10 } })
  await decide(bob.id, 'read', 'bill/1')
  const batch = {
    user_id: bob.id,
    action: 'pay',
    questions: [{ resource: 'bill/3', resource_attributes: { amount: 901 } }],
  }
  denied.push((await call('POST', '/v1/auth/authorize/batch', batch)).body)
  const limit = await written(
    'forbid (principal, action == Action::"pay", resource is bill) when { resource.amount > 500 };',
  )
  const found = await step(limit, 'replay', { days: 7 })
  assert.deepEqual(
    [found.decisions, found.is_complete, found.newly_denied.count, found.newly_allowed.count],
    [4, true, 2, 0],
  )
  assert.deepEqual(
    found.newly_denied.examples.map((one: Answer['body']) => [
      one.decision_id,
      one.principal,
      one.action,
      one.resource,
    ]),
    [
      [denied[1]?.decision_id, `User/${bob.id}`, 'pay', 'bill/3'],
      [denied[0]?.decision_id, `User/${ada.id}`, 'pay', 'bill/1'],
    ],
  )
  assert.deepEqual(
    found.newly_denied.principals.map((one: Answer['body']) => one.count),
    [1, 1],
  )
  assert.equal((await decide(ada.id, 'pay', 'bill/1', { resource_attributes: { amount: 900 } })).authorized, true)
})

test('a replay of another version sets it in the place of the one that counts', async () => {
  const { id } = await person(server)
  const policy = await inForce(`permit (${user(id)}, action == Action::"read", resource is desk);`)
  await decide(id, 'read', 'desk/1')
  await decide(id, 'write', 'desk/1')
  const next = await call('PATCH', `/v1/policies/${policy.id}`, {
    policy_rules: { cedar: `permit (${user(id)}, action == Action::"write", resource is desk);` },
  })
  const { newly_denied, newly_allowed } = await step(next.body, 'replay', {})
  assert.deepEqual([newly_denied.count, newly_allowed.count], [1, 1])
  const off = await call('PATCH', `/v1/policies/${policy.id}`, { is_active: false })
  const switched = await step(off.body, 'replay', {})
  assert.deepEqual([switched.newly_denied.count, switched.newly_allowed.count], [1, 0])
})

test('who decides again is who asked as they were then: their roles, and the time of day', async () => {
  const { id } = await person(server)
  const role = (
    await call('POST', '/v1/roles', { name: 'clerk', permissions: [{ action: 'stamp', resource: 'form' }] })
  ).body.id
  const grant = await call('POST', '/v1/grants', { role_id: role, user_id: id })
  await decide(id, 'stamp', 'form/1')
  await call('DELETE', `/v1/grants/${grant.body.id}`)
  const policy = await written(`forbid (principal in Role::"${role}", action, resource is form);`)
  assert.equal((await step(policy, 'replay', {})).newly_denied.count, 1)
})

test('what was asked stands sealed: nobody reads it in the database, and it is closed with the person', async () => {
  const { id } = await person(server)
  await inForce(`permit (${user(id)}, action, resource is diary);`)
  await decide(id, 'read', 'diary/1', { context: { patient: 'Marguerite Unwritten' } })
  const rows = await server.sql<{ requests_sealed: Buffer }>('SELECT requests_sealed FROM decided_requests')
  assert.ok(rows.length > 0 && rows.every(({ requests_sealed }) => !requests_sealed.includes('Unwritten')))
  const policy = await written(`forbid (${user(id)}, action, resource is diary);`)
  const before = await step(policy, 'replay', {})
  assert.equal(before.newly_denied.count, 1)
  const erased = await call('DELETE', `/v1/privacy/data-subjects/${id}`, {})
  assert.equal(erased.status, 200, erased.text)
  const after = await step(policy, 'replay', {})
  assert.deepEqual([after.newly_denied.count, after.unreadable - before.unreadable], [0, 1])
})

test('in shadow a version is asked beside what counts, and changes nothing', async () => {
  const { id } = await person(server)
  const open = await inForce(`permit (${user(id)}, action, resource is room);`)
  const shadow = await written(`forbid (${user(id)}, action == Action::"enter", resource is room);`)
  const on = await step(shadow, 'shadow', { days: 2 })
  assert.ok(on.shadow_since && on.shadow_until > on.shadow_since)
  const decided = await decide(id, 'enter', 'room/1')
  assert.deepEqual([decided.authorized, decided.warnings], [true, []])
  await decide(id, 'leave', 'room/1')
  const seen = (await call('GET', `/v1/policies/${shadow.id}/versions/1/differences`)).body
  assert.deepEqual([seen.newly_denied.count, seen.newly_denied.examples[0].decision_id], [1, decided.decision_id])
  const next = await call('PATCH', `/v1/policies/${open.id}`, {
    policy_rules: { cedar: `permit (${user(id)}, action == Action::"leave", resource is room);` },
  })
  await step(next.body, 'shadow')
  await decide(id, 'enter', 'room/2')
  const instead = (await call('GET', `/v1/policies/${open.id}/versions/2/differences`)).body
  assert.equal(instead.newly_denied.count, 1, 'another version stands in the place of the one that counts')
  await step(shadow, 'shadow', { days: 0 })
  await decide(id, 'enter', 'room/1')
  assert.equal((await call('GET', `/v1/policies/${shadow.id}/versions/1/differences`)).body.newly_denied.count, 2)
})

test('the analysis names what never matches, is shadowed, contradicts, errors and changes what is allowed, each by an example', async () => {
  const cedar = `
    permit (principal, action == Action::"a", resource is box) when { resource.size > 5 && resource.size < 5 };
    permit (principal, action == Action::"b", resource is box);
    forbid (principal, action == Action::"b", resource is box);
    permit (principal, action == Action::"c", resource is box) when { resource has size && resource.size > 5 };
    permit (principal, action == Action::"c", resource is box) when { resource has size && resource.size > 3 };
    forbid (principal, action == Action::"d", resource is box) when { resource.locked };
    permit (principal == User::"nobody", action == Action::"d", resource is box);
  `
  const { findings } = await step(await written(cedar), 'analyse')
  const of = (kind: string, statement: string) =>
    findings.find((one: Answer['body']) => one.kind === kind && one.statement === statement)
  assert.ok(of('never_matches', 'policy0'))
  assert.match(of('shadowed', 'policy1').message, /policy2 forbids/)
  assert.match(of('shadowed', 'policy3').message, /policy4 says the same/)
  assert.ok(!of('shadowed', 'policy4'))
  const contradiction = of('contradicts', 'policy1')
  assert.deepEqual([contradiction.example.action, contradiction.example.after], ['b', 'deny'])
  assert.equal(of('erroring', 'policy5').is_warning, true)
  const more = findings.find((one: Answer['body']) => one.kind === 'grants_more')
  assert.deepEqual([more.example.before, more.example.after], ['deny', 'allow'])
  const quiet = await step(
    await written('permit (principal == User::"q", action == Action::"q", resource is q);'),
    'analyse',
  )
  assert.deepEqual(kinds(quiet), ['grants_more'], 'of what is right nothing else is said')
})

test('a change that locks out everyone or its author is warned of, and submitted only by who accepts that', async () => {
  const everyone = await written('forbid (principal, action, resource);')
  const refused = await call('POST', `/v1/policies/${everyone.id}/versions/1/submit`, {})
  assert.deepEqual(
    [...code(refused), refused.body.details.findings.map((one: Answer['body']) => one.kind)],
    [409, 'POLICY_WARNINGS', ['locks_out_everyone']],
  )
  assert.equal((await step(everyone, 'submit', { accept_warnings: true })).state, 'in_review')
  const author = await written(`forbid (principal == User::"${server.userId}", action, resource);`)
  assert.ok(kinds(await step(author, 'analyse')).includes('locks_out_author'))
  const own = await person(server, { scopes: ['tenant:admin'] })
  await inForce(`permit (${user(own.id)}, action, resource is vault);`)
  await decide(own.id, 'open', 'vault/1')
  const body = {
    policy_name: 'night',
    policy_type: 'Access',
    policy_rules: { cedar: 'forbid (principal, action == Action::"open", resource);' },
    tests: DENIED,
  }
  const night = await call('POST', '/v1/policies', body, own.token)
  assert.ok(kinds(await step(night.body, 'analyse')).includes('locks_out_author'), 'by what they were allowed lately')
})

test('a role that is named by its name and not by its id is told with its id', async () => {
  const { id } = (await call('GET', '/v1/roles')).body.roles.find((one: Answer['body']) => one.name === 'auditor')
  const { findings } = await step(
    await written('permit (principal in Role::"auditor", action, resource is book);'),
    'analyse',
  )
  const [unknown] = findings.filter((one: Answer['body']) => one.kind === 'unknown_role')
  assert.ok(unknown.message.includes(`Role::"${id}"`))
  const known = await step(await written(`permit (principal in Role::"${id}", action, resource is book);`), 'analyse')
  assert.ok(!kinds(known).includes('unknown_role'))
})

test('a version that switches a policy off would decide nothing in shadow either', async () => {
  const { id } = await person(server)
  const open = await inForce(`permit (${user(id)}, action, resource is barn);`)
  const off = await call('PATCH', `/v1/policies/${open.id}`, { is_active: false })
  await step(off.body, 'shadow')
  await decide(id, 'enter', 'barn/1')
  const seen = (await call('GET', `/v1/policies/${open.id}/versions/2/differences`)).body
  assert.equal(seen.newly_denied.count, 1)
  const rows = await server.sql<{ told_sealed: Buffer }>('SELECT told_sealed FROM policy_differences')
  assert.ok(
    rows.every(({ told_sealed }) => !told_sealed.includes('barn')),
    'and who and what it was about stands sealed',
  )
})

test('the analysis of very many statements tries fewer requests of each, and answers', async () => {
  const many = Array.from({ length: 200 }, (_, i) => (i % 2 ? 'permit' : 'forbid')).map(
    (one) => `${one} (principal, action, resource);`,
  )
  const found = await step(await written(many.join('\n')), 'analyse')
  assert.ok(found.requests_tried < 5_000, `${found.requests_tried}`)
  assert.ok(kinds(found).includes('contradicts'))
})
