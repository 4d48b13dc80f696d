import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { NO_CHROMIUM } from '../support/chromium.ts'
import { closeChromium, Visitor } from '../support/console.ts'
import { type Person, person } from '../support/people.ts'
import { type TestServer, testServer, until } from '../support/server.ts'

const skip = { skip: NO_CHROMIUM }
let server: TestServer
let visitor: Visitor
let ada: Person
let second: Person
before(async () => {
  server = await testServer()
  ada = await person(server)
  second = await person(server, { scopes: ['tenant:admin'] })
  if (NO_CHROMIUM === false) visitor = await Visitor.loggedIn(server)
})
after(async () => {
  visitor?.requireClean()
  await closeChromium()
  await server.stop()
})

test('a role is made, and what a change would change is shown before it is saved', skip, async () => {
  await visitor.open('/roles')
  await visitor.button('Make a role').click()
  await visitor.dialog.getByLabel('Name').fill('editor')
  await visitor.dialog.getByRole('button', { name: 'Make a role' }).click()
  await visitor.page.getByRole('heading', { name: 'editor', level: 1 }).waitFor()
  await visitor.page.getByLabel('Action').fill('edit')
  await visitor.page.getByLabel('Resource').fill('document')
  await visitor.button('Add').click()
  await visitor.page.getByText('+ edit document').waitFor()
  await visitor.page.getByText('Permits one thing more, and nothing less').waitFor()
  await visitor.requireAccessible('a role with a permission that is new')
  await visitor.button('Save').click()
  await visitor.page.getByText('Permits one thing more, and nothing less').waitFor({ state: 'detached' })
  const { body } = await server.call('GET', '/v1/roles')
  const made = body.roles.find(({ name }: { name: string }) => name === 'editor')
  assert.deepEqual(made.permissions, [{ resource: 'document', action: 'edit', conditions: [] }])
})

test('a permission takes a condition, and a change is undone before it is saved', skip, async () => {
  await visitor.open('/roles')
  await visitor.page.getByRole('link', { name: 'editor' }).click()
  await visitor.page.getByRole('combobox', { name: 'Add a condition' }).click()
  await visitor.page.getByRole('option', { name: 'Owner of the resource' }).click()
  await visitor.page.getByText('+ edit document if they own it').waitFor()
  await visitor.button('Undo').click()
  await visitor.page.getByText('+ edit document if').waitFor({ state: 'detached' })
})

test(
  'a condition that is still being written counts when the role is saved, and one that is none is refused on the page',
  skip,
  async () => {
    await visitor.open('/roles')
    await visitor.button('Make a role').click()
    await visitor.dialog.getByLabel('Name').fill('reader')
    await visitor.dialog.getByRole('button', { name: 'Make a role' }).click()
    await visitor.page.getByRole('heading', { name: 'reader', level: 1 }).waitFor()
    await visitor.page.getByLabel('Action').fill('read')
    await visitor.page.getByLabel('Resource').fill('document')
    await visitor.button('Add').click()
    await visitor.page.getByRole('combobox', { name: 'Add a condition' }).click()
    await visitor.page.getByRole('option', { name: 'From networks' }).click()
    const networks = visitor.page.getByLabel('Networks, as 10.0.0.0/8')
    await networks.fill('192.0.2.0/24, rubbish')
    await visitor.button('Save').click()
    await visitor.page.getByText(/^rubbish is no network/).waitFor()
    await visitor.button('Undo').click()
    await visitor.page.getByText(/is no network/).waitFor({ state: 'detached' })
    await visitor.page.getByLabel('Action').fill('read')
    await visitor.page.getByLabel('Resource').fill('document')
    await visitor.button('Add').click()
    await visitor.page.getByRole('combobox', { name: 'Add a condition' }).click()
    await visitor.page.getByRole('option', { name: 'From networks' }).click()
    await networks.fill('192.0.2.0/24 2001:db8::/32')
    await visitor.button('Save').click()
    await visitor.button('Save').waitFor({ state: 'detached' })
    const { body } = await server.call('GET', '/v1/roles')
    const made = body.roles.find(({ name }: { name: string }) => name === 'reader')
    assert.deepEqual(made.permissions, [
      {
        ...{ resource: 'document', action: 'read' },
        conditions: [{ type: 'network', networks: ['192.0.2.0/24', '2001:db8::/32'] }],
      },
    ])
  },
)

test('a built-in role can be read, and not changed', skip, async () => {
  await visitor.open('/roles')
  await visitor.page.getByRole('link', { name: 'auditor' }).click()
  await visitor.page.getByRole('heading', { name: 'auditor', level: 1 }).waitFor()
  assert.equal(await visitor.button('Add').count(), 0)
  assert.equal(await visitor.button('Remove').count(), 0)
})

test('a role is given to somebody on one resource, and taken back', skip, async () => {
  await visitor.open('/roles')
  await visitor.page.getByRole('link', { name: 'editor' }).click()
  await visitor.button('Give it').click()
  await visitor.choose(visitor.dialog, 'Person', ada.email)
  await visitor.dialog.getByLabel('On', { exact: true }).fill('document/17')
  await visitor.dialog.getByLabel('Why').fill('writes the report')
  await visitor.dialog.getByRole('button', { name: 'Give it' }).click()
  const row = visitor.page.getByRole('row', { name: new RegExp(`${ada.email}.*document/17.*writes the report`) })
  await row.getByRole('button', { name: 'Take back' }).click()
  await visitor.dialog.getByRole('button', { name: 'Take back' }).click()
  await row.waitFor({ state: 'detached' })
})

test('nobody gives a role to themselves: the refusal says why', skip, async () => {
  await visitor.open('/roles')
  await visitor.page.getByRole('link', { name: 'editor' }).click()
  await visitor.button('Give it').click()
  await visitor.choose(visitor.dialog, 'Person', 'admin@first.example')
  await visitor.dialog.getByRole('button', { name: 'Give it' }).click()
  assert.match((await visitor.dialog.getByRole('alert').textContent()) ?? '', /GRANT_REFUSED/)
  await visitor.dialog.getByRole('button', { name: 'Cancel' }).click()
})

test('who may do something is found, with the role by which', skip, async () => {
  await give(ada)
  await visitor.open('/explorer')
  await visitor.page.getByLabel('Action').fill('edit')
  await visitor.page.getByLabel('Resource').fill('document/17')
  await visitor.button('Ask').click()
  await visitor.page.getByRole('row', { name: new RegExp(`${ada.email}.*editor`) }).waitFor()
  await visitor.page.getByLabel('Action').fill('shred')
  await visitor.button('Ask').click()
  await visitor.page.getByText('Nobody by a role').waitFor()
})

test('a denial is explained, with what would be enough', skip, async () => {
  await visitor.open('/explorer')
  await visitor.page.getByRole('tab', { name: 'Why, or why not?' }).click()
  await visitor.page.getByLabel('Action').fill('edit')
  await visitor.page.getByLabel('Resource').fill('document/17')
  await visitor.button('Ask').click()
  await visitor.page.getByText('Denied').waitFor()
  await visitor.page.getByText(/This would be enough:.*edit document/).waitFor()
})

test('what is allowed is explained part by part, and recorded as every decision is', skip, async () => {
  await visitor.open('/explorer')
  await visitor.page.getByRole('tab', { name: 'Why, or why not?' }).click()
  await visitor.choose(visitor.page, 'Who (empty: you)', ada.email)
  await visitor.page.getByLabel('Action').fill('edit')
  await visitor.page.getByLabel('Resource').fill('document/99')
  await visitor.button('Ask').click()
  await visitor.page.getByText('Allowed', { exact: true }).waitFor()
  await visitor.page.getByLabel('holds', { exact: true }).first().waitFor()
  await until('it is recorded', async () => {
    const { body } = await server.call('GET', '/v1/audit/events?resource=document/99')
    return body.events.length > 0
  })
})

test('a review is begun, and worked through with the keyboard alone', skip, async () => {
  const bea = await person(server)
  await give(bea)
  await visitor.open('/reviews')
  await visitor.button('Begin a review').first().click()
  await visitor.dialog.getByLabel('Name').fill('Spring')
  await visitor.choose(visitor.dialog, 'Of this role', 'editor')
  await visitor.dialog.getByRole('button', { name: 'Begin a review' }).click()
  await visitor.page.getByRole('link', { name: 'Spring' }).click()
  await visitor.page.getByRole('listbox', { name: 'Grants' }).waitFor()
  await visitor.page.getByText('2 left to decide').waitFor()
  await visitor.page.keyboard.press('?')
  await visitor.dialog.getByText('End it').waitFor()
  await visitor.page.keyboard.press('Escape')
  await visitor.dialog.waitFor({ state: 'detached' })
  await visitor.page.keyboard.press('y')
  await visitor.page.getByText('One left to decide').waitFor()
  await visitor.page.keyboard.press('n')
  await visitor.page.getByText('Nothing left to decide').waitFor()
  await visitor.page.getByText('kept', { exact: true }).waitFor()
  await visitor.page.getByText('ended', { exact: true }).waitFor()
})

test('a role for an hour is asked for by one and approved by another', skip, async () => {
  const asking = await Visitor.loggedIn(server, { username: ada.email })
  await asking.open('/elevations')
  await asking.page.getByRole('button', { name: 'Ask for a role' }).first().click()
  const form = asking.page.getByRole('dialog')
  await asking.choose(form, 'Role', 'auditor')
  await form.getByLabel('Why').fill('the yearly audit')
  await form.getByRole('button', { name: 'Ask for a role' }).click()
  await asking.page.getByText('waits for approval').waitFor()
  await visitor.open('/elevations')
  await visitor.page
    .getByRole('row', { name: /the yearly audit/ })
    .getByRole('button', { name: 'Approve' })
    .click()
  await visitor.page.getByText('approved', { exact: true }).waitFor()
  await asking.leave()
})

test('a denial names people and roles, says by what each permission fails, and what it would need', skip, async () => {
  await visitor.open('/explorer')
  await visitor.page.getByRole('tab', { name: 'Why, or why not?' }).click()
  await visitor.choose(visitor.page, 'Who (empty: you)', second.email)
  await visitor.page.getByLabel('Action').fill('edit')
  await visitor.page.getByLabel('Resource').fill('document/17')
  await visitor.button('Ask').click()
  await visitor.page.getByText('Denied').waitFor()
  await visitor.page.getByText(/^Decision /).waitFor()
  await visitor.page.getByText('Or, by editor, that: principal in Role::"editor"').waitFor()
  await visitor.page.getByText(`principal is User::"${second.email}"`).first().waitFor()
  await visitor.page.getByText('permission of', { exact: true }).first().waitFor()
  assert.equal(await visitor.page.getByText('permits', { exact: true }).count(), 0)
  await visitor.requireAccessible('why, or why not')
})

test(
  'a review whose grants are all decided says what comes next; a row says what its role permits and by whom',
  skip,
  async () => {
    await visitor.open('/reviews')
    await visitor.page.getByRole('link', { name: 'Spring' }).click()
    await visitor.page.getByText(/The review closes by itself/).waitFor()
    assert.equal(await visitor.button('Cancel the review').count(), 0)
    const kept = visitor.page.getByRole('option', { name: /kept$/ })
    await kept.getByText(/Permits edit document · given by/).waitFor()
    await visitor.page.getByRole('option', { name: /ended$/ }).click()
    await visitor.page.getByRole('link', { name: 'Give editor again' }).waitFor()
    await visitor.requireAccessible('a review that is decided')
    await visitor.open('/reviews')
    await visitor.page.getByRole('row', { name: /Spring.*all decided/ }).waitFor()
  },
)

test('a role for a while is asked for on one resource', skip, async () => {
  await visitor.open('/elevations')
  await visitor.button('Ask for a role').first().click()
  await visitor.choose(visitor.dialog, 'Role', 'editor')
  await visitor.dialog.getByLabel('On', { exact: true }).fill('document/17')
  await visitor.dialog.getByLabel('Why').fill('one correction')
  await visitor.dialog.getByRole('button', { name: 'Ask for a role' }).click()
  await visitor.page.getByRole('row', { name: /editor document\/17 .*one correction/ }).waitFor()
})

async function give(to: Person): Promise<void> {
  const { body } = await server.call('GET', '/v1/roles')
  const { id } = body.roles.find(({ name }: { name: string }) => name === 'editor')
  const given = await server.call('POST', '/v1/grants', { role_id: id, user_id: to.id })
  assert.equal(given.status, 201, given.text)
}
