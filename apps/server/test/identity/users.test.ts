import assert from 'node:assert/strict'
import { pbkdf2Sync, scryptSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { hash as argon2 } from '@node-rs/argon2'
import { hash as bcrypt } from 'bcryptjs'
import { type MailServer, mailServer, plainMail, tokenIn } from '../support/mail.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

const PASSWORD = 'violet harbour lantern'
const OTHER = 'seventeen copper kettles'

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

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const logIn = (username: string, password = PASSWORD, tenant = 'first') =>
  call('POST', '/v1/auth/login', { credential_type: 'username_password', tenant, username, password }, null)

let count = 0
/** Somebody who accepted an invitation. */
async function member(scopes: string[] = ['audit:read']) {
  const email = `person${++count}@first.example`
  const invited = await call('POST', '/v1/users', { email, scopes })
  assert.equal(invited.status, 201, invited.text)
  const token = tokenIn(await mails.next(email))
  const ready = await call('POST', '/v1/auth/invitation', { token, password: PASSWORD }, null)
  assert.equal(ready.status, 200, ready.text)
  return { id: invited.body.user.id as string, email }
}

async function session(email: string, password = PASSWORD): Promise<string> {
  const answer = await logIn(email, password)
  assert.equal(answer.status, 200, answer.text)
  return answer.body.access_token
}

const code = ({ status, body }: Answer) => [status, body?.code]

test('who is invited gets a mail, sets a password by its link once, and logs in by name or address', async () => {
  const invited = await call('POST', '/v1/users', {
    email: 'Ada@first.example',
    username: 'ada',
    display_name: 'Ada L.',
  })
  assert.equal(invited.status, 201, invited.text)
  assert.deepEqual([invited.body.user.status, invited.body.invitation_url], ['invited', null])
  assert.deepEqual(code(await logIn('ada')), [401, 'CREDENTIALS_INVALID'])
  const mail = await mails.next('Ada@first.example')
  const token = tokenIn(mail)
  assert.match(plainMail(mail), /https:\/\/audit\.example\.org\/invitation#prb_li_/)
  const ready = await call('POST', '/v1/auth/invitation', { token, password: PASSWORD }, null)
  assert.deepEqual([ready.status, ready.body.username], [200, 'ada'])
  assert.deepEqual(code(await call('POST', '/v1/auth/invitation', { token, password: OTHER }, null)), [
    410,
    'LINK_EXPIRED',
  ])
  assert.equal((await logIn('ADA')).status, 200)
  assert.equal((await logIn('ada@first.example')).status, 200)
  const { body } = await call('GET', `/v1/users/${invited.body.user.id}`)
  assert.deepEqual([body.status, body.email_verified, body.display_name], ['active', true, 'Ada L.'])
  assert.deepEqual(body.scopes, [], 'nothing is open to them that nobody gave them')
})

test('two who use one invitation at once: one of them sets the password', async () => {
  const invited = await call('POST', '/v1/users', { email: 'twice@first.example' })
  const token = tokenIn(await mails.next('twice@first.example'))
  const answers = await Promise.all(
    [PASSWORD, OTHER, PASSWORD, OTHER].map((password) =>
      call('POST', '/v1/auth/invitation', { token, password }, null),
    ),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 410, 410, 410])
  assert.equal((await call('GET', `/v1/users/${invited.body.user.id}`)).body.status, 'active')
})

test('an invitation ends after a week, by another one, and with the account', async () => {
  const { body } = await call('POST', '/v1/users', { email: 'late@first.example' })
  const first = tokenIn(await mails.next('late@first.example'))
  assert.equal((await call('POST', `/v1/users/${body.user.id}/invitation`)).status, 200)
  const second = tokenIn(await mails.next('late@first.example'))
  const accept = (token: string) => call('POST', '/v1/auth/invitation', { token, password: PASSWORD }, null)
  assert.deepEqual(code(await accept(first)), [410, 'LINK_EXPIRED'])
  await server.sql(`UPDATE account_links SET expires_at = now() WHERE user_id = $1`, [body.user.id])
  assert.deepEqual(code(await accept(second)), [410, 'LINK_EXPIRED'])
  await call('POST', `/v1/users/${body.user.id}/invitation`)
  const third = tokenIn(await mails.next('late@first.example'))
  await call('POST', `/v1/users/${body.user.id}/deactivate`)
  assert.deepEqual(code(await accept(third)), [410, 'LINK_EXPIRED'])
})

test('where no mail is sent the administrator gets the link, and the address does not count as verified', async () => {
  const quiet = await testServer()
  try {
    const invited = await quiet.call('POST', '/v1/users', { email: 'bob@first.example' })
    const [page, token] = invited.body.invitation_url.split('#')
    assert.equal(page, `${quiet.url}/invitation`)
    assert.equal(
      (await quiet.call('POST', '/v1/auth/invitation', { token, password: PASSWORD }, { token: null })).status,
      200,
    )
    const { body } = await quiet.call('GET', `/v1/users/${invited.body.user.id}`)
    assert.deepEqual([body.status, body.email_verified], ['active', false])
    const forgot = await quiet.call(
      'POST',
      '/v1/auth/password/forgot',
      { tenant: 'first', username: 'bob@first.example' },
      { token: null },
    )
    assert.deepEqual([forgot.status, forgot.body.code], [404, 'NOT_FOUND'])
  } finally {
    await quiet.stop()
  }
})

test('nobody gives scopes beyond their own, nor changes their own', async () => {
  const admin = await member(['tenant:admin', 'audit:read'])
  const token = await session(admin.email)
  const beyond = { email: 'beyond@first.example', scopes: ['subject:erase'] }
  assert.deepEqual(code(await call('POST', '/v1/users', beyond, token)), [403, 'SCOPE_MISSING'])
  const other = await member()
  const change = (id: string, scopes: string[]) => call('PATCH', `/v1/users/${id}`, { scopes }, token)
  assert.deepEqual(code(await change(other.id, ['platform:operate'])), [403, 'SCOPE_MISSING'])
  assert.deepEqual(code(await change(admin.id, ['tenant:admin'])), [400, 'VALIDATION_FAILED'])
  assert.equal((await change(other.id, ['tenant:admin'])).status, 200)
})

test('a body names no tenant, status or password hash of its own', async () => {
  for (const more of [
    { tenant_id: server.tenantId },
    { status: 'active' },
    { password_hash: 'x' },
    { is_operator: true },
  ]) {
    const answer = await call('POST', '/v1/users', { email: 'mass@first.example', ...more })
    assert.deepEqual(code(answer), [400, 'VALIDATION_FAILED'])
  }
  const { id } = await member()
  assert.deepEqual(code(await call('PATCH', `/v1/users/${id}`, { is_operator: true })), [400, 'VALIDATION_FAILED'])
})

test('what a user may do is what their scopes say, at once after a change', async () => {
  const { id, email } = await member(['audit:read'])
  const token = await session(email)
  assert.equal((await call('GET', '/v1/audit/events', undefined, token)).status, 200)
  assert.deepEqual(code(await call('GET', '/v1/users', undefined, token)), [403, 'SCOPE_MISSING'])
  assert.equal((await call('PATCH', `/v1/users/${id}`, { scopes: ['tenant:admin'] })).status, 200)
  assert.equal((await call('GET', '/v1/users', undefined, token)).status, 200)
  assert.deepEqual(code(await call('GET', '/v1/audit/events', undefined, token)), [403, 'SCOPE_MISSING'])
})

test('who is suspended is out at once, with sessions, refresh and tokens, on another server too, until reactivated', async () => {
  const other = await testServer({}, server.installation)
  try {
    const { id, email } = await member(['tenant:admin', 'audit:read'])
    const { body } = await logIn(email)
    const made = await call('POST', '/v1/tokens', { name: 'app', scopes: ['audit:read'] }, body.access_token)
    const use = (token: string) => other.call('GET', '/v1/audit/events?limit=1', undefined, { token })
    assert.deepEqual([(await use(body.access_token)).status, (await use(made.body.token)).status], [200, 200])
    assert.equal((await call('POST', `/v1/users/${id}/suspend`)).status, 200)
    await until('the session is refused elsewhere', async () => (await use(body.access_token)).status === 401)
    await until('and the token', async () => (await use(made.body.token)).status === 401)
    const refreshed = await call('POST', '/v1/auth/refresh', { refresh_token: body.refresh_token }, null)
    assert.equal(refreshed.status, 401)
    assert.deepEqual(code(await logIn(email)), [403, 'ACCOUNT_SUSPENDED'])
    assert.deepEqual(code(await logIn(email, 'a wrong password here')), [401, 'CREDENTIALS_INVALID'])
    assert.equal((await call('POST', `/v1/users/${id}/reactivate`)).status, 200)
    assert.equal((await logIn(email)).status, 200)
    await until('the token is good again', async () => (await use(made.body.token)).status === 200)
    assert.equal((await use(body.access_token)).status, 401)
  } finally {
    await other.stop()
  }
})

test('who is deactivated is as unknown as somebody who never was', async () => {
  const { id, email } = await member()
  assert.equal((await call('POST', `/v1/users/${id}/deactivate`)).status, 200)
  const bare = ({ status, body }: Answer) => ({ status, ...body, request_id: '', timestamp: '' })
  assert.deepEqual(bare(await logIn(email)), bare(await logIn('never@first.example')))
})

test('the last administrator can be neither suspended nor stripped, also when two do it to each other at once', async () => {
  const { token } = await server.secondTenant('pair')
  const [first] = (await call('GET', '/v1/users', undefined, token)).body.users
  const invited = await call('POST', '/v1/users', { email: 'b@pair.example', scopes: ['tenant:admin'] }, token)
  const link = tokenIn(await mails.next('b@pair.example'))
  const suspend = (id: string, by: string) => call('POST', `/v1/users/${id}/suspend`, undefined, by)
  assert.deepEqual(code(await suspend(first.id, token)), [400, 'VALIDATION_FAILED'])
  await call('POST', '/v1/auth/invitation', { token: link, password: PASSWORD }, null)
  const second = (await logIn('b@pair.example', PASSWORD, 'pair')).body.access_token
  const answers = await Promise.all([suspend(first.id, second), suspend(invited.body.user.id, token)])
  const living = await server.sql(
    `SELECT 1 FROM security_users u JOIN tenants t ON t.id = u.tenant_id WHERE t.name = 'pair' AND u.status = 'active'`,
  )
  assert.equal(living.length, 1, answers.map(({ text }) => text).join())
})

test('names and addresses are one name space, whatever case and form, and look-alike names are refused', async () => {
  const made = await call('POST', '/v1/users', { email: 'grace@first.example', username: 'grace' })
  assert.equal(made.status, 201)
  for (const body of [
    { email: 'GRACE@first.example' },
    { email: 'other@first.example', username: 'Ｇrace' },
    { email: 'other@first.example', username: 'Grace@First.example' },
  ])
    assert.deepEqual(code(await call('POST', '/v1/users', body)), [409, 'NAME_TAKEN'], JSON.stringify(body))
  for (const username of ['grаce', 'gra ce', 'gra\u200bce', 'ad\u202emin', 'αβгд'])
    assert.deepEqual(
      code(await call('POST', '/v1/users', { email: 'x@first.example', username })),
      [400, 'VALIDATION_FAILED'],
      username,
    )
  for (const username of ['björn', '山田太郎', 'иван', "o'neill", 'x_1'])
    assert.equal(
      (
        await call('POST', '/v1/users', {
          email: `${encodeURIComponent(username).replaceAll('%', '').replaceAll("'", '')}@first.example`,
          username,
        })
      ).status,
      201,
      username,
    )
})

test('a change of an older version is refused, and another address is not verified', async () => {
  const { id, email } = await member()
  const { body } = await call('GET', `/v1/users/${id}`)
  assert.equal(body.email_verified, true)
  const changed = await call('PATCH', `/v1/users/${id}`, { version: body.version, email: `new-${email}` })
  assert.deepEqual([changed.status, changed.body.email, changed.body.email_verified], [200, `new-${email}`, false])
  assert.deepEqual(code(await call('PATCH', `/v1/users/${id}`, { version: body.version, display_name: 'X' })), [
    412,
    'VERSION_MISMATCH',
  ])
  assert.equal((await logIn(`new-${email}`)).status, 200)
  assert.equal((await logIn(email)).status, 200, 'it is the user name still')
})

test('people come with the hashes of their passwords, log in with them, and are hashed anew', async () => {
  const salt = Buffer.from('some salt of it')
  const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '').replaceAll('+', '.')
  const hashes = {
    bcrypt: await bcrypt(PASSWORD, 4),
    scrypt: `$scrypt$ln=10,r=8,p=1$${plain(salt)}$${plain(scryptSync(PASSWORD, salt, 32, { N: 1024, r: 8, p: 1 }))}`,
    pbkdf2: `$pbkdf2-sha512$1000$${plain(salt)}$${plain(pbkdf2Sync(PASSWORD, salt, 1000, 64, 'sha512'))}`,
    argon2: await argon2(PASSWORD, { memoryCost: 4096, timeCost: 1, parallelism: 1 }),
  }
  for (const [name, password_hash] of Object.entries(hashes)) {
    const email = `${name}@first.example`
    const made = await call('POST', '/v1/users', { email, password_hash })
    assert.deepEqual([made.status, made.body.user.status, made.body.invitation_url], [201, 'active', null], made.text)
    assert.deepEqual(code(await logIn(email, 'a wrong password here')), [401, 'CREDENTIALS_INVALID'])
    assert.equal((await logIn(email)).status, 200, name)
    const rows = await server.sql(
      `SELECT 1 FROM security_users WHERE id = $1 AND password_hash LIKE '$argon2id$v=19$m=19456%'`,
      [made.body.user.id],
    )
    assert.equal(rows.length, 1, name)
    assert.equal((await logIn(email)).status, 200, name)
  }
  const refused = await call('POST', '/v1/users', { email: 'md5@first.example', password_hash: '5f4dcc3b5aa765d6' })
  assert.deepEqual(
    [...code(refused), refused.body.details.issues[0].pointer],
    [400, 'VALIDATION_FAILED', '/password_hash'],
  )
})

test('people are listed in pages, by status and by name', async () => {
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Answer = await call('GET', `/v1/users?limit=3${cursor && `&cursor=${cursor}`}`)
    seen.push(...page.body.users.map(({ id }: { id: string }) => id))
    cursor = page.body.next_cursor
  }
  assert.equal(new Set(seen).size, seen.length)
  const [row] = await server.sql<{ n: string }>('SELECT count(*) AS n FROM security_users WHERE tenant_id = $1', [
    server.tenantId,
  ])
  assert.equal(seen.length, Number(row?.n))
  const { body } = await call('GET', '/v1/users?status=invited')
  assert.ok(body.users.every(({ status }: { status: string }) => status === 'invited'))
  for (const named of [
    await call('GET', '/v1/users?name=ADMIN@first.example'),
    await call('POST', '/v1/users/search', { name: 'ADMIN@first.example' }),
  ])
    assert.deepEqual(
      named.body.users.map(({ email }: { email: string }) => email),
      ['admin@first.example'],
    )
})

test('a locked account is unlocked by an administrator', async () => {
  const { id, email } = await member()
  for (let i = 0; i < 5; i++) await logIn(email, 'a wrong password here')
  assert.equal((await logIn(email)).status, 429)
  assert.equal((await call('GET', `/v1/users/${id}`)).body.failed_login_attempts, 5)
  assert.equal((await call('POST', `/v1/users/${id}/unlock`)).status, 200)
  assert.equal((await logIn(email)).status, 200)
})

test('each act is an entry that names who did it and to whom, without name, address or link', async () => {
  const { id, email } = await member()
  await call('POST', `/v1/users/${id}/suspend`)
  const types = async (query: string) => {
    const { body } = await call('GET', `/v1/audit/events?limit=50&${query}`)
    return body.events.map(({ event_type }: { event_type: string }) => event_type) as string[]
  }
  await until('all are entries', async () => {
    const ofAdministrator = await types(`resource=user/${id}`)
    const own = await types(`user_id=${email}`)
    return ofAdministrator.join() === 'user.suspended,user.invited' && own.includes('user.activated')
  })
  const found = await call('POST', '/v1/audit/search', { text: email, limit: 5 })
  assert.deepEqual(found.body.events, [])
})
