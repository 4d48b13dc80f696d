import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { NO_CHROMIUM } from '../support/chromium.ts'
import { closeChromium, Visitor } from '../support/console.ts'
import { person } from '../support/people.ts'
import { policyWritten } from '../support/policies.ts'
import { type TestServer, testServer } from '../support/server.ts'

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

test('a token is made and shown once; revoked, it is refused', skip, async () => {
  await visitor.open('/tokens')
  await visitor.button('Make a token').click()
  await visitor.dialog.getByLabel('Name').fill('shop')
  await visitor.dialog.getByRole('button', { name: 'Make a token' }).click()
  const token = (await visitor.dialog.locator('code').textContent()) ?? ''
  assert.match(token, /^prb_/)
  await visitor.dialog.getByRole('button', { name: 'I kept it' }).click()
  const event = { event_type: 'a.b', user_id: 'x', action: 'do', outcome: 'Success' }
  const send = () => server.call('POST', '/v1/audit/events', event, { token })
  assert.equal((await send()).status, 200)
  const row = visitor.page.getByRole('row', { name: /shop/ })
  await row.getByRole('button', { name: 'Revoke' }).click()
  await visitor.dialog.getByRole('button', { name: 'Revoke' }).click()
  await row.getByText('revoked', { exact: true }).waitFor()
  assert.equal((await send()).status, 401)
  assert.equal(await visitor.page.getByText(token).count(), 0)
})

test('the key of the log is there to be handed out, and turned after a question', skip, async () => {
  await visitor.open('/keys')
  await visitor.page.getByText('Verifier key, the newest').waitFor()
  const before = (await server.call('GET', '/v1/audit/key')).body.keys
  await visitor.button('Turn').first().click()
  await visitor.dialog.getByRole('button', { name: 'Turn' }).click()
  await visitor.page.getByText('Verifier key from before').waitFor()
  const after = (await server.call('GET', '/v1/audit/key')).body.keys
  assert.deepEqual(after.slice(1), before)
})

test('the epoch of the root key is turned, and the page says which it is now', skip, async () => {
  await visitor.open('/keys')
  const epoch = (await server.call('GET', '/v1/operations')).body.epoch
  await visitor.button('Turn the epoch').click()
  await visitor.dialog.getByRole('button', { name: 'Turn the epoch' }).click()
  await visitor.page.getByText(new RegExp(`Epoch ${epoch + 1}: `)).waitFor()
})

test('health says that the server works, what its jobs do, and what its data takes', skip, async () => {
  await visitor.open('/health')
  await visitor.page.getByText('The database answers').waitFor()
  await visitor.page.getByRole('row', { name: /Verify all logs.*daily at \d\d:\d\d/ }).waitFor()
  await visitor.page.getByRole('row', { name: /Finish and tidy up/ }).waitFor()
  await visitor.page.getByRole('row', { name: /audit_bundles/ }).waitFor()
})

test('a tenant is made with its set-up link, suspended by its name and reactivated', skip, async () => {
  await visitor.open('/tenants')
  await visitor.button('Create a tenant').click()
  await visitor.dialog.getByLabel('Name').fill('Harbour')
  await visitor.dialog.getByRole('button', { name: 'Create a tenant' }).click()
  await visitor.page.getByRole('dialog', { name: 'Set-up link of Harbour' }).waitFor()
  assert.match((await visitor.dialog.locator('code').textContent()) ?? '', /\/setup#prb_/)
  await visitor.dialog.getByRole('button', { name: 'Close' }).last().click()
  const row = visitor.page.getByRole('row', { name: /Harbour/ })
  await row.getByRole('button', { name: 'Suspend' }).click()
  await visitor.dialog.getByLabel('Type Harbour to go on').fill('Harbour')
  await visitor.dialog.getByRole('button', { name: 'Suspend' }).click()
  await row.getByText('suspended', { exact: true }).waitFor()
  await row.getByRole('button', { name: 'Reactivate' }).click()
  await row.getByText('active', { exact: true }).waitFor()
})

test('the overview says what is left to set up, and what happened of late', skip, async () => {
  await visitor.open('/')
  await visitor.page.getByRole('heading', { name: 'To begin with' }).waitFor()
  await visitor.page.getByText('Invite a colleague').waitFor()
  await visitor.page
    .getByRole('table')
    .or(visitor.page.getByRole('region', { name: 'What happened of late' }))
    .first()
    .waitFor()
})

test('what waits for an answer is on the overview, with what leads there; nothing else is', skip, async () => {
  await visitor.open('/')
  await visitor.page.getByRole('heading', { name: 'To begin with' }).waitFor()
  const second = await person(server, { scopes: ['tenant:admin'] })
  const { id, policy_name } = await policyWritten(server, 'forbid (principal, action == Action::"burn", resource);')
  await server.call('POST', `/v1/policies/${id}/versions/1/submit`, { accept_warnings: true })
  const asked = { role: 'auditor', duration_seconds: 600, reason: 'a look' }
  const asking = await person(server)
  assert.equal((await server.call('POST', '/v1/elevations', asked, { token: asking.token })).status, 201)
  const [{ id: role_id }] = (await server.call('GET', '/v1/roles')).body.roles
  assert.equal((await server.call('POST', '/v1/grants', { role_id, user_id: asking.id })).status, 201)
  const due_at = new Date(Date.now() + 864e5).toISOString()
  await server.call('POST', '/v1/access/reviews', { name: 'Autumn', everything: true, due_at })
  const approver = await Visitor.loggedIn(server, { username: second.email })
  await approver.open('/')
  await approver.page.getByRole('heading', { name: 'Waits for you' }).waitFor()
  await approver.page.getByText('one grant to decide').waitFor()
  await approver.page.getByRole('link', { name: 'One role is asked for' }).waitFor()
  await approver.page.getByRole('link', { name: policy_name }).click()
  await approver.page.getByRole('heading', { name: policy_name }).waitFor()
  await approver.leave()
  await visitor.open('/')
  await visitor.page.getByRole('heading', { name: 'Waits for you' }).waitFor()
  assert.equal(await visitor.page.getByRole('link', { name: policy_name }).count(), 0, 'one’s own waits for others')
})

test('whoever administers nothing sees on the overview what they may do, and by which role', skip, async () => {
  const reader = await person(server)
  const role = await server.call('POST', '/v1/roles', {
    name: 'reader',
    permissions: [{ resource: 'document', action: 'read' }],
  })
  const extent = { resource_type: 'document', resource_id: '17' }
  await server.call('POST', '/v1/grants', { role_id: role.body.id, user_id: reader.id, ...extent })
  const visiting = await Visitor.loggedIn(server, { username: reader.email })
  await visiting.open('/')
  await visiting.page.getByRole('heading', { name: 'What you may do' }).waitFor()
  await visiting.page.getByText(/read document · by the role reader · On document\/17/).waitFor()
  assert.equal(await visiting.page.getByRole('heading', { name: 'Waits for you' }).count(), 0)
  await visiting.requireAccessible('the overview of a reader')
  await visiting.leave()
})
