import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { freePort, launchChromium, NO_CHROMIUM, Visitor } from '../support/chromium.ts'
import { type TestServer, testServer } from '../support/server.ts'

const PASSWORD = 'violet harbour lantern'
const options = { skip: NO_CHROMIUM }

let server: TestServer
let chromium: Browser
let url = ''
before(async () => {
  if (NO_CHROMIUM) return
  const port = await freePort()
  url = `http://localhost:${port}`
  server = await testServer({ port: String(port), public_url: url })
  chromium = await launchChromium()
})
after(async () => {
  await chromium?.close()
  await server?.stop()
})

let count = 0
interface Person {
  email: string
  visitor: Visitor
  /** Headers of a page that is logged in. */
  proof: Record<string, string>
}

/** Somebody who was invited, sets a password in the browser and logs in there, with tokens in cookies. */
async function person(): Promise<Person> {
  const email = `visitor${++count}@first.example`
  const invited = await server.call('POST', '/v1/users', { email })
  const visitor = await Visitor.at(chromium, url)
  const token = invited.body.invitation_url.split('#')[1]
  assert.equal((await visitor.call('POST', '/v1/auth/invitation', { token, password: PASSWORD })).status, 200)
  return { email, visitor, proof: await logInAt(visitor, email) }
}
async function logInAt(visitor: Visitor, username: string): Promise<Record<string, string>> {
  const login = { credential_type: 'username_password', tenant: 'first', username, password: PASSWORD }
  const opened = await visitor.call('POST', '/v1/auth/login', login, { 'x-probity-cookies': '1' })
  assert.equal(opened.status, 200, JSON.stringify(opened.body))
  assert.equal(opened.body.access_token, null)
  return { 'x-csrf-token': opened.body.csrf_token }
}
async function addPasskey({ visitor, proof }: Person) {
  const asked = await visitor.call('POST', '/v1/me/passkeys/options', {}, proof)
  assert.equal(asked.status, 200, JSON.stringify(asked.body))
  const credential = await visitor.credential('create', asked.body)
  if (typeof credential === 'string') return credential
  return visitor.call('POST', '/v1/me/passkeys', { credential }, proof)
}
async function logInByPasskey(visitor: Visitor) {
  const asked = await visitor.call('POST', '/v1/auth/passkey/options', { tenant: 'first' })
  const credential = await visitor.credential('get', asked.body)
  if (typeof credential === 'string') return credential
  return visitor.call('POST', '/v1/auth/passkey', { tenant: 'first', credential }, { 'x-probity-cookies': '1' })
}

test(
  'in Chromium somebody adds a passkey, and opens a session by it without a name or a password',
  options,
  async () => {
    const ada = await person()
    await ada.visitor.plugIn()
    const added = await addPasskey(ada)
    assert.ok(typeof added === 'object' && added.status === 201, JSON.stringify(added))
    await ada.visitor.page.context().clearCookies()
    assert.equal((await ada.visitor.call('GET', '/v1/me')).status, 401)
    const opened = await logInByPasskey(ada.visitor)
    assert.ok(typeof opened === 'object' && opened.status === 200, JSON.stringify(opened))
    const me = await ada.visitor.call('GET', '/v1/me')
    assert.deepEqual([me.status, me.body.email], [200, ada.email])
    const login = { credential_type: 'username_password', tenant: 'first', username: ada.email, password: PASSWORD }
    const asked = await ada.visitor.call('POST', '/v1/auth/login', login)
    assert.deepEqual(
      [asked.body.mfa_required, asked.body.methods.includes('passkey')],
      [true, true],
      'the password alone',
    )
  },
)

test('an authenticator whose user does not show that it is they adds nothing and opens nothing', options, async () => {
  const ada = await person()
  const device = await ada.visitor.plugIn({ verifies: false })
  assert.equal(await addPasskey(ada), 'NotAllowedError', 'the browser itself refuses')
  await ada.visitor.setVerifies(device, true)
  assert.ok(typeof (await addPasskey(ada)) === 'object')
  await ada.visitor.setVerifies(device, false)
  assert.equal(await logInByPasskey(ada.visitor), 'NotAllowedError')
  // A browser that was told not to ask hands over what was not verified; the server takes none of it.
  const asked = await ada.visitor.call('POST', '/v1/auth/passkey/options', { tenant: 'first' })
  const credential = await ada.visitor.credential('get', { ...asked.body, userVerification: 'discouraged' })
  assert.ok(typeof credential === 'object')
  const refused = await ada.visitor.call('POST', '/v1/auth/passkey', { tenant: 'first', credential })
  assert.deepEqual([refused.status, refused.body.code], [401, 'CREDENTIALS_INVALID'])
})

test(
  'a passkey is its person’s own: another’s browser has none, and what one signed is no other’s',
  options,
  async () => {
    const [ada, bob] = [await person(), await person()]
    await ada.visitor.plugIn()
    await addPasskey(ada)
    await bob.visitor.plugIn()
    assert.equal(await logInByPasskey(bob.visitor), 'NotAllowedError', 'there is nothing in his authenticator')
    await addPasskey(bob)
    const [forAda, forBob] = [
      await ada.visitor.call('POST', '/v1/auth/passkey/options', { tenant: 'first' }),
      await bob.visitor.call('POST', '/v1/auth/passkey/options', { tenant: 'first' }),
    ]
    const [ofAda, ofBob] = [
      (await ada.visitor.credential('get', forAda.body)) as { response: object },
      (await bob.visitor.credential('get', forBob.body)) as { id: string; rawId: string; response: object },
    ]
    const mixed = { ...ofBob, response: ofAda.response }
    const refused = await bob.visitor.call('POST', '/v1/auth/passkey', { tenant: 'first', credential: mixed })
    assert.deepEqual([refused.status, refused.body.code], [401, 'CREDENTIALS_INVALID'])
  },
)

test('the same authenticator makes no second passkey for a person, and the browser says so', options, async () => {
  const ada = await person()
  await ada.visitor.plugIn()
  await addPasskey(ada)
  assert.equal(await addPasskey(ada), 'InvalidStateError')
})

test('a page of another origin gets nothing from the authenticator: the browser refuses', options, async () => {
  const ada = await person()
  await ada.visitor.plugIn()
  await addPasskey(ada)
  const asked = await ada.visitor.call('POST', '/v1/auth/passkey/options', { tenant: 'first' })
  const elsewhere = url.replace('localhost', '127.0.0.1')
  await ada.visitor.page.goto(`${elsewhere}/openapi.json`)
  assert.equal(await ada.visitor.credential('get', asked.body), 'SecurityError')
})

test(
  'in two browsers: no script reads the session, and one ends the other’s, which is refused at once',
  options,
  async () => {
    const ada = await person()
    const other = await Visitor.at(chromium, url)
    const proof = await logInAt(other, ada.email)
    assert.equal(await ada.visitor.page.evaluate('document.cookie'), '')
    const cookies = await ada.visitor.page.context().cookies()
    const held = cookies.filter(({ name }) => /probity-(session|refresh)$/.test(name))
    assert.deepEqual(new Set(held.map(({ httpOnly, sameSite }) => `${httpOnly} ${sameSite}`)), new Set(['true Strict']))
    assert.equal(held.length, 2)
    const unproven = await ada.visitor.call('DELETE', '/v1/me/sessions')
    assert.deepEqual([unproven.status, unproven.body.code], [403, 'CSRF_REFUSED'])
    const ended = await ada.visitor.call('DELETE', '/v1/me/sessions', undefined, ada.proof)
    assert.deepEqual([ended.status, ended.body.ended], [200, 1])
    assert.equal((await other.call('GET', '/v1/me', undefined, proof)).status, 401)
    assert.equal((await ada.visitor.call('GET', '/v1/me')).status, 200)
  },
)

test('cookies of a session do not go with what a page of another site sends', options, async () => {
  const ada = await person()
  await ada.visitor.page.goto(`${url.replace('localhost', '127.0.0.1')}/openapi.json`)
  const [request] = await Promise.all([
    ada.visitor.page.waitForRequest((one) => one.url().startsWith(`${url}/v1/me/sessions`)),
    ada.visitor.page.evaluate(
      `fetch('${url}/v1/me/sessions', { method: 'POST', mode: 'no-cors', credentials: 'include' }).catch(() => null)`,
    ),
  ])
  assert.equal((await request.allHeaders()).cookie, undefined)
})
