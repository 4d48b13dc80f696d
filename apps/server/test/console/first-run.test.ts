import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { formatToken } from '@probity/core'
import { NO_CHROMIUM } from '../support/chromium.ts'
import { closeChromium, Visitor } from '../support/console.ts'
import { type TestServer, testServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(async () => {
  await closeChromium()
  await server.stop()
})

test('a set-up link leads to an event in the log, its receipt verified in the browser, and seen refused when a byte changes', {
  skip: NO_CHROMIUM,
}, async () => {
  const made = await server.call('POST', '/v1/tenants', { name: 'harbour' })
  const visitor = await Visitor.arrive(server)
  const { page } = visitor
  await page.goto(made.body.setup_url)
  await page.getByLabel('Your address').fill('ada@harbour.example')
  await page.getByLabel('Password', { exact: true }).fill('violet harbour lantern')
  await page.getByRole('button', { name: 'Make my account' }).click()
  await page.getByRole('heading', { name: 'Welcome to Probity' }).waitFor()
  assert.equal(new URL(page.url()).hash, '', 'the link is in the address no more')
  await page.getByRole('button', { name: 'Later' }).click()
  await page.getByRole('button', { name: 'Make a token' }).click()
  await page.getByRole('tab', { name: 'curl' }).waitFor()
  const snippet = await page.getByText('Authorization: Bearer').textContent()
  const token = /prb_\w+/.exec(snippet ?? '')?.[0] ?? ''
  const sent = await server.call(
    'POST',
    '/v1/audit/events',
    { event_type: 'invoice.paid', user_id: 'pedro', action: 'pay', resource: 'invoice/17', outcome: 'Success' },
    { token },
  )
  assert.equal(sent.status, 200, sent.text)
  await page.getByText(/It is in the log, as entry/).waitFor()
  await page.getByRole('button', { name: 'See its receipt' }).click()
  await page.getByText('Verified', { exact: true }).waitFor()
  const leaf = page.getByLabel('The entry, as it was hashed')
  await leaf.fill((await leaf.inputValue()).replace('invoice/17', 'invoice/18'))
  await page.getByText('Not verified', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Put it back' }).click()
  await page.getByText('Verified', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('link', { name: 'Go to the overview' }).click()
  await page.getByRole('heading', { name: /Hello/ }).waitFor()
  await visitor.leave()
})

test('a link to the first organisation asks for its name on the page, and one that is used says so in the place of the form', {
  skip: NO_CHROMIUM,
}, async () => {
  const visitor = await Visitor.arrive(server)
  const { page } = visitor
  const used = formatToken({ kind: 'su', tenantId: null, secret: new Uint8Array(32).fill(7) })
  await visitor.open(`/setup#${used}`)
  await page.getByLabel('Your address').fill('ada@harbour.example')
  await page.getByLabel('Password', { exact: true }).fill('violet harbour lantern')
  await page.getByRole('button', { name: 'Make my account' }).click()
  await page.getByText('Name your organisation').waitFor()
  await page.getByLabel('Organisation').fill('harbour')
  await page.getByRole('button', { name: 'Make my account' }).click()
  await page.getByRole('link', { name: 'I have an account: log in' }).waitFor()
  assert.equal(await page.getByLabel('Password').count(), 0)
  await visitor.leave()
})
