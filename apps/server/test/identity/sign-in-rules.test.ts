import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { SoftAuthenticator } from '../support/authenticator.ts'
import { codeOf } from '../support/codes.ts'
import { type MailServer, mailServer } from '../support/mail.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

const PASSWORD = 'violet harbour lantern'
const LOGIN = '/v1/auth/login'
const RULES = '/v1/sign-in-rules'

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
beforeEach(async () => {
  await server.sql('DELETE FROM login_attempts')
  await server.sql('DELETE FROM sign_in_rules')
  await until('the time step has some seconds left', async () => Date.now() % 30_000 < 26_000)
})

const code = ({ status, body }: Answer) => [status, body?.code]
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const ask = async (rules: object) => assert.equal((await call('PATCH', RULES, rules)).status, 200)

let count = 0
/** Somebody with a password alone. */
async function member(scopes = ['audit:read']) {
  const email = `rule${++count}@first.example`
  const hash = '$2b$10$Gg2fyTWnQxJVpGUO2d4xUuzc0LZPuXzJpG4n.5i1QYNZyG1ukB0Wm'
  const { body } = await call('POST', '/v1/users', { email, scopes, password_hash: hash })
  const [own] = await server.sql<{ password_hash: string }>(
    `SELECT password_hash FROM security_users WHERE is_operator LIMIT 1`,
  )
  // The administrator's password, so that no test waits for another hash.
  await server.sql('UPDATE security_users SET password_hash = $2 WHERE id = $1', [body.user.id, own?.password_hash])
  return { id: body.user.id as string, email }
}
const logIn = (username: string, more: object = {}) =>
  call(
    'POST',
    LOGIN,
    { credential_type: 'username_password', tenant: 'first', username, password: KNOWN, ...more },
    null,
  )
const KNOWN = 'correct horse battery staple'

async function withAuthenticator(email: string) {
  const { body } = await logIn(email)
  const token: string = body.access_token
  const { body: made } = await call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, token)
  const next = (off: number) => codeOf(made.setup_key, off)
  const confirmed = await call('POST', '/v1/auth/mfa/confirm', { factor_id: made.factor_id, code: next(0) }, token)
  assert.equal(confirmed.status, 200, confirmed.text)
  return { token, next, codes: confirmed.body.backup_codes as string[] }
}

async function withMailedCodes(email: string) {
  const { body } = await logIn(email)
  const token: string = body.access_token
  const made = await call('POST', '/v1/auth/mfa/setup', { method: 'email' }, token)
  assert.equal(made.status, 200, made.text)
  const confirm = { factor_id: made.body.factor_id, code: await codeFor(email) }
  const confirmed = await call('POST', '/v1/auth/mfa/confirm', confirm, token)
  assert.equal(confirmed.status, 200, confirmed.text)
  return { token, factor: confirm.factor_id as string, codes: confirmed.body.backup_codes as string[] }
}
const codeFor = async (email: string) => /^(\d{8}) is your code/m.exec((await mails.next(email)).source)?.[1] ?? ''
/** As if the last code had been sent a minute ago. */
const aMinuteLater = (factor: string) =>
  server.sql(`UPDATE sent_codes SET sent_at = sent_at - interval '1 minute' WHERE factor_id = $1`, [factor])

test('where the tenant demands a second factor, a password alone may do nothing but add one', async () => {
  await ask({ requires_second_factor: true })
  const { email } = await member()
  const { body: opened } = await logIn(email)
  assert.deepEqual([opened.must_add_factor, opened.permissions, opened.scope], [true, [], ''])
  const token: string = opened.access_token
  assert.deepEqual(code(await call('GET', '/v1/audit/events', undefined, token)), [403, 'SCOPE_MISSING'])
  const refreshed = await call('POST', '/v1/auth/refresh', { refresh_token: opened.refresh_token }, null)
  assert.deepEqual([refreshed.body.must_add_factor, refreshed.body.permissions], [true, []])
  const { token: complete, next } = await withAuthenticator(email)
  assert.equal((await call('GET', '/v1/audit/events', undefined, complete)).status, 200, 'it has shown one now')
  const again = await logIn(email, { mfa_code: next(1) })
  assert.deepEqual([again.body.must_add_factor, again.body.permissions], [false, ['audit:read']])
})

test('the demand binds sessions that there are, at once, and a passkey meets it as well', async () => {
  const { email } = await member()
  const token: string = (await logIn(email)).body.access_token
  assert.equal((await call('GET', '/v1/audit/events', undefined, token)).status, 200)
  await ask({ requires_second_factor: true })
  assert.deepEqual(code(await call('GET', '/v1/audit/events', undefined, token)), [403, 'SCOPE_MISSING'])
  const options = await call('POST', '/v1/me/passkeys/options', undefined, token)
  const credential = new SoftAuthenticator(server.url).register(options.body)
  assert.equal((await call('POST', '/v1/me/passkeys', { credential }, token)).status, 201)
  assert.equal((await call('GET', '/v1/audit/events', undefined, token)).status, 200)
})

test('another tenant’s demand binds nobody here', async () => {
  const { token } = await server.secondTenant('demanding')
  assert.equal((await call('PATCH', RULES, { requires_second_factor: true }, token)).status, 200)
  const { email } = await member()
  assert.equal((await logIn(email)).body.must_add_factor, false)
  assert.equal((await call('GET', RULES)).body.requires_second_factor, false)
})

test('rules are read and changed by administrators alone, not over somebody else’s change, and it is recorded', async () => {
  const { email } = await member()
  const token: string = (await logIn(email)).body.access_token
  assert.deepEqual(code(await call('GET', RULES, undefined, token)), [403, 'SCOPE_MISSING'])
  assert.deepEqual(code(await call('PATCH', RULES, { remembered_device_days: 1 }, token)), [403, 'SCOPE_MISSING'])
  const { standing: _, ...first } = (await call('GET', RULES)).body
  assert.deepEqual(first, {
    ...{
      requires_second_factor: false,
      allows_sent_codes: false,
      allowed_authenticators: null,
      authenticator_roots: [],
      remembered_device_days: 0,
      requires_provider: false,
    },
    ...{ version: 0, updated_at: null },
  })
  const changed = await call('PATCH', RULES, { remembered_device_days: 7, version: 0 })
  assert.equal(changed.body.remembered_device_days, 7)
  const late = await call('PATCH', RULES, { remembered_device_days: 9, version: 0 })
  assert.deepEqual(code(late), [412, 'VERSION_MISMATCH'])
  const kept = await call('PATCH', RULES, { allows_sent_codes: true, version: changed.body.version })
  assert.deepEqual([kept.body.remembered_device_days, kept.body.allows_sent_codes], [7, true])
  await until('it is an entry', async () => {
    const found = await call('POST', '/v1/audit/search', { text: 'sign_in_rules.changed', limit: 5 })
    return found.body.events.length > 0
  })
})

test('codes are mailed only where the tenant takes them', async () => {
  const { email } = await member()
  const token: string = (await logIn(email)).body.access_token
  const refused = await call('POST', '/v1/auth/mfa/setup', { method: 'email' }, token)
  assert.deepEqual(code(refused), [404, 'NOT_FOUND'])
  assert.match(refused.body.message, /takes no codes that are sent/)
  await ask({ allows_sent_codes: true })
  const { factor, codes } = await withMailedCodes(email)
  await aMinuteLater(factor)
  await ask({ allows_sent_codes: false })
  const asked = await logIn(email, { send_code: 'email' })
  assert.deepEqual([asked.body.methods, asked.body.code_sent], [['backup_code'], false])
  assert.equal((await logIn(email, { mfa_code: codes[0] })).status, 200, 'a backup code is still good')
})

test('a mailed code opens a session, once, and only after the password', async () => {
  await ask({ allows_sent_codes: true })
  const { email } = await member()
  const { factor } = await withMailedCodes(email)
  await aMinuteLater(factor)
  const wrong = await logIn(email, { send_code: 'email', password: 'not the password' })
  assert.deepEqual(code(wrong), [401, 'CREDENTIALS_INVALID'])
  const before = mails.received.length
  const asked = await logIn(email, { send_code: 'email' })
  assert.deepEqual(asked.body, { mfa_required: true, methods: ['email', 'backup_code'], code_sent: true })
  const mfa_code = await codeFor(email)
  assert.equal(mails.received.length, before + 1, 'none for a wrong password')
  assert.equal((await logIn(email, { mfa_code })).status, 200)
  assert.deepEqual(code(await logIn(email, { mfa_code })), [401, 'MFA_CODE_INVALID'])
})

test('two who show a mailed code at once: one is let in', async () => {
  await ask({ allows_sent_codes: true })
  const { email } = await member()
  const { factor } = await withMailedCodes(email)
  await aMinuteLater(factor)
  await logIn(email, { send_code: 'email' })
  const mfa_code = await codeFor(email)
  const both = await Promise.all([logIn(email, { mfa_code }), logIn(email, { mfa_code })])
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401])
})

test('a mailed code ends after ten minutes, after five tries, and by the next one', async () => {
  await ask({ allows_sent_codes: true })
  const { email } = await member()
  const { factor } = await withMailedCodes(email)
  const fresh = async () => {
    await aMinuteLater(factor)
    assert.equal((await logIn(email, { send_code: 'email' })).body.code_sent, true)
    return codeFor(email)
  }
  const late = await fresh()
  await server.sql(`UPDATE sent_codes SET expires_at = now() - interval '1 second' WHERE factor_id = $1`, [factor])
  assert.deepEqual(code(await logIn(email, { mfa_code: late })), [401, 'MFA_CODE_INVALID'])
  const old = await fresh()
  const [{ expires_in } = { expires_in: 0 }] = await server.sql<{ expires_in: number }>(
    'SELECT extract(epoch FROM expires_at - sent_at)::int AS expires_in FROM sent_codes WHERE factor_id = $1',
    [factor],
  )
  assert.equal(expires_in, 600)
  const guessed = await fresh()
  assert.deepEqual(code(await logIn(email, { mfa_code: old })), [401, 'MFA_CODE_INVALID'])
  await server.sql('DELETE FROM login_attempts') // what slows guessing is another claim
  for (let i = 0; i < 4; i++)
    assert.deepEqual(code(await logIn(email, { mfa_code: '00000000' })), [401, 'MFA_CODE_INVALID'])
  await server.sql('DELETE FROM login_attempts')
  assert.deepEqual(code(await logIn(email, { mfa_code: guessed })), [401, 'MFA_CODE_INVALID'], 'five were tried')
})

test('nobody is flooded with codes: one in half a minute, six in an hour', async () => {
  await ask({ allows_sent_codes: true })
  const { email } = await member()
  const { factor } = await withMailedCodes(email)
  const sent: boolean[] = [(await logIn(email, { send_code: 'email' })).body.code_sent]
  for (let i = 0; i < 7; i++) {
    await aMinuteLater(factor)
    await server.sql('DELETE FROM login_attempts')
    sent.push((await logIn(email, { send_code: 'email' })).body.code_sent)
  }
  assert.deepEqual(sent, [false, true, true, true, true, true, false, false])
  await server.sql(`UPDATE sent_codes SET counted_since = now() - interval '61 minutes' WHERE factor_id = $1`, [factor])
  await server.sql('DELETE FROM login_attempts')
  assert.equal((await logIn(email, { send_code: 'email' })).body.code_sent, true)
})

test('one person’s mailed code is no good for another, nor for their own factor that is to be confirmed', async () => {
  await ask({ allows_sent_codes: true })
  const [ada, bob] = [await member(), await member()]
  const { factor } = await withMailedCodes(ada.email)
  await withMailedCodes(bob.email)
  await aMinuteLater(factor)
  await logIn(ada.email, { send_code: 'email' })
  const mfa_code = await codeFor(ada.email)
  assert.deepEqual(code(await logIn(bob.email, { mfa_code })), [401, 'MFA_CODE_INVALID'])
})

test('neither a mailed code nor a device token stands anywhere in clear', async () => {
  await ask({ allows_sent_codes: true, remembered_device_days: 30 })
  const { email } = await member()
  const { factor } = await withMailedCodes(email)
  await aMinuteLater(factor)
  await logIn(email, { send_code: 'email' })
  const mfa_code = await codeFor(email)
  const { body } = await logIn(email, { mfa_code, remember_device: true })
  assert.match(body.device_token, /^prb_de_/)
  for (const table of ['sent_codes', 'second_factors', 'remembered_devices', 'audit_inbox'])
    for (const text of [mfa_code, body.device_token, email])
      assert.deepEqual(
        await server.sql(`SELECT 1 FROM ${table} t WHERE t::text ILIKE '%' || $1 || '%'`, [text]),
        [],
        table,
      )
  const found = await call('POST', '/v1/audit/search', { text: mfa_code, limit: 1 })
  assert.deepEqual(found.body.events, [])
})

test('a device that is remembered is not asked again, but its password is, and nobody else’s device counts', async () => {
  await ask({ remembered_device_days: 30 })
  const [ada, bob] = [await member(), await member()]
  const { next } = await withAuthenticator(ada.email)
  await withAuthenticator(bob.email)
  const { body } = await logIn(ada.email, { mfa_code: next(1), remember_device: true })
  const { device_token } = body
  assert.equal((await logIn(ada.email, { device_token })).body.mfa_required, false)
  assert.equal((await logIn(ada.email)).body.mfa_required, true)
  assert.equal((await logIn(bob.email, { device_token })).body.mfa_required, true)
  const wrong = await logIn(ada.email, { device_token, password: 'not the password' })
  assert.deepEqual(code(wrong), [401, 'CREDENTIALS_INVALID'])
  const listed = await call('GET', '/v1/me/devices', undefined, body.access_token)
  assert.equal(listed.body.devices.length, 1)
})

test('no device is remembered where the tenant does not, or where nobody showed a second factor', async () => {
  const ada = await member()
  const { next, codes } = await withAuthenticator(ada.email)
  const none = await logIn(ada.email, { mfa_code: next(1), remember_device: true })
  assert.deepEqual([none.status, none.body.device_token], [200, undefined])
  await ask({ remembered_device_days: 30 })
  const bob = await member()
  assert.equal((await logIn(bob.email, { remember_device: true })).body.device_token, undefined)
  const { device_token } = (await logIn(ada.email, { mfa_code: codes[0], remember_device: true })).body
  await ask({ remembered_device_days: 0 })
  assert.equal((await logIn(ada.email, { device_token })).body.mfa_required, true, 'the rule holds for it at once')
})

test('a device is asked again after its days, when the password changes, when a factor goes and when it is told', async () => {
  await ask({ remembered_device_days: 2 })
  const { id, email } = await member()
  const { token, codes } = await withAuthenticator(email)
  const remembered = async () => {
    const { body } = await logIn(email, { mfa_code: codes.pop(), remember_device: true })
    return { device_token: body.device_token as string, access: body.access_token as string }
  }
  const isAsked = async (device_token: string) => (await logIn(email, { device_token })).body.mfa_required
  const old = await remembered()
  await server.sql(`UPDATE remembered_devices SET expires_at = now() WHERE user_id = $1`, [id])
  assert.equal(await isAsked(old.device_token), true)
  const told = await remembered()
  assert.equal((await call('DELETE', '/v1/me/devices', undefined, told.access)).body.forgotten, 1)
  assert.equal(await isAsked(told.device_token), true)
  const changed = await remembered()
  const passwords = { current_password: KNOWN, new_password: PASSWORD }
  assert.equal((await call('POST', '/v1/me/password', passwords, changed.access)).status, 200)
  const after = await logIn(email, { device_token: changed.device_token, password: PASSWORD })
  assert.equal(after.body.mfa_required, true)
  assert.equal((await call('GET', '/v1/me', undefined, token)).status, 401)
})

test('a remembered device does not step up: that asks for the code', async () => {
  await ask({ remembered_device_days: 30 })
  const { email } = await member()
  const { next, codes } = await withAuthenticator(email)
  const { device_token } = (await logIn(email, { mfa_code: next(1), remember_device: true })).body
  const { access_token } = (await logIn(email, { device_token })).body
  const early = await call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, access_token)
  assert.deepEqual(code(early), [403, 'STEP_UP_REQUIRED'])
  const bare = await call('POST', '/v1/auth/step-up', { password: KNOWN }, access_token)
  assert.deepEqual(code(bare), [401, 'MFA_CODE_INVALID'])
  const whole = await call('POST', '/v1/auth/step-up', { password: KNOWN, mfa_code: codes[0] }, access_token)
  assert.equal(whole.status, 200)
  assert.equal((await call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, access_token)).status, 200)
})
