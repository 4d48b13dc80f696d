import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type pg from 'pg'
import { type Answer, type TestServer, testServer, until } from '../../../test/support/server.ts'
import { withClient } from '../../platform/database/provision.ts'

// A log-in whose user was read before the account changed, and whose password is looked at afterwards.

const PASSWORD = 'correct horse battery staple'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

function logIn(tenant: string): Promise<Answer> {
  const body = { credential_type: 'username_password', tenant, username: `admin@${tenant}.example`, password: PASSWORD }
  return server.call('POST', '/v1/auth/login', body, { token: null })
}

/** Does something while the rows of the tenant's users are held, so that every change to them waits. */
async function holding(tenantId: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  await withClient(server.installation.superuser, async (client) => {
    await client.query('BEGIN')
    await client.query('SELECT 1 FROM security_users WHERE tenant_id = $1 FOR UPDATE', [tenantId])
    await work(client)
    await client.query('COMMIT')
  })
}

/** Waits until so many statements of the server wait for a lock. */
function waiting(count: number): Promise<void> {
  return until(`${count} wait`, async () => {
    const text = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    return (await server.sql(text)).length >= count
  })
}

const openSessions = (tenantId: string) =>
  server.sql('SELECT 1 FROM security_sessions WHERE tenant_id = $1 AND revoked_at IS NULL', [tenantId])

test('a log-in beside the erasure of its account waits for it in one order, and gives no session', async () => {
  const { tenantId, token } = await server.secondTenant('closing')
  assert.equal((await logIn('closing')).status, 200) // there are attempts to forget
  const calls: Promise<Answer>[] = []
  await holding(tenantId, async () => {
    calls.push(server.call('DELETE', '/v1/privacy/data-subjects/admin@closing.example', {}, { token }))
    await waiting(1)
    calls.push(logIn('closing'))
    await waiting(2)
  })
  const answers = await Promise.all(calls)
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 401],
    answers.map(({ text }) => text).join('\n'),
  )
  assert.deepEqual(await openSessions(tenantId), [])
})

test('a log-in whose password was changed while it was looked at gives no session', async () => {
  const { tenantId } = await server.secondTenant('changing')
  const calls: Promise<Answer>[] = []
  await holding(tenantId, async (client) => {
    calls.push(logIn('changing'))
    await waiting(1)
    await client.query(`UPDATE security_users SET password_hash = 'another' WHERE tenant_id = $1`, [tenantId])
  })
  assert.deepEqual(
    (await Promise.all(calls)).map(({ status }) => status),
    [401],
  )
  assert.deepEqual(await openSessions(tenantId), [])
})
