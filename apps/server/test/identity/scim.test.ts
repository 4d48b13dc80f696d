import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  directory,
  ENTERPRISE,
  GROUP,
  MESSAGES,
  PASSWORD,
  patch,
  somebody,
  USER,
  unique,
  wrong,
} from '../support/directory.ts'
import { tokenIn } from '../support/mail.ts'
import { HERE } from '../support/openid.ts'

const { server, mails, client, newClient, admin, scim, made, find, session, withPassword, mine, stop } =
  await directory()
after(stop)

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
  const mark = `mark${unique()}`
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
  const externalId = `e${unique()}`
  const { id, userName } = await made({ externalId })
  const taken = await scim('POST', '/Users', somebody({ userName: userName.toUpperCase() }))
  assert.match(taken.headers.get('content-type') ?? '', /^application\/scim\+json/)
  assert.deepEqual(taken.body, {
    schemas: [`${MESSAGES}:Error`],
    ...{ status: '409', scimType: 'uniqueness', detail: 'The name is taken; choose another, or change what has it' },
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
  assert.equal((await scim('POST', '/Users', somebody(), {}, server.token)).status, 403, 'a person is no client')
  for (const path of ['/v1/users', '/v1/groups', '/v1/audit/events', '/v1/tokens'])
    assert.equal((await server.call('GET', path, undefined, { token: client.token })).status, 403, path)
  await admin('PATCH', `/v1/service-accounts/${client.id}`, { is_enabled: false })
  assert.equal((await scim('GET', '/Users')).status, 401)
  await admin('PATCH', `/v1/service-accounts/${client.id}`, { is_enabled: true })
  assert.equal((await scim('GET', '/Users')).status, 200)
})

test('an administrator sees how many people and groups a directory keeps, and when it last came', async () => {
  const { id, token } = await newClient()
  const mineOf = async () => {
    const { body } = await admin('GET', '/v1/service-accounts')
    return body.service_accounts.find((one: { id: string }) => one.id === id)
  }
  const before = await mineOf()
  assert.deepEqual([before.people, before.groups, before.last_used_at], [0, 0, null])
  const [, gone] = [await made({}, token), await made({}, token)]
  await scim('POST', '/Groups', { schemas: [GROUP], displayName: `Crew ${unique()}` }, {}, token)
  const kept = await mineOf()
  assert.deepEqual([kept.people, kept.groups], [2, 1])
  assert.ok(Date.parse(kept.last_used_at) > Date.now() - 120_000)
  assert.equal((await scim('DELETE', `/Users/${gone.id}`, undefined, {}, token)).status, 204)
  assert.equal((await mineOf()).people, 1)
})

test('a tenant’s people are nobody to another’s directory, whatever it asks', async () => {
  const bravo = await server.secondTenant(`bravo${unique()}`)
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
    const member = { schemas: [GROUP], displayName: `g${unique()}`, members: [{ value: hidden }] }
    assert.deepEqual(wrong(await scim('POST', '/Groups', member)), [400, 'invalidValue'])
  }
  assert.equal((await find(`userName eq "${userName}"`)).body.totalResults, 0)
  assert.deepEqual(wrong(await scim('POST', '/Users', somebody({ userName }))), [409, 'uniqueness'])
})

test('whose scopes a directory has not is not renamed by it, nor given another address; a PUT that says nothing of active leaves it', async () => {
  const { id, userName } = await withPassword()
  await server.sql(`UPDATE security_users SET scopes = '{audit:read_personal}' WHERE id = $1`, [id])
  const renamed = await scim(
    'PATCH',
    `/Users/${id}`,
    patch({ op: 'replace', path: 'userName', value: 'mallory@example.org' }),
  )
  assert.equal(renamed.status, 403)
  await admin('POST', `/v1/users/${id}/deactivate`)
  const put = await scim('PUT', `/Users/${id}`, { ...somebody(), userName, title: 'x' })
  assert.deepEqual([put.status, put.body.active, put.body.title], [200, false, 'x'])
})

test('what is kept of a person, and what one request does, is bounded', async () => {
  const { id } = await made()
  const values = Array.from({ length: 90 }, (_, i) => ({ value: `${i}${'x'.repeat(1_900)}` }))
  assert.deepEqual(wrong(await scim('PATCH', `/Users/${id}`, patch({ op: 'add', path: 'roles', value: values }))), [
    400,
    'invalidValue',
  ])
  const many = Array.from({ length: 101 }, () => ({ op: 'add', path: 'title', value: 'x' }))
  assert.equal((await scim('PATCH', `/Users/${id}`, patch(...many))).status, 400)
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
