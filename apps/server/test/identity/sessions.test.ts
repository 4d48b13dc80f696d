import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer, until } from '../support/server.ts'

async function logIn(server: TestServer): Promise<string> {
  const body = {
    credential_type: 'username_password',
    tenant: 'first',
    username: 'admin@first.example',
    password: 'correct horse battery staple',
  }
  const answer = await server.call('POST', '/v1/auth/login', body, { token: null })
  assert.equal(answer.status, 200, answer.text)
  return answer.body.access_token
}

const use = async (server: TestServer, token: string) =>
  (await server.call('GET', '/v1/tokens', undefined, { token })).status

async function withServer(settings: Record<string, string>, work: (server: TestServer) => Promise<void>) {
  const server = await testServer(settings)
  try {
    await work(server)
  } finally {
    await server.stop()
  }
}

test('a session that is not used ends, and does not come back', () =>
  withServer({ session_idle_seconds: '1' }, async (server) => {
    const session = await logIn(server)
    assert.equal(await use(server, session), 200)
    await until('the session is idle for too long', async () => {
      const [row] = await server.sql<{ idle: boolean }>(
        `SELECT last_activity < now() - interval '1 second' AS idle FROM security_sessions`,
      )
      return row?.idle === true
    })
    assert.equal(await use(server, session), 401)
    assert.equal(await use(server, session), 401)
  }))

test('a use within the idle time keeps a session alive', () =>
  withServer({ session_idle_seconds: '120' }, async (server) => {
    const session = await logIn(server)
    const ago = (seconds: number) =>
      server.sql(`UPDATE security_sessions SET last_activity = now() - $1 * interval '1 second'`, [seconds])
    await ago(100)
    // What was written past the server is told to it a moment later.
    await until('a use is noted', async () => {
      assert.equal(await use(server, session), 200)
      const [row] = await server.sql<{ fresh: boolean }>(
        `SELECT last_activity > now() - interval '10 seconds' AS fresh FROM security_sessions`,
      )
      return row?.fresh === true
    })
    await ago(121)
    await until('the session is refused', async () => (await use(server, session)) === 401)
  }))

test('a session that is used all the time ends at its absolute end', () =>
  withServer({ session_absolute_seconds: '2', session_idle_seconds: '3600' }, async (server) => {
    const session = await logIn(server)
    const statuses = new Set<number>()
    await until('the session ends', async () => {
      const status = await use(server, session)
      statuses.add(status)
      return status !== 200
    })
    assert.deepEqual([...statuses], [200, 401])
    const [row] = await server.sql<{ over: boolean; active: boolean }>(
      `SELECT expires_at <= now() AS over, last_activity > created_at - interval '1 second' AS active FROM security_sessions`,
    )
    assert.deepEqual(row, { over: true, active: true })
  }))

test('a session that has ended by itself can still be revoked, and its revocation is an entry', () =>
  withServer({ session_idle_seconds: '1800' }, async (server) => {
    await logIn(server)
    await server.sql(`UPDATE security_sessions SET expires_at = now() - interval '1 hour'`)
    const [row] = await server.sql<{ id: string }>('SELECT id FROM security_sessions')
    assert.equal((await server.call('DELETE', `/v1/sessions/${row?.id}`)).status, 200)
    await until('the revocation is an entry', async () => {
      const found = await server.call('GET', '/v1/audit/events?event_type=session.revoked')
      return found.body.events.length === 1
    })
  }))
