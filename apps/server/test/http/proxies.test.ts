import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer({ trust_proxy: '127.0.0.1, 10.0.0.0/8' })
})
after(() => server.stop())

function guess(forwarded: string, at = server): Promise<Answer> {
  const body = { credential_type: 'username_password', tenant: 'first', username: 'admin@first.example', password: 'x' }
  return at.call('POST', '/v1/auth/login', body, { token: null, headers: { 'x-forwarded-for': forwarded } })
}

async function guesses(count: number, forwarded: (i: number) => string, at = server): Promise<number[]> {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) statuses.push((await guess(forwarded(i), at)).status)
  return statuses
}

async function lastSource(at = server): Promise<string | undefined> {
  const { body } = await at.call('GET', '/v1/audit/events?event_type=session.refused&limit=1&personal=true')
  return body.events[0]?.event_data.personal.ip_address
}

test('a client that writes addresses of its own into X-Forwarded-For stays one source', async () => {
  const statuses = await guesses(7, (i) => `203.0.113.${i}, 192.0.2.1`)
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429])
  await until('its address is recorded', async () => (await lastSource()) === '192.0.2.1')
})

test('the source is the first address from the right that is no proxy of ours', async () => {
  await guess('198.51.100.9, 192.0.2.2, 10.1.2.3, 10.4.5.6')
  await until('it is recorded', async () => (await lastSource()) === '192.0.2.2')
})

test('who is no proxy of ours is the source itself, whatever it forwards', async () => {
  const other = await testServer({ trust_proxy: '10.0.0.0/8' })
  try {
    const statuses = await guesses(6, (i) => `192.0.2.${i}`, other)
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])
    await until('it is recorded', async () => (await lastSource(other)) === '127.0.0.1')
  } finally {
    await other.stop()
  }
})

test('proxies are named by address or range: everybody, a number or a word is refused at the start', async () => {
  const load = async (trust_proxy: string) =>
    (await loadConfig({ trust_proxy, data: '/nowhere' }, {}, null)).trust_proxy
  assert.equal(await load('false'), false)
  for (const right of ['10.0.0.2', '10.0.0.2,192.168.0.0/16', '::1, fd00::/8']) assert.equal(await load(right), right)
  for (const wrong of ['true', '1', 'proxy.example', '10.0.0.0/33', '0.0.0.0/0', '::/0', '10.0.0.1,', '10.0.0.0/8/8'])
    await assert.rejects(load(wrong), /trust_proxy.*addresses or CIDR ranges/)
})
