import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type MailServer, mailServer, tokenIn } from '../support/mail.ts'
import { CLIENT, HERE, type OpenIdServer, openIdServer } from '../support/openid.ts'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0'
const PASSWORD = 'a long enough pass phrase'

let server: TestServer
let mails: MailServer
let provider: OpenIdServer
let client: { id: string; token: string }
before(async () => {
  mails = await mailServer()
  provider = await openIdServer()
  server = await testServer({
    ...{ public_url: HERE, identity_providers_inside: 'true' },
    ...{ smtp_url: mails.url, mail_from: 'probity@example.org' },
  })
  client = await newClient()
})
after(async () => {
  await server.stop()
  await provider.stop()
  await mails.stop()
})

let count = 0
/** A service account with a token that provisions. */
async function newClient(more: object = {}, token = server.token): Promise<{ id: string; token: string }> {
  const made = await server.call('POST', '/v1/service-accounts', { name: `directory ${++count}`, ...more }, { token })
  assert.equal(made.status, 201, made.text)
  const body = { name: 'scim', scopes: ['identity:provision'], service_account_id: made.body.id }
  const given = await server.call('POST', '/v1/tokens', body, { token })
  assert.equal(given.status, 201, given.text)
  return { id: made.body.id, token: given.body.token }
}
const admin = (method: string, path: string, body?: unknown) => server.call(method, path, body)
function scim(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  token = client.token,
) {
  const type = body === undefined ? {} : { 'content-type': 'application/scim+json' }
  return server.call(method, `/scim/v2${path}`, body, { token, headers: { ...type, ...headers } })
}
function somebody(more: object = {}): { userName: string } & Record<string, unknown> {
  return {
    schemas: [USER],
    userName: `person${++count}@example.org`,
    name: { givenName: 'Ada', familyName: 'L' },
    ...more,
  }
}
async function made(more: object = {}, token = client.token): Promise<Answer['body']> {
  const answer = await scim('POST', '/Users', somebody(more), {}, token)
  assert.equal(answer.status, 201, answer.text)
  return answer.body
}
const patch = (...Operations: object[]) => ({ schemas: [`${MESSAGES}:PatchOp`], Operations })
const find = (filter: string, token = client.token) =>
  scim('GET', `/Users?filter=${encodeURIComponent(filter)}`, undefined, {}, token)
const wrong = ({ status, body }: Answer) => [status, body.scimType]

/** A session of somebody who has a password, whom the client sees. */
async function session(id: string): Promise<string> {
  const { body } = await admin('GET', `/v1/users/${id}`)
  const opened = await server.call(
    'POST',
    '/v1/auth/login',
    { credential_type: 'username_password', tenant: 'first', username: body.username, password: PASSWORD },
    { token: null },
  )
  assert.equal(opened.status, 200, opened.text)
  return opened.body.access_token
}
async function withPassword(more: object = {}): Promise<Answer['body']> {
  const person = await made(more)
  const token = tokenIn(await mails.next(person.userName))
  const set = await server.call('POST', '/v1/auth/invitation', { token, password: PASSWORD }, { token: null })
  assert.equal(set.status, 200, set.text)
  return person
}
const mine = (token: string) => server.call('GET', '/v1/me', undefined, { token })

test('a person whom a directory makes has an account, is invited, and is what the directory said', async () => {
  const sent = somebody({
    externalId: 'E-1',
    displayName: 'Ada',
    emails: [
      { value: 'home@example.net', type: 'home' },
      { value: 'ada-at-work@example.org', type: 'work', primary: true },
    ],
    schemas: [USER, ENTERPRISE],
    [ENTERPRISE]: { department: 'Research', employeeNumber: '7', manager: { value: 'x' } },
  })
  const answer = await scim('POST', '/Users', sent)
  assert.equal(answer.status, 201, answer.text)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/scim\+json/)
  const { id, meta, ...rest } = answer.body
  assert.deepEqual(rest, { ...sent, active: true })
  assert.equal(answer.headers.get('location'), `${HERE}/scim/v2/Users/${id}`)
  assert.deepEqual(
    [meta.resourceType, meta.location, meta.version],
    ['User', `${HERE}/scim/v2/Users/${id}`, answer.headers.get('etag')],
  )
  const user = await admin('GET', `/v1/users/${id}`)
  assert.deepEqual(
    [user.body.username, user.body.email, user.body.display_name, user.body.status, user.body.scopes],
    [sent.userName, 'ada-at-work@example.org', 'Ada', 'invited', []],
  )
  assert.equal(tokenIn(await mails.next('ada-at-work@example.org')).startsWith('prb_li_'), true)
  assert.deepEqual((await scim('GET', `/Users/${id}`)).body, answer.body)
})

test('what a directory says of people stands nowhere in the database as it is', async () => {
  await made({ title: 'Keeper of Xylophones', externalId: 'xylophone-77' })
  const [found] = await server.sql(
    `SELECT string_agg(u::text || coalesce(p::text, ''), '') AS all FROM security_users u LEFT JOIN scim_people p USING (tenant_id)`,
  )
  const hex = (text: string) => Buffer.from(text).toString('hex')
  for (const text of ['Xylophones', 'xylophone-77']) {
    assert.equal(found?.all.includes(text), false)
    assert.equal(found?.all.includes(hex(text)), false)
  }
})

test('people are found by name in any case, by the directory’s id, and by what else is known; in pages and in order', async () => {
  const mark = `mark${++count}`
  const people = []
  for (const title of ['b', 'A', 'c'])
    people.push(await made({ title, nickName: mark, externalId: `${mark}-${title}` }))
  const [first] = people
  assert.deepEqual((await find(`userName eq "${first.userName.toUpperCase()}"`)).body.Resources, [first])
  assert.deepEqual((await find(`externalId eq "${mark}-b"`)).body.Resources, [first])
  assert.equal((await find(`externalId eq "${mark}-B"`)).body.totalResults, 0)
  assert.deepEqual((await find(`id eq "${first.id}" and nickName eq "${mark}"`)).body.Resources, [first])
  const query = `filter=${encodeURIComponent(`nickName eq "${mark}"`)}&sortBy=title&sortOrder=descending&startIndex=2&count=1`
  const page = await scim('GET', `/Users?${query}&attributes=title`)
  const shown = { schemas: [USER], id: first.id, title: 'b' }
  assert.deepEqual(page.body, {
    schemas: [`${MESSAGES}:ListResponse`],
    ...{ totalResults: 3, startIndex: 2, itemsPerPage: 1, Resources: [shown] },
  })
  const searched = await scim('POST', '/Users/.search', {
    schemas: [`${MESSAGES}:SearchRequest`],
    ...{ filter: `nickName eq "${mark}"`, excludedAttributes: ['name', 'emails', 'meta'], count: 2 },
  })
  assert.equal(searched.body.totalResults, 3)
  assert.deepEqual(Object.keys(searched.body.Resources[0]).sort(), [
    'active',
    'displayName',
    'externalId',
    'id',
    'nickName',
    'schemas',
    'title',
    'userName',
  ])
  const all = await scim('GET', '/Users?count=0')
  assert.ok(all.body.totalResults >= 3 && all.body.Resources.length === 0)
})

test('a directory that turns somebody off ends their sessions at once, and lets them in again', async () => {
  const { id } = await withPassword()
  const token = await session(id)
  assert.equal((await mine(token)).status, 200)
  const off = await scim('PATCH', `/Users/${id}`, patch({ op: 'Replace', path: 'active', value: 'False' }))
  assert.deepEqual([off.status, off.body.active], [200, false])
  assert.equal((await mine(token)).status, 401)
  assert.equal((await admin('GET', `/v1/users/${id}`)).body.status, 'deactivated')
  const on = await scim('PATCH', `/Users/${id}`, patch({ op: 'replace', value: { active: true } }))
  assert.equal(on.body.active, true)
  assert.equal((await mine(token)).status, 401)
  await session(id)
})

test('whom an administrator suspended, a directory does not let in again', async () => {
  const { id } = await withPassword()
  await admin('POST', `/v1/users/${id}/suspend`)
  const on = await scim('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: true }))
  assert.equal(on.body.active, false)
  assert.equal((await admin('GET', `/v1/users/${id}`)).body.status, 'suspended')
})

test('whom a directory takes away is gone for it, their sessions end, and the name is free', async () => {
  const { id, userName } = await withPassword()
  const token = await session(id)
  const gone = await scim('DELETE', `/Users/${id}`)
  assert.deepEqual([gone.status, gone.text], [204, ''])
  assert.equal((await mine(token)).status, 401)
  for (const answer of [await scim('GET', `/Users/${id}`), await scim('DELETE', `/Users/${id}`)])
    assert.equal(answer.status, 404)
  assert.equal((await find(`userName eq "${userName}"`)).body.totalResults, 0)
  assert.equal((await admin('GET', `/v1/users/${id}`)).status, 404)
  const again = await scim('POST', '/Users', somebody({ userName }))
  assert.equal(again.status, 201)
  assert.notEqual(again.body.id, id)
})

test('PUT puts all in the place of what was; a version that is not there any more is refused', async () => {
  const { id, userName, meta } = await made({ title: 'x', nickName: 'y' })
  const put = (body: object, headers = {}) => scim('PUT', `/Users/${id}`, { ...somebody(), userName, ...body }, headers)
  const changed = await put({ nickName: 'z' }, { 'if-match': meta.version })
  assert.deepEqual([changed.status, changed.body.title, changed.body.nickName], [200, undefined, 'z'])
  assert.notEqual(changed.body.meta.version, meta.version)
  assert.deepEqual((await put({ nickName: 'w' }, { 'if-match': meta.version })).status, 412)
  assert.equal((await scim('DELETE', `/Users/${id}`, undefined, { 'if-match': meta.version })).status, 412)
  const kept = await scim('GET', `/Users/${id}`, undefined, { 'if-none-match': changed.body.meta.version })
  assert.deepEqual([kept.status, kept.text], [304, ''])
  const same = await put({ nickName: 'z' })
  assert.equal(same.body.meta.version, changed.body.meta.version, 'the same again changes nothing')
})

test('changes of one person at once are all done', async () => {
  const { id } = await made()
  const names = ['title', 'nickName', 'locale', 'timezone']
  const answers = await Promise.all(
    names.map((path) => scim('PATCH', `/Users/${id}`, patch({ op: 'add', path, value: 'x' }))),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  const { body } = await scim('GET', `/Users/${id}`)
  assert.deepEqual(
    names.map((name) => body[name]),
    ['x', 'x', 'x', 'x'],
  )
})

test('errors are SCIM’s: kind, status and what to do', async () => {
  const externalId = `e${++count}`
  const { id, userName } = await made({ externalId })
  const taken = await scim('POST', '/Users', somebody({ userName: userName.toUpperCase() }))
  assert.match(taken.headers.get('content-type') ?? '', /^application\/scim\+json/)
  assert.deepEqual(taken.body, {
    schemas: [`${MESSAGES}:Error`],
    ...{ status: '409', scimType: 'uniqueness', detail: 'The name is taken' },
  })
  assert.deepEqual(wrong(await scim('POST', '/Users', somebody({ externalId }))), [409, 'uniqueness'])
  assert.deepEqual(wrong(await scim('POST', '/Users', somebody({ userName: 'nobody-without-address' }))), [
    400,
    'invalidValue',
  ])
  assert.deepEqual(wrong(await scim('POST', '/Users', somebody({ userName: 'аdmin@example.org' }))), [
    400,
    'invalidValue',
  ])
  assert.deepEqual(wrong(await scim('POST', '/Users', somebody({ password: PASSWORD }))), [400, 'invalidValue'])
  assert.deepEqual(wrong(await scim('POST', '/Users', { userName: 'x@example.org' })), [400, 'invalidSyntax'])
  assert.deepEqual(wrong(await scim('POST', '/Users', somebody({ scopes: ['tenant:admin'] }))), [400, 'invalidSyntax'])
  assert.deepEqual(wrong(await find('userName eq')), [400, 'invalidFilter'])
  assert.deepEqual(wrong(await scim('GET', '/Users?sortBy=nobody')), [400, 'invalidPath'])
  assert.deepEqual(wrong(await scim('PATCH', `/Users/${id}`, patch({ op: 'remove' }))), [400, 'noTarget'])
  assert.deepEqual(wrong(await scim('PATCH', `/Users/${id}`, { schemas: [], Operations: [] })), [400, 'invalidValue'])
  assert.equal((await scim('GET', '/Users/none')).body.status, '404')
  const text = await scim('POST', '/Users', somebody(), { 'content-type': 'text/plain' })
  assert.deepEqual([text.status, text.body.schemas], [415, [`${MESSAGES}:Error`]])
  const elsewhere = await server.call(
    'POST',
    '/v1/tokens',
    {},
    { headers: { 'content-type': 'application/scim+json' } },
  )
  assert.equal(elsewhere.status, 415)
})

test('a token of other scopes provisions nobody, and one that provisions does nothing else', async () => {
  const { body } = await admin('POST', '/v1/tokens', { name: 'x', scopes: ['audit:read', 'audit:write'] })
  const refused = await scim('GET', '/Users', undefined, {}, body.token)
  assert.deepEqual([refused.status, refused.body.schemas], [403, [`${MESSAGES}:Error`]])
  assert.equal((await server.call('GET', '/scim/v2/Users', undefined, { token: null })).status, 401)
  for (const path of ['/v1/users', '/v1/groups', '/v1/audit/events', '/v1/tokens'])
    assert.equal((await server.call('GET', path, undefined, { token: client.token })).status, 403, path)
  await admin('PATCH', `/v1/service-accounts/${client.id}`, { is_enabled: false })
  assert.equal((await scim('GET', '/Users')).status, 401)
  await admin('PATCH', `/v1/service-accounts/${client.id}`, { is_enabled: true })
  assert.equal((await scim('GET', '/Users')).status, 200)
})

test('a tenant’s people are nobody to another’s directory, whatever it asks', async () => {
  const bravo = await server.secondTenant(`bravo${++count}`)
  const theirs = await newClient({}, bravo.token)
  const { id, userName } = await made({ nickName: 'ours' })
  for (const filter of [
    `id eq "${id}"`,
    `userName eq "${userName}"`,
    'nickName eq "ours"',
    'userName pr and nickName eq "ours" or id pr and nickName eq "ours"',
  ])
    assert.equal((await find(filter, theirs.token)).body.totalResults, 0, filter)
  const other = (method: string, path: string, body?: unknown) => scim(method, path, body, {}, theirs.token)
  for (const answer of [
    await other('GET', `/Users/${id}`),
    await other('PUT', `/Users/${id}`, somebody()),
    await other('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: false })),
    await other('DELETE', `/Users/${id}`),
  ])
    assert.equal(answer.status, 404)
  const member = await other('POST', '/Groups', { schemas: [GROUP], displayName: 'x', members: [{ value: id }] })
  assert.deepEqual(wrong(member), [400, 'invalidValue'])
  assert.equal((await other('GET', '/Groups')).body.totalResults, 0)
  assert.equal((await other('POST', '/Users', somebody({ userName }))).status, 201, 'names are unique within a tenant')
})

test('break-glass accounts and operators are not there for a directory', async () => {
  const { id, userName } = await withPassword()
  await server.sql('UPDATE security_users SET is_break_glass = true WHERE id = $1', [id])
  for (const hidden of [id, server.userId]) {
    assert.equal((await scim('GET', `/Users/${hidden}`)).status, 404)
    assert.equal((await scim('DELETE', `/Users/${hidden}`)).status, 404)
    const member = { schemas: [GROUP], displayName: `g${++count}`, members: [{ value: hidden }] }
    assert.deepEqual(wrong(await scim('POST', '/Groups', member)), [400, 'invalidValue'])
  }
  assert.equal((await find(`userName eq "${userName}"`)).body.totalResults, 0)
  assert.deepEqual(wrong(await scim('POST', '/Users', somebody({ userName }))), [409, 'uniqueness'])
})

test('an administrator is not renamed by a directory, nor given another address, which a reset link would go to', async () => {
  const { id } = await withPassword()
  await server.sql(`UPDATE security_users SET scopes = '{tenant:admin}' WHERE id = $1`, [id])
  for (const value of [{ userName: 'mallory@example.org' }, { emails: [{ value: 'mallory@example.org' }] }]) {
    const refused = await scim('PATCH', `/Users/${id}`, patch({ op: 'replace', value }))
    assert.equal(refused.status, 403, refused.text)
  }
  assert.equal(
    (await scim('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'title', value: 'CISO' }))).status,
    200,
  )
})

test('who is put into a group may what the group opens, at once, and no more when they are taken out', async () => {
  const { id } = await withPassword()
  const token = await session(id)
  const logs = () => server.call('GET', '/v1/audit/events?limit=1', undefined, { token })
  assert.equal((await logs()).status, 403)
  const group = await scim('POST', '/Groups', {
    schemas: [GROUP],
    displayName: `Auditors ${++count}`,
    externalId: 'g1',
  })
  assert.equal(group.status, 201, group.text)
  const path = `/Groups/${group.body.id}`
  const opens = await admin('PATCH', `/v1/groups/${group.body.id}`, { scopes: ['audit:read'] })
  assert.deepEqual([opens.status, opens.body.managed_by], [200, client.id])
  const added = await scim('PATCH', path, patch({ op: 'add', path: 'members', value: [{ value: id }] }))
  assert.deepEqual(added.body.members, [{ value: id, $ref: `${HERE}/scim/v2/Users/${id}`, type: 'User' }])
  assert.equal((await logs()).status, 200)
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
  const ours = await admin('POST', '/v1/groups', { name: `Owners ${++count}`, scopes: ['tenant:admin'] })
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
  const mark = ++count
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

test('whom a directory keeps logs in at its provider without an account of their own making; nobody else by their address', async () => {
  const connection = await admin('POST', '/v1/connections', {
    ...{ name: `idp${++count}`, issuer: provider.issuer, client_id: CLIENT.id, client_secret: CLIENT.secret },
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
  const sub = `sub-${count}`
  const bySubject = await made({ externalId: sub }, token)
  provider.people.set(sub, { sub })
  const opened = await signIn(sub)
  assert.deepEqual([opened.status, opened.body.user_id], [200, bySubject.id])
  const byAddress = await made({}, token)
  provider.people.set('unproven', { sub: 'unproven', email: byAddress.userName, email_verified: false })
  assert.equal((await signIn('unproven')).status, 409)
  provider.people.set('proven', { sub: 'proven', email: byAddress.userName, email_verified: true })
  assert.equal((await signIn('proven')).body.user_id, byAddress.id)
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
