import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { withClient } from '../../src/platform/database/provision.ts'
import { account, administratorSession, person } from '../support/people.ts'
import { policyInForce } from '../support/policies.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
let second: string
before(async () => {
  server = await testServer()
  second = (await person(server, { scopes: ['tenant:admin', 'access:decide'] })).token
})
after(() => server.stop())

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const ask = (user_id: string, action: string, resource: string, more: object = {}, token?: string) =>
  call('POST', '/v1/auth/authorize', { user_id, action, resource, ...more }, token)

/** Somebody who may read documents, by a grant of their own. */
async function reader(): Promise<{ id: string; grant: string }> {
  const id = await account(server)
  const permissions = [{ action: 'read', resource: 'document' }]
  const role = await call('POST', '/v1/roles', { name: `reader ${id}`, permissions })
  const grant = await call('POST', '/v1/grants', { role_id: role.body.id, user_id: id })
  return { id, grant: grant.body.id }
}

/** Sends what is asked while no decision can be kept, so that all but the first share a transaction; then lets them be. */
async function together(...asked: (() => Promise<Answer>)[]): Promise<Answer[]> {
  const { id } = await reader()
  return withClient(server.installation.superuser, async (client) => {
    await client.query('BEGIN; LOCK TABLE decided_requests IN SHARE ROW EXCLUSIVE MODE')
    const first = [ask(id, 'read', 'document/1')]
    await until('one decision waits', async () => (await stuck()) === 1)
    first.push(ask(id, 'read', 'document/1'))
    await until('another does', async () => (await stuck()) === 2)
    const all = asked.map((one) => one())
    for (const _ of asked) await call('GET', '/v1/me') // sent after them, answered after they were read
    await client.query('COMMIT')
    await Promise.all(first)
    return Promise.all(all)
  })
}

async function stuck(): Promise<number> {
  const text = `SELECT 1 FROM pg_locks WHERE relation = 'decided_requests'::regclass AND NOT granted
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  return (await server.sql(text)).length
}

const told = ({ status, body }: Answer) => (status === 200 ? body.authorized : body.code)

test('decisions that come at once share a transaction, each with its own answer, entry and request', async () => {
  const [ada, ben, eve] = [await reader(), await reader(), { id: await account(server) }]
  for (const { id } of [ada, ben, eve]) await ask(id, 'read', 'document/1') // from then on their keys are at hand
  const answers = await together(
    () => ask(ada.id, 'read', 'document/a'),
    () => ask(eve.id, 'read', 'document/b'),
    () => ask(ben.id, 'read', `User/${ben.id}`, { resource_attributes: { id: 'another' } }),
    () => ask(ben.id, 'write', 'document/c'),
    () => ask(ben.id, 'read', 'document/d', { explain: true }),
  )
  assert.deepEqual(answers.map(told), [true, false, 'VALIDATION_FAILED', false, true])
  const ids = answers.filter(({ status }) => status === 200).map(({ body }) => body.decision_id)
  const rows = await server.sql<{ kept: string; of: string }>(
    `SELECT count(*) AS kept, count(DISTINCT xmin::text) AS of FROM decided_requests WHERE decision_id = ANY ($1)`,
    [ids],
  )
  assert.deepEqual(rows, [{ kept: '4', of: '1' }])
  const entries = async () => {
    const { body } = await call('GET', '/v1/audit/events?event_type=access.decided&limit=50')
    return (body.events as { event_data: { decision: string; asked_resource: string; asked_for: string } }[])
      .filter(({ event_data }) => ids.includes(event_data.decision))
      .map(({ event_data }) => `${event_data.asked_for} ${event_data.asked_resource}`)
      .toSorted()
  }
  await until('each has its entry', async () => (await entries()).length === 4)
  assert.deepEqual(
    await entries(),
    [`${ada.id} document/a`, `${eve.id} document/b`, `${ben.id} document/c`, `${ben.id} document/d`].toSorted(),
  )
})

test('who asks after something was taken back is refused, however many wait before', async () => {
  const ada = await reader()
  const answers = await together(async () => {
    await server.sql('DELETE FROM user_roles WHERE id = $1', [ada.grant])
    return ask(ada.id, 'read', 'document/1')
  })
  assert.deepEqual(answers.map(told), [false])
})

test('what was told of what another asks about is not known to a question beside it', async () => {
  const id = await account(server)
  const cedar = `permit (principal == User::"${id}", action == Action::"peek", resource) when { resource.other.open };`
  await policyInForce(server, second, cedar)
  await call('PUT', '/v1/access/entities', {
    entities: [{ type: 'file', id: 'x', attributes: { open: true }, parents: [] }],
  })
  const other = { __entity: { type: 'file', id: 'x' } }
  const peek = () => ask(id, 'peek', 'file/y', { resource_attributes: { other } })
  assert.equal(told(await peek()), false, 'alone it is not known: nothing says that y is in x')
  const answers = await together(() => ask(id, 'read', 'file/x'), peek)
  assert.deepEqual(answers.map(told), [false, false])
})

test('who acts as somebody else is named in the entry of their decision, and in no other beside it', async () => {
  const ada = await person(server)
  const acting = await call(
    'POST',
    `/v1/users/${ada.id}/impersonate`,
    { reason: 'a question' },
    await administratorSession(server),
  )
  assert.equal(acting.status, 200, acting.text)
  const own = (token: string) => call('POST', '/v1/auth/authorize', { action: 'read', resource: 'document/1' }, token)
  const answers = await together(
    () => own(acting.body.access_token),
    () => own(ada.token),
  )
  const actors = async () => {
    const { body } = await call('GET', '/v1/audit/events?event_type=access.decided&limit=50')
    const events = body.events as { event_data: { decision: string; impersonator?: string } }[]
    return answers.map(
      (one) => events.find(({ event_data }) => event_data.decision === one.body.decision_id)?.event_data,
    )
  }
  await until('both are entries', async () => (await actors()).every((one) => one !== undefined))
  assert.deepEqual(
    (await actors()).map((one) => one?.impersonator),
    [server.userId, undefined],
  )
})
