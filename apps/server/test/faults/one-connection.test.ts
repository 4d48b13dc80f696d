import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestInstallation, type TestServer, testInstallation, testServer } from '../support/server.ts'

// A server that holds a connection and waits for another would wait for ever here, and in a full pool anywhere.

let installation: TestInstallation
let leader: TestServer
let single: TestServer
before(async () => {
  installation = await testInstallation()
  leader = await testServer({}, installation)
  single = await testServer({}, installation, { connections: 1 })
})
after(async () => {
  await single.stop()
  await leader.stop()
  await installation.release()
})

const as = () => ({ token: leader.token })

async function erase(name: string): Promise<void> {
  const answer = await leader.call('DELETE', `/v1/privacy/data-subjects/${encodeURIComponent(name)}`, {}, as())
  assert.equal(answer.status, 200, answer.text)
}

test('an event of a person whom another server erased meanwhile is written with one connection', async () => {
  const event = { event_type: 'one.connection', user_id: 'ada', outcome: 'Success' }
  assert.equal((await single.call('POST', '/v1/audit/events', event, as())).status, 200)
  await erase('ada')
  const again = await single.call('POST', '/v1/audit/events', event, as())
  assert.equal(again.status, 200, again.text)
  assert.equal(again.body.accepted, 1)
})

test('what is recorded inside a transaction needs no second connection, also when its person was erased meanwhile', async () => {
  const body = { credential_type: 'username_password', tenant: 'first', username: 'nobody', password: 'wrong' }
  const logIn = () => single.call('POST', '/v1/auth/login', body, { token: null })
  assert.equal((await logIn()).status, 401)
  await erase('unknown:login')
  const again = await logIn()
  assert.equal(again.status, 401, again.text)
})
