import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { Secret } from 'otpauth'
import { codeOf } from '../support/codes.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

const PASSWORD = 'violet harbour lantern'

let server: TestServer
before(async () => {
  server = await testServer({ trust_proxy: '127.0.0.1' })
})
after(() => server.stop())
beforeEach(async () => {
  await server.sql('DELETE FROM login_attempts')
  // The codes of a test are all of the time step in which it begins.
  await until('the time step has some seconds left', async () => Date.now() % 30_000 < 26_000)
})

const call = (
  method: string,
  path: string,
  body?: unknown,
  token: string | null = server.token,
  address = '192.0.2.1',
) => server.call(method, path, body, { token, headers: { 'x-forwarded-for': address } })
const code = ({ status, body }: Answer) => [status, body?.code]

interface Person {
  id: string
  email: string
}
let count = 0
async function member(scopes = ['audit:read']): Promise<Person> {
  const email = `factor${++count}@first.example`
  const { body } = await call('POST', '/v1/users', { email, scopes })
  const token = body.invitation_url.split('#')[1]
  assert.equal((await call('POST', '/v1/auth/invitation', { token, password: PASSWORD }, null)).status, 200)
  return { id: body.user.id, email }
}

const logIn = (email: string, mfa_code?: string, password = PASSWORD, address?: string) =>
  call(
    'POST',
    '/v1/auth/login',
    { credential_type: 'username_password', tenant: 'first', username: email, password, ...(mfa_code && { mfa_code }) },
    null,
    address,
  )
async function session(email: string, mfa_code?: string): Promise<string> {
  const answer = await logIn(email, mfa_code)
  assert.equal(answer.status, 200, answer.text)
  return answer.body.access_token
}

/** Somebody with an authenticator. Codes of `off` 0 and below are used up by its confirmation. */
async function enrolled(scopes?: string[]) {
  const person = await member(scopes)
  const token = await session(person.email)
  const made = await call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, token)
  assert.equal(made.status, 200, made.text)
  const { factor_id, setup_key: key } = made.body
  const confirmed = await call('POST', '/v1/auth/mfa/confirm', { factor_id, code: codeOf(key) }, token)
  assert.equal(confirmed.status, 200, confirmed.text)
  return { ...person, token, key: key as string, factor_id, codes: confirmed.body.backup_codes as string[] }
}

/** As if the codes that were used had never been. */
const forgetSteps = () => server.sql('UPDATE second_factors SET last_step = 0')

test('an authenticator is set up, confirmed by a code, and asked for from then on', async () => {
  const person = await member()
  const [token, other] = [await session(person.email), await session(person.email)]
  const { body } = await call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, token)
  assert.match(body.qr_code, /^<svg/)
  assert.ok(body.setup_uri.includes(`secret=${body.setup_key}`))
  assert.equal((await logIn(person.email)).body.mfa_required, false, 'it is not confirmed yet')
  const wrong = { factor_id: body.factor_id, code: '000000' }
  assert.deepEqual(code(await call('POST', '/v1/auth/mfa/confirm', wrong, token)), [401, 'MFA_CODE_INVALID'])
  await until('the wrong one is an entry', async () => {
    const found = await call('GET', `/v1/audit/events?event_type=factor.refused&user_id=${person.id}`)
    return found.body.events.length === 1
  })
  const right = { factor_id: body.factor_id, code: codeOf(body.setup_key) }
  const confirmed = await call('POST', '/v1/auth/mfa/confirm', right, token)
  assert.equal(new Set(confirmed.body.backup_codes).size, 10)
  assert.equal((await call('GET', '/v1/me', undefined, other)).status, 401, 'sessions without it end')
  assert.equal((await call('GET', '/v1/me', undefined, token)).body.mfa_enabled, true)
  const asked = await logIn(person.email)
  assert.deepEqual(
    [asked.status, asked.body],
    [200, { mfa_required: true, methods: ['totp', 'backup_code'], code_sent: false }],
  )
  const opened = await logIn(person.email, codeOf(body.setup_key, 1))
  assert.deepEqual([opened.status, opened.body.mfa_required], [200, false])
})

test('a wrong password tells nothing of the second factor', async () => {
  const { email, key } = await enrolled()
  const plain = await member()
  const bare = ({ status, body }: Answer) => ({ status, ...body, request_id: '', timestamp: '' })
  const answers = [
    await logIn(email, undefined, 'a wrong password here'),
    await logIn(email, codeOf(key, 1), 'a wrong password here'),
    await logIn(plain.email, undefined, 'a wrong password here'),
    await logIn('nobody@first.example', '123456'),
  ]
  for (const answer of answers) assert.deepEqual(bare(answer), bare(answers[0] as Answer))
})

test('a code is taken once: not again, not one before it, not by two at once', async () => {
  const { email, key } = await enrolled()
  await forgetSteps()
  const answers = await Promise.all([1, 2, 3, 4].map(() => logIn(email, codeOf(key))))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
  assert.deepEqual(code(await logIn(email, codeOf(key))), [401, 'MFA_CODE_INVALID'])
  assert.deepEqual(code(await logIn(email, codeOf(key, -1))), [401, 'MFA_CODE_INVALID'])
  await server.sql('DELETE FROM login_attempts')
  assert.equal((await logIn(email, codeOf(key, 1))).status, 200)
})

test('a code of another person, or of an authenticator that is not confirmed, is nothing', async () => {
  const [one, other] = [await enrolled(), await enrolled()]
  await forgetSteps()
  assert.deepEqual(code(await logIn(one.email, codeOf(other.key))), [401, 'MFA_CODE_INVALID'])
  const pending = await call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, one.token)
  assert.deepEqual(code(await logIn(one.email, codeOf(pending.body.setup_key))), [401, 'MFA_CODE_INVALID'])
})

test('codes cannot be guessed by who has the password, from one place or many, and that shuts nobody out of theirs', async () => {
  const { email, key } = await enrolled()
  await server.sql('DELETE FROM login_attempts')
  await forgetSteps()
  assert.equal((await logIn(email, codeOf(key, -1), PASSWORD, '192.0.2.77')).status, 200, 'from home')
  let taken = 0
  for (let i = 0; i < 12; i++) {
    const answer = await logIn(email, String(100_000 + i), PASSWORD, `198.51.100.${i}`)
    if (answer.status === 401) taken++
  }
  assert.equal(taken, 5)
  assert.equal((await logIn(email, codeOf(key), PASSWORD, '192.0.2.77')).status, 200, 'from home again')
})

test('a backup code opens once, however it is typed, and is no code of somebody else', async () => {
  const [{ email, codes }, other] = [await enrolled(), await enrolled()]
  const [first = '', second = ''] = codes
  assert.deepEqual(code(await logIn(other.email, first)), [401, 'MFA_CODE_INVALID'])
  assert.equal((await logIn(email, first.toLowerCase().replace('-', ' '))).status, 200)
  assert.deepEqual(code(await logIn(email, first)), [401, 'MFA_CODE_INVALID'])
  const answers = await Promise.all([1, 2, 3].map(() => logIn(email, second)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401])
})

test('backup codes are replaced all at once, and their number is shown', async () => {
  const { email, token, codes } = await enrolled()
  assert.equal((await call('GET', '/v1/me/factors', undefined, token)).body.backup_codes_left, 10)
  const renewed = await call('POST', '/v1/me/backup-codes', undefined, token)
  assert.equal(renewed.body.backup_codes.length, 10)
  assert.deepEqual(code(await logIn(email, codes[0])), [401, 'MFA_CODE_INVALID'])
  assert.equal((await logIn(email, renewed.body.backup_codes[0])).status, 200)
  assert.equal((await call('GET', '/v1/me/factors', undefined, token)).body.backup_codes_left, 9)
})

test('what is sensitive asks for factors shown of late, with the code where there is one', async () => {
  const { token, factor_id, key } = await enrolled()
  const remove = () => call('DELETE', `/v1/me/factors/${factor_id}`, undefined, token)
  const stepUp = (body: object) => call('POST', '/v1/auth/step-up', body, token)
  await server.sql(`UPDATE security_sessions SET created_at = now() - interval '11 minutes', authenticated_at = NULL`)
  const refused = await remove()
  assert.deepEqual([...code(refused), refused.body.details], [403, 'STEP_UP_REQUIRED', { max_age_seconds: 600 }])
  assert.deepEqual(code(await stepUp({ password: 'a wrong password here' })), [401, 'CREDENTIALS_INVALID'])
  assert.deepEqual(code(await stepUp({ password: PASSWORD })), [401, 'MFA_CODE_INVALID'])
  assert.deepEqual(code(await remove()), [403, 'STEP_UP_REQUIRED'])
  assert.equal((await stepUp({ password: PASSWORD, mfa_code: codeOf(key, 1) })).status, 200)
  assert.equal((await remove()).status, 200)
})

test('without the last factor none is asked for, and the backup codes are gone', async () => {
  const { email, token, factor_id } = await enrolled()
  assert.equal((await call('DELETE', `/v1/me/factors/${factor_id}`, undefined, token)).status, 200)
  const opened = await logIn(email)
  assert.equal(opened.body.mfa_required, false)
  const { body } = await call('GET', '/v1/me/factors', undefined, opened.body.access_token)
  assert.deepEqual(body, { factors: [], backup_codes_left: 0 })
})

test('an administrator takes away the factors of one person, not of themselves, and it is an entry of high risk', async () => {
  const [lost, other, admin] = [await enrolled(), await enrolled(), await member(['tenant:admin'])]
  const token = await session(admin.email)
  const reset = (id: string, by = token) => call('POST', `/v1/users/${id}/factors/reset`, undefined, by)
  assert.deepEqual(code(await reset(lost.id, other.token)), [403, 'SCOPE_MISSING'])
  assert.deepEqual(code(await reset(admin.id)), [400, 'VALIDATION_FAILED'])
  const answer = await reset(lost.id)
  assert.deepEqual([answer.status, answer.body.factors], [200, 1])
  assert.equal((await call('GET', '/v1/me', undefined, lost.token)).status, 401)
  assert.equal((await logIn(lost.email)).body.mfa_required, false)
  assert.equal((await logIn(other.email)).body.mfa_required, true)
  await until('it is an entry', async () => {
    const found = await call('GET', `/v1/audit/events?event_type=user.factors_reset&resource=user/${lost.id}`)
    return found.body.events[0]?.risk_score === 60
  })
})

test('an API token has no factors, and sets none up', async () => {
  for (const [method, path, body] of [
    ['GET', '/v1/me/factors'],
    ['POST', '/v1/auth/mfa/setup', { method: 'totp' }],
    ['POST', '/v1/me/backup-codes'],
    ['POST', '/v1/auth/step-up', { password: PASSWORD }],
  ] as const)
    assert.deepEqual(code(await call(method, path, body)), [403, 'SESSION_REQUIRED'], path)
})

test('with a second factor a password of eight characters is enough, and without fifteen are', async () => {
  const [{ token }, plain] = [await enrolled(), await member()]
  const change = (by: string) =>
    call('POST', '/v1/me/password', { current_password: PASSWORD, new_password: 'kzq7!mwp' }, by)
  assert.equal((await change(token)).status, 200)
  assert.deepEqual(code(await change(await session(plain.email))), [422, 'PASSWORD_REFUSED'])
})

test('neither secret nor backup code stands anywhere in clear', async () => {
  const { key, codes } = await enrolled()
  const plain = Buffer.from(Secret.fromBase32(key).bytes).toString('hex')
  for (const table of ['second_factors', 'backup_codes', 'audit_inbox', 'security_users'])
    for (const text of [key, plain, codes[0], codes[0]?.replace('-', '')]) {
      const rows = await server.sql(`SELECT 1 FROM ${table} t WHERE t::text ILIKE '%' || $1 || '%'`, [text])
      assert.equal(rows.length, 0, table)
    }
  for (const text of [key, codes[0]]) {
    const found = await call('POST', '/v1/audit/search', { text, limit: 1 })
    assert.deepEqual(found.body.events, [])
  }
})
