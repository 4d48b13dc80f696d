import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { withClient } from '../../src/platform/database/provision.ts'
import { SoftAuthenticator } from '../support/authenticator.ts'
import { codeOf } from '../support/codes.ts'
import { federation } from '../support/federation.ts'
import { CLIENT, HERE, type OpenIdServer, openIdServer } from '../support/openid.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

let provider: OpenIdServer
let server: TestServer
before(async () => {
  provider = await openIdServer()
  server = await testServer({ public_url: HERE, identity_providers_inside: 'true' })
})
after(async () => {
  await server.stop()
  await provider.stop()
})
beforeEach(async () => {
  await server.sql('DELETE FROM login_attempts')
  await server.sql('DELETE FROM sign_in_rules')
  await server.sql('UPDATE identity_connections SET is_enabled = false')
  await server.sql('UPDATE security_users SET is_break_glass = false')
})

const PASSWORD = 'correct horse battery staple'
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]

let count = 0
const { connection, somebody, begin, finish, signIn } = federation(() => ({ server, provider }))
const byPassword = (username: string, password = PASSWORD, more: object = {}) =>
  call(
    'POST',
    '/v1/auth/login',
    { credential_type: 'username_password', tenant: 'first', username, password, ...more },
    null,
  )
const switchTo = (requires_provider: boolean) => call('PATCH', '/v1/sign-in-rules', { requires_provider })
const standing = async () => (await call('GET', '/v1/sign-in-rules')).body.standing
async function breakGlass(): Promise<void> {
  const glass = await call('PATCH', `/v1/users/${server.userId}`, { is_break_glass: true })
  assert.deepEqual([glass.status, glass.body.is_break_glass], [200, true], glass.text)
}
async function invited(): Promise<{ email: string; token: string; id: string }> {
  const email = `member${++count}@first.example`
  const { body } = await call('POST', '/v1/users', { email, scopes: ['audit:read'] })
  return { email, token: new URL(body.invitation_url).hash.slice(1), id: body.user.id }
}
async function member(): Promise<{ email: string; id: string }> {
  const { email, token, id } = await invited()
  assert.equal((await call('POST', '/v1/auth/invitation', { token, password: PASSWORD }, null)).status, 200)
  return { email, id }
}
/** A tenant that is ready for the switch, and its provider. */
async function ready(more: object = {}): Promise<{ id: string; name: string }> {
  const made = await connection(more)
  assert.equal((await signIn(made.name, somebody())).status, 200)
  await breakGlass()
  return made
}

test('a tenant is switched to its provider: passwords and passkeys open nothing but a break-glass account', async () => {
  const { name } = await connection({ default_scopes: ['tenant:admin'] })
  const sub = somebody()
  const { user_id } = (await signIn(name, sub)).body
  const [own] = await server.sql<{ password_hash: string }>('SELECT password_hash FROM security_users WHERE id = $1', [
    server.userId,
  ])
  await server.sql('UPDATE security_users SET password_hash = $2 WHERE id = $1', [user_id, own?.password_hash])
  assert.equal((await byPassword(`${sub}@elsewhere.example`)).status, 200)
  await breakGlass()
  const device = new SoftAuthenticator(HERE)
  const { body: bob } = await signIn(name, somebody())
  const made = await call('POST', '/v1/me/passkeys/options', undefined, bob.access_token)
  const passkey = { credential: device.register(made.body) }
  assert.equal((await call('POST', '/v1/me/passkeys', passkey, bob.access_token)).status, 201)
  const byPasskey = async () => {
    const asked = await call('POST', '/v1/auth/passkey/options', { tenant: 'first' }, null)
    return call('POST', '/v1/auth/passkey', { tenant: 'first', credential: device.assert(asked.body) }, null)
  }
  assert.equal((await byPasskey()).status, 200)
  assert.equal((await switchTo(true)).status, 200)
  assert.deepEqual(code(await byPasskey()), [403, 'PROVIDER_REQUIRED'])
  const broken = await call('PATCH', `/v1/users/${server.userId}`, { is_break_glass: false })
  assert.deepEqual(code(broken), [409, 'BREAK_GLASS_NEEDED'])
  assert.deepEqual(code(await byPassword(`${sub}@elsewhere.example`)), [403, 'PROVIDER_REQUIRED'])
  assert.equal((await signIn(name, sub)).body.user_id, user_id)
  assert.equal((await byPassword('admin@first.example')).status, 200)
  const uses = async () =>
    (await call('POST', '/v1/audit/search', { text: 'user.break_glass_used', limit: 5 })).body.events.length
  await until('its use is an entry', async () => (await uses()) === 1)
  assert.equal((await call('PATCH', `/v1/users/${bob.user_id}`, { is_break_glass: true })).status, 200)
  assert.equal((await byPasskey()).status, 200)
  await until('a passkey’s use is one as well', async () => (await uses()) === 2)
  const wrong = await byPassword(`${sub}@elsewhere.example`, 'x')
  assert.deepEqual(code(wrong), [401, 'CREDENTIALS_INVALID'], 'nothing is told to who does not know the password')
})

test('the switch is refused until somebody came in through the provider as it is, and somebody gets in without', async () => {
  await breakGlass()
  assert.deepEqual(code(await switchTo(true)), [409, 'PROVIDER_UNPROVEN'])
  const { id, name } = await connection()
  assert.deepEqual(code(await switchTo(true)), [409, 'PROVIDER_UNPROVEN'], 'that it was added says nothing of it')
  const sub = somebody()
  await signIn(name, sub)
  await call('PATCH', `/v1/connections/${id}`, { secret: 'another' })
  assert.deepEqual(code(await switchTo(true)), [409, 'PROVIDER_UNPROVEN'], 'it is another since')
  await call('PATCH', `/v1/connections/${id}`, { secret: CLIENT.secret })
  await signIn(name, sub)
  await server.sql('UPDATE security_users SET is_break_glass = false')
  assert.deepEqual(code(await switchTo(true)), [409, 'BREAK_GLASS_NEEDED'])
  await breakGlass()
  assert.equal((await switchTo(true)).status, 200)
  await call('PATCH', `/v1/connections/${id}`, { secret: 'another' })
  const again = await call('PATCH', '/v1/sign-in-rules', { requires_provider: true, remembered_device_days: 3 })
  assert.equal(again.status, 200, 'what is required already is no switch')
})

test('with the switch sessions end that no provider opened, but of break-glass accounts, and it is told how many', async () => {
  const { name } = await connection()
  await breakGlass()
  const { email } = await member()
  const [ada, bob, glass] = [
    (await byPassword(email)).body,
    (await signIn(name, somebody())).body,
    (await byPassword('admin@first.example')).body,
  ]
  const me = async ({ access_token }: { access_token: string }) =>
    (await call('GET', '/v1/me', undefined, access_token)).status
  assert.deepEqual([await me(ada), await me(bob), await me(glass)], [200, 200, 200])
  assert.equal((await switchTo(true)).status, 200)
  assert.deepEqual([await me(ada), await me(bob), await me(glass)], [401, 200, 200])
  const refreshed = await call('POST', '/v1/auth/refresh', { refresh_token: ada.refresh_token }, null)
  assert.deepEqual(code(refreshed), [401, 'UNAUTHENTICATED'])
  assert.equal((await call('GET', '/v1/tokens')).status, 200, 'applications have no provider')
  await until('the entry tells how many', async () => {
    const { body } = await call('POST', '/v1/audit/search', { text: 'sign_in_rules.changed', limit: 1 })
    const data = body.events[0]?.event_data
    return data?.requires_provider === true && data.sessions_ended >= 1
  })
})

test('an administrator sees before the switch who would be shut out, and what the break-glass accounts are worth', async () => {
  const before = await standing()
  const { name } = await connection()
  const { email } = await member()
  assert.deepEqual(await standing(), { ...before, people_without_identity: before.people_without_identity + 1 })
  await breakGlass()
  assert.deepEqual(await standing(), { ...before, break_glass_accounts: 1, break_glass_without_factor: 1 })
  const { access_token } = (await byPassword(email)).body
  const { body } = await call('POST', '/v1/me/identities', { connection: name }, access_token)
  const parameters = await provider.browse(body.authorization_url, somebody())
  await finish(body.request_token, parameters)
  assert.deepEqual(await standing(), {
    ...{ is_provider_proven: true, people_without_identity: before.people_without_identity - 1 },
    ...{ break_glass_accounts: 1, break_glass_without_factor: 1 },
  })
})

test('who may come in through the provider alone is not asked for a code first, and loses none', async () => {
  await ready()
  const { email } = await member()
  const { access_token } = (await byPassword(email)).body
  const setup = await call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, access_token)
  const { factor_id, setup_key } = setup.body
  const confirmed = await call('POST', '/v1/auth/mfa/confirm', { factor_id, code: codeOf(setup_key) }, access_token)
  const [backup] = confirmed.body.backup_codes
  assert.equal((await byPassword(email)).body.mfa_required, true)
  await switchTo(true)
  assert.deepEqual(code(await byPassword(email)), [403, 'PROVIDER_REQUIRED'])
  assert.deepEqual(code(await byPassword(email, PASSWORD, { mfa_code: backup })), [403, 'PROVIDER_REQUIRED'])
  await switchTo(false)
  assert.equal((await byPassword(email, PASSWORD, { mfa_code: backup })).status, 200, 'it was not spent')
})

test('an invitation is accepted through the provider, and by a password only where one opens anything', async () => {
  const { name } = await ready()
  await switchTo(true)
  const { token, email, id } = await invited()
  const refused = await call('POST', '/v1/auth/invitation', { token, password: 'x' }, null)
  assert.deepEqual(code(refused), [403, 'PROVIDER_REQUIRED'])
  assert.match(refused.body.message, /invitation_token/)
  const sub = somebody({ email: 'ada@her-own.example' })
  const opened = await signIn(name, sub, { invitation_token: token })
  assert.deepEqual(
    [opened.status, opened.body.user_id, opened.body.permissions],
    [200, id, ['audit:read']],
    opened.text,
  )
  const me = await call('GET', '/v1/me', undefined, opened.body.access_token)
  assert.deepEqual([me.body.email, me.body.status], [email, 'active'])
  assert.equal((await signIn(name, sub)).body.user_id, id)
  const again = await signIn(name, somebody(), { invitation_token: token })
  assert.deepEqual(code(again), [410, 'LINK_EXPIRED'], 'it is good once')
  assert.deepEqual(code(await signIn(name, sub, { invitation_token: (await invited()).token })), [409, 'NAME_TAKEN'])
})

test('an invitation of another tenant, or what is none, opens nothing, and costs the log-in nothing', async () => {
  const { name } = await ready()
  const second = await server.secondTenant(`tenant${++count}`)
  const made = await server.call(
    'POST',
    '/v1/users',
    { email: 'eve@second.example', scopes: [] },
    { token: second.token },
  )
  const foreign = new URL(made.body.invitation_url).hash.slice(1)
  const { body } = await begin(name)
  const parameters = await provider.browse(body.authorization_url, somebody())
  const come = (more: object) => finish(body.request_token, parameters, more)
  assert.deepEqual(code(await come({ invitation_token: foreign })), [410, 'LINK_EXPIRED'])
  assert.deepEqual(code(await come({ invitation_token: body.request_token })), [410, 'LINK_EXPIRED'])
  assert.equal((await come({})).status, 200)
})

test('a log-in that was under way when the switch came opens nothing', async () => {
  await ready()
  await switchTo(false) // so that there is a row
  const { email } = await member()
  // The account is set right in the transaction of the session; there it is held up.
  await server.sql(`CREATE FUNCTION held_up() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NEW; END $$`)
  await server.sql(`CREATE TRIGGER held_up BEFORE UPDATE ON security_users FOR EACH ROW
    WHEN (NEW.failed_login_attempts < OLD.failed_login_attempts) EXECUTE FUNCTION held_up()`)
  try {
    await withClient(server.installation.superuser, async (holder) => {
      await holder.query('SELECT pg_advisory_lock(77)')
      const underWay = byPassword(email)
      await until('it has been let through and waits', async () => {
        const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()`
        return (await server.sql(waiting)).length > 0
      })
      await server.sql('UPDATE sign_in_rules SET requires_provider = true')
      await holder.query('SELECT pg_advisory_unlock(77)')
      assert.deepEqual(code(await underWay), [403, 'PROVIDER_REQUIRED'])
    })
  } finally {
    await server.sql('DROP FUNCTION held_up CASCADE')
  }
})
