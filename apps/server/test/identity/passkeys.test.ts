import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { type Differing, SoftAuthenticator } from '../support/authenticator.ts'
import { PASSWORD, person } from '../support/people.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

const ORIGIN = 'https://audit.example.org'

let server: TestServer
before(async () => {
  server = await testServer({ public_url: ORIGIN })
})
after(() => server.stop())
beforeEach(() => server.sql('DELETE FROM login_attempts'))

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const passwordLogIn = (username: string) =>
  call(
    'POST',
    '/v1/auth/login',
    { credential_type: 'username_password', tenant: 'first', username, password: PASSWORD },
    null,
  )

async function member() {
  const { token: session, ...who } = await person(server)
  return { ...who, session }
}

const optionsToAdd = async (session: string) => (await call('POST', '/v1/me/passkeys/options', undefined, session)).body
const add = (session: string, credential: unknown) => call('POST', '/v1/me/passkeys', { credential }, session)
const optionsToLogIn = async (tenant = 'first') =>
  (await call('POST', '/v1/auth/passkey/options', { tenant }, null)).body
const logIn = (credential: unknown, tenant = 'first') => call('POST', '/v1/auth/passkey', { tenant, credential }, null)

/** Somebody with a passkey. */
async function holder() {
  const who = await member()
  const device = new SoftAuthenticator(ORIGIN)
  const added = await add(who.session, device.register(await optionsToAdd(who.session)))
  assert.equal(added.status, 201, added.text)
  return { ...who, device, passkey: added.body.id as string }
}

async function attempt(device: SoftAuthenticator, differing: Differing = {}): Promise<Answer> {
  return logIn(device.assert(await optionsToLogIn(), differing))
}

test('a passkey is added and opens a session without a name or a password, as both factors', async () => {
  const { device, id, email } = await holder()
  const options = await optionsToLogIn()
  assert.deepEqual(
    [options.rpId, options.userVerification, options.allowCredentials],
    ['audit.example.org', 'required', undefined],
  )
  const opened = await logIn(device.assert(options))
  assert.deepEqual([opened.status, opened.body.user_id, opened.body.mfa_required], [200, id, false])
  const me = await call('GET', '/v1/me', undefined, opened.body.access_token)
  assert.deepEqual([me.body.email, me.body.mfa_enabled], [email, true])
  const [row] = await server.sql<{ methods: string[] }>('SELECT methods FROM security_sessions WHERE id = $1', [
    opened.body.session_id,
  ])
  assert.deepEqual(row?.methods, ['hwk', 'user', 'mfa'])
})

test('with a passkey the password alone opens nothing', async () => {
  const { email } = await holder()
  const asked = await passwordLogIn(email)
  assert.deepEqual([asked.body.mfa_required, asked.body.access_token], [true, undefined])
})

const FORGERIES: Record<string, Differing> = {
  'of another origin': { origin: 'https://audit.example.org.evil.example' },
  'of the same host without TLS': { origin: 'http://audit.example.org' },
  'of another relying party': { relyingParty: 'evil.example' },
  'without verifying its user': { verified: false },
  'for another challenge': { challenge: Buffer.alloc(32).toString('base64url') },
  'of another ceremony': { type: 'webauthn.payment' },
}
for (const [what, differing] of Object.entries(FORGERIES)) {
  test(`an answer ${what} opens nothing and adds nothing`, async () => {
    const { device } = await holder()
    assert.deepEqual(code(await attempt(device, differing)), [401, 'CREDENTIALS_INVALID'])
    const other = await member()
    const forged = new SoftAuthenticator(ORIGIN).register(await optionsToAdd(other.session), differing)
    assert.deepEqual(code(await add(other.session, forged)), [401, 'CREDENTIALS_INVALID'])
    assert.equal((await attempt(device)).status, 200, 'an honest one does')
  })
}

test('an answer opens once: not again, not by four at once, not after five minutes', async () => {
  const { device } = await holder()
  const first = device.assert(await optionsToLogIn())
  const answers = await Promise.all([1, 2, 3, 4].map(() => logIn(first)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
  const late = device.assert(await optionsToLogIn())
  await server.sql('UPDATE passkey_challenges SET expires_at = now()')
  assert.deepEqual(code(await logIn(late)), [401, 'CREDENTIALS_INVALID'])
})

test('another’s key, another’s handle, an unknown key and a changed signature are refused alike', async () => {
  const [one, other] = [await holder(), await holder()]
  const handle = Buffer.from(other.id.replaceAll('-', ''), 'hex').toString('base64url')
  const signed = one.device.assert(await optionsToLogIn())
  const changed = {
    ...signed,
    response: { ...signed.response, signature: `${signed.response.signature.slice(0, -4)}AAAA` },
  }
  const swapped = { ...one.device.assert(await optionsToLogIn()), id: other.device.id.toString('base64url') }
  const bare = ({ status, body }: Answer) => ({ status, ...body, request_id: '', timestamp: '' })
  const answers = [
    await attempt(one.device, { userHandle: handle }),
    await attempt(one.device, { userHandle: '' }),
    await attempt(new SoftAuthenticator(ORIGIN)),
    await logIn(changed),
    await logIn({ ...swapped, rawId: swapped.id }),
  ]
  for (const answer of answers) assert.deepEqual(bare(answer), { ...bare(answers[0] as Answer), status: 401 })
})

test('a challenge to log in adds no passkey, and one to add opens nothing, nor is it good for somebody else', async () => {
  const [one, other] = [await holder(), await member()]
  const login = await optionsToLogIn()
  const added = new SoftAuthenticator(ORIGIN).register({ ...login, rp: { id: login.rpId }, user: { id: '' } })
  assert.deepEqual(code(await add(other.session, added)), [401, 'CREDENTIALS_INVALID'])
  const toAdd = await optionsToAdd(one.session)
  assert.deepEqual(code(await logIn(one.device.assert({ ...toAdd, rpId: toAdd.rp.id }))), [401, 'CREDENTIALS_INVALID'])
  const theirs = new SoftAuthenticator(ORIGIN).register(await optionsToAdd(one.session))
  assert.deepEqual(code(await add(other.session, theirs)), [401, 'CREDENTIALS_INVALID'])
})

test('a count that does not grow tells of a copy: it opens nothing, and is an entry of high risk', async () => {
  const { device, id } = await holder()
  assert.equal((await attempt(device, { count: 10 })).status, 200)
  assert.deepEqual(code(await attempt(device, { count: 10 })), [401, 'CREDENTIALS_INVALID'])
  assert.deepEqual(code(await attempt(device, { count: 3 })), [401, 'CREDENTIALS_INVALID'])
  assert.equal((await attempt(device, { count: 11 })).status, 200)
  await until('it is an entry', async () => {
    const { body } = await call('GET', '/v1/audit/events?event_type=session.refused&min_risk_score=90&limit=5')
    return (
      body.events.length === 2 &&
      body.events.every(({ event_data }: Answer['body']) => event_data.why === 'passkey_copied')
    )
  })
  assert.ok(id)
})

test('a passkey is of its tenant alone', async () => {
  const { device } = await holder()
  await server.secondTenant('nextdoor')
  assert.deepEqual(code(await logIn(device.assert(await optionsToLogIn('nextdoor')), 'nextdoor')), [
    401,
    'CREDENTIALS_INVALID',
  ])
  assert.deepEqual(code(await logIn(device.assert(await optionsToLogIn()), 'nextdoor')), [401, 'CREDENTIALS_INVALID'])
  const nowhere = await optionsToLogIn('no such tenant')
  assert.deepEqual(Object.keys(nowhere).sort(), Object.keys(await optionsToLogIn()).sort())
  assert.deepEqual(code(await logIn(device.assert(nowhere), 'no such tenant')), [401, 'CREDENTIALS_INVALID'])
})

test('passkeys are listed, taken away, and gone with a reset by an administrator', async () => {
  const { device, session, passkey, id } = await holder()
  const { body } = await call('GET', '/v1/me/factors', undefined, session)
  assert.deepEqual(
    body.factors.map(({ id: own, kind }: { id: string; kind: string }) => [own, kind]),
    [[passkey, 'passkey']],
  )
  const second = new SoftAuthenticator(ORIGIN)
  assert.equal((await add(session, second.register(await optionsToAdd(session)))).status, 201)
  assert.equal((await call('DELETE', `/v1/me/factors/${passkey}`, undefined, session)).status, 200)
  assert.deepEqual(code(await attempt(device)), [401, 'CREDENTIALS_INVALID'])
  assert.equal((await attempt(second)).status, 200)
  assert.equal((await call('POST', `/v1/users/${id}/factors/reset`)).body.factors, 1)
  assert.deepEqual(code(await attempt(second)), [401, 'CREDENTIALS_INVALID'])
})

test('to add one asks for factors shown of late, and for a person', async () => {
  const { session } = await member()
  await server.sql(`UPDATE security_sessions SET created_at = now() - interval '11 minutes'`)
  assert.deepEqual(code(await call('POST', '/v1/me/passkeys/options', undefined, session)), [403, 'STEP_UP_REQUIRED'])
  assert.deepEqual(code(await call('POST', '/v1/me/passkeys/options')), [403, 'SESSION_REQUIRED'])
})

test('the passkey of who is suspended or has left opens nothing', async () => {
  const { device, id } = await holder()
  await call('POST', `/v1/users/${id}/suspend`)
  assert.deepEqual(code(await attempt(device)), [403, 'ACCOUNT_SUSPENDED'])
  await call('POST', `/v1/users/${id}/deactivate`)
  assert.deepEqual(code(await attempt(device)), [401, 'CREDENTIALS_INVALID'])
})

test('garbage for a credential is refused without a fault', async () => {
  const { session, device } = await holder()
  const base64url = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
  const honest = device.register(await optionsToAdd(session)).response
  const cut = fc
    .tuple(fc.nat(200), fc.nat(200))
    .map(([from, length]) => honest.attestationObject.slice(from, from + length).replace(/.{1}$/, 'A'))
  await fc.assert(
    fc.asyncProperty(
      base64url,
      fc.oneof(base64url, cut),
      base64url,
      base64url,
      async (clientDataJSON, attestationObject, authenticatorData, signature) => {
        const id = device.id.toString('base64url')
        const credential = { id, rawId: id, type: 'public-key' }
        const { challenge } = await optionsToLogIn()
        const client = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge, origin: ORIGIN })).toString(
          'base64url',
        )
        const answers = [
          await logIn({ ...credential, response: { clientDataJSON, authenticatorData, signature } }),
          await logIn({ ...credential, response: { clientDataJSON: client, authenticatorData, signature } }),
          await add(session, { ...credential, response: { clientDataJSON, attestationObject } }),
        ]
        for (const { status, text } of answers) assert.equal(status, 401, text)
      },
    ),
    { numRuns: 60 },
  )
})
