import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { Attribute, Change, Client } from 'ldapts'
import { codeOf } from '../support/codes.ts'
import { BASE, hasSlapd, type LdapServer, ldapServer, SEARCHER } from '../support/ldap.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

const options = hasSlapd ? {} : { skip: 'there is no slapd here, and it could not be installed' }
let server: TestServer
let ldap: LdapServer
before(async () => {
  if (!hasSlapd) return
  ldap = await ldapServer()
  server = await testServer({ identity_providers_inside: 'true' })
})
after(async () => {
  await server?.stop()
  await ldap?.stop()
})
beforeEach(async () => {
  await server?.sql('DELETE FROM login_attempts')
})

let count = 0
const PASSWORD = 'the directory’s own password'
const PEOPLE = `ou=people,${BASE}`
const GROUPS = `ou=groups,${BASE}`
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]

async function connection(settings: object = {}, more: object = {}): Promise<{ id: string; name: string }> {
  const made = await call('POST', '/v1/connections', {
    ...{ kind: 'ldap', name: `ldap${++count}`, secret: SEARCHER.password, creates_accounts: true },
    default_scopes: ['audit:read'],
    settings: {
      ...{
        url: ldap.url,
        certificate_authority: ldap.certificate,
        bind_dn: SEARCHER.dn,
        user_base: PEOPLE,
        group_base: GROUPS,
      },
      ...settings,
    },
    ...more,
  })
  assert.equal(made.status, 201, made.text)
  return made.body
}
async function person(more: Record<string, string> = {}): Promise<{ uid: string; dn: string }> {
  const uid = more.uid ?? `person${++count}`
  const dn = `uid=${uid.replaceAll(/[^\w.-]/g, (sign) => `\\${sign.charCodeAt(0).toString(16)}`)},${PEOPLE}`
  await ldap.administer((client) =>
    client.add(dn, {
      objectClass: 'inetOrgPerson',
      cn: 'Ada L',
      sn: 'L',
      mail: `mail${++count}@acme.example`,
      userPassword: PASSWORD,
      ...more,
      uid,
    }),
  )
  return { uid, dn }
}
async function group(name: string, members: string[]): Promise<string> {
  const dn = `cn=${name},${GROUPS}`
  await ldap.administer((client) => client.add(dn, { objectClass: 'groupOfNames', cn: name, member: members }))
  return dn
}
const check = async ({ id }: { id: string }) => (await call('POST', `/v1/connections/${id}/check`)).body
const logIn = (name: string, username: string, password = PASSWORD, more: object = {}) =>
  call(
    'POST',
    '/v1/auth/login',
    { credential_type: 'username_password', tenant: 'first', connection: name, username, password, ...more },
    null,
  )

test(
  'somebody logs in by name and password of the directory, over STARTTLS and over TLS, and is the same person',
  options,
  async () => {
    const { uid } = await person()
    const [started, secure] = [await connection(), await connection({ url: ldap.secureUrl })]
    const opened = await logIn(started.name, uid)
    assert.equal(opened.status, 200, opened.text)
    assert.deepEqual(opened.body.permissions, ['audit:read'])
    const me = await call('GET', '/v1/me', undefined, opened.body.access_token)
    assert.match(me.body.email, /^mail\d+@acme\.example$/)
    assert.equal((await logIn(started.name, me.body.email)).body.user_id, opened.body.user_id, 'by address too')
    assert.deepEqual(
      code(await logIn(secure.name, uid)),
      [409, 'IDENTITY_NOT_LINKED'],
      'another connection proves nothing of this account',
    )
    const other = await person()
    assert.equal((await logIn(secure.name, other.uid)).status, 200)
  },
)

test('who is renamed in the directory stays the same person', options, async () => {
  const { uid, dn } = await person()
  const { name } = await connection()
  const opened = await logIn(name, uid)
  await ldap.administer((client) => client.modifyDN(dn, `uid=renamed-${uid}`))
  assert.deepEqual(code(await logIn(name, uid)), [401, 'CREDENTIALS_INVALID'])
  assert.equal((await logIn(name, `renamed-${uid}`)).body.user_id, opened.body.user_id)
})

test(
  'groups say what people may do, also by groups within groups, which may be a circle, and by hundreds of them',
  options,
  async () => {
    const { uid, dn } = await person()
    const inner = await group('inner', [dn])
    const outer = await group('outer', [inner])
    await ldap.administer((client) => client.modify(inner, [change('add', 'member', outer)]))
    for (let i = 0; i < 120; i++) await group(`many${i}`, [dn])
    await group('last', [`cn=many119,${GROUPS}`])
    const group_scopes = { outer: ['audit:verify'], last: ['audit:write'], none: ['tenant:admin'] }
    const { name } = await connection({}, { group_scopes })
    const opened = await logIn(name, uid)
    assert.deepEqual([...opened.body.permissions].sort(), ['audit:read', 'audit:verify', 'audit:write'])
    await ldap.administer((client) => client.modify(inner, [change('delete', 'member', dn)]))
    assert.deepEqual([...(await logIn(name, uid)).body.permissions].sort(), ['audit:read', 'audit:write'])
  },
)

test('a wrong password, nobody and two of one name are refused alike, and slowed as here', options, async () => {
  const { uid } = await person()
  await person({ employeeNumber: '7' })
  await person({ employeeNumber: '7' })
  const { name } = await connection()
  const twice = await connection({ user_filter: '(employeeNumber={username})' })
  const refusals = [await logIn(name, uid, 'wrong'), await logIn(name, 'nobody', 'wrong'), await logIn(twice.name, '7')]
  for (const refused of refusals) {
    assert.deepEqual(code(refused), [401, 'CREDENTIALS_INVALID'])
    assert.equal(refused.body.message, refusals[0]?.body.message)
  }
  let last = refusals[0]
  for (let tries = 0; tries < 6; tries++) last = await logIn(name, uid, 'wrong')
  assert.deepEqual(last && code(last), [429, 'RATE_LIMITED'])
  assert.deepEqual(code(await logIn(name, uid)), [429, 'RATE_LIMITED'])
})

test(
  'a name is only a name: what would be a filter finds nobody, where a careless reader lets anybody in',
  options,
  async () => {
    const { uid } = await person({ uid: 'star*(x)' })
    await person({ uid: 'victim', title: 'secret' })
    const { name } = await connection({ user_filter: '(&(objectClass=person)(uid={username}))' })
    for (const evil of ['vict*', 'victim)(title=sec*', '*', 'nobody)(|(uid=victim', '\\76ictim']) {
      const careless = await found(`(&(objectClass=person)(uid=${evil}))`).catch(() => 0)
      if (!evil.includes('|')) assert.ok(careless > 0, `a careless reader finds somebody by ${evil}`)
      assert.deepEqual(code(await logIn(name, evil)), [401, 'CREDENTIALS_INVALID'], evil)
    }
    assert.deepEqual(code(await logIn(name, 'victim\0')), [400, 'VALIDATION_FAILED'])
    assert.equal((await logIn(name, uid)).status, 200, 'and who is really called so logs in')
  },
)

test('who logs in by the name of another here is forgiven nothing of theirs', options, async () => {
  const { email } = { email: 'local@first.example' }
  const invited = await call('POST', '/v1/users', { email })
  const link = invited.body.invitation_url.split('#')[1]
  await call('POST', '/v1/auth/invitation', { token: link, password: 'a long enough pass phrase' }, null)
  const { uid } = await person({ mail: 'thief@acme.example' })
  await ldap.administer((client) => client.modify(`uid=${uid},${PEOPLE}`, [change('add', 'mail', email)]))
  const { name } = await connection({ email_attribute: 'uid' }, { creates_accounts: false })
  const linked = await connection({ user_filter: '(mail={username})' })
  const guess = () =>
    call(
      'POST',
      '/v1/auth/login',
      { credential_type: 'username_password', tenant: 'first', username: email, password: 'guess' },
      null,
    )
  let last = await guess()
  for (let round = 0; round < 4; round++) {
    for (let tries = 0; tries < 2; tries++) last = await guess()
    await logIn(linked.name, email)
  }
  assert.deepEqual(code(last), [429, 'RATE_LIMITED'])
  assert.ok(name)
})

test('no password is no password, where the directory takes it for somebody', options, async () => {
  const { uid, dn } = await person()
  const careless = new Client({ url: ldap.url })
  await careless.bind(dn, '')
  await careless.unbind()
  const { name } = await connection()
  assert.deepEqual(code(await logIn(name, uid, '')), [400, 'VALIDATION_FAILED'])
})

test('the second factor of here is asked for, and shown again for what is sensitive', options, async () => {
  const { uid } = await person()
  const { name } = await connection()
  const opened = await logIn(name, uid)
  const token = opened.body.access_token
  const setup = await call('POST', '/v1/auth/mfa/setup', { method: 'totp' }, token)
  const confirmed = await call(
    'POST',
    '/v1/auth/mfa/confirm',
    { factor_id: setup.body.factor_id, code: codeOf(setup.body.setup_key) },
    token,
  )
  assert.equal(confirmed.status, 200, confirmed.text)
  const [backup, another] = confirmed.body.backup_codes
  const asked = await logIn(name, uid)
  assert.deepEqual([asked.status, asked.body.mfa_required], [200, true])
  assert.deepEqual(code(await logIn(name, uid, PASSWORD, { mfa_code: '000000' })), [401, 'MFA_CODE_INVALID'])
  assert.equal((await logIn(name, uid, PASSWORD, { mfa_code: backup })).status, 200)
  const again = { password: PASSWORD, connection: name, username: uid, mfa_code: another }
  assert.equal((await call('POST', '/v1/auth/step-up', again, token)).status, 200)
  const other = await person()
  const stranger = { password: PASSWORD, connection: name, username: other.uid }
  assert.deepEqual(code(await call('POST', '/v1/auth/step-up', stranger, token)), [401, 'CREDENTIALS_INVALID'])
})

test('a directory is a provider: where the tenant demands one, its people get in', options, async () => {
  const { uid } = await person()
  const { name } = await connection()
  await call('PATCH', `/v1/users/${server.userId}`, { is_break_glass: true })
  assert.equal((await call('PATCH', '/v1/sign-in-rules', { requires_provider: true })).status, 200)
  try {
    assert.equal((await logIn(name, uid)).status, 200)
  } finally {
    await call('PATCH', '/v1/sign-in-rules', { requires_provider: false })
  }
})

test('who is suspended here, or gone there, is refused', options, async () => {
  const { uid, dn } = await person()
  const { name } = await connection()
  const { body } = await logIn(name, uid)
  await call('POST', `/v1/users/${body.user_id}/suspend`)
  assert.deepEqual(code(await logIn(name, uid)), [403, 'ACCOUNT_SUSPENDED'])
  await call('POST', `/v1/users/${body.user_id}/reactivate`)
  assert.equal((await logIn(name, uid)).status, 200)
  await ldap.administer((client) => client.del(dn))
  assert.deepEqual(code(await logIn(name, uid)), [401, 'CREDENTIALS_INVALID'])
})

test('no password leaves before the directory has shown by its certificate who it is', options, async () => {
  const { uid } = await person()
  const heard: Buffer[] = []
  const eavesdropper = createServer((socket) => relay(socket, new URL(ldap.url), heard))
  await new Promise<void>((resolve) => eavesdropper.listen(0, '127.0.0.1', resolve))
  try {
    const address = eavesdropper.address()
    const url = `ldap://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    const good = await connection({ url })
    assert.equal((await logIn(good.name, uid)).status, 200)
    const untrusted = await connection({ url, certificate_authority: null })
    assert.deepEqual(code(await logIn(untrusted.name, uid)), [502, 'PROVIDER_UNREACHABLE'])
    assert.match((await check(untrusted)).problem, /certificate/)
    const text = Buffer.concat(heard)
    for (const secret of [PASSWORD, SEARCHER.password]) assert.equal(text.includes(secret), false)
  } finally {
    eavesdropper.close()
  }
})

test(
  'a directory that can’t be asked is told of; one inside our network is not asked without leave',
  options,
  async () => {
    const closed = await connection({ url: 'ldap://127.0.0.1:1' })
    assert.deepEqual(code(await logIn(closed.name, 'ada')), [502, 'PROVIDER_UNREACHABLE'])
    assert.match((await check(closed)).problem, /nothing listens/)
    const wrong = await connection({}, { secret: 'wrong' })
    assert.deepEqual(code(await logIn(wrong.name, 'ada')), [502, 'PROVIDER_UNREACHABLE'])
    assert.match((await check(wrong)).problem, /bind_dn/)
    assert.match((await check(await connection({ user_base: 'ou=none,dc=nowhere' }))).problem, /user_base/)
    const good = await check(await connection())
    assert.deepEqual(good, { is_reachable: true, problem: null, last_login_at: null, is_proven: false })
    assert.deepEqual(code(await logIn('none', 'ada')), [404, 'NOT_FOUND'])
    const own = await testServer()
    try {
      const settings = { url: ldap.url, certificate_authority: ldap.certificate, user_base: PEOPLE }
      const refused = await own.call('POST', '/v1/connections', { kind: 'ldap', name: 'ldap', settings })
      assert.deepEqual(code(refused), [400, 'VALIDATION_FAILED'])
      assert.match(refused.text, /settings\/url.*PROBITY_IDENTITY_PROVIDERS_INSIDE/)
      settings.url = ldap.url.replace('127.0.0.1', 'localhost') // where a name leads is seen when it is asked
      const { body } = await own.call('POST', '/v1/connections', { kind: 'ldap', name: 'ldap', settings })
      const checked = await own.call('POST', `/v1/connections/${body.id}/check`)
      assert.match(checked.body.problem, /PROBITY_IDENTITY_PROVIDERS_INSIDE/)
    } finally {
      await own.stop()
    }
  },
)

function change(operation: 'add' | 'delete', type: string, value: string): Change {
  return new Change({ operation, modification: new Attribute({ type, values: [value] }) })
}

async function found(filter: string): Promise<number> {
  const client = new Client({ url: ldap.url })
  try {
    await client.bind(SEARCHER.dn, SEARCHER.password)
    return (await client.search(PEOPLE, { filter })).searchEntries.length
  } finally {
    await client.unbind()
  }
}

function relay(socket: Socket, { hostname, port }: URL, heard: Buffer[]): void {
  const onward = connect(Number(port), hostname)
  socket.on('data', (piece) => heard.push(piece))
  socket.pipe(onward).pipe(socket)
  for (const one of [socket, onward]) one.on('error', () => socket.destroy())
}
