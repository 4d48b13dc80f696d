import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type Front, launchChromium, NO_CHROMIUM, Visitor, withTls } from '../support/chromium.ts'
import { type TestServer, testServer } from '../support/server.ts'

const PASSWORD = 'violet harbour lantern'
const options = { skip: NO_CHROMIUM }

let server: TestServer
let chromium: Browser
let front: Front
let url = ''
before(async () => {
  if (NO_CHROMIUM) return
  front = await withTls()
  url = front.url
  server = await testServer({ public_url: url })
  front.leadTo(server.url)
  chromium = await launchChromium()
})
after(async () => {
  await chromium?.close()
  front?.stop()
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
    const again = await logInByPasskey(ada.visitor)
    assert.ok(typeof again === 'object' && again.status === 200, 'and after it the passkey')
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
    const held = cookies.map(({ name, httpOnly, secure, sameSite }) => `${name} ${httpOnly} ${secure} ${sameSite}`)
    assert.deepEqual(held.sort(), [
      '__Host-probity-refresh true true Strict',
      '__Host-probity-session true true Strict',
    ])
    const unproven = await ada.visitor.call('DELETE', '/v1/me/sessions')
    assert.deepEqual([unproven.status, unproven.body.code], [403, 'CSRF_REFUSED'])
    const ended = await ada.visitor.call('DELETE', '/v1/me/sessions', undefined, ada.proof)
    assert.deepEqual([ended.status, ended.body.ended], [200, 1])
    assert.equal((await other.call('GET', '/v1/me', undefined, proof)).status, 401)
    assert.equal((await ada.visitor.call('GET', '/v1/me')).status, 200)
  },
)

test('a page of another site that leads to Probity does not lead into somebody’s session', options, async () => {
  const { visitor } = await person()
  const elsewhere = `${url.replace('localhost', '127.0.0.1')}/openapi.json`
  const led = async (from: string) => {
    await visitor.page.goto(from)
    const [answer] = await Promise.all([
      visitor.page.waitForResponse(`${url}/v1/me`),
      visitor.page.waitForURL(`${url}/v1/me`),
      visitor.page.evaluate(`location.href = '${url}/v1/me'`),
    ])
    return answer.status()
  }
  assert.equal(await led(`${url}/openapi.json`), 200, 'a page of its own does')
  assert.equal(await led(elsewhere), 401)
})

test(
  'no page of another host sets a cookie that is taken for a session’s: the browser refuses its name',
  options,
  async () => {
    const { visitor } = await person()
    const [session] = (await visitor.page.context().cookies()).filter(({ name }) => name.endsWith('session'))
    await visitor.page.evaluate(`
    document.cookie = '__Host-probity-session=tossed; Secure; Path=/v1'
    document.cookie = '__Host-probity-session=tossed; Secure; Path=/; Domain=localhost'
    document.cookie = '__Host-probity-session=tossed; Path=/'
    document.cookie = 'probity-session=tossed; Secure; Path=/'`)
    const cookies = await visitor.page.context().cookies()
    assert.deepEqual(
      cookies.filter(({ value }) => value === 'tossed').map(({ name }) => name),
      ['probity-session'],
    )
    assert.ok(cookies.some(({ value }) => value === session?.value))
    assert.equal((await visitor.call('GET', '/v1/me')).status, 200)
  },
)

test(
  'a passkey that was copied opens in the other browser, and the original, whose count is behind, is refused',
  options,
  async () => {
    const ada = await person()
    const device = await ada.visitor.plugIn()
    await addPasskey(ada)
    const thief = await Visitor.at(chromium, url)
    await ada.visitor.copyPasskeys(device, thief, await thief.plugIn())
    const opened = await logInByPasskey(thief)
    assert.ok(typeof opened === 'object' && opened.status === 200, JSON.stringify(opened))
    const behind = await logInByPasskey(ada.visitor)
    assert.ok(typeof behind === 'object')
    assert.deepEqual([behind.status, behind.body.code], [401, 'CREDENTIALS_INVALID'])
  },
)
