import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Front, NO_CHROMIUM, withTls } from '../support/chromium.ts'
import { codeOf } from '../support/codes.ts'
import { ADMINISTRATOR, chromiumOfFile, closeChromium, Visitor } from '../support/console.ts'
import { type MailServer, mailServer, tokenIn } from '../support/mail.ts'
import { PASSWORD, person } from '../support/people.ts'
import { type TestServer, testServer } from '../support/server.ts'

const skip = { skip: NO_CHROMIUM }
let server: TestServer
let mails: MailServer
before(async () => {
  mails = await mailServer()
  server = await testServer({ smtp_url: mails.url })
})
after(async () => {
  await closeChromium()
  await server.stop()
  await mails.stop()
})

async function fillIn(visitor: Visitor, username: string, password: string): Promise<void> {
  await visitor.page.getByLabel('Organisation').fill('first')
  await visitor.page.getByLabel('User name or address').fill(username)
  await visitor.page.getByLabel('Password', { exact: true }).fill(password)
  await visitor.page.getByRole('button', { name: 'Log in', exact: true }).click()
}

/** The link that is mailed to who is invited. */
async function invitation(email: string): Promise<string> {
  await server.call('POST', '/v1/users', { email, scopes: [] })
  return `${server.url}/invitation#${tokenIn(await mails.next(email))}`
}

test('somebody logs in by password, and comes to the page that they wanted', skip, async () => {
  const visitor = await Visitor.arrive(server)
  await visitor.page.goto(`${server.url}/roles`)
  await visitor.page.getByRole('heading', { name: 'Log in' }).waitFor()
  await fillIn(visitor, ADMINISTRATOR.username, ADMINISTRATOR.password)
  await visitor.page.getByRole('heading', { name: 'Roles' }).waitFor()
  await visitor.leave()
})

test('a wrong password is told in words, with the request by which the log of the server knows it', skip, async () => {
  const visitor = await Visitor.arrive(server)
  await visitor.open('/login')
  await fillIn(visitor, ADMINISTRATOR.username, 'wrong horse battery staple')
  const alert = visitor.page.getByRole('alert')
  await alert.waitFor()
  assert.match((await alert.textContent()) ?? '', /Request [0-9a-f-]{36}/)
  assert.equal(await alert.getByRole('link').getAttribute('href'), '/docs/errors/CREDENTIALS_INVALID')
  await visitor.leave()
})

test('no address of another host leads out of a log-in', skip, async () => {
  const visitor = await Visitor.arrive(server)
  const elsewhere = new URLSearchParams({ to: '//evil.example/x' })
  await visitor.open(`/login?${elsewhere}#${elsewhere}`)
  await fillIn(visitor, ADMINISTRATOR.username, ADMINISTRATOR.password)
  await visitor.page.getByRole('heading', { name: /Hello/ }).waitFor()
  assert.equal(new URL(visitor.page.url()).host, new URL(server.url).host)
  await visitor.leave()
})

test(
  'whom somebody looked for is told to no server on the way over a log-in, and is looked for after it',
  skip,
  async () => {
    const visitor = await Visitor.arrive(server)
    const asked: string[] = []
    visitor.page.on('request', (request) => asked.push(request.url(), request.headers().referer ?? ''))
    await visitor.page.goto(`${server.url}/audit#user_id=bob%40example.com&outcome=Failure`)
    await visitor.page.getByRole('heading', { name: 'Log in' }).waitFor()
    await visitor.page.reload()
    await visitor.page.getByRole('heading', { name: 'Log in' }).waitFor()
    assert.deepEqual(
      asked.filter((url) => /bob/.test(url.split('#')[0] ?? '')),
      [],
    )
    await fillIn(visitor, ADMINISTRATOR.username, ADMINISTRATOR.password)
    await visitor.page.getByText('Who: bob@example.com').waitFor()
    await visitor.page.getByText('Outcome: Failure').waitFor()
    await visitor.leave()
  },
)

test('an authenticator is added, and asked for at the next log-in', skip, async () => {
  const { email } = await person(server, { mails })
  const visitor = await Visitor.loggedIn(server, { username: email })
  const { page } = visitor
  await visitor.open('/account')
  await page.getByRole('button', { name: 'Add an authenticator' }).click()
  const secret = (await page.getByRole('dialog').locator('code').textContent()) ?? ''
  await page.getByRole('dialog').getByLabel('Code').fill(codeOf(secret))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByRole('dialog', { name: 'Your backup codes' }).waitFor()
  const backup = (await page.getByRole('dialog').locator('pre').first().textContent()) ?? ''
  await page.getByRole('button', { name: 'I kept them' }).click()
  await page.getByRole('button', { name: /Account of/ }).click()
  await page.getByRole('menuitem', { name: 'Log out' }).click()
  await page.getByRole('heading', { name: 'Log in' }).waitFor()
  await fillIn(visitor, email, PASSWORD)
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
  await page.getByLabel('Code').fill(backup)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByRole('heading', { name: /Hello/ }).waitFor()
  await visitor.leave()
})

test('an invitation is accepted with a name and a password, and the link is in the address no more', skip, async () => {
  const visitor = await Visitor.arrive(server)
  await visitor.page.goto(await invitation('mei@first.example'))
  await visitor.page.getByLabel('Name that others see').fill('Mei')
  await visitor.page.getByLabel('New password').fill('violet harbour lantern')
  assert.equal(new URL(visitor.page.url()).hash, '')
  await visitor.page.getByRole('button', { name: 'Open my account' }).click()
  await visitor.page.getByRole('heading', { name: 'Hello, Mei' }).waitFor()
  await visitor.page.getByRole('button', { name: /Account of/ }).click()
  await visitor.page.getByRole('menuitem', { name: 'Log out' }).click()
  await visitor.page.getByRole('heading', { name: 'Log in' }).waitFor()
  assert.equal(await visitor.page.getByLabel('Organisation').inputValue(), 'first', 'by its name, which can be typed')
  await visitor.leave()
})

test('a password that is too short is refused before it is sent, and what was written stays', skip, async () => {
  const visitor = await Visitor.arrive(server)
  await visitor.page.goto(await invitation('kai@first.example'))
  await visitor.page.getByLabel('Name that others see').fill('Kai')
  await visitor.page.getByLabel('New password').fill('short')
  await visitor.page.getByRole('button', { name: 'Open my account' }).click()
  await visitor.page.getByText('Needs at least 15 characters').waitFor()
  assert.equal(await visitor.page.getByLabel('Name that others see').inputValue(), 'Kai')
  await visitor.leave()
})

test('who forgot a password is told the same, whether there is such an account or not', skip, async () => {
  const visitor = await Visitor.arrive(server)
  const told: string[] = []
  for (const name of [ADMINISTRATOR.username, 'nobody@first.example']) {
    await visitor.open('/forgot')
    await visitor.page.getByLabel('Organisation').fill('first')
    await visitor.page.getByLabel('User name or address').fill(name)
    await visitor.page.getByRole('button', { name: 'Send me a link' }).click()
    told.push((await visitor.page.getByRole('status').textContent()) ?? '')
  }
  assert.equal(told[0], told[1])
  assert.match(told[0] ?? '', /If there is such an account/)
  await visitor.leave()
})

test('a log-out clears what was read: nothing of it is shown, nor in the memory of the page', skip, async () => {
  const visitor = await Visitor.loggedIn(server)
  await visitor.open('/people')
  await visitor.page.getByText('admin@first.example').first().waitFor()
  await visitor.page.getByRole('button', { name: /Account of/ }).click()
  await visitor.page.getByRole('menuitem', { name: 'Log out' }).click()
  await visitor.page.getByRole('heading', { name: 'Log in' }).waitFor()
  await visitor.page.getByText(/Your session was ended/).waitFor({ state: 'detached' })
  await visitor.page.goBack()
  await visitor.page.getByRole('heading', { name: 'Log in' }).waitFor()
  const kept = await visitor.page.evaluate('JSON.stringify([localStorage, sessionStorage])')
  assert.doesNotMatch(String(kept), /admin@first\.example/)
  assert.equal((await visitor.context.cookies()).filter(({ name }) => /session|refresh/.test(name)).length, 0)
  await visitor.leave()
})

test('whoever belongs to another organisation too goes there without losing the place', skip, async () => {
  await server.secondTenant('quay')
  const visitor = await Visitor.loggedIn(server)
  await visitor.open('/audit#outcome=Failure')
  await visitor.button('Account of admin@first.example').click()
  await visitor.page.getByRole('menuitem', { name: 'Switch organisation' }).click()
  await visitor.page.getByRole('heading', { name: 'Log in' }).waitFor()
  assert.equal(await visitor.page.getByLabel('Organisation').inputValue(), '')
  await visitor.page.getByLabel('Organisation').fill('quay')
  await visitor.page.getByLabel('User name or address').fill('admin@quay.example')
  await visitor.page.getByRole('textbox', { name: 'Password' }).fill(ADMINISTRATOR.password)
  await visitor.page.getByRole('button', { name: 'Log in', exact: true }).click()
  await visitor.page.getByRole('heading', { name: 'Audit log' }).waitFor()
  await visitor.page.getByRole('button', { name: 'Remove the filter Outcome' }).waitFor()
  await visitor.page.getByText('quay', { exact: true }).first().waitFor()
  await visitor.leave()
})

test('a log-out in one tab ends the other as well', skip, async () => {
  const visitor = await Visitor.loggedIn(server)
  await visitor.open('/roles')
  const other = await visitor.context.newPage()
  await other.goto(`${server.url}/people`)
  await other.getByRole('heading', { name: 'People' }).waitFor()
  await other.getByRole('button', { name: /Account of/ }).click()
  await other.getByRole('menuitem', { name: 'Log out' }).click()
  await visitor.page.getByRole('heading', { name: 'Log in' }).waitFor()
  await visitor.leave()
})

test('a session that an administrator ends leads to the log-in at the next step', skip, async () => {
  const somebody = await person(server, { scopes: ['tenant:admin'], mails })
  const visitor = await Visitor.loggedIn(server, { username: somebody.email })
  await visitor.open('/roles')
  await server.sql(`UPDATE security_sessions SET revoked_at = now() WHERE user_id = $1`, [somebody.id])
  await server.call('POST', `/v1/users/${somebody.id}/suspend`)
  await visitor.page.getByRole('link', { name: 'Groups' }).click()
  await visitor.page.getByRole('heading', { name: 'Log in' }).waitFor()
  await visitor.page.getByText(/Your session was ended/).waitFor()
  await visitor.leave()
})

test('two tabs of one session work side by side, whichever renewed its tokens last', skip, async () => {
  const visitor = await Visitor.loggedIn(server)
  await visitor.open('/groups')
  const other = await visitor.context.newPage()
  await other.goto(`${server.url}/groups`)
  await other.getByRole('heading', { name: 'Groups', exact: true }).waitFor()
  for (const [page, name] of [
    [visitor.page, 'left'],
    [other, 'right'],
  ] as const) {
    await page.getByRole('button', { name: 'Make a group' }).first().click()
    await page.getByRole('dialog').getByLabel('Name').fill(name)
    await page.getByRole('dialog').getByRole('button', { name: 'Make a group' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  const { body } = await server.call('GET', '/v1/groups')
  assert.deepEqual(body.groups.map(({ name }: { name: string }) => name).sort(), ['left', 'right'])
  await visitor.leave()
})

test('something sensitive asks for the password again, and then goes on by itself', skip, async () => {
  const { email, id } = await person(server, { mails })
  const visitor = await Visitor.loggedIn(server, { username: email })
  await visitor.open('/account')
  await server.sql(`UPDATE security_sessions SET authenticated_at = now() - interval '1 day' WHERE user_id = $1`, [id])
  await visitor.page.getByRole('button', { name: 'Add an authenticator' }).click()
  const dialog = visitor.page.getByRole('dialog', { name: 'Is it you?' })
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await dialog.getByRole('button', { name: 'Go on' }).click()
  await visitor.page.getByRole('dialog', { name: 'Add an authenticator' }).waitFor()
  await visitor.leave()
})

test('the administrator of another tenant reaches none of the pages of this one by their addresses', skip, async () => {
  const { id } = await person(server, { mails })
  const role = (await server.call('POST', '/v1/roles', { name: 'mine' })).body
  await server.secondTenant('bravo')
  const visitor = await Visitor.loggedIn(server, { ...ADMINISTRATOR, tenant: 'bravo', username: 'admin@bravo.example' })
  for (const path of [`/people/${id}`, `/roles/${role.id}`]) {
    await visitor.page.goto(server.url + path)
    await visitor.page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
  }
  await visitor.open('/people')
  await visitor.page.getByText('admin@bravo.example').first().waitFor()
  assert.equal(await visitor.page.getByText('first.example').count(), 0)
  await visitor.leave()
})

test('who may do nothing sees no more than what is theirs in the navigation', skip, async () => {
  const { email } = await person(server, { mails })
  const visitor = await Visitor.loggedIn(server, { username: email })
  await visitor.open('/')
  const names = await visitor.page.getByRole('navigation').getByRole('link').allTextContents()
  assert.deepEqual(names, ['Overview', 'Verify a file', 'Reviews', 'Elevations', 'Health'])
  await visitor.leave()
})

test('a passkey is made in the first run, and opens the account without a password', skip, async () => {
  const front: Front = await withTls()
  const behind = await testServer({ public_url: front.url })
  try {
    front.leadTo(behind.url)
    const context = await (await chromiumOfFile()).newContext({ ignoreHTTPSErrors: true, locale: 'en-GB' })
    const page = await context.newPage()
    const devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
        ...{ isUserVerified: true, automaticPresenceSimulation: true },
      },
    })
    const made = await behind.call('POST', '/v1/tenants', { name: 'harbour' })
    await page.goto(made.body.setup_url)
    await page.getByLabel('Your address').fill('ada@harbour.example')
    await page.getByLabel('Password', { exact: true }).fill('violet harbour lantern')
    await page.getByRole('button', { name: 'Make my account' }).click()
    await page.getByRole('button', { name: 'Make a passkey' }).click()
    await page.getByRole('button', { name: 'Make a token' }).waitFor()
    await page.getByRole('button', { name: /Account of/ }).click()
    await page.getByRole('menuitem', { name: 'Log out' }).click()
    await page.getByLabel('Organisation').fill('harbour')
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByRole('heading', { name: /Hello/ }).waitFor()
    await context.close()
  } finally {
    front.stop()
    await behind.stop()
  }
})

test('where somebody came by a number, passkeys are not tried, and the page says where they work', skip, async () => {
  const visitor = await Visitor.loggedIn(server)
  await visitor.open('/account')
  assert.equal(await visitor.button('Add a passkey').isDisabled(), true)
  const link = visitor.page.getByRole('link', { name: /Open this page at localhost/ })
  assert.equal(await link.getAttribute('href'), `${server.url.replace('127.0.0.1', 'localhost')}/account`)
  await visitor.requireAccessible('an account that was come to by a number')
  await visitor.leave()
})

test('an access token that ended is renewed while somebody works, and nothing is lost', skip, async () => {
  const quick = await testServer({ session_access_seconds: '30' })
  try {
    const visitor = await Visitor.loggedIn(quick)
    await visitor.open('/roles')
    await quick.sql(`UPDATE security_sessions SET token_expires_at = now() - interval '1 second'`)
    await visitor.page.getByRole('link', { name: 'Groups' }).click()
    await visitor.page.getByRole('heading', { name: 'Groups', exact: true }).waitFor()
    await visitor.page.getByRole('button', { name: 'Make a group' }).first().waitFor()
    await visitor.leave()
  } finally {
    await quick.stop()
  }
})
