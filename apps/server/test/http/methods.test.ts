import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const ID = '01a22f65-fb69-7467-940c-6c6b55905e9b'

test('a method that an address does not take is told with those that it takes, and what is nowhere is not found', async () => {
  for (const [method, path, allow] of [
    ['PUT', '/v1/roles', 'GET, HEAD, POST'],
    ['DELETE', '/v1/roles?page=2', 'GET, HEAD, POST'],
    ['PUT', `/v1/roles/${ID}`, 'DELETE, GET, HEAD, PATCH'],
    ['PATCH', '/v1/auth/authorize', 'POST'],
    ['POST', '/v1/access/recording', 'GET, HEAD, PUT'],
    ['OPTIONS', '/v1/roles', 'GET, HEAD, POST'],
  ] as const) {
    const { status, body, headers } = await server.call(method, path, method === 'OPTIONS' ? undefined : {})
    assert.deepEqual([status, body.code, headers.get('allow')], [405, 'METHOD_NOT_ALLOWED', allow], `${method} ${path}`)
  }
  for (const path of ['/v1/nothing', `/v1/roles/${ID}/nothing`, '/v1/roles/']) {
    const { status, body, headers } = await server.call('PUT', path, {})
    assert.deepEqual([status, body.code, headers.get('allow')], [404, 'NOT_FOUND', null], path)
  }
  const unknown = await server.call('PATCH', `/v1/roles/${ID}`, { name: 'nobody' })
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'NOT_FOUND'], 'what is not there of what takes it')
})

test('every address says of a method that it does not take which it takes', async () => {
  const { body } = await server.call('GET', '/openapi.json')
  const paths = body.paths as Record<string, Record<string, object>>
  let count = 0
  for (const [path, methods] of Object.entries(paths)) {
    const filled = path.replaceAll(/\{\w+\}/g, ID)
    const { status, headers } = await server.call('PUT', filled, {}, { token: null })
    if (status !== 405) continue // it takes it, or another route does whose address may be this one
    const allowed = (headers.get('allow') ?? '').toLowerCase().split(', ')
    for (const method of Object.keys(methods)) assert.ok(allowed.includes(method), `${method} ${path}`)
    count++
  }
  assert.ok(count > 100)
})
