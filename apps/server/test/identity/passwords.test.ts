import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { hash } from '@node-rs/argon2'
import { codeOf } from '../support/codes.ts'
import { type MailServer, mailServer, plainMail, tokenIn } from '../support/mail.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

const ADMIN = 'admin@first.example'
const FIRST = 'correct horse battery staple'
const NEXT = 'seventeen copper kettles'

let server: TestServer
let mails: MailServer
before(async () => {
  mails = await mailServer()
  server = await testServer({ smtp_url: mails.url, public_url: 'https://audit.example.org' })
})
after(async () => {
  await server.stop()
  await mails.stop()
})
let argon: string
beforeEach(async () => {
  argon ??= await hash(FIRST, { memoryCost: 19_456, timeCost: 2, parallelism: 1 })
  await server.sql('DELETE FROM login_attempts')
  await server.sql('UPDATE account_links SET used_at = now(), created_at = now() - $1::interval', ['2 hours'])
  await server.sql('UPDATE security_users SET password_hash = $1', [argon])
})

const call = (method: string, path: string, body?: unknown, token: string | null = server.token, headers = {}) =>
  server.call(method, path, body, { token, headers })
const logIn = (password: string, username = ADMIN) =>
  call('POST', '/v1/auth/login', { credential_type: 'username_password', tenant: 'first', username, password }, null)
async function session(password = FIRST): Promise<string> {
  const answer = await logIn(password)
  assert.equal(answer.status, 200, answer.text)
  return answer.body.access_token
}
const change = (token: string | null, current_password: string, new_password: string) =>
  call('POST', '/v1/me/password', { current_password, new_password }, token)
const forgot = (username: string, tenant = 'first', headers = {}) =>
  call('POST', '/v1/auth/password/forgot', { tenant, username }, null, headers)
const reset = (token: string, new_password: string) =>
  call('POST', '/v1/auth/password/reset', { token, new_password }, null)
const use = async (token: string) => (await call('GET', '/v1/me', undefined, token)).status
const code = ({ status, body }: Answer) => [status, body?.code]

test('a password is changed by who knows it; all other sessions end, and the old password is nothing', async () => {
  const [other, own] = [await session(), await session()]
  const changed = await change(own, FIRST, NEXT)
  assert.equal(changed.status, 200, changed.text)
  assert.ok(changed.body.ended >= 1)
  assert.deepEqual([await use(own), await use(other)], [200, 401])
  assert.deepEqual([(await logIn(FIRST)).status, (await logIn(NEXT)).status], [401, 200])
})

test('who holds a session cannot guess the password with it, and no API token changes one', async () => {
  const own = await session()
  for (let i = 0; i < 4; i++)
    assert.deepEqual(code(await change(own, `guess number ${i} of it`, NEXT)), [401, 'CREDENTIALS_INVALID'])
  await change(own, 'guess number five of it', NEXT)
  assert.deepEqual(code(await change(own, FIRST, NEXT)), [429, 'RATE_LIMITED'])
  assert.deepEqual(code(await change(server.token, FIRST, NEXT)), [403, 'SESSION_REQUIRED'])
})

test('what NIST calls bad is refused with the reason: short, common, made of names, one character again and again', async () => {
  const own = await session()
  for (const [password, reason] of [
    ['fourteen chars', /at least 15 characters/],
    ['admin@first.example', /name, your address/],
    ['probityprobity2', /name, your address/],
    ['ababababbabababababa', /same few characters/],
    ['1234567890123456789', /commonest/],
  ] as const) {
    const answer = await change(own, FIRST, password)
    assert.deepEqual(code(answer), [422, 'PASSWORD_REFUSED'], password)
    assert.match(answer.body.message, reason)
    await server.sql('DELETE FROM login_attempts')
  }
})

test('a passphrase of 64 and more characters, spaces and other scripts is taken, and its Unicode forms are one', async () => {
  const own = await session()
  const long = `Zürich im Spätsommer ${'· das Café am Fluß '.repeat(5)}`
  assert.ok(long.length > 64)
  assert.equal((await change(own, FIRST, long.normalize('NFD'))).status, 200)
  assert.equal((await logIn(long.normalize('NFC'))).status, 200)
})

test('a forgotten password: the link comes by mail, is good once, logs nobody in, and ends every session', async () => {
  const before = await session()
  assert.deepEqual([(await forgot(ADMIN)).status, (await forgot(ADMIN)).text], [202, 'null'])
  await mails.next(ADMIN)
  const token = tokenIn(await mails.next(ADMIN))
  const answer = await reset(token, NEXT)
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(Object.keys(answer.body).sort(), ['tenant_id', 'user_id', 'username'])
  assert.equal(await use(before), 401)
  assert.deepEqual(code(await reset(token, 'nineteen silver spoons')), [410, 'LINK_EXPIRED'])
  assert.equal((await logIn(NEXT)).status, 200)
})

test('a link leads where the installation is, whatever host a request names', async () => {
  await forgot(ADMIN, 'first', { host: 'evil.example', 'x-forwarded-host': 'evil.example' })
  const mail = await mails.next(ADMIN)
  assert.match(plainMail(mail), /https:\/\/audit\.example\.org\/password#prb_li_/)
  assert.doesNotMatch(mail.source, /evil/)
})

test('a link ends after an hour, by a newer one, and by a change of the password', async () => {
  await forgot(ADMIN)
  const first = tokenIn(await mails.next(ADMIN))
  await forgot(ADMIN)
  const second = tokenIn(await mails.next(ADMIN))
  assert.deepEqual(code(await reset(first, NEXT)), [410, 'LINK_EXPIRED'])
  await server.sql('UPDATE account_links SET expires_at = now() WHERE used_at IS NULL')
  assert.deepEqual(code(await reset(second, NEXT)), [410, 'LINK_EXPIRED'])
  await forgot(ADMIN)
  const third = tokenIn(await mails.next(ADMIN))
  assert.equal((await change(await session(), FIRST, NEXT)).status, 200)
  assert.deepEqual(code(await reset(third, 'nineteen silver spoons')), [410, 'LINK_EXPIRED'])
})

test('a reset of the password leads nobody past the second factor', async () => {
  const own = await session()
  const made = await call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, own)
  const code = codeOf(made.body.setup_key)
  const { factor_id } = made.body
  assert.equal((await call('POST', '/v1/auth/mfa/confirm', { factor_id, code }, own)).status, 200)
  try {
    await forgot(ADMIN)
    assert.equal((await reset(tokenIn(await mails.next(ADMIN)), NEXT)).status, 200)
    const asked = await logIn(NEXT)
    assert.deepEqual([asked.body.mfa_required, asked.body.access_token], [true, undefined])
  } finally {
    await server.sql('UPDATE security_users SET mfa_enabled = false')
  }
})

test('a refused password does not use the link up', async () => {
  await forgot(ADMIN)
  const token = tokenIn(await mails.next(ADMIN))
  assert.deepEqual(code(await reset(token, 'short')), [422, 'PASSWORD_REFUSED'])
  assert.equal((await reset(token, NEXT)).status, 200)
})

test('four who reset with one link at once: one password', async () => {
  await forgot(ADMIN)
  const token = tokenIn(await mails.next(ADMIN))
  const answers = await Promise.all([1, 2, 3, 4].map((i) => reset(token, `password of attempt ${i}`)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 410, 410, 410])
})

test('a known and an unknown account are answered alike, and more than three links an hour are not sent', async () => {
  const bare = ({ status, text, headers }: Answer) => [status, text, [...headers.keys()].sort().join()]
  const known = bare(await forgot(ADMIN))
  for (const other of [await forgot('nobody@first.example'), await forgot(ADMIN, 'no such tenant')])
    assert.deepEqual(bare(other), known)
  await mails.next(ADMIN)
  for (let i = 0; i < 5; i++) await forgot(ADMIN)
  await mails.next(ADMIN)
  await mails.next(ADMIN)
  await forgot('nobody@first.example') // all before it are done when this one is
  const [row] = await server.sql<{ n: string }>(
    `SELECT count(*) AS n FROM account_links WHERE purpose = 'password_reset' AND created_at > now() - interval '1 hour'`,
  )
  assert.equal(Number(row?.n), 3)
})

test('an invitation is no reset and a reset no invitation, and links of other kinds are nothing', async () => {
  await forgot(ADMIN)
  const token = tokenIn(await mails.next(ADMIN))
  assert.deepEqual(code(await call('POST', '/v1/auth/invitation', { token, password: NEXT }, null)), [
    410,
    'LINK_EXPIRED',
  ])
  assert.deepEqual(code(await reset(server.token, NEXT)), [410, 'LINK_EXPIRED'])
  assert.equal(await use(token), 401)
})

test('a mail that the other server takes later is tried again', async () => {
  mails.busy = true
  await forgot(ADMIN)
  await until('it was refused once', async () => mails.refused > 0)
  mails.busy = false
  assert.ok(tokenIn(await mails.next(ADMIN)))
})

test('a password that was hashed with less, or with more, than is set is hashed anew at the next log-in', async () => {
  const storedHash = async () =>
    (await server.sql<{ password_hash: string }>('SELECT password_hash FROM security_users'))[0]?.password_hash ?? ''
  const weak = await hash(FIRST, { memoryCost: 8_192, timeCost: 1, parallelism: 1 })
  await server.sql('UPDATE security_users SET password_hash = $1', [weak])
  const dearer = await testServer({ password_hash_kib: '32768', password_hash_passes: '3' }, server.installation)
  try {
    const body = { credential_type: 'username_password', tenant: 'first', username: ADMIN, password: FIRST }
    assert.equal((await dearer.call('POST', '/v1/auth/login', body, { token: null })).status, 200)
    assert.match(await storedHash(), /^\$argon2id\$v=19\$m=32768,t=3,p=1\$/)
  } finally {
    await dearer.stop()
  }
  assert.equal((await logIn(FIRST)).status, 200)
  assert.match(await storedHash(), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal((await logIn(FIRST)).status, 200)
})

test('no link, password or address of these stands in the log', async () => {
  await forgot(ADMIN)
  const token = tokenIn(await mails.next(ADMIN))
  assert.equal((await reset(token, NEXT)).status, 200)
  for (const text of [token.slice(30, 60), NEXT, ADMIN]) {
    const found = await call('POST', '/v1/audit/search', { text, limit: 1 })
    assert.deepEqual(found.body.events, [], text)
  }
})
