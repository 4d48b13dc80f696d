import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { NO_CHROMIUM } from '../support/chromium.ts'
import { ADMINISTRATOR, closeChromium, Visitor } from '../support/console.ts'
import { person } from '../support/people.ts'
import { type TestServer, testInstallation, testServer } from '../support/server.ts'

const skip = { skip: NO_CHROMIUM }
let server: TestServer
let visitor: Visitor
before(async () => {
  server = await testServer()
  if (NO_CHROMIUM === false) visitor = await Visitor.loggedIn(server)
})
after(async () => {
  visitor?.requireClean()
  await closeChromium()
  await server.stop()
})

/** What would run if a text were taken for anything else. */
const HOSTILE = [
  '<img src=x onerror=window.ran=1>',
  '"><script>window.ran=1</script>',
  "javascript:window.ran=1//'",
  '{{constructor.constructor("window.ran=1")()}}',
  '<svg/onload=window.ran=1>',
]

test('the palette leads to any page by its name, from the keyboard alone', skip, async () => {
  await visitor.open('/')
  await visitor.page.keyboard.press('Control+k')
  await visitor.page
    .getByRole('searchbox')
    .or(visitor.page.getByPlaceholder('Where to, what to do, or who: a whole name or address'))
    .first()
    .waitFor()
  await visitor.page.keyboard.type('polic')
  await visitor.page.keyboard.press('Enter')
  await visitor.page.getByRole('heading', { name: 'Policies', exact: true }).waitFor()
})

test('the palette finds somebody by their whole address, and leads to them', skip, async () => {
  const { email } = await person(server)
  await visitor.open('/')
  await visitor.page.keyboard.press('Control+k')
  await visitor.page.getByPlaceholder(/^Where to/).waitFor()
  await visitor.page.keyboard.type(email)
  await visitor.page.getByRole('button', { name: email }).waitFor()
  await visitor.page.keyboard.press('ArrowDown')
  await visitor.page.keyboard.press('Enter')
  await visitor.page.getByRole('heading', { name: email, level: 1 }).waitFor()
})

test('on a telephone the badges of a table are whole, and what can be done with a row is in sight', skip, async () => {
  const name = 'of a telephone'
  await server.call('POST', '/v1/tokens', { name, scopes: ['audit:read', 'audit:write', 'audit:verify'] })
  const telephone = await Visitor.loggedIn(server, {}, { width: 390 })
  await telephone.open('/tokens')
  const row = telephone.page.getByRole('row', { name })
  for (const badge of ['audit:verify', 'good']) {
    const [needed, given] = await row
      .getByText(badge, { exact: true })
      .evaluate((label) => [label.scrollWidth, label.clientWidth])
    assert.ok((needed ?? 0) <= (given ?? 0), `${badge} needs ${needed} pixels and has ${given}`)
  }
  const deed = await row.getByRole('button', { name: 'Revoke' }).boundingBox()
  assert.ok(deed !== null && deed.x + deed.width <= 390)
  await telephone.leave()
})

test('g and a letter lead to a page, ? lists them, and neither does while somebody types', skip, async () => {
  await visitor.open('/')
  await visitor.page.keyboard.press('g')
  await visitor.page.keyboard.press('r')
  await visitor.page.getByRole('heading', { name: 'Roles', exact: true }).waitFor()
  await visitor.page.keyboard.press('?')
  await visitor.page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  await visitor.page.keyboard.press('Escape')
  await visitor.open('/people')
  await visitor.page.getByLabel('Whole user name or address').click()
  await visitor.page.keyboard.type('gr?')
  assert.equal(await visitor.page.getByRole('dialog').count(), 0)
  await visitor.page.getByRole('heading', { name: 'People', exact: true }).waitFor()
})

test('who comes by keyboard skips to the content, and sees where they are', skip, async () => {
  await visitor.open('/roles')
  const skipLink = visitor.page.getByRole('link', { name: 'Skip to the content' })
  await skipLink.focus()
  assert.ok(((await skipLink.boundingBox())?.x ?? -1) >= 0, 'it is seen once it has the focus')
  assert.notEqual(await visitor.page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'none')
  await visitor.page.keyboard.press('Enter')
  await visitor.page.waitForURL(/#content$/)
})

test('the console speaks German, and keeps to it', skip, async () => {
  const somebody = await Visitor.loggedIn(server, {}, { locale: 'de-DE' })
  await somebody.open('/audit')
  await somebody.page.getByRole('cell', { name: 'Erfolg' }).first().waitFor()
  await somebody.open('/roles')
  await somebody.page.getByRole('heading', { name: 'Rollen', exact: true }).waitFor()
  assert.equal(await somebody.page.evaluate('document.documentElement.lang'), 'de')
  await somebody.page.getByRole('button', { name: /Konto von/ }).click()
  await somebody.page.getByRole('menuitem', { name: 'English' }).click()
  await somebody.page.getByRole('heading', { name: 'Roles', exact: true }).waitFor()
  await somebody.page.reload()
  await somebody.page.getByRole('heading', { name: 'Roles', exact: true }).waitFor()
  await somebody.leave()
})

test('the theme is chosen, and kept', skip, async () => {
  const somebody = await Visitor.loggedIn(server)
  await somebody.open('/roles')
  await somebody.page.getByRole('button', { name: /Account of/ }).click()
  await somebody.page.getByRole('menuitem', { name: 'Light theme' }).click()
  await somebody.page.getByRole('menuitem', { name: 'Dark theme' }).click()
  await somebody.page.locator('html[data-mantine-color-scheme=dark]').waitFor({ state: 'attached' })
  await somebody.page.reload()
  await somebody.page.locator('html[data-mantine-color-scheme=dark]').waitFor({ state: 'attached' })
  await somebody.leave()
})

test(
  'a page is printed without what leads around, dark on white whatever its theme, and is in its theme again afterwards',
  skip,
  async () => {
    await visitor.open('/roles')
    await visitor.inTheme('dark')
    const { page } = visitor
    const table = page.getByRole('table').first()
    await table.waitFor()
    const lightness = async () => {
      const colour = await page.evaluate(`getComputedStyle(document.querySelector('td')).color`)
      return Math.max(...(String(colour).match(/[\d.]+/g) ?? []).slice(0, 3).map(Number))
    }
    assert.ok((await lightness()) > 150)
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    await page.getByRole('navigation').waitFor({ state: 'hidden' })
    await page.getByRole('banner').waitFor({ state: 'hidden' })
    await visitor.button('Make a role').waitFor({ state: 'hidden' })
    await page.getByRole('heading', { name: 'Roles', level: 1 }).waitFor()
    assert.ok((await lightness()) < 100, 'what is printed is dark')
    assert.ok((await page.pdf()).length > 1_000)
    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' })
    await page.locator('html[data-mantine-color-scheme=dark]').waitFor({ state: 'attached' })
    await visitor.inTheme('light')
  },
)

test('who asked their system for less motion sees none, and others do', skip, async () => {
  const { page } = visitor
  const longest = async (reducedMotion: 'reduce' | 'no-preference') => {
    await page.emulateMedia({ reducedMotion })
    return page.evaluate(`Math.max(...[...document.querySelectorAll('*')].flatMap((element) => {
      const { animationDuration, transitionDuration, animationName, animationIterationCount } = getComputedStyle(element)
      const seconds = (text) => text.split(',').map((one) => parseFloat(one) * (one.trim().endsWith('ms') ? 0.001 : 1))
      if (animationName !== 'none' && animationIterationCount === 'infinite') return [Infinity]
      return [...seconds(transitionDuration), ...(animationName === 'none' ? [] : seconds(animationDuration))]
    }))`)
  }
  await visitor.open('/roles')
  await visitor.button('Make a role').click()
  await visitor.dialog.getByLabel('Name').waitFor()
  assert.ok(Number(await longest('no-preference')) > 0.01)
  assert.ok(Number(await longest('reduce')) <= 0.001)
  await page.keyboard.press('Escape')
})

test('hostile texts in every field of an event and of a person are shown, and never run', skip, async () => {
  const made: string[] = []
  for (const text of HOSTILE) {
    const sent = await server.call('POST', '/v1/audit/events', {
      ...{ event_type: `x.${text}`, user_id: text, action: text, resource: text, outcome: 'Success', session_id: text },
      ...{
        ip_address: '192.0.2.1',
        user_agent: text,
        metadata: { [text]: text, before: { [text]: text }, after: { [text]: `${text}2` } },
      },
    })
    if (sent.body.results?.[0]?.event_id) made.push(sent.body.results[0].event_id)
  }
  assert.ok(made.length > 0)
  await server.call('PATCH', '/v1/me', { display_name: HOSTILE[0] }, { token: server.token })
  await server.call('POST', '/v1/users', {
    email: 'hostile@first.example',
    display_name: HOSTILE[0],
    username: HOSTILE[4],
  })
  await server.call('POST', '/v1/groups', { name: HOSTILE[0], scopes: [] })
  await server.call('POST', '/v1/roles', { name: HOSTILE[1], description: HOSTILE[0] })
  const pages = [
    '/audit',
    ...made.map((id) => `/audit/${id}`),
    '/people',
    '/groups',
    '/roles',
    `/audit#resource=${encodeURIComponent(HOSTILE[0] ?? '')}`,
  ]
  for (const page of pages) {
    await visitor.open(page)
    await visitor.settle()
  }
  await visitor.page
    .getByText(HOSTILE[0] ?? '')
    .first()
    .waitFor()
  assert.equal(await visitor.page.evaluate('window.ran'), undefined)
})

test('an unknown address says so, and leads back', skip, async () => {
  await visitor.page.goto(`${server.url}/nothing/here`)
  await visitor.page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
  await visitor.page.getByRole('link', { name: 'Go to the overview' }).click()
  await visitor.page.getByRole('heading', { name: /Hello/ }).waitFor()
})

test('a slow network shows what is on its way, and then what it is', skip, async () => {
  await visitor.open('/')
  let letThrough = (): void => undefined
  const held = new Promise<void>((resolve) => {
    letThrough = resolve
  })
  await visitor.page.route('**/v1/groups*', async (route) => {
    await held
    await route.continue()
  })
  await visitor.page.getByRole('link', { name: 'Groups' }).click()
  await visitor.page.locator('.mantine-Skeleton-root').first().waitFor()
  letThrough()
  await visitor.page.getByText('No groups yet').or(visitor.page.getByRole('table')).first().waitFor()
  await visitor.page.unroute('**/v1/groups*')
})

test(
  'a network that is lost is told, nothing that was written is lost, and it goes on when it is back',
  skip,
  async () => {
    await visitor.open('/groups')
    await visitor.page.getByRole('button', { name: 'Make a group' }).first().click()
    await visitor.page.getByRole('dialog').getByLabel('Name').fill('Kept')
    await visitor.context.setOffline(true)
    await visitor.page.getByRole('dialog').getByRole('button', { name: 'Make a group' }).click()
    await visitor.page.getByText('The server does not answer').waitFor()
    assert.equal(await visitor.page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).inputValue(), 'Kept')
    await visitor.page.getByText('No connection to the server').waitFor()
    await visitor.context.setOffline(false)
    await visitor.page.getByRole('dialog').getByRole('button', { name: 'Make a group' }).click()
    await visitor.page.getByRole('row', { name: /Kept/ }).waitFor()
  },
)

test('an open tail goes on without a gap when the server is started again', skip, async () => {
  const installation = await testInstallation()
  const first = await testServer({}, installation)
  const port = new URL(first.url).port
  const watching = await Visitor.loggedIn(first)
  await watching.open('/audit')
  await watching.page.getByLabel('Live').check({ force: true })
  await watching.page.getByText('shown as they come').waitFor()
  const send = (to: TestServer, name: string) =>
    to.call(
      'POST',
      '/v1/audit/events',
      { event_type: name, user_id: 'x', action: 'do', outcome: 'Success' },
      { token: first.token },
    )
  await send(first, 'before.it')
  await watching.page.getByText('before.it').waitFor()
  await first.stop()
  await watching.page.getByText('the server does not answer').waitFor()
  const second = await testServer({ port }, installation)
  const sent = await Promise.all(Array.from({ length: 20 }, (_, i) => send(second, `after.${i}`)))
  assert.ok(sent.every(({ status }) => status === 200))
  for (const name of ['after.0', 'after.11', 'after.19']) await watching.page.getByText(name, { exact: true }).waitFor()
  await watching.context.close()
  await second.stop()
  await installation.release()
})

test('the console works below a path of a proxy', skip, async () => {
  let target = ''
  const proxy = createServer((asked, answer) => {
    const { method, headers, url = '' } = asked
    if (!url.startsWith('/probity/')) {
      answer.writeHead(404).end()
      return
    }
    const passed = request(
      new URL(url.slice('/probity'.length), target),
      { ...(method && { method }), headers },
      (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers)
        given.pipe(answer)
      },
    )
    asked.pipe(passed)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const behind = await testServer({ public_url: `${origin}/probity` })
  target = behind.url
  try {
    const somebody = await Visitor.arrive({ ...behind, url: origin })
    await somebody.page.goto(`${origin}/probity/roles`)
    await somebody.page.getByLabel('Organisation').fill(ADMINISTRATOR.tenant)
    await somebody.page.getByLabel('User name or address').fill(ADMINISTRATOR.username)
    await somebody.page.getByLabel('Password', { exact: true }).fill(ADMINISTRATOR.password)
    await somebody.page.getByRole('button', { name: 'Log in', exact: true }).click()
    await somebody.page.getByRole('heading', { name: 'Roles', exact: true }).waitFor()
    assert.equal(new URL(somebody.page.url()).pathname, '/probity/roles')
    await somebody.leave()
  } finally {
    proxy.close()
    proxy.closeAllConnections()
    await behind.stop()
  }
})

test(
  'the console is served with a policy of content that lets no script of a page run, and no frame around it',
  skip,
  async () => {
    const answer = await fetch(`${server.url}/login`, { headers: { accept: 'text/html' } })
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /script-src 'self';/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.match(policy, /default-src 'none'/)
    assert.doesNotMatch(await answer.text(), /<script>|onload=|style=/)
  },
)

test('who asks for no page gets no page: the API still says NOT_FOUND', skip, async () => {
  const answer = await server.call('GET', '/v1/nothing')
  assert.deepEqual([answer.status, answer.body.code], [404, 'NOT_FOUND'])
})

test('a time is told as people say it, with the exact one and its zone where it is pointed at', skip, async () => {
  await visitor.open('/audit')
  await visitor.page.getByRole('table').locator('time').first().hover()
  await visitor.page
    .getByText(/CET|GMT\+1/)
    .last()
    .waitFor()
})
