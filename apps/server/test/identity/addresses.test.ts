import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type MailServer, mailServer, tokenIn } from '../support/mail.ts'
import { PASSWORD, person } from '../support/people.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let mails: MailServer
let server: TestServer
before(async () => {
  mails = await mailServer()
  server = await testServer({ smtp_url: mails.url })
})
after(async () => {
  await server.stop()
  await mails.stop()
})

const code = ({ status, body }: Answer) => [status, body?.code]
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const show = (token: string) => call('POST', '/v1/auth/address', { token }, null)

const member = () => person(server, { mails })

test('an address that was changed is shown to be the user’s by a link, once', async () => {
  const { id } = await member()
  const changed = await call('PATCH', `/v1/users/${id}`, { email: 'ada@new.example' })
  assert.equal(changed.body.email_verified, false)
  const token = tokenIn(await mails.next('ada@new.example'))
  assert.equal((await show(token)).status, 200)
  assert.equal((await call('GET', `/v1/users/${id}`)).body.email_verified, true)
  assert.deepEqual(code(await show(token)), [410, 'LINK_EXPIRED'])
})

test('a change of the address ends every link that went to the old one', async () => {
  const { id, email } = await member()
  await call('POST', '/v1/auth/password/forgot', { tenant: 'first', username: email }, null)
  const reset = tokenIn(await mails.next(email))
  await call('PATCH', `/v1/users/${id}`, { email: 'bob@old.example' })
  const old = tokenIn(await mails.next('bob@old.example'))
  await call('PATCH', `/v1/users/${id}`, { email: 'bob@new.example' })
  const body = { token: reset, new_password: 'seventeen copper kettles' }
  assert.deepEqual(code(await call('POST', '/v1/auth/password/reset', body, null)), [410, 'LINK_EXPIRED'])
  assert.deepEqual(code(await show(old)), [410, 'LINK_EXPIRED'])
  assert.equal((await call('GET', `/v1/users/${id}`)).body.email_verified, false)
})

test('an invitation that went to a wrong address does not open the account once that is mended', async () => {
  const { body } = await call('POST', '/v1/users', { email: 'wrong@first.example' })
  const token = tokenIn(await mails.next('wrong@first.example'))
  await call('PATCH', `/v1/users/${body.user.id}`, { email: 'right@first.example' })
  const accepted = await call('POST', '/v1/auth/invitation', { token, password: PASSWORD }, null)
  assert.deepEqual(code(accepted), [410, 'LINK_EXPIRED'])
  assert.equal((await call('POST', `/v1/users/${body.user.id}/invitation`)).status, 200)
  const next = tokenIn(await mails.next('right@first.example'))
  assert.equal((await call('POST', '/v1/auth/invitation', { token: next, password: PASSWORD }, null)).status, 200)
})

test('a link for one purpose is good for no other, and a name that stays the same ends nothing', async () => {
  const { id, email, token } = await member()
  assert.equal((await call('POST', '/v1/me/address', undefined, token)).status, 202)
  const link = tokenIn(await mails.next(email))
  const body = { token: link, new_password: 'seventeen copper kettles' }
  assert.deepEqual(code(await call('POST', '/v1/auth/password/reset', body, null)), [410, 'LINK_EXPIRED'])
  await call('PATCH', `/v1/users/${id}`, { display_name: 'Ada', email })
  assert.equal((await show(link)).status, 200)
})

test('nobody has more than three such links mailed in an hour, and an application has none', async () => {
  const { token } = await member()
  const statuses: number[] = []
  for (let i = 0; i < 4; i++) statuses.push((await call('POST', '/v1/me/address', undefined, token)).status)
  assert.deepEqual(statuses, [202, 202, 202, 429])
  assert.deepEqual(code(await call('POST', '/v1/me/address')), [403, 'SESSION_REQUIRED'])
})
