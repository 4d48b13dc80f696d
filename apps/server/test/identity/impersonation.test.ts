import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { logIn, PASSWORD, person } from '../support/people.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
/** A session of the administrator's. */
let admin: string
before(async () => {
  server = await testServer()
  admin = (await logIn(server, 'admin@first.example', 'correct horse battery staple')).body.access_token
})
after(() => server.stop())

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const act = (id: string, token = admin, reason: string | undefined = 'ticket 7') =>
  call('POST', `/v1/users/${id}/impersonate`, { reason }, token)

test('an administrator sees what somebody sees, with a banner, and the person sees that', async () => {
  const ada = await person(server, { scopes: ['audit:read'] })
  const begun = await act(ada.id)
  assert.deepEqual([begun.status, begun.body.permissions, begun.body.expires_in], [200, ['audit:read'], 1800])
  const token = begun.body.access_token
  const me = await call('GET', '/v1/me', undefined, token)
  assert.deepEqual([me.body.email, me.body.impersonated_by], [ada.email, server.userId])
  assert.equal((await call('GET', '/v1/me', undefined, ada.token)).body.impersonated_by, null)
  assert.equal((await call('GET', '/v1/audit/events', undefined, token)).status, 200)
  const { sessions } = (await call('GET', '/v1/me/sessions', undefined, ada.token)).body
  const [other] = sessions.filter((one: { impersonated: boolean }) => one.impersonated)
  assert.deepEqual([other.id, other.ip_address], [begun.body.session_id, null])
  assert.equal((await call('DELETE', `/v1/me/sessions/${other.id}`, undefined, ada.token)).status, 200)
  assert.equal((await call('GET', '/v1/me', undefined, token)).status, 401, 'the person ends it')
})

test('who acts as somebody changes nothing, gives nothing, and comes to no secret', async () => {
  const ada = await person(server, {
    scopes: ['audit:read', 'audit:write', 'audit:read_personal', 'subject:erase', 'tenant:admin'],
  })
  const { access_token: token, permissions } = (await act(ada.id)).body
  assert.deepEqual(permissions, ['audit:read'])
  const refused: [string, string, unknown?][] = [
    ['POST', '/v1/me/password', { current_password: PASSWORD, new_password: 'another long pass phrase' }],
    ['PATCH', '/v1/me', { display_name: 'x' }],
    ['POST', '/v1/auth/mfa/setup', { method: 'totp' }],
    ['POST', '/v1/auth/step-up', { password: PASSWORD }],
    ['GET', '/v1/me/sessions'],
    ['GET', '/v1/me/identities'],
    ['GET', '/v1/me/applications'],
    ['POST', '/v1/auth/consent', { grant: true }],
    ['POST', '/v1/me/address'],
  ]
  for (const [method, path, body] of refused)
    assert.deepEqual(code(await call(method, path, body, token)), [403, 'IMPERSONATING'], path)
  for (const [method, path, body] of [
    ['POST', '/v1/tokens', { name: 'x', scopes: ['audit:read'] }],
    ['POST', `/v1/users/${server.userId}/impersonate`, { reason: 'x' }],
    ['POST', '/v1/audit/events', { event_type: 'a.b', user_id: 'x', action: 'do', outcome: 'Success' }],
    ['GET', '/v1/audit/events?personal=true'],
  ] as [string, string, unknown?][])
    assert.deepEqual(code(await call(method, path, body, token)), [403, 'SCOPE_MISSING'], path)
})

test('nobody acts as another without a reason, a session that is fresh, and what they may see themselves', async () => {
  const ada = await person(server, { scopes: ['audit:read'] })
  assert.deepEqual(code(await act(ada.id, admin, '')), [400, 'VALIDATION_FAILED'])
  assert.deepEqual(code(await act(ada.id, server.token)), [403, 'SESSION_REQUIRED'])
  assert.deepEqual(code(await act(ada.id, ada.token)), [403, 'SCOPE_MISSING'])
  assert.deepEqual(code(await act(server.userId)), [400, 'VALIDATION_FAILED'])
  const small = await person(server, { scopes: ['tenant:admin'] })
  assert.deepEqual(code(await act(ada.id, small.token)), [403, 'SCOPE_MISSING'])
  await server.sql(`UPDATE security_sessions SET created_at = created_at - interval '1 hour' WHERE user_id = $1`, [
    small.id,
  ])
  const none = await person(server)
  assert.deepEqual(code(await act(none.id, small.token)), [403, 'STEP_UP_REQUIRED'])
  const bravo = await server.secondTenant('bravo')
  assert.equal(
    (await server.call('POST', `/v1/users/${ada.id}/impersonate`, { reason: 'x' }, { token: bravo.token })).status,
    403,
  )
})

test('it ends with the time, with the person and with the administrator', async () => {
  const [boss, ada] = [
    await person(server, { scopes: ['tenant:admin', 'audit:read'] }),
    await person(server, { scopes: ['audit:read'] }),
  ]
  const status = async (token: string) => (await call('GET', '/v1/me', undefined, token)).status
  const first = (await act(ada.id, boss.token)).body.access_token
  await call('POST', `/v1/users/${ada.id}/suspend`)
  assert.equal(await status(first), 401)
  await call('POST', `/v1/users/${ada.id}/reactivate`)
  const second = (await act(ada.id, boss.token)).body.access_token
  await call('POST', `/v1/users/${boss.id}/suspend`)
  assert.equal(await status(second), 401, 'who acts is gone')
  const third = (await act(ada.id)).body
  await server.sql(`UPDATE security_sessions SET expires_at = now() - interval '1 second' WHERE id = $1`, [
    third.session_id,
  ])
  assert.equal(await status(third.access_token), 401)
})

test('every entry that comes of it names both, and why it began stands in the log', async () => {
  const ada = await person(server, { scopes: ['audit:read', 'audit:verify'] })
  const { access_token } = (await act(ada.id, admin, 'ticket 4711')).body
  assert.equal((await call('POST', '/v1/audit/verify', {}, access_token)).status, 200)
  await call('GET', '/v1/tokens', undefined, access_token) // refused, and that is an entry too
  await call('POST', '/v1/auth/logout', undefined, access_token)
  await until('all is in the log', async () => {
    const { body } = await call('GET', `/v1/audit/events?user_id=${ada.email}&limit=50`)
    const named = body.events.filter((one: { metadata?: { impersonator?: string } }) =>
      JSON.stringify(one).includes(`"impersonator":"${server.userId}"`),
    )
    const types = new Set(named.map((one: { event_type: string }) => one.event_type))
    return types.has('audit.verified') && types.has('session.ended') && named.length >= 3
  })
  const begun = await call('GET', `/v1/audit/events?resource=user/${ada.id}&event_type=user.impersonated`)
  assert.ok(JSON.stringify(begun.body.events).includes('ticket 4711'))
})
