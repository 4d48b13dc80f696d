import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parseVerifierKey } from '@probity/core'
import { nodeCrypto, verifyReceipt } from '@probity/verifier/node'
import { type TestServer, testServer, until } from '../../../test/support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const word = () => randomBytes(9).toString('hex')
const event = (name: string, fields: object = {}) => ({
  event_type: 'erasure.test',
  user_id: name,
  action: 'do',
  outcome: 'Success',
  ...fields,
})
const send = async (body: object) => (await server.call('POST', '/v1/audit/events', body)).body.results[0]
const opened = async (id: string) => (await server.call('GET', `/v1/audit/events/${id}?personal=true`)).body
const erase = (name: string, request: object = {}) =>
  server.call('DELETE', `/v1/privacy/data-subjects/${name}`, request)

test('an erased person reads as erased, is found by nothing, and every proof still verifies', async () => {
  const name = word()
  const other = word()
  const mine = await send(event(name, { ip_address: '192.0.2.77', personal: { note: word() } }))
  const theirs = await send(event(other, { personal: { note: 'kept' } }))
  const before = (await server.call('GET', `/v1/audit/events/${mine.event_id}/receipt`)).text
  const erased = await erase(name)
  assert.equal(erased.status, 200, erased.text)
  assert.equal(erased.body.keys_destroyed.length, 1)
  assert.equal(erased.body.verification_hash, createHash('sha256').update(erased.body.proof_of_erasure).digest('hex'))
  assert.equal((await opened(mine.event_id)).sealed[0].state, 'erased')
  assert.deepEqual((await opened(theirs.event_id)).sealed[0].members['/data/personal'], { note: 'kept' })
  assert.deepEqual((await server.call('POST', '/v1/audit/search', { user_id: name })).body.events, [])
  assert.deepEqual((await server.call('POST', '/v1/audit/search', { ip_address: '192.0.2.77' })).body.events, [])
  const { keys } = (await server.call('GET', '/v1/audit/key')).body
  const trusted = keys.map((key: string) => parseVerifierKey(nodeCrypto.sha256, key))
  const afterwards = (await server.call('GET', `/v1/audit/events/${mine.event_id}/receipt`)).text
  for (const receipt of [before, afterwards, erased.body.receipt])
    assert.equal(verifyReceipt(receipt, trusted).verified, true)
  assert.equal((await server.call('POST', '/v1/audit/verify', {})).body.valid, true)
})

test('the same name coming again is another pseudonym, and the old event sent again is a duplicate', async () => {
  const name = word()
  const event_id = '00000000-0000-4000-8000-00000000e0a5'
  const first = await send(event(name, { event_id }))
  const before = await opened(first.event_id)
  await erase(name)
  assert.equal((await send(event(name, { event_id }))).status, 'duplicate')
  const again = await opened((await send(event(name))).event_id)
  assert.notEqual(again.user_id, before.user_id)
  assert.equal(again.sealed[0].state, 'opened')
})

test('a name that several people go by is refused with their pseudonyms, and all=true erases them', async () => {
  const alias = word()
  const person = (id: string) => ({ id, aliases: [alias] })
  await send(event('someone', { subjects: [person(word()), person(word())] }))
  const refused = await erase(alias)
  assert.equal(refused.status, 409)
  assert.equal(refused.body.details.subjects.length, 2)
  assert.equal((await erase(alias, { all: true })).body.keys_destroyed.length, 2)
})

test('physical deletion takes the sealed parts too, and the log still verifies', async () => {
  const name = word()
  const sent = await send(event(name, { ip_address: '192.0.2.78' }))
  await erase(name, { erasure_method: 'PhysicalDeletion' })
  const text = 'SELECT length(envelope) AS length FROM audit_sealed_parts WHERE tenant_id = $1 AND seq = $2'
  assert.deepEqual(await server.sql(text, [server.tenantId, sent.index]), [{ length: 0 }])
  assert.equal((await opened(sent.event_id)).sealed[0].state, 'erased')
  assert.equal((await server.call('POST', '/v1/audit/verify', {})).body.valid, true)
})

test('no clear personal value is in any file of the database, before erasure or after', async () => {
  const values = { name: word(), agent: `agent-${word()}`, note: word() }
  await send(
    event(values.name, { user_agent: values.agent, resource: `user/${values.name}`, personal: { note: values.note } }),
  )
  await server.sql('CHECKPOINT')
  const look = () => Object.values(values).filter((value) => holds(server.installation.clusterFolder, value))
  assert.deepEqual(look(), [])
  await erase(values.name)
  await server.sql('CHECKPOINT')
  assert.deepEqual(look(), [])
})

test('after physical deletion the same event sent again is a duplicate, and brings nobody back', async () => {
  const name = word()
  const again = event(name, { event_id: '00000000-0000-4000-8000-00000000de1e' })
  await send(again)
  await erase(name, { erasure_method: 'PhysicalDeletion' })
  assert.equal((await send(again)).status, 'duplicate')
})

test('an erased member of the tenant cannot log in, and their sessions end', async () => {
  const tenant = await server.secondTenant('leaving')
  const login = (password = 'correct horse battery staple') =>
    server.call(
      'POST',
      '/v1/auth/login',
      { credential_type: 'username_password', tenant: 'leaving', username: 'admin@leaving.example', password },
      { token: null },
    )
  const session = (await login()).body.access_token
  const as = (token: string) => server.call('GET', '/v1/tokens', undefined, { token })
  assert.equal((await as(session)).status, 200)
  const gone = await server.call(
    'DELETE',
    '/v1/privacy/data-subjects/admin@leaving.example',
    {},
    { token: tenant.token },
  )
  assert.equal(gone.status, 200, gone.text)
  assert.equal((await as(session)).status, 401)
  assert.equal((await login()).status, 401)
  const verified = await server.call('POST', '/v1/audit/verify', {}, { token: tenant.token })
  assert.equal(verified.body.valid, true)
})

test('an erasure that a crash interrupted is carried out later: recorded, certified, its keys gone', async () => {
  const name = word()
  const sent = await send(event(name, { personal: { note: word() } }))
  const subject = (await opened(sent.event_id)).user_id
  const id = '00000000-0000-7000-8000-00000000c4a5'
  await server.sql(
    `INSERT INTO data_erasure_requests (tenant_id, id, subject_id, request_date, erasure_method, legal_basis, status)
     VALUES ($1, $2, $3, now() - interval '1 hour', 'CryptographicErasure', 'asked', 'InProgress')`,
    [server.tenantId, id, subject],
  )
  await server.sql(`SELECT probity_jobs.add_job('sweep')`)
  const request = async () =>
    (
      await server.sql<{ status: string; proof: string }>(
        'SELECT status, proof_of_erasure AS proof FROM data_erasure_requests WHERE id = $1',
        [id],
      )
    )[0]
  await until('the sweep ends it', async () => (await request())?.status === 'Completed', 20_000)
  assert.match((await request())?.proof ?? '', /^probity-erasure\/1\n/)
  assert.equal((await opened(sent.event_id)).sealed[0].state, 'erased')
  assert.equal((await server.call('GET', `/v1/audit/events/${id}`)).body.event_type, 'subject.erased')
  assert.equal((await server.call('POST', '/v1/audit/verify', {})).body.valid, true)
})

test('two erasures of a person at once both certify the keys that are gone, beside writers who name the person', async () => {
  const name = word()
  await send(event(name))
  let writing = true
  const strange: string[] = []
  const writers = Array.from({ length: 8 }, async () => {
    while (writing) {
      const answer = await server.call('POST', '/v1/audit/events', event(name, { ip_address: '192.0.2.99' }))
      if (answer.status !== 200 && answer.status !== 503) strange.push(answer.text)
    }
  })
  try {
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all([erase(name, { all: true }), erase(name, { all: true })])
      const done = answers.filter((answer) => answer.status === 200)
      assert.ok(done.length > 0, answers.map((answer) => answer.text).join('\n'))
      for (const { body } of done) assert.ok(body.keys_destroyed.length >= body.subjects.length, JSON.stringify(body))
      await until('the person is back', async () => {
        const { body } = await server.call('POST', '/v1/audit/search', { user_id: name, limit: 1 })
        return body.events.length === 1
      })
    }
  } finally {
    writing = false
    await Promise.all(writers)
  }
  assert.deepEqual(strange, [])
  assert.equal((await server.call('POST', '/v1/audit/verify', {})).body.valid, true)
})

/** Whether any file below a folder holds a text as it is. Other tests drop their databases meanwhile. */
function holds(path: string, text: string): boolean {
  try {
    if (!statSync(path).isDirectory()) return readFileSync(path).includes(text)
    return readdirSync(path).some((name) => holds(join(path, name), text))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
