import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { NO_CHROMIUM } from '../support/chromium.ts'
import { closeChromium, Visitor } from '../support/console.ts'
import { type TestServer, testServer } from '../support/server.ts'

const PAGES = {
  start: '/docs/',
  'a concept': '/docs/concepts/keys-and-erasure',
  'a recipe': '/docs/recipes/decide-for-your-application',
  'a part of the reference': '/docs/api/policies',
  'an error': '/docs/errors/STEP_UP_REQUIRED',
  settings: '/docs/operations/settings',
}

let server: TestServer
before(async () => {
  server = await testServer()
})
after(async () => {
  await closeChromium()
  await server.stop()
})

test('pages of each kind fit, can be used by everybody, break no policy and ask no other host', {
  skip: NO_CHROMIUM,
}, async () => {
  const visitor = await Visitor.arrive(server, { theme: 'dark', width: 360 })
  for (const [what, path] of Object.entries(PAGES)) {
    await visitor.open(path)
    await visitor.requireFits(what)
    for (const theme of ['dark', 'light'] as const) {
      await visitor.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      await visitor.page.locator(theme === 'dark' ? 'html.dark' : 'html:not(.dark)').waitFor({ state: 'attached' })
      await visitor.requireAccessible(`${what}, ${theme}`)
    }
  }
  await visitor.leave()
})

test('an error is found by the search, and its page opens by the keyboard', { skip: NO_CHROMIUM }, async () => {
  const visitor = await Visitor.arrive(server)
  const { page } = visitor
  await visitor.open('/docs/')
  await page
    .getByRole('button', { name: /search/i })
    .first()
    .click()
  await page.getByRole('searchbox').fill('MOMENT_UNKNOWN')
  await page.getByRole('option').first().waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: /MOMENT_UNKNOWN/ }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/docs/errors/MOMENT_UNKNOWN')
  await visitor.leave()
})

test('the theme that somebody chose is kept, before anything else is shown', { skip: NO_CHROMIUM }, async () => {
  const visitor = await Visitor.arrive(server, { theme: 'light' })
  const { page } = visitor
  await visitor.open('/docs/')
  await page.getByRole('switch', { name: /dark/i }).first().click()
  await page.locator('html.dark').waitFor({ state: 'attached' })
  await page.reload({ waitUntil: 'commit' })
  await page.locator('html.dark').waitFor({ state: 'attached' }) // by a script of the page, that the policy names
  await visitor.leave()
})
