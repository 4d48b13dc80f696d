import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { startEmbedded } from '../../src/platform/database/embedded.ts'
import type { Connection } from '../../src/platform/database/pools.ts'
import { account } from '../support/people.ts'
import {
  type Answer,
  type TestInstallation,
  type TestServer,
  testInstallation,
  testServer,
  until,
} from '../support/server.ts'

// PostgreSQL is this file's own: it is put back to an earlier time.
let data: string
let postgres: Awaited<ReturnType<typeof startEmbedded>>
let installation: TestInstallation
let server: TestServer
before(async () => {
  data = await mkdtemp(join(tmpdir(), 'probity-test-'))
  await startPostgres()
  installation = await testInstallation()
  server = await testServer({}, installation)
})
after(async () => {
  await server.stop()
  await postgres.stop()
  for (const folder of [postgres.folder, data]) await rm(folder, { recursive: true, force: true })
})

async function startPostgres(): Promise<void> {
  postgres = await startEmbedded(data, () => undefined)
  process.env.TEST_CLUSTER = JSON.stringify({ superuser: postgres.superuser, folder: postgres.folder })
}

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const moment = async (): Promise<string> => (await call('POST', '/v1/access/moments')).body.moment
const ask = (user_id: string, at_least: string, token?: string) =>
  call('POST', '/v1/auth/authorize', { user_id, action: 'read', resource: 'document/1', at_least }, token)

test('a decision that is to be at least as new as a moment knows of all that was changed before it', async () => {
  const id = await account(server)
  const role = await call('POST', '/v1/roles', {
    name: 'reads',
    permissions: [{ action: 'read', resource: 'document' }],
  })
  const before = await moment()
  assert.equal((await ask(id, before)).body.authorized, false)
  await call('POST', '/v1/grants', { role_id: role.body.id, user_id: id })
  for (const one of [await moment(), before]) assert.equal((await ask(id, one)).body.authorized, true)
  const whole = { user_id: id, action: 'read', at_least: before }
  const batch = await call('POST', '/v1/auth/authorize/batch', { ...whole, questions: [{ resource: 'document/1' }] })
  assert.equal(batch.body.answers[0].authorized, true)
  const filter = await call('POST', '/v1/auth/filter', { ...whole, resource_type: 'document' })
  assert.deepEqual(filter.body.filter, { op: 'true' })
})

test('a moment is good in its tenant alone; what is none is refused, and what is older than 30 days is known no more', async () => {
  const id = await account(server)
  const one = await moment()
  const second = await server.secondTenant('second')
  assert.deepEqual(code(await ask(id, one, second.token)), [409, 'MOMENT_UNKNOWN'])
  assert.deepEqual(code(await ask(id, 'none')), [400, 'VALIDATION_FAILED'])
  await server.sql(`UPDATE access_moments SET told_at = told_at - interval '31 days' WHERE id = $1`, [one])
  await server.stop()
  await startAgain() // a sweep goes with the start
  await until('it is dropped', async () => (await ask(id, one)).status === 409)
  assert.equal((await ask(id, await moment())).status, 200)
})

test('a database that was put back to before a moment refuses to decide as of it, and decides without', async () => {
  const id = await account(server)
  const early = await moment()
  await server.stop()
  await postgres.stop()
  await copy(postgres.folder, `${data}-copy`)
  await startPostgres()
  await startAgain()
  const late = await moment()
  assert.equal((await ask(id, late)).status, 200)
  await server.stop()
  await postgres.stop()
  await rm(postgres.folder, { recursive: true })
  await copy(`${data}-copy`, postgres.folder)
  await rm(`${data}-copy`, { recursive: true })
  await startPostgres()
  await startAgain()
  assert.deepEqual(code(await ask(id, late)), [409, 'MOMENT_UNKNOWN'])
  assert.equal((await ask(id, early)).status, 200)
  const batch = { user_id: id, action: 'read', questions: [{ resource: 'document/1' }], at_least: late }
  assert.deepEqual(code(await call('POST', '/v1/auth/authorize/batch', batch)), [409, 'MOMENT_UNKNOWN'])
})

/** With whom it belongs to. */
async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to])
}

async function startAgain(): Promise<void> {
  const { token } = server
  const here = (there: Connection): Connection => ({
    ...there,
    host: postgres.superuser.host,
    port: postgres.superuser.port,
  })
  const { owned, superuser, keystoreSuperuser } = installation
  installation = {
    ...installation,
    owned: { main: here(owned.main), keystore: here(owned.keystore) },
    ...{ superuser: here(superuser), keystoreSuperuser: here(keystoreSuperuser) },
  }
  const again = await testServer({}, installation)
  const call: TestServer['call'] = (method, path, body, more) => again.call(method, path, body, { token, ...more })
  server = { ...again, token, call }
}
