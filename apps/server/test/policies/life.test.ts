import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Person, person } from '../support/people.ts'
import { policyApproved, policyWritten } from '../support/policies.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
let second: Person
before(async () => {
  server = await testServer()
  second = await person(server, { scopes: ['tenant:admin', 'access:decide'] })
})
after(() => server.stop())

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const READ = `permit (principal == User::"u1", action == Action::"read", resource is invoice);`
const asked = (expect: string, more: object = {}) => ({
  ...{ name: `${expect} ${++count}`, action: 'read', expect },
  ...{ principal: { type: 'User', id: 'u1' }, resource: { type: 'invoice', id: '1' }, ...more },
})
let count = 0

const written = (cedar: string, more: object = {}) => policyWritten(server, cedar, { tests: [asked('allow')], ...more })
const step = (policy: { id: string; version: number }, what: string, body?: object, token?: string) =>
  call('POST', `/v1/policies/${policy.id}/versions/${policy.version}/${what}`, body, token)
const approved = (policy: Answer['body']) => policyApproved(server, second.token, policy)
const inForce = async (cedar: string, more: object = {}) => approved(await written(cedar, more))
const decide = async (user_id: string, action: string, resource: string, more: object = {}) => {
  const answer = await call('POST', '/v1/auth/authorize', { user_id, action, resource, ...more })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const forUser = (id: string, effect: string, action: string, type: string, rest = '') =>
  `${effect} (principal == User::"${id}", action == Action::"${action}", resource is ${type})${rest};`

test('a policy is written, tested, submitted, and counts once somebody else has approved it', async () => {
  const { id } = await person(server)
  const tests = [asked('allow', { principal: { type: 'User', id } }), asked('deny')]
  const policy = await written(forUser(id, 'permit', 'read', 'invoice'), { tests })
  assert.deepEqual([policy.version, policy.state, policy.current_version], [1, 'draft', null])
  const { body } = await step(policy, 'test')
  assert.deepEqual([body.passed, body.failed, body.results[0].determining], [2, 0, ['policy0']])
  assert.deepEqual(code(await step(policy, 'approve', undefined, second.token)), [409, 'POLICY_STATE'])
  await step(policy, 'submit', {})
  assert.equal((await decide(id, 'read', 'invoice/1')).authorized, false, 'in review it does not count')
  const done = await step(policy, 'approve', undefined, second.token)
  assert.deepEqual([done.body.state, done.body.approved_by], ['approved', second.id])
  const decided = await decide(id, 'read', 'invoice/1')
  assert.deepEqual(
    [decided.authorized, decided.policies, decided.reason],
    [true, [{ id: policy.id, policy_name: policy.policy_name, version: 1 }], `permitted by ${policy.policy_name}`],
  )
  assert.equal((await call('GET', `/v1/policies/${policy.id}`)).body.current_version, 1)
  for (const what of ['created', 'submitted', 'approved'])
    await until(`that it was ${what} is an entry`, async () => {
      const found = await call('GET', `/v1/audit/events?event_type=policy.${what}&resource=policy/${policy.id}`)
      return found.body.events.length === 1
    })
})

test('its author approves nothing, nor whoever submitted it, nor a token, an application or who acts for another', async () => {
  const third = await person(server, { scopes: ['tenant:admin'] })
  const policy = await written(READ)
  await step(policy, 'submit', {}, second.token)
  for (const token of [server.token, second.token])
    assert.deepEqual(code(await step(policy, 'approve', undefined, token)), [403, 'APPROVAL_REFUSED'])
  const made = await call('POST', '/v1/tokens', { name: 'ci', scopes: ['tenant:admin'] }, third.token)
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(code(await step(policy, 'approve', undefined, made.body.token)), [403, 'APPROVAL_REFUSED'])
  assert.equal((await step(policy, 'approve', undefined, third.token)).status, 200)
})

test('a second account of the author approves nothing: the same mailbox, or made by them after they wrote it', async () => {
  const author = await person(server, { scopes: ['tenant:admin'], email: 'author@first.example' })
  const twin = await person(server, { scopes: ['tenant:admin'], email: 'Author+twin@first.example' })
  const made = await call(
    'POST',
    '/v1/policies',
    { policy_name: 'twins', policy_type: 'Access', policy_rules: { cedar: READ }, tests: [asked('allow')] },
    author.token,
  )
  const puppet = await person(server, { scopes: ['tenant:admin'], by: author.token })
  await step(made.body, 'submit', {}, author.token)
  for (const { token } of [twin, puppet]) {
    assert.deepEqual(code(await step(made.body, 'approve', undefined, token)), [403, 'APPROVAL_REFUSED'])
    assert.deepEqual(code(await step(made.body, 'reject', undefined, token)), [403, 'APPROVAL_REFUSED'])
  }
  assert.equal((await step(made.body, 'approve', undefined, second.token)).status, 200)
})

test('an approval is of the version that was read: what is written after it needs its own, and one that is sent again does nothing', async () => {
  const { id } = await person(server)
  const tests = [asked('deny')]
  const policy = await inForce(forUser(id, 'permit', 'read', 'order'), { tests })
  const changed = await call('PATCH', `/v1/policies/${policy.id}`, {
    version: 1,
    policy_rules: { cedar: forUser(id, 'permit', 'delete', 'order') },
  })
  assert.deepEqual([changed.body.version, changed.body.state, changed.body.current_version], [2, 'draft', 1])
  assert.deepEqual(code(await step(policy, 'approve', undefined, second.token)), [409, 'POLICY_STATE'])
  assert.deepEqual(code(await step(changed.body, 'approve', undefined, second.token)), [409, 'POLICY_STATE'])
  assert.equal((await decide(id, 'delete', 'order/1')).authorized, false)
  assert.equal(
    (await decide(id, 'read', 'order/1')).authorized,
    true,
    'the version before counts until another is approved',
  )
  assert.deepEqual(code(await call('PATCH', `/v1/policies/${policy.id}`, { version: 1 })), [412, 'VERSION_MISMATCH'])
  await approved(changed.body)
  assert.equal((await decide(id, 'read', 'order/1')).authorized, false)
  assert.equal((await decide(id, 'delete', 'order/1')).authorized, true)
  const older = (await call('GET', `/v1/policies/${policy.id}/versions`)).body.versions
  assert.deepEqual(
    older.map((one: Answer['body']) => [one.version, one.policy_rules.cedar.includes('delete')]),
    [
      [2, true],
      [1, false],
    ],
  )
})

test('a roll-back says again what an earlier version said, and takes an approval like any other', async () => {
  const { id } = await person(server)
  const policy = await inForce(forUser(id, 'permit', 'read', 'memo'), { tests: [asked('deny')] })
  const off = await call('PATCH', `/v1/policies/${policy.id}`, { is_active: false })
  await approved(off.body)
  assert.equal((await decide(id, 'read', 'memo/1')).authorized, false, 'a version that switches it off')
  const back = await call('POST', `/v1/policies/${policy.id}/rollback`, { to_version: 1 })
  assert.deepEqual([back.body.version, back.body.is_active, back.body.state], [3, true, 'draft'])
  await approved(back.body)
  assert.equal((await decide(id, 'read', 'memo/1')).authorized, true)
  assert.deepEqual(code(await call('POST', `/v1/policies/${policy.id}/rollback`, { to_version: 9 })), [
    404,
    'NOT_FOUND',
  ])
})

test('a version counts from its date until it ends, without a restart, and a later one takes its place at its own', async () => {
  const { id } = await person(server)
  const at = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString()
  const policy = await inForce(forUser(id, 'permit', 'read', 'plan'), {
    ...{ tests: [asked('deny')], effective_date: at(2_000), expiration_date: at(3_600_000) },
  })
  assert.equal((await decide(id, 'read', 'plan/1')).authorized, false, 'its date is to come')
  await until('it counts from its date on', async () => (await decide(id, 'read', 'plan/1')).authorized)
  const next = await call('PATCH', `/v1/policies/${policy.id}`, { effective_date: null, expiration_date: at(3_000) })
  await approved(next.body)
  await until('it ends at its date, and what it took the place of does not return', async () => {
    return !(await decide(id, 'read', 'plan/1')).authorized
  })
  const past = await written(READ, { expiration_date: '2020-01-01T00:00:00Z' })
  await step(past, 'submit', {})
  assert.deepEqual(code(await step(past, 'approve', undefined, second.token)), [409, 'POLICY_STATE'])
})

test('one that forbids stands over roles and policies that permit, and one that cannot be evaluated denies', async () => {
  const { id } = await person(server)
  const tests = [asked('deny')]
  await inForce(forUser(id, 'permit', 'read', 'letter'), { tests })
  assert.equal((await decide(id, 'read', 'letter/1')).authorized, true)
  const policy = await inForce(forUser(id, 'forbid', 'read', 'letter', ' when { resource.secret }'), { tests })
  const errored = await decide(id, 'read', 'letter/1', { explain: true })
  assert.deepEqual(
    [errored.authorized, errored.cedar.decision],
    [false, 'allow'],
    'Cedar passes over it; Probity denies',
  )
  assert.match(errored.reason, /could not be evaluated/)
  const forbidden = await decide(id, 'read', 'letter/1', { resource_attributes: { secret: true } })
  assert.deepEqual([forbidden.authorized, forbidden.reason], [false, `forbidden by ${policy.policy_name}`])
  assert.equal((await decide(id, 'read', 'letter/1', { resource_attributes: { secret: false } })).authorized, true)
})

test('Warn tells what it would decide, Audit only records it, and neither decides', async () => {
  const { id } = await person(server)
  const tests = [asked('deny')]
  await inForce(forUser(id, 'permit', 'read', 'note'), { tests })
  const warn = await inForce(forUser(id, 'forbid', 'read', 'note'), { tests, enforcement_mode: 'Warn' })
  const audit = await inForce(forUser(id, 'forbid', 'read', 'note'), { tests, enforcement_mode: 'Audit' })
  const decided = await decide(id, 'read', 'note/1')
  assert.deepEqual(
    [decided.authorized, decided.warnings],
    [true, [{ id: warn.id, policy_name: warn.policy_name, version: 1, would: 'deny' }]],
  )
  for (const policy of [warn, audit]) {
    const { body } = await call('GET', `/v1/policies/${policy.id}/versions/1/differences`)
    assert.deepEqual([body.newly_denied.count, body.newly_denied.examples[0].decision_id], [1, decided.decision_id])
  }
  await until('the entry tells of both', async () => {
    const { body } = await call('GET', '/v1/audit/events?event_type=access.decided&resource=note/1')
    return body.events.some((one: Answer['body']) => one.event_data.would.length === 2)
  })
})

test('obligations come with what allows it: a second factor, and fields to mask', async () => {
  const { id } = await person(server)
  const cedar = `@step_up("300") @mask("iban, tax_id") ${forUser(id, 'permit', 'read', 'payroll')}`
  await inForce(cedar, { tests: [asked('deny')] })
  const decided = await decide(id, 'read', 'payroll/1')
  assert.deepEqual(decided.obligations, [
    { type: 'step_up', max_age_seconds: 300 },
    { type: 'mask', fields: ['iban', 'tax_id'] },
  ])
})

test('what cannot be read is refused with where it is wrong, and a version without passing tests is not submitted', async () => {
  const bad = (body: object) =>
    call('POST', '/v1/policies', { policy_name: `bad ${++count}`, policy_type: 'Access', ...body })
  for (const [body, pointer] of [
    [{ policy_rules: { cedar: 'permit (principal, action)' } }, '/policy_rules/cedar'],
    [{ policy_rules: { cedar: '' } }, '/policy_rules/cedar'],
    [{ policy_rules: { cedar: 'permit (principal == ?principal, action, resource);' } }, '/policy_rules/cedar'],
    [{ policy_rules: { cedar: READ, more: 1 } }, '/policy_rules'],
    [{ policy_rules: {} }, '/policy_rules'],
    [{ policy_rules: { cedar: READ }, tests: [asked('allow', { context: { score: 1.5 } })] }, '/tests/0/context'],
    [
      {
        policy_rules: { cedar: READ },
        effective_date: '2030-01-02T00:00:00Z',
        expiration_date: '2030-01-01T00:00:00Z',
      },
      '/expiration_date',
    ],
  ] as const) {
    const answer = await bad(body)
    assert.deepEqual(
      [...code(answer), answer.body.details.issues?.[0].pointer],
      [400, 'VALIDATION_FAILED', pointer],
      answer.text,
    )
  }
  const policy = await written(READ, { tests: [] })
  assert.deepEqual(code(await step(policy, 'submit', {})), [409, 'POLICY_TESTS_FAILED'])
  const failing = await written(READ, { tests: [asked('allow'), asked('deny')] })
  const refused = await step(failing, 'submit', {})
  assert.deepEqual([...code(refused), refused.body.details.failed], [409, 'POLICY_TESTS_FAILED', 1])
  const again = await call('POST', '/v1/policies', {
    policy_name: policy.policy_name.toUpperCase(),
    policy_type: 'Access',
    policy_rules: { cedar: READ },
  })
  assert.deepEqual(code(again), [409, 'NAME_TAKEN'])
})

test('policies of the other types have the same life, and none of another tenant is seen', async () => {
  const made = await call('POST', '/v1/policies', {
    policy_name: 'keep two years',
    policy_type: 'Retention',
    policy_rules: { days: 730 },
  })
  await approved(made.body)
  const done = (await call('GET', `/v1/policies/${made.body.id}`)).body
  assert.deepEqual([done.state, done.current_version, done.policy_rules], ['approved', 1, { days: 730 }])
  const listed = await call('GET', '/v1/policies?policy_type=Retention')
  assert.deepEqual(
    listed.body.policies.map((one: Answer['body']) => one.id),
    [made.body.id],
  )
})

test('who changes an address, their own or another’s, does not approve by that what they wrote', async () => {
  const scopes = ['tenant:admin']
  const author = await person(server, { scopes, email: 'mover@first.example' })
  const [twin, colleague] = [
    await person(server, { scopes, email: 'mover+b@first.example' }),
    await person(server, { scopes }),
  ]
  const body = { policy_name: 'moved', policy_type: 'Access', policy_rules: { cedar: READ }, tests: [asked('allow')] }
  const { body: policy } = await call('POST', '/v1/policies', body, author.token)
  await step(policy, 'submit', { accept_warnings: true }, author.token)
  const own = await call('PATCH', `/v1/users/${author.id}`, { email: 'elsewhere@first.example' })
  assert.equal(own.status, 200, own.text)
  assert.deepEqual(code(await step(policy, 'approve', undefined, twin.token)), [403, 'APPROVAL_REFUSED'])
  const taken = await call('PATCH', `/v1/users/${colleague.id}`, { email: 'mine@first.example' }, author.token)
  assert.equal(taken.status, 200, taken.text)
  assert.deepEqual(code(await step(policy, 'approve', undefined, colleague.token)), [403, 'APPROVAL_REFUSED'])
})

test('nor by an account that an account of theirs made', async () => {
  const author = await person(server, { scopes: ['tenant:admin'] })
  const body = { policy_name: 'chained', policy_type: 'Access', policy_rules: { cedar: READ }, tests: [asked('allow')] }
  const { body: policy } = await call('POST', '/v1/policies', body, author.token)
  await step(policy, 'submit', { accept_warnings: true }, author.token)
  const first = await person(server, { scopes: ['tenant:admin'], by: author.token })
  const last = await person(server, { scopes: ['tenant:admin'], by: first.token })
  assert.deepEqual(code(await step(policy, 'approve', undefined, last.token)), [403, 'APPROVAL_REFUSED'])
})

test('what forbids is lost by no form of the question', async () => {
  const { id } = await person(server)
  const group = (await call('POST', '/v1/groups', { name: 'contractors' })).body.id
  await call('POST', `/v1/groups/${group}/members`, { user_id: id })
  const made = async (name: string) =>
    (await call('POST', '/v1/roles', { name, permissions: [{ action: 'open', resource: 'gate' }] })).body.id as string
  const [opens, barred] = [await made('opens'), await made('barred')]
  for (const role_id of [opens, barred]) await call('POST', '/v1/grants', { role_id, user_id: id })
  const cedar = `
    forbid (principal, action == Action::"open", resource is gate) when { resource has blocked && principal in resource.blocked };
    forbid (principal in Role::"${barred}", action == Action::"open", resource == gate::"7");`
  await inForce(cedar, { tests: [asked('deny')] })
  const blocked = { __entity: { type: 'Group', id: group } }
  assert.equal((await decide(id, 'open', 'gate/1')).authorized, true)
  assert.equal((await decide(id, 'open', 'gate/1', { resource_attributes: { blocked } })).authorized, false)
  assert.equal((await decide(id, 'open', 'gate/7')).authorized, false)
  assert.equal(
    (await decide(id, 'open', 'gate/7', { active_roles: [opens] })).authorized,
    false,
    'by leaving the role out',
  )
  assert.equal((await decide(id, 'open', 'gate/1', { active_roles: [opens] })).authorized, true)
})

test('obligations are told of each question, and one that nobody would understand is refused', async () => {
  const { id } = await person(server)
  await inForce(`@mask("iban") ${forUser(id, 'permit', 'read', 'account_statement')}`, { tests: [asked('deny')] })
  const { body } = await call('POST', '/v1/auth/authorize/batch', {
    ...{ user_id: id, action: 'read', questions: [{ resource: 'account_statement/1' }, { resource: 'other/1' }] },
  })
  assert.deepEqual(
    body.answers.map((one: Answer['body']) => one.obligations),
    [[{ type: 'mask', fields: ['iban'] }], []],
  )
  for (const annotation of [
    '@Step_Up("5")',
    '@mask',
    '@mask(",")',
    '@step_up("5 minutes")',
    '@step_up("-5")',
    '@stepup("5")',
  ]) {
    const rules = { cedar: `${annotation} ${forUser(id, 'permit', 'read', 'x')}` }
    const answer = await call('POST', '/v1/policies', {
      policy_name: `odd ${++count}`,
      policy_type: 'Access',
      policy_rules: rules,
    })
    assert.deepEqual(code(answer), [400, 'VALIDATION_FAILED'], annotation)
  }
  const nul = { policy_name: 'nul', policy_type: 'Retention', policy_rules: { note: 'a\u0000b' } }
  assert.deepEqual(code(await call('POST', '/v1/policies', nul)), [400, 'VALIDATION_FAILED'])
})
