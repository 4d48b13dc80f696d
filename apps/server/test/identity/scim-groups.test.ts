import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { directory, ENTERPRISE, GROUP, MESSAGES, patch, somebody, USER, unique, wrong } from '../support/directory.ts'
import { CLIENT, HERE, openIdServer } from '../support/openid.ts'
import { until } from '../support/server.ts'

const { server, client, newClient, admin, scim, made, session, withPassword, stop } = await directory()
after(stop)

test('who is put into a group may what the group opens, at once, and no more when they are taken out', async () => {
  const { id } = await withPassword()
  const token = await session(id)
  const logs = () => server.call('GET', '/v1/audit/events?limit=1', undefined, { token })
  assert.equal((await logs()).status, 403)
  const group = await scim('POST', '/Groups', {
    schemas: [GROUP],
    displayName: `Auditors ${unique()}`,
    externalId: 'g1',
  })
  assert.equal(group.status, 201, group.text)
  const path = `/Groups/${group.body.id}`
  const opens = await admin('PATCH', `/v1/groups/${group.body.id}`, { scopes: ['audit:read'] })
  assert.deepEqual([opens.status, opens.body.managed_by], [200, client.id])
  const added = await scim('PATCH', path, patch({ op: 'add', path: 'members', value: [{ value: id }] }))
  assert.deepEqual(added.body.members, [{ value: id, $ref: `${HERE}/scim/v2/Users/${id}`, type: 'User' }])
  assert.equal((await logs()).status, 200)
  const renamed = await scim(
    'PATCH',
    `/Users/${id}`,
    patch(
      { op: 'replace', path: 'displayName', value: 'New' },
      { op: 'replace', path: 'userName', value: `renamed${unique()}@example.org` },
    ),
  )
  assert.equal(renamed.status, 200, 'what its own groups open, the client may give anyhow')
  const shown = await scim('GET', `/Users/${id}`)
  assert.deepEqual(
    shown.body.groups.map((one: { display: string }) => one.display),
    [group.body.displayName],
  )
  assert.deepEqual((await admin('GET', `/v1/users/${id}`)).body.group_scopes, ['audit:read'])
  const listed = await scim('GET', `/Groups?filter=${encodeURIComponent(`members.value eq "${id}"`)}`)
  assert.deepEqual(
    listed.body.Resources.map((one: { id: string }) => one.id),
    [group.body.id],
  )
  await scim('PATCH', path, patch({ op: 'remove', path: `members[value eq "${id}"]` }))
  assert.equal((await logs()).status, 403)
  await scim('PUT', path, { schemas: [GROUP], displayName: group.body.displayName, members: [{ value: id }] })
  assert.equal((await logs()).status, 200)
  assert.equal((await scim('DELETE', path)).status, 204)
  assert.equal((await logs()).status, 403)
})

test('a directory keeps its own groups alone, and says nothing of what they open', async () => {
  const ours = await admin('POST', '/v1/groups', { name: `Owners ${unique()}`, scopes: ['tenant:admin'] })
  assert.equal((await scim('GET', `/Groups/${ours.body.id}`)).status, 404)
  const { id } = await made()
  const add = patch({ op: 'add', path: 'members', value: [{ value: id }] })
  assert.equal((await scim('PATCH', `/Groups/${ours.body.id}`, add)).status, 404)
  const same = await scim('POST', '/Groups', {
    schemas: [GROUP],
    displayName: ours.body.name,
    members: [{ value: id }],
  })
  assert.equal(same.status, 201)
  assert.deepEqual((await admin('GET', `/v1/users/${id}`)).body.group_scopes, [])
  const opens = { schemas: [GROUP], displayName: 'x', scopes: ['tenant:admin'] }
  assert.deepEqual(wrong(await scim('POST', '/Groups', opens)), [400, 'invalidSyntax'])
  const other = await newClient()
  assert.equal((await scim('GET', `/Groups/${same.body.id}`, undefined, {}, other.token)).status, 404)
})

test('many at once: operations name each other by bulkId, in any order, and what fails is told with the rest', async () => {
  const mark = unique()
  const bulk = await scim('POST', '/Bulk', {
    schemas: [`${MESSAGES}:BulkRequest`],
    Operations: [
      {
        method: 'POST',
        path: '/Groups',
        bulkId: 'g',
        data: { schemas: [GROUP], displayName: `Bulk ${mark}`, members: [{ value: 'bulkId:a' }] },
      },
      { method: 'POST', path: '/Users', bulkId: 'a', data: somebody() },
      { method: 'post', path: '/Users', bulkId: 'b', data: { schemas: [USER] } },
      { method: 'PATCH', path: '/Users/bulkId:a', data: patch({ op: 'add', path: 'title', value: 'made' }) },
      { method: 'DELETE', path: '/Users/none' },
    ],
  })
  assert.equal(bulk.status, 200, bulk.text)
  const answers = bulk.body.Operations
  assert.deepEqual(
    answers.map((one: { status: string }) => one.status),
    ['201', '201', '400', '200', '404'],
  )
  assert.equal(answers[2].response.scimType, 'invalidValue')
  const group = await scim('GET', answers[0].location.replace(`${HERE}/scim/v2`, ''))
  const person = await scim('GET', answers[1].location.replace(`${HERE}/scim/v2`, ''))
  assert.deepEqual(
    group.body.members.map((one: { value: string }) => one.value),
    [person.body.id],
  )
  assert.equal(person.body.title, 'made')
  const stops = await scim('POST', '/Bulk', {
    ...{ schemas: [`${MESSAGES}:BulkRequest`], failOnErrors: 1 },
    Operations: [
      { method: 'DELETE', path: '/Users/none' },
      { method: 'POST', path: '/Users', bulkId: 'c', data: somebody() },
    ],
  })
  assert.equal(stops.body.Operations.length, 1)
  const circle = await scim('POST', '/Bulk', {
    schemas: [`${MESSAGES}:BulkRequest`],
    Operations: ['x', 'y'].map((id) => ({
      ...{ method: 'POST', path: '/Users', bulkId: id },
      data: somebody({
        schemas: [USER, ENTERPRISE],
        [ENTERPRISE]: { manager: { value: `bulkId:${id === 'x' ? 'y' : 'x'}` } },
      }),
    })),
  })
  assert.deepEqual(
    circle.body.Operations.map((one: { status: string }) => one.status),
    ['400', '400'],
  )
  const many = Array.from({ length: 201 }, () => ({ method: 'DELETE', path: '/Users/none' }))
  assert.equal((await scim('POST', '/Bulk', { schemas: [`${MESSAGES}:BulkRequest`], Operations: many })).status, 413)
})

test('who gives a token that provisions may what the client’s groups open', async () => {
  const group = await scim('POST', '/Groups', { schemas: [GROUP], displayName: `Erasers ${unique()}` })
  await admin('PATCH', `/v1/groups/${group.body.id}`, { scopes: ['subject:erase'] })
  const small = await admin('POST', '/v1/tokens', { name: 'small', scopes: ['tenant:admin', 'identity:provision'] })
  const given = { name: 'x', scopes: ['identity:provision'], service_account_id: client.id }
  const refused = await server.call('POST', '/v1/tokens', given, { token: small.body.token })
  assert.deepEqual([refused.status, refused.body.details.required_scopes], [403, ['subject:erase']])
  await admin('PATCH', `/v1/groups/${group.body.id}`, { scopes: [] })
})

test('a client may ask what there is', async () => {
  const { body } = await scim('GET', '/ServiceProviderConfig')
  assert.deepEqual([body.patch.supported, body.bulk.maxOperations, body.etag.supported], [true, 200, true])
  const types = await scim('GET', '/ResourceTypes')
  assert.deepEqual(
    types.body.Resources.map((one: { id: string }) => one.id),
    ['User', 'Group'],
  )
  assert.deepEqual((await scim('GET', '/ResourceTypes/User')).body, types.body.Resources[0])
  const schemas = await scim('GET', '/Schemas')
  assert.deepEqual(
    schemas.body.Resources.map((one: { id: string }) => one.id),
    [USER, ENTERPRISE, GROUP],
  )
  assert.deepEqual((await scim('GET', `/Schemas/${ENTERPRISE}`)).body, schemas.body.Resources[1])
  assert.equal((await scim('GET', '/Schemas/none')).status, 404)
})

test('whom a directory keeps logs in at its provider without an account of their own making; nobody else by their address', async (onEnd) => {
  const provider = await openIdServer()
  onEnd.after(() => provider.stop())
  const connection = await admin('POST', '/v1/connections', {
    ...{ name: `idp${unique()}`, kind: 'oidc', secret: CLIENT.secret },
    settings: { issuer: provider.issuer, client_id: CLIENT.id },
  })
  const { token } = await newClient({ connection_id: connection.body.id })
  const signIn = async (sub: string) => {
    const { body } = await server.call(
      'POST',
      '/v1/auth/sso',
      { tenant: 'first', connection: connection.body.name },
      { token: null },
    )
    const parameters = await provider.browse(body.authorization_url, sub)
    return server.call(
      'POST',
      '/v1/auth/sso/finish',
      { request_token: body.request_token, parameters },
      { token: null },
    )
  }
  const sub = `sub-${unique()}`
  const bySubject = await made({ externalId: sub }, token)
  provider.people.set(sub, { sub })
  const opened = await signIn(sub)
  assert.deepEqual([opened.status, opened.body.user_id], [200, bySubject.id])
  const byAddress = await made({}, token)
  provider.people.set('unproven', { sub: 'unproven', email: byAddress.userName, email_verified: false })
  assert.equal((await signIn('unproven')).status, 409)
  provider.people.set('proven', { sub: 'proven', email: byAddress.userName, email_verified: true })
  assert.equal((await signIn('proven')).body.user_id, byAddress.id)
  await scim(
    'PATCH',
    `/Users/${byAddress.id}`,
    patch({ op: 'replace', path: 'externalId', value: 'colluder' }),
    {},
    token,
  )
  provider.people.set('colluder', { sub: 'colluder' })
  assert.equal((await signIn('colluder')).status, 409, 'a client that changes an id opens nobody’s account to another')
  provider.people.set('recycled', { sub: 'recycled', email: byAddress.userName, email_verified: true })
  assert.equal((await signIn('recycled')).status, 409, 'an address that was given to another opens nothing')
  const ours = await made()
  provider.people.set('other', { sub: 'other', email: ours.userName, email_verified: true })
  assert.equal((await signIn('other')).status, 409, 'whom another client keeps')
  await scim('PATCH', `/Users/${byAddress.id}`, patch({ op: 'replace', path: 'active', value: false }), {}, token)
  assert.equal((await signIn('proven')).status, 401)
  await scim('PATCH', `/Users/${byAddress.id}`, patch({ op: 'replace', path: 'active', value: true }), {}, token)
  assert.equal((await signIn('proven')).status, 200)
})

test('all that a directory does is an entry, by its service account', async () => {
  const { id } = await made({ title: 'Secret Title' })
  await scim('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: false }))
  await scim('DELETE', `/Users/${id}`)
  let text = ''
  await until('it is in the log', async () => {
    const { body } = await admin('GET', `/v1/audit/events?resource=user/${id}&limit=50`)
    text = JSON.stringify(body)
    return body.events.some((entry: { event_type: string }) => entry.event_type === 'user.deleted')
  })
  for (const type of ['user.provisioned', 'user.invited', 'user.changed', 'user.deactivated', 'user.deleted'])
    assert.ok(text.includes(`"${type}"`), type)
  assert.ok(text.includes(`service-account/${client.id}`))
  assert.equal(text.includes('Secret Title'), false)
})
