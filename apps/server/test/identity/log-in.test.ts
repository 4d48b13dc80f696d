import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, beforeEach, test } from 'node:test'
import pg from 'pg'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

const PASSWORD = 'correct horse battery staple'
const ADMIN = 'admin@first.example'
/** Where Node tells of each request that a server begins to answer. */
const REQUEST_START = 'http.server.request.start'
/** Statements of the log's own workers, which a request only wakes. */
const BY_ITSELF = /audit_logs|audit_inbox WHERE/

let server: TestServer
before(async () => {
  server = await testServer({ trust_proxy: '127.0.0.1' })
})
after(() => server.stop())
beforeEach(() => server.sql('DELETE FROM login_attempts'))

/** Tries to log in from an address. */
function logIn(address: string, password = PASSWORD, username = ADMIN, tenant = 'first', at = server): Promise<Answer> {
  const body = { credential_type: 'username_password', tenant, username, password }
  return at.call('POST', '/v1/auth/login', body, { token: null, headers: { 'x-forwarded-for': address } })
}

const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status)
const many = <T>(count: number, work: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)))

async function oneByOne(count: number, work: (i: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let i = 0; i < count; i++) answers.push(await work(i))
  return answers
}

test('wrong passwords from one address are refused after five, also with the right one, until the pause is over', async () => {
  const answers = await oneByOne(7, () => logIn('192.0.2.1', 'wrong'))
  assert.deepEqual(statuses(answers), [401, 401, 401, 401, 401, 429, 429])
  assert.ok(Number(answers[6]?.headers.get('retry-after')) > 20)
  assert.equal((await logIn('192.0.2.1')).status, 429)
  await server.sql(`UPDATE login_attempts SET refused_until = now()`)
  assert.equal((await logIn('192.0.2.1')).status, 200)
})

test('guesses in parallel do not pass the limit', async () => {
  const answers = await many(30, (i) => logIn('192.0.2.2', `guess ${i}`))
  assert.equal(answers.filter(({ status }) => status === 401).length, 5)
  assert.equal(answers.filter(({ status }) => status === 429).length, 25)
})

test('guesses through two servers of one database do not pass the limit either', async () => {
  const second = await testServer({ trust_proxy: '127.0.0.1' }, server.installation)
  try {
    const answers = await many(30, (i) => logIn('192.0.2.20', `guess ${i}`, ADMIN, 'first', i % 2 ? server : second))
    assert.equal(answers.filter(({ status }) => status === 401).length, 5)
  } finally {
    await second.stop()
  }
})

test('a stranger’s wrong passwords do not keep out who logs in from elsewhere', async () => {
  await many(30, (i) => logIn('192.0.2.3', `guess ${i}`))
  assert.equal((await logIn('192.0.2.4')).status, 200)
})

test('guesses from many addresses are limited for the account; an address with a log-in before stays open', async () => {
  assert.equal((await logIn('198.51.100.1')).status, 200)
  const answers = await many(40, (i) => logIn(`203.0.113.${i}`, `guess ${i}`))
  assert.equal(answers.filter(({ status }) => status === 401).length, 20)
  assert.equal((await logIn('203.0.113.200')).status, 429)
  const [user] = await server.sql<{ failed_login_attempts: number; locked: boolean }>(
    'SELECT failed_login_attempts, locked_until > now() AS locked FROM security_users WHERE id = $1',
    [server.userId],
  )
  assert.deepEqual(user, { failed_login_attempts: 20, locked: true })
  assert.equal((await logIn('198.51.100.1')).status, 200)
  const [free] = await server.sql<{ failed_login_attempts: number; locked_until: Date | null }>(
    'SELECT failed_login_attempts, locked_until FROM security_users WHERE id = $1',
    [server.userId],
  )
  assert.deepEqual(free, { failed_login_attempts: 0, locked_until: null })
})

test('the name and the address of an account are one account', async () => {
  await oneByOne(5, () => logIn('192.0.2.5', 'wrong', ADMIN.toUpperCase()))
  assert.equal((await logIn('192.0.2.5', 'wrong', ADMIN)).status, 429)
})

test('an organisation is meant by its name in whatever case, where no other has it so', async () => {
  for (const [name, status] of [
    ['FIRST', 200],
    ['First', 200],
    ['firs', 401],
  ] as const)
    assert.equal((await logIn('192.0.2.77', PASSWORD, ADMIN, name)).status, status, name)
  await server.call('POST', '/v1/tenants', { name: 'FIRST' })
  assert.equal((await logIn('192.0.2.77', PASSWORD, ADMIN, 'first')).status, 200)
  assert.equal((await logIn('192.0.2.77', PASSWORD, ADMIN, 'First')).status, 401, 'it might be either')
})

test('a name that nobody has is throttled in the same way, and so is a tenant that there is not', async () => {
  const told = ({ status, body: { code, message } }: Answer) => ({ status, code, message })
  const real = await oneByOne(7, () => logIn('192.0.2.6', 'wrong'))
  const nobody = await oneByOne(7, () => logIn('192.0.2.6', 'wrong', 'nobody@first.example'))
  const nowhere = await oneByOne(7, () => logIn('192.0.2.6', 'wrong', ADMIN, 'nowhere'))
  assert.deepEqual(nobody.map(told), real.map(told))
  assert.deepEqual(nowhere.map(told), real.map(told))
})

test('one password tried on many accounts from one address is slowed, also where every fifth account is the guesser’s own', async () => {
  const own = () => logIn('192.0.2.200')
  await own()
  await server.sql('UPDATE login_attempts SET known_until = NULL')
  let taken = 0
  for (let i = 0; i < 80; i++) {
    const answer = await logIn('192.0.2.200', 'Autumn2026!autumn', `person${i}@first.example`)
    if (answer.status === 401) taken++
    if (i % 5 === 0) await own()
  }
  assert.ok(taken <= 50, String(taken))
  assert.equal((await logIn('192.0.2.201')).status, 200, 'from elsewhere')
})

test('a device that is known is let in while its neighbour behind the same address guesses', async () => {
  assert.equal((await logIn('192.0.2.210')).status, 200)
  for (let i = 0; i < 60; i++) await logIn('192.0.2.210', 'Autumn2026!autumn', `other${i}@first.example`)
  assert.equal((await logIn('192.0.2.210', 'wrong', 'other70@first.example')).status, 429)
  assert.equal((await logIn('192.0.2.210')).status, 200)
})

test('stuffing of many accounts from many addresses is slowed for the tenant, and not for devices that are known', async () => {
  const quick = (i: number) => logIn(`10.${i >> 8}.${i & 255}.1`, 'wrong', `stuffed${i}@first.example`)
  assert.equal((await logIn('192.0.2.220')).status, 200)
  await quick(0)
  await server.sql(`UPDATE login_attempts SET attempts = 999 WHERE account = $1 AND source = $1`, [Buffer.alloc(32)])
  await quick(1)
  assert.equal((await quick(2)).status, 429)
  assert.equal((await logIn('192.0.2.220')).status, 200)
})

/** Does work while so many guess without a pause, and more than there is time for; answers with what guessers were told as well. */
async function amidGuessers(
  count: number,
  guess: (i: number, j: number) => Promise<Answer>,
  work: () => Promise<Answer[]>,
) {
  const told = new Set<number>()
  let isOver = false
  const flood = many(count, async (i) => {
    for (let j = 0; !isOver; j++) told.add((await guess(i, j)).status)
  })
  await until('there is no time for all of them', () => told.has(503))
  const answers = await work()
  isOver = true
  await flood
  return { told, answers }
}

test('where strangers ask for more hashes than there is time for, they are told to come later, and a known device is let in', async () => {
  assert.equal((await logIn('192.0.2.230')).status, 200)
  const { told, answers } = await amidGuessers(
    80,
    (i, j) => logIn(`10.${j}.${i}.1`, 'wrong', `flood${i}.${j}@first.example`),
    () => oneByOne(10, () => logIn('192.0.2.230')),
  )
  assert.deepEqual(new Set(statuses(answers)), new Set([200]))
  assert.deepEqual([...told].sort(), [401, 503])
})

for (const [from, address] of [
  ['one address', () => '10.9.9.9'],
  ['many addresses', (i: number) => `10.9.${i}.1`],
] as const)
  test(`guesses in tenants that there are not, from ${from}, keep no stranger out of one that there is`, async () => {
    const { answers } = await amidGuessers(
      60,
      (i, j) => logIn(address(i), 'wrong', `flood${j}`, `made-up-${i}.${j}`),
      () => oneByOne(4, (i) => logIn(`10.8.${i}.1`)),
    )
    assert.deepEqual(new Set(statuses(answers)), new Set([200]))
  })

test('no address stands in clear in what is kept of attempts', async () => {
  await logIn('192.0.2.77', 'wrong')
  const rows = await server.sql<{ row: string }>('SELECT l::text AS row FROM login_attempts l')
  assert.equal(rows.length, 4, 'of pair, account, place and tenant')
  for (const { row } of rows)
    assert.ok(!row.includes(Buffer.from('192.0.2.77').toString('hex')) && !row.includes('192.0'))
})

/** Texts of the statements that requests send while work is done; what the server does by itself meanwhile is left out. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = []
  const ofRequest = new AsyncLocalStorage<boolean>()
  const begin = () => ofRequest.enterWith(true)
  const original = pg.Client.prototype.query
  const roles = new Set(['probity_app', 'probity_operator', 'probity_keys'])
  function spy(this: pg.Client, ...given: unknown[]): unknown {
    const [first] = given
    const text = typeof first === 'string' ? first : (first as { text: string }).text
    if (ofRequest.getStore() && roles.has(this.user ?? '') && !BY_ITSELF.test(text)) seen.push(text)
    return Reflect.apply(original, this, given)
  }
  pg.Client.prototype.query = spy as typeof original
  subscribe(REQUEST_START, begin)
  try {
    await work()
  } finally {
    unsubscribe(REQUEST_START, begin)
    pg.Client.prototype.query = original
  }
  return seen
}

test('a wrong password and a name that nobody has cost the same statements, when they are tried and when they are refused', async () => {
  const known = (i: number) => logIn(`198.51.100.${i}`, 'wrong')
  const unknown = (i: number) => logIn(`198.51.100.${i}`, 'wrong', 'nobody@first.example')
  await known(8)
  await unknown(8)
  const tried = await statementsOf(() => known(9))
  assert.ok(tried.some((text) => /UPDATE security_users/.test(text)))
  assert.ok(tried.some((text) => /INSERT INTO audit_inbox/.test(text)))
  assert.deepEqual(await statementsOf(() => unknown(9)), tried)
  await oneByOne(5, () => known(9))
  await oneByOne(5, () => unknown(9))
  const refused = await statementsOf(() => known(9))
  assert.ok(refused.length > 0 && refused.length < tried.length)
  assert.deepEqual(await statementsOf(() => unknown(9)), refused)
})

test('every refusal is an entry that says why, with the address sealed', async () => {
  await oneByOne(6, () => logIn('192.0.2.9', 'wrong'))
  const refusals = (personal: boolean) =>
    server.call('GET', `/v1/audit/events?event_type=session.refused&limit=6&personal=${personal}`)
  await until('the refusals are entries', async () => {
    const [newest, earlier] = (await refusals(true)).body.events.map(({ event_data }: Answer['body']) => event_data)
    const isThere = newest?.why === 'throttled' && earlier?.why === 'credentials'
    return isThere && newest.personal.ip_address === '192.0.2.9'
  })
  assert.ok(!(await refusals(false)).text.includes('192.0.2.9'))
})

test('a member of a suspended tenant is told so after the right password alone, and is not let in', async () => {
  const { tenantId, token } = await server.secondTenant('sleeping')
  const from = (password: string) => logIn('192.0.2.10', password, 'admin@sleeping.example', 'sleeping')
  const session = (await from(PASSWORD)).body.access_token
  await server.call('POST', `/v1/tenants/${tenantId}/suspend`, {})
  const right = await from(PASSWORD)
  assert.equal(right.status, 403)
  assert.equal(right.body.code, 'TENANT_SUSPENDED')
  const wrong = await from('wrong')
  assert.equal(wrong.status, 401)
  assert.equal((await server.call('GET', '/v1/audit/events', undefined, { token: session })).status, 200)
  assert.equal((await server.call('POST', '/v1/audit/verify', {}, { token })).status, 200)
})
