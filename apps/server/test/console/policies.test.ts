import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { NO_CHROMIUM } from '../support/chromium.ts'
import { closeChromium, Visitor } from '../support/console.ts'
import { type Person, person } from '../support/people.ts'
import { policyApproved, policyInForce, policyWritten } from '../support/policies.ts'
import { type TestServer, testServer } from '../support/server.ts'

const skip = { skip: NO_CHROMIUM }
let server: TestServer
let visitor: Visitor
let second: Person
before(async () => {
  server = await testServer()
  second = await person(server, { scopes: ['tenant:admin'] })
  if (NO_CHROMIUM === false) visitor = await Visitor.loggedIn(server)
})
after(async () => {
  visitor?.requireClean()
  await closeChromium()
  await server.stop()
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
