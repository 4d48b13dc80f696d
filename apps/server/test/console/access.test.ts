import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { NO_CHROMIUM } from '../support/chromium.ts'
import { closeChromium, Visitor } from '../support/console.ts'
import { type Person, person } from '../support/people.ts'
import { policyApproved, policyInForce, policyWritten } from '../support/policies.ts'
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

test('a policy is written and its fault shown; its tests run as it stands on the page', skip, async () => {
  await visitor.open('/policies')
  await visitor.button('Write a policy').first().click()
  await visitor.dialog.getByLabel('Name').fill('no shredding')
  await visitor.dialog.getByRole('button', { name: 'Write a policy' }).click()
  const rules = visitor.page.getByRole('textbox', { name: 'Rules, in Cedar' })
  await rules.click()
  await visitor.page.keyboard.press('Control+A')
  await visitor.page.keyboard.type('forbid (principal, action == Action::"shred", resource is document')
  await visitor.button('Save as version 2').click()
  await visitor.page.getByRole('alert').waitFor()
  await rules.click()
  await visitor.page.keyboard.press('Control+End')
  await visitor.page.keyboard.type(');')
  await visitor.page.getByLabel('What is claimed').fill('nobody shreds')
  await visitor.page.getByLabel('Does').fill('shred')
  await visitor.page.getByLabel('With').fill('document/17')
  await visitor.button('Add the test').click()
  await visitor.button('Run the tests').click()
  await visitor.page.getByText('1 passed, 0 failed').waitFor()
  await visitor.button('Save as version 2').click()
  await visitor.page.getByText('Version 2 · Access · Enforce').waitFor()
})

test('what a policy would have changed is replayed, and it counts once somebody else approved it', skip, async () => {
  await visitor.open('/policies')
  await visitor.page.getByRole('link', { name: 'no shredding' }).click()
  await visitor.button('Replay').click()
  await visitor.page.getByText(/tried again|Nothing was decided/).waitFor()
  await visitor.button('Submit for approval').click()
  await visitor.dialog.getByRole('button', { name: 'Submit for approval' }).click()
  const known = visitor.dialog.getByLabel('I know these warnings, and mean it')
  if (
    await known.waitFor({ timeout: 3_000 }).then(
      () => true,
      () => false,
    )
  ) {
    await known.check()
    await visitor.dialog.getByRole('button', { name: 'Submit for approval' }).click()
  }
  await visitor.page.getByText('Waits for somebody else to approve it').waitFor()
  assert.equal(await visitor.button('Approve').count(), 0, 'its author does not')
  const approver = await Visitor.loggedIn(server, { username: second.email })
  await approver.open('/policies')
  await approver.page.getByRole('link', { name: 'no shredding' }).click()
  await approver.page.getByRole('button', { name: 'Approve', exact: true }).click()
  await approver.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
  await approver.page.getByText('Counts now').waitFor()
  await approver.leave()
})

test(
  'whoever approves sees what was found, what changes line by line, and in the question the gravest of it',
  skip,
  async () => {
    const { id } = await policyWritten(server, 'permit (principal, action == Action::"file", resource is report);')
    await server.call('PATCH', `/v1/policies/${id}`, {
      policy_rules: {
        cedar:
          'permit (principal, action == Action::"file", resource is report);\nforbid (principal, action, resource);',
      },
    })
    const submitted = await server.call('POST', `/v1/policies/${id}/versions/2/submit`, { accept_warnings: true })
    assert.equal(submitted.status, 200, submitted.text)
    const approver = await Visitor.loggedIn(server, { username: second.email })
    await approver.open(`/policies/${id}`)
    await approver.page.getByRole('heading', { name: 'Before it is approved' }).waitFor()
    await approver.page.getByText('Forbids every action on everything to everyone').waitFor()
    await approver.page.getByText('+ forbid (principal, action, resource);').waitFor()
    await approver.page.getByText(/tried again|Nothing was decided/).waitFor()
    for (const theme of ['dark', 'light'] as const) {
      await approver.inTheme(theme)
      await approver.requireAccessible(`a policy in review, ${theme}`)
    }
    await approver.button('Approve').click()
    await approver.dialog
      .getByText(/The gravest that was found: Forbids every action on everything to everyone/)
      .waitFor()
    await approver.dialog.getByRole('button', { name: 'Cancel' }).click()
    await approver.button('Reject').click()
    await approver.page.getByText('rejected', { exact: true }).first().waitFor()
    await approver.leave()
  },
)

test(
  'a policy is switched off, on again and taken back to an earlier version, each by a question with its name',
  skip,
  async () => {
    const { id, policy_name } = await policyInForce(
      server,
      second.token,
      'forbid (principal, action == Action::"burn", resource is report);',
    )
    await visitor.open(`/policies/${id}`)
    await visitor.button('Switch off').click()
    await visitor.page.getByRole('dialog', { name: `Switch ${policy_name} off?` }).waitFor()
    await visitor.dialog.getByRole('button', { name: 'Switch off' }).click()
    await visitor.page.getByText('Version 2 is off').waitFor()
    assert.equal((await server.call('GET', `/v1/policies/${id}`)).body.current_version, 1)
    await policyApproved(server, second.token, { id, version: 2 })
    await visitor.open(`/policies/${id}`)
    await visitor.button('Switch on').waitFor()
    await visitor.button('Go back to version 1').click()
    await visitor.page.getByRole('dialog', { name: `Take ${policy_name} back to version 1?` }).waitFor()
    await visitor.dialog.getByRole('button', { name: 'Go back to version 1' }).click()
    await visitor.page.getByText('Version 3 · Access · Enforce').waitFor()
    await policyApproved(server, second.token, { id, version: 3 })
    assert.equal((await server.call('GET', `/v1/policies/${id}`)).body.current_version, 3)
  },
)

test('findings are told in words and names, in German too, and only of what is saved', skip, async () => {
  const { id } = await policyWritten(server, 'forbid (principal, action == Action::"edit", resource is document);')
  const german = await Visitor.loggedIn(server, { username: second.email }, { locale: 'de-CH' })
  await german.open(`/policies/${id}`)
  await german.button('Untersuchen').click()
  await german.page.getByText('Verweigert, was jetzt erlaubt ist').waitFor()
  await german.page.getByText(/irgendwer edit irgendein document/).waitFor()
  assert.equal(await german.page.getByText(/grants_|locks_out_|in particular/).count(), 0)
  await german.page.getByRole('textbox', { name: 'Regeln, in Cedar' }).click()
  await german.page.keyboard.type('// ')
  await german.page.getByText('Erst speichern').waitFor()
  await german.page.getByText('Verweigert, was jetzt erlaubt ist').waitFor({ state: 'detached' })
  await german.leave()
})

test('a test says whether it is of these rules alone, or as if something else permitted it', skip, async () => {
  const { id } = await policyWritten(server, 'forbid (principal, action == Action::"shred", resource is document);')
  await visitor.open(`/policies/${id}`)
  for (const claim of ['beside others', 'alone']) {
    if (claim === 'alone') await visitor.page.getByLabel('As if something else permitted it').uncheck()
    await visitor.page.getByLabel('What is claimed').fill(claim)
    await visitor.page.getByLabel('Does').fill('read')
    await visitor.page.getByLabel('With').fill('document/17')
    await visitor.choose(visitor.page, 'Expected', 'allow')
    await visitor.button('Add the test').click()
  }
  await visitor.button('Run the tests').click()
  await visitor.page.getByText('2 passed, 1 failed').waitFor()
  await visitor.page.getByText('By these rules alone').first().waitFor()
})

test('a policy of a type that is not enforced says so, where it is chosen and on its page', skip, async () => {
  await visitor.open('/policies')
  await visitor.button('Write a policy').click()
  await visitor.dialog.getByLabel('Name').fill('kept for a year')
  await visitor.choose(visitor.dialog, 'Type', 'Retention (kept, not enforced)')
  await visitor.dialog.getByRole('button', { name: 'Write a policy' }).click()
  await visitor.page.getByRole('heading', { name: 'kept for a year' }).waitFor()
  await visitor.page.getByText('Not enforced', { exact: true }).waitFor()
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
