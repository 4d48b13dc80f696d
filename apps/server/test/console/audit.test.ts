import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { parseVerifierKey } from '@probity/core'
import { nodeCrypto, verifyExport } from '@probity/verifier/node'
import type { Download } from 'playwright-core'
import { NO_CHROMIUM } from '../support/chromium.ts'
import { closeChromium, Visitor } from '../support/console.ts'
import { type TestServer, testServer, until } from '../support/server.ts'

const skip = { skip: NO_CHROMIUM }
let server: TestServer
let visitor: Visitor
let paid: string
before(async () => {
  server = await testServer()
  const sent = await server.call(
    'POST',
    '/v1/audit/events',
    Array.from({ length: 150 }, (_, i) => ({
      ...{ event_type: i % 3 === 0 ? 'invoice.paid' : 'door.opened', user_id: `user${i % 4}`, action: 'do' },
      ...{ resource: `thing/${i}`, risk_score: i % 100, outcome: i % 5 === 0 ? 'Failure' : 'Success' },
      ...{ ip_address: '192.0.2.7', metadata: { before: { amount: i, kept: 1 }, after: { amount: i + 1, kept: 1 } } },
    })),
  )
  paid = sent.body.results[0].event_id
  if (NO_CHROMIUM === false) visitor = await Visitor.loggedIn(server)
})
after(async () => {
  visitor?.requireClean()
  await closeChromium()
  await server.stop()
})

const rows = () => visitor.page.getByRole('table', { name: 'Audit log' }).getByRole('row')
const textOf = async (download: Download) => readFile(await download.path(), 'utf8')

async function filterBy(name: string, value: string): Promise<void> {
  await visitor.page.getByRole('button', { name: 'Filter', exact: true }).click()
  await visitor.page.getByRole('menuitem', { name }).click()
  await visitor.page.getByLabel(name, { exact: true }).fill(value)
  await visitor.page.getByRole('button', { name: 'Apply' }).click()
}

test('the log is filtered by a chip, which is in the address and is taken away by its button', skip, async () => {
  await visitor.open('/audit')
  await filterBy('Event', 'invoice.paid')
  await visitor.page.getByText('50 entries match').waitFor()
  assert.match(visitor.page.url(), /#event_type=invoice\.paid$/)
  await visitor.page.reload()
  await visitor.page.getByText('50 entries match').waitFor()
  await visitor.page.getByRole('button', { name: 'Remove the filter Event' }).click()
  await visitor.page.getByText('door.opened').first().waitFor()
})

test('filters are joined, and what nothing matches says what to do next', skip, async () => {
  await visitor.open('/audit#event_type=invoice.paid')
  await filterBy('Resource', 'thing/3')
  await visitor.page.getByText('One entry matches').waitFor()
  await filterBy('Action', 'undo')
  await visitor.page.getByText('Nothing matches').waitFor()
  await visitor.page.getByRole('button', { name: 'Clear' }).click()
  await visitor.page.getByText('door.opened').first().waitFor()
})

test('a name that is looked for stands in no address that a server sees', skip, async () => {
  const asked: string[] = []
  visitor.page.on('request', (request) => asked.push(request.url()))
  await visitor.open('/audit')
  await filterBy('Who', 'user2')
  await visitor.page.getByText('37 entries match').or(visitor.page.getByText('38 entries match')).waitFor()
  await visitor.page.reload()
  await visitor.page.getByText(/3[78] entries match/).waitFor()
  assert.deepEqual(
    asked.filter((url) => url.split('#')[0]?.includes('user2')),
    [],
  )
})

test('the search finds a text anywhere in an entry, from the keyboard', skip, async () => {
  await visitor.open('/audit')
  await visitor.page.keyboard.press('/')
  await visitor.page.keyboard.type('thing/149')
  await visitor.page.keyboard.press('Enter')
  await visitor.page.getByText('One entry matches').waitFor()
})

test('who searches for a name is told that names are sealed, and led to where they are found', skip, async () => {
  await visitor.open('/audit#text=user2')
  await visitor.page.getByText(/Names and addresses of people are sealed/).waitFor()
  await visitor.button('Look for user2 under Who').click()
  await visitor.page.getByText(/3[78] entries match/).waitFor()
})

test('from an entry one comes back to the log as it was filtered', skip, async () => {
  await visitor.open('/audit#event_type=invoice.paid&outcome=Failure')
  await visitor.page.getByText('10 entries match').waitFor()
  await rows().getByRole('link', { name: 'invoice.paid' }).first().click()
  await visitor.page.getByRole('heading', { name: 'invoice.paid', level: 1 }).waitFor()
  await visitor.page.getByRole('link', { name: 'Back to the log' }).click()
  await visitor.page.getByText('10 entries match').waitFor()
})

test('a view is saved under a name, and there again after a reload', skip, async () => {
  await visitor.open('/audit#outcome=Failure')
  await visitor.page.getByRole('button', { name: 'Save this view' }).click()
  await visitor.page.getByLabel('Name of the view').fill('What failed')
  await visitor.page.getByRole('button', { name: 'Keep' }).click()
  await visitor.open('/audit')
  await visitor.page.reload()
  await visitor.page.getByRole('button', { name: 'Saved views' }).click()
  await visitor.page.getByRole('menuitem', { name: 'What failed' }).click()
  await visitor.page.getByText(/30 entries match/).waitFor()
})

test('the histogram says how many there are, and its newer half becomes a filter', skip, async () => {
  await visitor.open('/audit#event_type=door.opened')
  await visitor.page.getByRole('img', { name: /100 entries by time/ }).waitFor()
  await visitor.page.getByRole('button', { name: 'Newer half' }).click()
  await visitor.page.getByRole('button', { name: 'Remove the filter Since' }).waitFor()
  assert.match(visitor.page.url(), /start_time=.*end_time=/)
})

test('an entry shows what changed, and who did it by a pseudonym', skip, async () => {
  await visitor.open(`/audit/${paid}`)
  const changes = visitor.page.getByRole('row', { name: /amount/ })
  assert.match((await changes.textContent()) ?? '', /amount01/)
  assert.equal(await visitor.page.getByRole('row', { name: /kept/ }).count(), 0, 'what did not change is not shown')
  assert.equal(await visitor.page.getByText('192.0.2.7').count(), 0)
})

test('a sealed part is opened on purpose, and that is recorded', skip, async () => {
  await visitor.open(`/audit/${paid}`)
  await visitor.page.getByRole('button', { name: 'Open', exact: true }).click()
  await visitor.page.getByRole('dialog').getByRole('button', { name: 'Open', exact: true }).click()
  await visitor.page.getByText('192.0.2.7').first().waitFor()
  await until('it is recorded', async () => {
    const { body } = await server.call('GET', '/v1/audit/events?event_type=audit.personal_read')
    const { body: all } = await server.call('GET', '/v1/audit/events?action=read_personal')
    return body.events.length + all.events.length > 0
  })
})

test('an entry is proven in the browser, with its path drawn and told in words', skip, async () => {
  await visitor.open(`/audit/${paid}`)
  await visitor.page.getByText('Verified in this browser').waitFor()
  await visitor.page.getByRole('button', { name: 'Show the path' }).click()
  await visitor.page.getByText(/The entry hashes to [0-9a-f]{64}/).waitFor()
  assert.ok((await visitor.page.getByText(/with [0-9a-f]{64} on its (left|right)/).count()) >= 7)
})

test(
  'a receipt that was downloaded verifies where it is dropped, and no longer when a byte is changed',
  skip,
  async () => {
    await visitor.open(`/audit/${paid}`)
    const [download] = await Promise.all([
      visitor.page.waitForEvent('download'),
      visitor.page.getByRole('button', { name: 'Receipt', exact: true }).click(),
    ])
    const receipt = await textOf(download)
    const { body } = await server.call('GET', '/v1/audit/key')
    const apart = await Visitor.arrive(server)
    await apart.open('/verify')
    const asked: string[] = []
    await apart.page.getByRole('button', { name: 'Drop a file here' }).waitFor()
    await apart.page.getByLabel('Keys that you trust').fill(body.keys.join('\n'))
    await verifyAt(apart, 'event.tlog-proof', receipt)
    await apart.page.getByText('event.tlog-proof is verified').waitFor()
    apart.page.on('request', (request) => asked.push(request.url()))
    await verifyAt(apart, 'forged.tlog-proof', receipt.replace(/^index \d+/m, 'index 1'))
    await apart.page.getByText('forged.tlog-proof is not verified').waitFor()
    assert.deepEqual(asked, [], 'no server is asked')
    await apart.page.getByLabel('Keys that you trust').fill('')
    await verifyAt(apart, 'event.tlog-proof', receipt)
    await apart.page.getByText('Name the key of the log that you trust').waitFor()
    await apart.leave()
  },
)

test('an export is downloaded as a file that verifies', skip, async () => {
  await visitor.open('/audit')
  const [download] = await Promise.all([
    visitor.page.waitForEvent('download'),
    visitor.page.getByRole('button', { name: 'Export' }).click(),
  ])
  const path = await download.path()
  const { body } = await server.call('GET', '/v1/audit/key')
  await visitor.open('/verify')
  await visitor.page.getByLabel('Keys that you trust').fill(body.keys.join('\n'))
  await visitor.page
    .locator('input[type=file]')
    .setInputFiles({ name: 'audit.probity', mimeType: 'application/octet-stream', buffer: await readFile(path) })
  await visitor.page.getByText('audit.probity is verified').waitFor()
})

test('an export has what the filters show, and no more', skip, async () => {
  await visitor.open('/audit#outcome=Failure&user_id=user2')
  const shown = Number(
    /(\d+) entries match/.exec((await visitor.page.getByText(/entries match/).textContent()) ?? '')?.[1],
  )
  assert.ok(shown > 0)
  const [download] = await Promise.all([
    visitor.page.waitForEvent('download'),
    visitor.page.getByRole('button', { name: 'Export' }).click(),
  ])
  const { keys } = (await server.call('GET', '/v1/audit/key')).body
  const trusted = keys.map((key: string) => parseVerifierKey(nodeCrypto.sha256, key))
  const path = await download.path()
  const result = await verifyExport({ open: () => createReadStream(path) }, trusted)
  assert.deepEqual([result.verified, 'entries' in result && result.entries], [true, shown])
})

test('the log is verified when somebody asks, and the run is listed with who asked', skip, async () => {
  await visitor.open('/audit/verifications')
  await visitor.page.getByRole('button', { name: 'Verify now' }).click()
  await visitor.page.getByRole('row', { name: /admin@first\.example.*all held/ }).waitFor()
})

test('who is erased is shown as erased, and the proof of the entry still holds', skip, async () => {
  const sent = await server.call('POST', '/v1/audit/events', {
    event_type: 'door.opened',
    user_id: 'gone',
    action: 'do',
    outcome: 'Success',
    ip_address: '192.0.2.9',
  })
  const id = sent.body.results[0].event_id
  await visitor.open('/erasures')
  await visitor.page.getByRole('button', { name: 'Erase a person' }).click()
  const dialog = visitor.page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Who' }).fill('gone')
  await dialog.getByLabel('Once more').fill('gone girl')
  await dialog.getByRole('button', { name: 'Erase a person' }).click()
  await dialog.getByText('The two names differ').waitFor()
  await dialog.getByLabel('Once more').fill('gone')
  await dialog.getByRole('button', { name: 'Erase a person' }).click()
  await visitor.page.getByText(/Erased: one sealed part/).waitFor()
  await visitor.open(`/audit/${id}`)
  await visitor.page.getByText('The key of this person is destroyed').waitFor()
  await visitor.page.getByText('Verified in this browser').waitFor()
})

test('live, an entry shows as soon as it is in the log', skip, async () => {
  await visitor.open('/audit')
  await visitor.page.getByLabel('Live').check({ force: true })
  await visitor.page.getByText('shown as they come').waitFor()
  await server.call('POST', '/v1/audit/events', {
    event_type: 'lamp.lit',
    user_id: 'user1',
    action: 'do',
    outcome: 'Success',
  })
  await rows().getByText('lamp.lit').waitFor()
})

test(
  'live, what comes is shown without being asked for again, in its order, over the end of a page of a hundred',
  skip,
  async () => {
    await visitor.open('/audit')
    await visitor.settle()
    await visitor.page.getByLabel('Live').check({ force: true })
    await visitor.page.getByText('shown as they come').waitFor()
    let asked = 0
    visitor.page.on('request', (request) => {
      if (request.url().endsWith('/v1/audit/search')) asked++
    })
    const count = 120
    for (let i = 1; i <= count; i++)
      await server.call('POST', '/v1/audit/events', { event_type: 'lamp.lit', user_id: 'user1', resource: `lamp/${i}` })
    await rows().getByText(`lamp/${count}`, { exact: true }).waitFor()
    for (let row = 0; row < 10; row++)
      assert.match(
        (await rows()
          .nth(row + 1)
          .textContent()) ?? '',
        new RegExp(`lamp/${count - row}`),
      )
    assert.ok(asked <= 2, `asked ${asked} times for ${count} entries`)
  },
)

async function verifyAt({ page }: Visitor, name: string, content: string): Promise<void> {
  await page
    .locator('input[type=file]')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) })
}
