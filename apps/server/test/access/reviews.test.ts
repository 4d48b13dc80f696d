import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { withClient } from '../../src/platform/database/provision.ts'
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
const [REFUSED, CLOSED, ABSENT] = [
  [403, 'GRANT_REFUSED'],
  [409, 'REVIEW_CLOSED'],
  [404, 'NOT_FOUND'],
]
const later = () => new Date(Date.now() + 86_400_000).toISOString()
let count = 0
async function made(path: string, body: object): Promise<string> {
  const answer = await call('POST', path, body)
  assert.equal(answer.status, 201, answer.text)
  return answer.body.id
}
const role = () => made('/v1/roles', { name: `role ${++count}` })
const give = (role_id: string, more: object) => made('/v1/grants', { role_id, ...more })
const begin = (more: object) => made('/v1/access/reviews', { name: `review ${++count}`, due_at: later(), ...more })
const read = async (id: string) => (await call('GET', `/v1/access/reviews/${id}`)).body
const statesOf = async (id: string): Promise<Map<string, string>> => {
  const { items } = (await call('GET', `/v1/access/reviews/${id}/items?limit=500`)).body
  return new Map(items.map((one: Answer['body']) => [one.id, one.state]))
}
const decide = (review: string, item: string, decision: string, by: Calling = chief) =>
  call('POST', `/v1/access/reviews/${review}/items/${item}/decide`, { decision, reason: 'seen' }, by.token)
const grants = async (role_id: string): Promise<string[]> =>
  (await call('GET', `/v1/grants?limit=500&role_id=${role_id}`)).body.grants.map((one: Answer['body']) => one.id)
const due = (...ids: string[]) =>
  server.sql(`UPDATE access_reviews SET due_at = now() - interval '1 second' WHERE id = ANY ($1)`, [ids])
/** What the server does every ten minutes is done. */
async function swept(): Promise<void> {
  const key = randomUUID()
  await server.sql(`SELECT probity_jobs.add_job('sweep', job_key := $1)`, [key])
  await until('the job is done', async () => {
    return (await server.sql('SELECT 1 FROM probity_jobs.jobs WHERE key = $1', [key])).length === 0
  })
}

test('a review has the grants that are in force and fit, as they were when it began', async () => {
  const [ada, bob, reads] = [await person(), await person(), await role()]
  const group = await made('/v1/groups', { name: `group ${++count}` })
  const own = await give(reads, { user_id: ada.id, resource_type: 'invoice', resource_id: '17' })
  const shared = await give(reads, { group_id: group })
  const past = await give(reads, { user_id: bob.id, expires_at: later() })
  await server.sql(`UPDATE user_roles SET expires_at = now() - interval '1 second' WHERE id = $1`, [past])
  const other = await give(await role(), { group_id: group })
  const review = await begin({ role_id: reads })
  await give(reads, { user_id: chief.id })
  const listed = await call('GET', `/v1/access/reviews/${review}/items`)
  const [first, second] = listed.body.items
  assert.deepEqual([first.id, second.id, listed.body.items.length], [own, shared, 2])
  assert.deepEqual([first.user_id, first.resource_id, first.state, second.group_id], [ada.id, '17', 'pending', group])
  assert.match(first.role, /^role \d+$/)
  const ofGroup = await begin({ group_id: group })
  assert.deepEqual([...(await statesOf(ofGroup)).keys()].sort(), [shared, other].sort())
  assert.deepEqual((await read(review)).items, {
    ...{ pending: 2, kept: 0, ended: 0, unanswered: 0, changed: 0, protected: 0, cancelled: 0 },
  })
  const page = (await call('GET', `/v1/access/reviews/${review}/items?limit=1`)).body
  const rest = (await call('GET', `/v1/access/reviews/${review}/items?cursor=${page.next_cursor}`)).body
  assert.deepEqual([page.items[0].id, rest.items[0].id, rest.next_cursor], [own, shared, null])
})

test('what is kept stays, what is ended ends at once, and each is an entry that tells no reason', async () => {
  const [ada, bob, reads] = [await person(), await person(), await role()]
  const [kept, ended] = [await give(reads, { user_id: ada.id }), await give(reads, { user_id: bob.id })]
  const review = await begin({ role_id: reads })
  const answer = await decide(review, kept, 'keep')
  assert.deepEqual([answer.status, answer.body.state, answer.body.decided_by], [200, 'kept', chief.id])
  assert.equal((await decide(review, ended, 'end')).body.state, 'ended')
  assert.deepEqual(await grants(reads), [kept])
  for (const decision of ['end', 'keep']) assert.deepEqual(code(await decide(review, kept, decision)), CLOSED)
  const pending = await call('GET', `/v1/access/reviews/${review}/items?state=pending`)
  assert.deepEqual(pending.body.items, [])
  const { items } = await read(review)
  assert.deepEqual([items.kept, items.ended, items.pending], [1, 1, 0])
  await until('they are entries', async () => {
    const found = await call('GET', `/v1/audit/events?resource=access-review/${review}`)
    return found.body.events.length === 3 && !found.text.includes('seen')
  })
  await due(review)
  await swept()
  assert.deepEqual(await grants(reads), [kept])
})

test('what nobody answered ends when it is due, once, and nothing that was changed since', async () => {
  const [reads, people] = [await role(), [await person(), await person(), await person(), await person()]]
  const [silent, again, back, kept] = await Promise.all(people.map(({ id }) => give(reads, { user_id: id })))
  assert.ok(silent && again && back && kept)
  const review = await begin({ role_id: reads })
  const open = await begin({ role_id: reads })
  await decide(review, kept, 'keep')
  await swept()
  assert.equal((await grants(reads)).length, 4, 'it is not due')
  assert.equal(await give(reads, { user_id: people[1]?.id, reason: 'again' }), again)
  await call('DELETE', `/v1/grants/${back}`)
  const renewed = await give(reads, { user_id: people[2]?.id })
  await due(review)
  assert.deepEqual(code(await decide(review, silent, 'keep')), CLOSED, 'it is too late')
  await swept()
  assert.deepEqual((await grants(reads)).sort(), [again, kept, renewed].sort())
  const became = await statesOf(review)
  assert.deepEqual(
    [silent, again, back, kept].map((id) => became.get(id)),
    [...['unanswered', 'changed', 'changed', 'kept']],
  )
  const closed = await read(review)
  assert.ok(closed.closed_at !== null)
  await swept()
  assert.deepEqual(await read(review), closed, 'a second time does nothing')
  assert.equal((await read(open)).closed_at, null)
  await until('it is an entry, and so is what it ended', async () => {
    const found = await call('GET', `/v1/audit/events?event_type=access_review.closed&resource=access-review/${review}`)
    const removed = await call('GET', `/v1/audit/events?event_type=grant.removed&resource=user/${people[0]?.id}`)
    return found.body.events.length === 1 && removed.body.events[0]?.event_data.review === review
  })
})

test('a review whose closing is interrupted is as if it had not begun, and keeps no other waiting', async () => {
  const [reads, other] = [await role(), await role()]
  const [ada, bob] = [await person(), await person()]
  const both = [await give(reads, { user_id: ada.id }), await give(reads, { user_id: bob.id })]
  const last = await give(other, { user_id: ada.id })
  const review = await begin({ role_id: reads })
  await due(review)
  await server.sql(`CREATE FUNCTION interrupted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF OLD.id = '${both[1]}' THEN RAISE 'interrupted'; END IF; RETURN OLD; END $$`)
  await server.sql('CREATE TRIGGER interrupt BEFORE DELETE ON user_roles FOR EACH ROW EXECUTE FUNCTION interrupted()')
  await swept()
  assert.deepEqual(await grants(reads), both)
  assert.deepEqual([...(await statesOf(review)).values()], ['pending', 'pending'])
  assert.equal((await read(review)).closed_at, null)
  await server.sql('DROP TRIGGER interrupt ON user_roles')
  await swept()
  assert.deepEqual([await grants(reads), (await read(review)).items.unanswered], [[], 2])
  assert.deepEqual(await grants(other), [last])
})

test('two servers that close the same review at the same moment close it once', async () => {
  const [ada, reads] = [await person(), await role()]
  await give(reads, { user_id: ada.id })
  const review = await begin({ role_id: reads })
  const other = await testServer({}, server.installation)
  try {
    await withClient(server.installation.superuser, async (holder) => {
      await holder.query('BEGIN')
      await holder.query('SELECT 1 FROM access_versions WHERE tenant_id = $1 FOR UPDATE', [server.tenantId])
      await due(review)
      const both = [swept(), swept()]
      await until('both have seen that it is due', async () => {
        const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
        return (await server.sql(waiting)).length === 2
      })
      await holder.query('COMMIT')
      await Promise.all(both)
    })
    await until('all is an entry', async () => (await server.sql('SELECT 1 FROM audit_inbox')).length === 0)
    const { events } = (
      await call('GET', `/v1/audit/events?event_type=access_review.closed&resource=access-review/${review}`)
    ).body
    assert.equal(events.length, 1)
  } finally {
    await other.stop()
  }
})

test('the last owner stays, whatever is answered or is not, and the review tells it', async () => {
  const { body } = await call('GET', '/v1/roles?limit=200')
  const owner = body.roles.find((one: Answer['body']) => one.is_system && one.name === 'owner').id
  const [ada, bob] = [await person(), await person()]
  const [first, second] = [await give(owner, { user_id: ada.id }), await give(owner, { user_id: bob.id })]
  const [answered, silent] = [await begin({ role_id: owner }), await begin({ role_id: owner })]
  assert.equal((await decide(answered, first, 'end')).status, 200)
  assert.deepEqual(code(await decide(answered, second, 'end')), [409, 'LAST_OWNER'])
  assert.equal((await statesOf(answered)).get(second), 'pending')
  await due(silent)
  await swept()
  assert.deepEqual(await grants(owner), [second])
  const became = await statesOf(silent)
  assert.deepEqual([became.get(first), became.get(second)], ['changed', 'protected'])
  const third = await give(owner, { user_id: ada.id })
  const all = await begin({ role_id: owner })
  await due(all)
  await swept()
  const states = await statesOf(all)
  assert.deepEqual([states.get(second), states.get(third)], ['unanswered', 'protected'], 'of several one')
  await call('POST', '/v1/grants', { role_id: owner, user_id: bob.id })
})

test('nobody decides on what they have: themselves, by a group, by a token, or by who acts as somebody', async () => {
  const reads = await role()
  const group = await made('/v1/groups', { name: `group ${++count}` })
  await call('POST', `/v1/groups/${group}/members`, { user_id: chief.id })
  const [own, shared] = [await give(reads, { user_id: chief.id }), await give(reads, { group_id: group })]
  const review = await begin({ role_id: reads })
  const named = await begin({ role_id: reads, reviewer_ids: [chief.id] })
  const token = (await call('POST', '/v1/tokens', { name: 'mine', scopes: ['tenant:admin'] }, chief.token)).body.token
  const account = (await call('POST', '/v1/service-accounts', { name: 'robot' }, chief.token)).body.id
  const given = { name: 'robot', scopes: ['tenant:admin'], service_account_id: account }
  const robot = { id: account, token: (await call('POST', '/v1/tokens', given)).body.token }
  for (const one of [review, named])
    for (const item of [own, shared])
      for (const decision of ['keep', 'end'])
        for (const by of [chief, { id: chief.id, token }, robot])
          assert.deepEqual(code(await decide(one, item, decision, by)), REFUSED)
  const other = await person(['tenant:admin', 'access:decide'])
  const admin = await administratorSession(server)
  const acting = await call('POST', `/v1/users/${other.id}/impersonate`, { reason: 'looks' }, admin)
  const as = { id: other.id, token: acting.body.access_token }
  assert.deepEqual(code(await decide(review, own, 'keep', as)), [403, 'IMPERSONATING'])
  assert.equal((await decide(review, own, 'keep', other)).status, 200)
  assert.equal((await decide(review, shared, 'end', other)).status, 200)
})

test('who is named decides, and nobody else; who is not sees nothing without administering the tenant', async () => {
  const [ada, bob, cyd, reads] = [await person(), await person(), await person(), await role()]
  const grant = await give(reads, { user_id: cyd.id })
  const review = await begin({ role_id: reads, reviewer_ids: [ada.id, ada.id] })
  assert.deepEqual((await read(review)).reviewer_ids, [ada.id])
  for (const by of [chief, { id: server.userId, token: server.token }])
    assert.deepEqual(code(await decide(review, grant, 'keep', by)), REFUSED)
  for (const who of [bob, cyd]) {
    assert.deepEqual(code(await decide(review, grant, 'keep', who)), ABSENT)
    for (const path of ['', '/items'])
      assert.deepEqual(code(await call('GET', `/v1/access/reviews/${review}${path}`, undefined, who.token)), ABSENT)
    assert.deepEqual((await call('GET', '/v1/access/reviews', undefined, who.token)).body.reviews, [])
  }
  const seen = (await call('GET', '/v1/access/reviews', undefined, ada.token)).body.reviews
  assert.deepEqual(
    seen.map((one: Answer['body']) => one.id),
    [review],
  )
  assert.equal((await call('GET', `/v1/access/reviews/${review}/items`, undefined, ada.token)).body.items.length, 1)
  const mine = await begin({ role_id: reads })
  assert.deepEqual(code(await decide(mine, grant, 'end', ada)), ABSENT, 'where nobody is named administrators decide')
  assert.deepEqual(
    code(await call('POST', '/v1/access/reviews', { name: 'x', due_at: later(), everything: true }, ada.token)),
    [...[403, 'SCOPE_MISSING']],
  )
  assert.equal((await decide(review, grant, 'end', ada)).status, 200)
  assert.deepEqual(
    code(await decide(mine, grant, 'keep', chief)),
    [200, undefined],
    'to keep what has ended gives nothing',
  )
  assert.deepEqual(await grants(reads), [])
})

test('a grant that is no item, and what another tenant has, are absent', async () => {
  const [ada, reads, others] = [await person(), await role(), await role()]
  const [grant, other] = [await give(reads, { user_id: ada.id }), await give(others, { user_id: ada.id })]
  const review = await begin({ role_id: reads })
  assert.deepEqual(code(await decide(review, other, 'end')), ABSENT)
  assert.deepEqual(code(await decide(randomUUID(), grant, 'end')), ABSENT)
  const foreign = await strangerOf(server, `tenant${++count}`)
  const { token: stranger } = foreign
  assert.deepEqual(code(await decide(review, grant, 'end', foreign)), ABSENT)
  const begun = await call('POST', '/v1/access/reviews', { name: 'x', due_at: later(), role_id: reads }, stranger)
  assert.deepEqual(code(begun), ABSENT)
  const theirs = await call(
    'POST',
    '/v1/access/reviews',
    { name: 'x', due_at: later(), reviewer_ids: [ada.id], everything: true },
    stranger,
  )
  assert.deepEqual(code(theirs), [400, 'VALIDATION_FAILED'])
  assert.ok((await grants(reads)).includes(grant) && (await grants(others)).includes(other))
})

test('what cannot be meant is refused', async () => {
  const refused = async (body: object) =>
    assert.deepEqual(code(await call('POST', '/v1/access/reviews', body)), [400, 'VALIDATION_FAILED'])
  const all = { name: 'x', due_at: later(), everything: true }
  await refused({ name: 'x', everything: true })
  await refused({ ...all, due_at: '2020-01-01T00:00:00Z' })
  await refused({ ...all, reviewer_ids: [randomUUID()] })
  await refused({ ...all, closed_at: later() })
  const account = await made('/v1/service-accounts', { name: `robot ${++count}` })
  await refused({ ...all, reviewer_ids: [account] })
  for (const one of [{ role_id: randomUUID() }, { group_id: randomUUID() }])
    assert.deepEqual(code(await call('POST', '/v1/access/reviews', { name: 'x', due_at: later(), ...one })), ABSENT)
  const reads = await role()
  const grant = await give(reads, { user_id: (await person()).id })
  const path = `/v1/access/reviews/${await begin({ role_id: reads })}/items/${grant}/decide`
  for (const body of [{ decision: 'keep' }, { decision: 'keep', reason: ' ' }, { decision: 'drop', reason: 'x' }])
    assert.deepEqual(code(await call('POST', path, body, chief.token)), [400, 'VALIDATION_FAILED'])
})

test('all grants of the tenant are taken where the body says so, and else it is told what to do', async () => {
  const [ada, reads] = [await person(), await role()]
  const grant = await give(reads, { user_id: ada.id })
  const ask = (more: object) => call('POST', '/v1/access/reviews', { name: 'x', due_at: later(), ...more })
  for (const more of [{}, { everything: false }, { everything: true, role_id: reads }]) {
    const { status, body, text } = await ask(more)
    assert.deepEqual([status, body.code, text.includes('everything')], [400, 'VALIDATION_FAILED', true], text)
  }
  const all = await begin({ everything: true })
  assert.equal((await statesOf(all)).get(grant), 'pending')
  assert.equal((await call('POST', `/v1/access/reviews/${all}/cancel`)).status, 200)
})

test('a review that is cancelled takes nothing more from anybody, is an entry, and is cancelled once', async () => {
  const [ada, bob, cyd, reads] = [await person(), await person(), await person(), await role()]
  const [kept, ended, silent] = [
    await give(reads, { user_id: ada.id }),
    await give(reads, { user_id: bob.id }),
    await give(reads, { user_id: cyd.id }),
  ]
  const review = await begin({ role_id: reads, reviewer_ids: [chief.id, ada.id] })
  assert.equal((await read(review)).state, 'open')
  await decide(review, kept, 'keep')
  await decide(review, ended, 'end')
  const cancel = (by: string = server.token) => call('POST', `/v1/access/reviews/${review}/cancel`, undefined, by)
  assert.deepEqual(code(await cancel(ada.token)), [403, 'SCOPE_MISSING'], 'who decides in it may not')
  assert.deepEqual(code(await cancel((await server.secondTenant(`tenant${++count}`)).token)), ABSENT)
  const cancelled = await cancel()
  assert.deepEqual([cancelled.status, cancelled.body.state], [200, 'cancelled'], cancelled.text)
  assert.deepEqual([cancelled.body.cancelled_by, cancelled.body.items.pending], [server.userId, 0])
  assert.deepEqual(await cancel(chief.token).then(({ body }) => body), cancelled.body, 'a second time changes nothing')
  assert.deepEqual(await read(review), cancelled.body)
  assert.deepEqual(code(await decide(review, silent, 'end')), CLOSED)
  await due(review)
  await swept()
  assert.deepEqual(await grants(reads), [kept, silent])
  assert.deepEqual(await read(review), { ...cancelled.body, due_at: (await read(review)).due_at })
  const became = await statesOf(review)
  assert.deepEqual(
    [kept, ended, silent].map((id) => became.get(id)),
    ['kept', 'ended', 'cancelled'],
  )
  await until('it is one entry', async () => {
    const found = await call(
      'GET',
      `/v1/audit/events?event_type=access_review.cancelled&resource=access-review/${review}`,
    )
    return found.body.events.length === 1
  })
})

test('nobody cancels a review of what they have, themselves or by a group', async () => {
  const reads = await role()
  const boss = await person(['tenant:admin'])
  const group = await made('/v1/groups', { name: `group ${++count}` })
  await give(reads, { group_id: group })
  await call('POST', `/v1/groups/${group}/members`, { user_id: boss.id })
  const review = await begin({ role_id: reads })
  const cancel = (token: string) => call('POST', `/v1/access/reviews/${review}/cancel`, undefined, token)
  assert.deepEqual(code(await cancel(boss.token)), REFUSED)
  assert.equal((await cancel(server.token)).status, 200)
})

test('a review whose end has passed is over before any job has come by: it reads so, and an answer or a cancelling closes it', async () => {
  for (const late of ['decide', 'cancel'] as const) {
    const [ada, reads] = [await person(), await role()]
    const grant = await give(reads, { user_id: ada.id })
    const review = await begin({ role_id: reads })
    await due(review)
    const before = await read(review)
    assert.deepEqual([before.state, before.closed_at], ['ended', null])
    const { reviews } = (await call('GET', '/v1/access/reviews?limit=500')).body
    assert.equal(reviews.find((one: Answer['body']) => one.id === review).state, 'ended')
    const answer =
      late === 'decide'
        ? await decide(review, grant, 'keep')
        : await call('POST', `/v1/access/reviews/${review}/cancel`, undefined, chief.token)
    assert.deepEqual([...code(answer), answer.body.details.review], [...CLOSED, 'ended'])
    assert.deepEqual(await grants(reads), [], 'what nobody answered in time has ended')
    const after = await read(review)
    assert.deepEqual([after.state, after.cancelled_by, after.items.unanswered], ['ended', null, 1])
    assert.ok(after.closed_at !== null)
    assert.deepEqual(code(await call('POST', `/v1/access/reviews/${review}/cancel`)), CLOSED)
  }
})
