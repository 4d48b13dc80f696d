import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

const ADMIN = {
  credential_type: 'username_password',
  tenant: 'first',
  username: 'admin@first.example',
  password: 'correct horse battery staple',
}

let server: TestServer
before(async () => {
  server = await testServer({ sessions_per_user: '4' })
})
after(() => server.stop())

interface Session {
  access_token: string
  refresh_token: string
  session_id: string
  expires_in: number
}

async function logIn(more: object = {}, at = server): Promise<Session> {
  const answer = await at.call('POST', '/v1/auth/login', { ...ADMIN, ...more }, { token: null })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

const refresh = (refresh_token: string, at = server): Promise<Answer> =>
  at.call('POST', '/v1/auth/refresh', { refresh_token }, { token: null })

async function refreshed(token: string): Promise<Session> {
  const answer = await refresh(token)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

const use = async (token: string, at = server) => (await at.call('GET', '/v1/tokens', undefined, { token })).status

/** Moves what was refreshed so far into the past, beyond the grace. */
const afterGrace = () =>
  server.sql(
    `WITH s AS (UPDATE security_sessions SET refreshed_at = refreshed_at - interval '31 seconds')
     UPDATE refresh_tokens SET used_at = used_at - interval '31 seconds'`,
  )

async function entries(type: string, session: string) {
  const found = await server.call('GET', `/v1/audit/events?event_type=${type}&resource=session/${session}`)
  return found.body.events as { risk_score: number | null; outcome: string }[]
}

test('a refresh gives the next tokens of the same session, with its roots in the log', async () => {
  const first = await logIn()
  const second = await refreshed(first.refresh_token)
  assert.equal(second.session_id, first.session_id)
  assert.notEqual(second.access_token, first.access_token)
  assert.notEqual(second.refresh_token, first.refresh_token)
  assert.equal(await use(second.access_token), 200)
  const third = await refreshed(second.refresh_token)
  assert.equal(await use(third.access_token), 200)
  await until('both are entries', async () => (await entries('session.refreshed', first.session_id)).length === 2)
})

test('two who refresh at once get the same successor, on two servers as well: one family', async () => {
  const other = await testServer({}, server.installation)
  try {
    const { refresh_token, session_id } = await logIn()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => refresh(refresh_token, i % 2 ? other : server)),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1)
    assert.equal(new Set(answers.map(({ body }) => body.access_token)).size, 1)
    const rows = await server.sql('SELECT 1 FROM refresh_tokens WHERE session_id = $1', [session_id])
    assert.equal(rows.length, 2)
  } finally {
    await other.stop()
  }
})

test('the tokens of before a refresh are good for thirty seconds more, and not longer', async () => {
  const first = await logIn()
  await refreshed(first.refresh_token)
  assert.equal(await use(first.access_token), 200)
  await afterGrace()
  await until('the old access token is refused', async () => (await use(first.access_token)) === 401)
})

test('a refresh token that is used again after the grace ends the session, with an entry of high risk', async () => {
  const first = await logIn()
  const second = await refreshed(first.refresh_token)
  await afterGrace()
  assert.equal((await refresh(first.refresh_token)).status, 401)
  assert.equal(await use(second.access_token), 401)
  assert.equal((await refresh(second.refresh_token)).status, 401)
  await until('the misuse is an entry', async () => {
    const [entry] = await entries('session.refresh_reused', first.session_id)
    return entry?.outcome === 'Failure' && (entry.risk_score ?? 0) >= 90
  })
})

test('a refresh token whose successor was used ends the session at once, grace or not', async () => {
  const first = await logIn()
  const second = await refreshed(first.refresh_token)
  const third = await refreshed(second.refresh_token)
  assert.equal((await refresh(first.refresh_token)).status, 401)
  assert.equal(await use(third.access_token), 401)
})

test('a stolen token that is refreshed beside its owner’s: whoever comes second after the grace ends it for both', async () => {
  const owner = await logIn()
  const thief = await refreshed(owner.refresh_token)
  await refreshed(thief.refresh_token)
  await afterGrace()
  assert.equal((await refresh(owner.refresh_token)).status, 401)
  assert.equal(await use(thief.access_token), 401)
})

test('what is no refresh token of a living session is refused alike: unknown, of another kind, ended, idle', async () => {
  const { refresh_token, access_token } = await logIn()
  const bare = ({ status, body }: Answer) => ({ status, ...body, request_id: '', timestamp: '', instance: '' })
  const unknown = refresh_token.replace(/.{8}$/, 'AAAAAAAA')
  const answers = [bare(await refresh(unknown)), bare(await refresh(access_token)), bare(await refresh('x'))]
  assert.equal((await server.call('POST', '/v1/auth/logout', undefined, { token: access_token })).status, 200)
  answers.push(bare(await refresh(refresh_token)))
  const idle = await logIn()
  await server.sql(`UPDATE security_sessions SET last_activity = now() - interval '1 hour' WHERE id = $1`, [
    idle.session_id,
  ])
  answers.push(bare(await refresh(idle.refresh_token)))
  for (const answer of answers) assert.deepEqual(answer, { ...answers[0], status: 401 })
})

test('a refresh token is no way in by itself, and no refresh prolongs the absolute end', async () => {
  const { refresh_token, session_id } = await logIn()
  assert.equal(await use(refresh_token), 401)
  await server.sql(`UPDATE security_sessions SET expires_at = now() + interval '20 seconds' WHERE id = $1`, [
    session_id,
  ])
  const next = await refreshed(refresh_token)
  assert.ok(next.expires_in <= 20, String(next.expires_in))
  await server.sql(`UPDATE security_sessions SET expires_at = now() WHERE id = $1`, [session_id])
  assert.equal((await refresh(next.refresh_token)).status, 401)
})

test('an access token ends after its own time, and the refresh goes on', async () => {
  const { refresh_token, access_token, session_id } = await logIn()
  await server.sql(`UPDATE security_sessions SET token_expires_at = now() WHERE id = $1`, [session_id])
  await until('the access token has ended', async () => (await use(access_token)) === 401)
  assert.equal(await use((await refreshed(refresh_token)).access_token), 200)
})

test('a suspended tenant refreshes nothing', async () => {
  const tenant = await server.secondTenant('resting')
  const session = await logIn({ tenant: 'resting', username: 'admin@resting.example' })
  assert.equal((await server.call('POST', `/v1/tenants/${tenant.tenantId}/suspend`)).status, 200)
  const answer = await refresh(session.refresh_token)
  assert.deepEqual([answer.status, answer.body.code], [403, 'TENANT_SUSPENDED'])
})

test('the refresh token of one tenant is nothing in another, whatever tenant it names', async () => {
  const { tenantId } = await server.secondTenant('nextdoor')
  const [row] = await server.sql<{ n: number }>('SELECT count(*) AS n FROM refresh_tokens WHERE tenant_id = $1', [
    tenantId,
  ])
  assert.equal(Number(row?.n), 0)
  const { refresh_token } = await logIn()
  const theirs = await logIn({ tenant: 'nextdoor', username: 'admin@nextdoor.example' })
  const swapped = `${refresh_token.slice(0, 7)}${theirs.refresh_token.slice(7, 29)}${refresh_token.slice(29)}`
  assert.equal((await refresh(swapped)).status, 401)
  assert.equal((await refresh(theirs.refresh_token)).status, 200)
})

test('one sees one’s own sessions and their devices, ends one, and ends all others', async () => {
  await server.sql('UPDATE security_sessions SET revoked_at = now()')
  const [first, second, third] = [await logIn(), await logIn({ remember_me: true }), await logIn()]
  const ask = (method: string, path: string) => server.call(method, path, undefined, { token: third.access_token })
  const { sessions } = (await ask('GET', '/v1/me/sessions')).body
  assert.equal(sessions.length, 3)
  const current = sessions.filter((one: { is_current: boolean }) => one.is_current)
  assert.deepEqual([current.length, current[0].id, current[0].ip_address], [1, third.session_id, '127.0.0.1'])
  const remembered = sessions.find((one: { id: string }) => one.id === second.session_id)
  assert.equal(remembered.is_remembered, true)
  assert.ok(Date.parse(remembered.expires_at) - Date.now() > 29 * 86_400_000)
  assert.equal((await ask('DELETE', `/v1/me/sessions/${first.session_id}`)).status, 200)
  assert.equal(await use(first.access_token), 401)
  assert.deepEqual((await ask('DELETE', '/v1/me/sessions')).body, { ended: 1 })
  assert.equal(await use(second.access_token), 401)
  assert.equal(await use(third.access_token), 200)
})

test('a session of somebody else, here or next door, is not there; an API token has none of its own', async () => {
  const mine = await logIn()
  await server.secondTenant('opposite')
  const theirs = await logIn({ tenant: 'opposite', username: 'admin@opposite.example' })
  const end = (id: string, token: string) => server.call('DELETE', `/v1/me/sessions/${id}`, undefined, { token })
  assert.equal((await end(theirs.session_id, mine.access_token)).status, 404)
  assert.equal(await use(theirs.access_token), 200)
  const list = await server.call('GET', '/v1/me/sessions')
  assert.deepEqual([list.status, list.body.code], [403, 'SESSION_REQUIRED'])
  assert.equal((await end(mine.session_id, server.token)).status, 403)
})

test('one session more than a person may have ends the one that was used least lately, also when they come at once', async () => {
  await server.sql('UPDATE security_sessions SET revoked_at = now()')
  const first = await logIn()
  const more = [await logIn(), await logIn(), await logIn()]
  assert.equal(await use(first.access_token), 200)
  const last = await logIn()
  assert.equal(await use(first.access_token), 401)
  for (const { access_token } of [...more, last]) assert.equal(await use(access_token), 200)
  await Promise.all(Array.from({ length: 4 }, () => logIn()))
  const living = await server.sql('SELECT 1 FROM security_sessions WHERE revoked_at IS NULL AND tenant_id = $1', [
    server.tenantId,
  ])
  assert.equal(living.length, 4)
})

test('a session that is remembered may be idle for days; one that is not may not', async () => {
  await server.sql('UPDATE security_sessions SET revoked_at = now()')
  const [usual, remembered] = [await logIn(), await logIn({ remember_me: true })]
  await server.sql(`UPDATE security_sessions SET last_activity = now() - interval '2 days' WHERE revoked_at IS NULL`)
  assert.equal((await refresh(usual.refresh_token)).status, 401)
  assert.equal((await refresh(remembered.refresh_token)).status, 200)
})

test('no token of a session stands in the database or the log', async () => {
  const first = await logIn()
  const second = await refreshed(first.refresh_token)
  for (const token of [first, second].flatMap((one) => [one.access_token, one.refresh_token])) {
    const rows = await server.sql(
      `SELECT 1 FROM security_sessions s WHERE s::text LIKE '%' || $1 || '%'
       UNION ALL SELECT 1 FROM refresh_tokens r WHERE r::text LIKE '%' || $1 || '%'
       UNION ALL SELECT 1 FROM audit_inbox i WHERE i::text LIKE '%' || $1 || '%'`,
      [token.slice(30, 60)],
    )
    assert.equal(rows.length, 0)
    const found = await server.call('POST', '/v1/audit/search', { text: token.slice(30, 60), limit: 1 })
    assert.deepEqual(found.body.events, [])
  }
})
