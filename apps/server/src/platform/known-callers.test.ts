import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { pino } from 'pino'
import { type TestServer, testDatabase, testServer, until } from '../../test/support/server.ts'
import type { Database } from './database/pools.ts'
import { KnownCallers } from './known-callers.ts'

// A server of its own beside another one, which changes what the first remembers. It remembers for an hour: whatever it
// forgets, it was told to.
const HOUR = 3_600_000

let server: TestServer
let database: Database
let callers: KnownCallers<string>

before(async () => {
  server = await testServer()
  database = await testDatabase(server.installation)
  callers = new KnownCallers<string>(database, pino({ level: 'silent' }), HOUR)
  await callers.start()
  const login = { credential_type: 'username_password', username: 'admin@first.example', tenant: 'first' }
  const password = 'correct horse battery staple'
  const { status } = await server.call('POST', '/v1/auth/login', { ...login, password }, { token: null })
  assert.equal(status, 200)
})
after(async () => {
  callers.stop()
  await database.close()
  await server.stop()
})
beforeEach(() => until('it hears, and knows the caller', isKnown))

const OTHER = '01a20f8d-98a6-7a06-88bd-6b7d610ba0f0'

async function isKnown(): Promise<boolean> {
  callers.beforeLooking(server.tenantId)('token', 'somebody')
  callers.beforeLooking(OTHER)('other', 'somebody else')
  return callers.find('token') === 'somebody' && callers.find('other') === 'somebody else'
}

for (const [what, text] of Object.entries({
  'a token is revoked': `UPDATE api_tokens SET revoked_at = now()`,
  'a token gets other scopes': `UPDATE api_tokens SET scopes = '{audit:read}'`,
  'a token ends sooner': `UPDATE api_tokens SET expires_at = now()`,
  'a session is revoked': `UPDATE security_sessions SET revoked_at = now()`,
  'a session ends sooner': `UPDATE security_sessions SET expires_at = now()`,
  'a session was used less lately': `UPDATE security_sessions SET last_activity = last_activity - interval '1 hour'`,
  'a user loses the installation': `UPDATE security_users SET is_operator = false`,
  'a tenant is suspended': `UPDATE tenants SET is_active = false WHERE name = 'first'`,
  'a session is deleted': `DELETE FROM security_sessions`,
  'a token is deleted': `DELETE FROM api_tokens`,
}))
  test(`it forgets when elsewhere ${what}, and others stay known`, async () => {
    await server.sql(text)
    await until('it is told', () => callers.find('token') === undefined)
    assert.equal(callers.find('other'), 'somebody else')
  })

test('what only notes a use is not told', async () => {
  await server.sql('UPDATE security_users SET updated_at = now()')
  await server.sql(`UPDATE tenants SET updated_at = now()`)
  await server.sql(`SELECT pg_notify('callers_changed', $1)`, [OTHER])
  await until('what came after it is told', () => callers.find('other') === undefined)
  assert.equal(callers.find('token'), 'somebody')
})

test('what was looked up before a change is not remembered after it', () => {
  const remember = callers.beforeLooking(server.tenantId)
  callers.forget(server.tenantId)
  remember('late', 'somebody')
  assert.equal(callers.find('late'), undefined)
})

test('while it does not hear it knows nobody and remembers nobody', async () => {
  await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN callers_changed'`)
  await until('it noticed', () => callers.find('token') === undefined)
  await until('it hears again', isKnown)
})

test('nobody is known for longer than a moment, whatever it was told', async () => {
  const short = new KnownCallers<string>(database, pino({ level: 'silent' }), 1)
  await short.start()
  short.beforeLooking(server.tenantId)('token', 'somebody')
  await until('it is over', () => short.find('token') === undefined)
  short.stop()
})
