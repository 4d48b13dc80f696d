import { after, before, test } from 'node:test'
import { NO_CHROMIUM } from '../support/chromium.ts'
import { ADMINISTRATOR, closeChromium, Visitor } from '../support/console.ts'
import { Keyboard } from '../support/keyboard.ts'
import { type Person, person } from '../support/people.ts'
import { type TestServer, testServer, until } from '../support/server.ts'

// Each task of the console that people have every day, by somebody who has no mouse. Nothing here is clicked.

const skip = { skip: NO_CHROMIUM }
let server: TestServer
let visitor: Visitor
let keys: Keyboard
let ada: Person
before(async () => {
  server = await testServer()
  ada = await person(server)
  if (NO_CHROMIUM !== false) return
  visitor = await Visitor.loggedIn(server)
  keys = new Keyboard(visitor.page)
})
after(async () => {
  visitor?.requireClean()
  await closeChromium()
  await server.stop()
})

const field = (name: string) =>
  visitor.page.getByRole('textbox', { name }).or(visitor.page.getByRole('combobox', { name }))
const inDialog = (name: string) => visitor.dialog.getByRole('button', { name, exact: true })
const heading = (name: string) => visitor.page.getByRole('heading', { name, level: 1 }).waitFor()
/** Goes to a page by its letters. */
async function goTo(letter: string, title: string): Promise<void> {
  await visitor.page.keyboard.press('g')
  await visitor.page.keyboard.press(letter)
  await heading(title)
  await visitor.settle()
}

test('logs in', skip, async () => {
  const stranger = await Visitor.arrive(server)
  const theirs = new Keyboard(stranger.page)
  await stranger.open('/login')
  const { page } = stranger
  await theirs.write(page.getByLabel('Organisation'), ADMINISTRATOR.tenant)
  await theirs.write(page.getByLabel('User name or address'), ADMINISTRATOR.username)
  await theirs.write(page.getByRole('textbox', { name: 'Password' }), ADMINISTRATOR.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /^Hello/, level: 1 }).waitFor()
  await stranger.leave()
})

test('finds an entry of the log, and proves it', skip, async () => {
  await server.call('POST', '/v1/audit/events', { event_type: 'order.placed', resource: 'order/17' })
  await visitor.open('/audit')
  await visitor.settle()
  await visitor.page.keyboard.press('/')
  await visitor.page.keyboard.type('order/17')
  await visitor.page.keyboard.press('Enter')
  await keys.press(visitor.page.getByRole('link', { name: /order\.placed/ }))
  await heading('order.placed')
  await visitor.page.getByText('Verified in this browser').first().waitFor()
})

test('invites a colleague and copies the link', skip, async () => {
  await visitor.open('/people')
  await keys.press(visitor.button('Invite'))
  await keys.write(visitor.dialog.getByLabel('Address'), 'bea@example.com')
  await keys.press(inDialog('Invite them'))
  await visitor.page.getByRole('dialog', { name: 'Invitation link' }).waitFor()
  await visitor.page.keyboard.press('Escape')
  await visitor.page.getByRole('link', { name: 'bea@example.com' }).waitFor()
})

test('suspends somebody after the question, and has what was opened before in focus again', skip, async () => {
  await visitor.open(`/people/${ada.id}`)
  await keys.press(visitor.button('Suspend'))
  await visitor.dialog.waitFor()
  await visitor.page.keyboard.press('Escape')
  await visitor.dialog.waitFor({ state: 'detached' })
  await visitor.button('Suspend').and(visitor.page.locator(':focus')).waitFor()
  await visitor.page.keyboard.press('Enter')
  await keys.press(inDialog('Suspend'))
  await keys.press(visitor.button('Reactivate'))
  await visitor.button('Suspend').waitFor()
})

test('makes a role with a permission', skip, async () => {
  await goTo('r', 'Roles')
  await keys.press(visitor.button('Make a role'))
  await keys.write(visitor.dialog.getByLabel('Name'), 'editor')
  await keys.press(inDialog('Make a role'))
  await heading('editor')
  await keys.write(visitor.page.getByLabel('Action'), 'edit')
  await keys.write(visitor.page.getByLabel('Resource'), 'document')
  await keys.press(visitor.button('Add'))
  await keys.press(visitor.button('Save'))
  await visitor.page.getByText('Permits one thing more, and nothing less').waitFor({ state: 'detached' })
})

test('gives a role to somebody', skip, async () => {
  await goTo('r', 'Roles')
  await keys.press(visitor.page.getByRole('link', { name: 'editor' }))
  await keys.press(visitor.button('Give it'))
  await keys.choose(
    visitor.dialog
      .getByRole('textbox', { name: 'Person' })
      .or(visitor.dialog.getByRole('combobox', { name: 'Person' })),
    ada.email,
  )
  await keys.write(visitor.dialog.getByLabel('Why'), 'writes the report')
  await keys.press(inDialog('Give it'))
  await visitor.page.getByRole('row', { name: new RegExp(`${ada.email}.*writes the report`) }).waitFor()
})

test('asks why somebody may not do something', skip, async () => {
  await visitor.open('/explorer')
  await keys.reach(visitor.page.getByRole('tab', { selected: true }))
  await visitor.page.keyboard.press('ArrowRight')
  await visitor.page.getByRole('tab', { name: 'Why, or why not?', selected: true }).waitFor()
  await keys.write(visitor.page.getByLabel('Action'), 'edit')
  await keys.write(visitor.page.getByLabel('Resource'), 'document/17')
  await keys.press(visitor.button('Ask'))
  await visitor.page.getByText('Denied').waitFor()
})

test('begins a review, and decides it', skip, async () => {
  await visitor.open('/reviews')
  await keys.press(visitor.button('Begin a review').first())
  await keys.write(visitor.dialog.getByLabel('Name'), 'Spring')
  await keys.choose(field('Of this role'), 'editor')
  await keys.press(inDialog('Begin a review'))
  await keys.press(visitor.page.getByRole('link', { name: 'Spring' }))
  await visitor.page.getByText('One left to decide').waitFor()
  await visitor.page.keyboard.press('y')
  await visitor.page.getByText('Nothing left to decide').waitFor()
})

test('writes a policy with a test, and leaves its editor by Tab', skip, async () => {
  await visitor.open('/policies')
  await keys.press(visitor.button('Write a policy').first())
  await keys.write(visitor.dialog.getByLabel('Name'), 'no shredding')
  await keys.press(inDialog('Write a policy'))
  await keys.write(
    visitor.page.getByRole('textbox', { name: 'Rules, in Cedar' }),
    'forbid (principal, action == Action::"shred", resource is document);',
  )
  await keys.write(visitor.page.getByLabel('What is claimed'), 'nobody shreds')
  await keys.write(visitor.page.getByLabel('Does'), 'shred')
  await keys.write(visitor.page.getByLabel('With'), 'document/17')
  await keys.press(visitor.button('Add the test'))
  await keys.press(visitor.button('Run the tests'))
  await visitor.page.getByText('1 passed, 0 failed').waitFor()
  await keys.press(visitor.button('Save as version 2'))
  await visitor.page.getByText('Version 2 · Access · Enforce').waitFor()
})

test('makes a token, and revokes it', skip, async () => {
  await visitor.open('/tokens')
  await keys.press(visitor.button('Make a token').first())
  await keys.write(visitor.dialog.getByLabel('Name'), 'robot')
  await keys.press(inDialog('Make a token'))
  await visitor.page.getByText('It is shown now and never again').waitFor()
  await visitor.page.keyboard.press('Escape')
  const row = visitor.page.getByRole('row', { name: /robot/ })
  await keys.press(row.getByRole('button', { name: 'Revoke' }))
  await keys.press(inDialog('Revoke'))
  await row.getByRole('button', { name: 'Revoke' }).waitFor({ state: 'detached' })
})

test('has the log verified, and reads the result', skip, async () => {
  await visitor.open('/audit/verifications')
  await keys.press(visitor.button('Verify now').first())
  await visitor.page.getByText('all held').first().waitFor()
})

test('ends a session, and logs out', skip, async () => {
  const other = await Visitor.loggedIn(server)
  await visitor.open('/account')
  const end = visitor.button('End').first()
  await keys.press(end)
  await until('it is ended', async () => (await other.context.request.get(`${server.url}/v1/me`)).status() === 401)
  await other.leave()
  await keys.press(visitor.page.getByRole('button', { name: /^Account of/ }))
  await keys.reach(visitor.page.getByRole('menuitem', { name: 'Log out' }), 'ArrowDown')
  await visitor.page.keyboard.press('Enter')
  await heading('Log in')
})
