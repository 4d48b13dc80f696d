import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { account } from '../support/people.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
let owner: string
before(async () => {
  server = await testServer()
  const { body } = await call('GET', '/v1/roles?limit=200')
  owner = body.roles.find((one: Answer['body']) => one.is_system && one.name === 'owner').id
})
after(() => server.stop())

const person = () => account(server)
const call = (method: string, path: string, body?: unknown) => server.call(method, path, body)
const code = ({ status, body }: Answer) => [status, body?.code]
const LAST = [409, 'LAST_OWNER']
let count = 0
const give = (more: object) => call('POST', '/v1/grants', { role_id: owner, ...more })
async function given(more: object): Promise<string> {
  const answer = await give(more)
  assert.equal(answer.status, 201, answer.text)
  return answer.body.id
}
const take = (id: string) => call('DELETE', `/v1/grants/${id}`)
const soon = () => new Date(Date.now() + 60_000).toISOString()

test('the last owner of everything stays, whoever else is owner for a while, of a part, by a group or by an account', async () => {
  const [ada, bob] = [await person(), await person()]
  const last = await given({ user_id: ada })
  await given({ user_id: bob, expires_at: soon() })
  await given({ user_id: bob, resource_type: 'invoice' })
  const group = await call('POST', '/v1/groups', { name: `group ${++count}` })
  await call('POST', `/v1/groups/${group.body.id}/members`, { user_id: bob })
  await given({ group_id: group.body.id })
  const account = await call('POST', '/v1/service-accounts', { name: 'application' })
  await given({ user_id: account.body.id })
  assert.deepEqual(code(await take(last)), LAST)
  assert.deepEqual(code(await give({ user_id: ada, expires_at: soon() })), LAST, 'nor is it given an end')
  assert.equal((await give({ user_id: ada, with_grant_option: true })).status, 201, 'other terms are none of that')
  const second = await given({ user_id: bob, reason: 'the second' })
  const become = (status: string) => server.sql('UPDATE security_users SET status = $2 WHERE id = $1', [bob, status])
  await become('suspended')
  assert.deepEqual(code(await take(last)), LAST, 'who is suspended is no owner')
  await become('active')
  assert.equal((await take(last)).status, 200)
  assert.deepEqual(code(await take(second)), LAST)
  await given({ user_id: ada })
  assert.equal((await give({ user_id: bob, expires_at: soon() })).status, 201)
})

test('two owners are not taken away at the same moment', async () => {
  for (let round = 0; round < 5; round++) {
    await server.sql('DELETE FROM user_roles WHERE role_id = $1', [owner])
    const [ada, bob] = [await person(), await person()]
    const [first, second] = [await given({ user_id: ada }), await given({ user_id: bob })]
    const both = await Promise.all([
      take(first),
      round % 2 === 0 ? take(second) : give({ user_id: bob, expires_at: soon() }),
    ])
    assert.equal(both.filter(({ status }) => status === 409).length, 1)
    assert.equal((await call('GET', `/v1/grants?role_id=${owner}`)).body.grants.length >= 1, true)
  }
})

test('the last owner is not suspended, deactivated or taken away, nor while the other’s role is taken back', async () => {
  await server.sql('DELETE FROM user_roles WHERE role_id = $1', [owner])
  const [ada, bob] = [await person(), await person()]
  const put = (id: string, status: string) => call('POST', `/v1/users/${id}/${status}`)
  await given({ user_id: ada })
  for (const status of ['suspend', 'deactivate']) assert.deepEqual(code(await put(ada, status)), LAST, status)
  assert.deepEqual(code(await call('DELETE', `/v1/users/${ada}`)), LAST)
  assert.equal((await put(bob, 'suspend')).status, 200, 'who is no owner goes')
  for (let round = 0; round < 5; round++) {
    const cyd = await person()
    const second = await given({ user_id: cyd })
    const both = await Promise.all([put(ada, 'suspend'), take(second)])
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409], JSON.stringify(both.map(code)))
    await server.sql(`UPDATE security_users SET status = 'active' WHERE id = $1`, [ada])
    await server.sql('DELETE FROM user_roles WHERE user_id = $1', [cyd])
  }
})
