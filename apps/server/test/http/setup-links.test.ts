import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const setUp = (url: string) =>
  server.call(
    'POST',
    '/v1/setup',
    { setup_token: url.split('#')[1], email: 'a@late.example', password: 'correct horse battery staple' },
    { token: null },
  )

test('a tenant whose link ran out gets another, which ends the first; once it has an administrator it gets none', async () => {
  const made = (await server.call('POST', '/v1/tenants', { name: 'late' })).body
  const renew = () => server.call('POST', `/v1/tenants/${made.tenant.id}/setup-link`, {})
  const renewed = await renew()
  assert.equal(renewed.status, 200, renewed.text)
  assert.equal((await setUp(made.setup_url)).status, 410)
  assert.equal((await setUp(renewed.body.setup_url)).status, 201)
  assert.equal((await setUp(renewed.body.setup_url)).status, 410)
  assert.equal((await renew()).status, 404)
})
