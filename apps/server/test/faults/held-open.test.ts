import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withClient } from '../../src/platform/database/provision.ts'
import { exchange } from '../http/socket.ts'
import { caller, type TestInstallation, testInstallation, until } from '../support/server.ts'
import { setUp } from './load.ts'
import { startOn } from './process.ts'

const GRACE_SECONDS = 2
/** What a stop may need beyond its grace, on a busy machine. */
const MORE_MILLISECONDS = 8_000

let installation: TestInstallation
let folder: string
before(async () => {
  installation = await testInstallation()
  folder = await mkdtemp(join(tmpdir(), 'probity-held-'))
})
after(async () => {
  await rm(folder, { recursive: true, force: true })
  await installation.release()
})

test('a stop ends in its grace beside requests and a job that never end, and what was acknowledged is there', async (t) => {
  const start = () => startOn(installation, folder, { PROBITY_STOP_GRACE_SECONDS: String(GRACE_SECONDS) })
  let server = await start()
  const token = await setUp(server)
  const call = (method: string, path: string, body?: unknown) => caller(server.url)(method, path, body, { token })
  const { event_id } = (await call('POST', '/v1/audit/events', { event_type: 'before' })).body.results[0]
  const authorization = `Bearer ${token}`
  const post = (type: string, length: number) => ({ authorization, 'content-type': type, 'content-length': length })
  const tail = exchange(server.url, 'GET /v1/audit/tail', { authorization })
  assert.equal(await tail.status, 200)
  const held = [
    tail,
    exchange(server.url, 'POST /v1/audit/events', post('application/json', 1000)),
    exchange(server.url, 'POST /v1/audit/ingest', post('application/x-ndjson', 1000)),
    exchange(server.url, 'GET /v1/audit/key', { authorization }, false),
  ]
  for (const one of held.slice(1, 3)) one.send('{"event_type":"half')
  await withClient(installation.superuser, async (client) => {
    await client.query('BEGIN')
    await client.query('LOCK TABLE audit_verifications IN ACCESS EXCLUSIVE MODE')
    held.push(exchange(server.url, 'POST /v1/audit/verify', { ...post('application/json', 2), connection: 'close' }))
    held.at(-1)?.send('{}')
    await withClient(installation.superuser, (other) => other.query(`SELECT probity_jobs.add_job('verify_logs')`))
    await until('the database keeps a request and a job waiting', async () => {
      const text = `SELECT 1 FROM pg_locks WHERE relation = 'audit_verifications'::regclass AND NOT granted`
      return (await client.query(text)).rowCount === 2
    })
    const begun = performance.now()
    assert.equal(await server.stop(), 0)
    const took = performance.now() - begun
    t.diagnostic(`the stop took ${Math.round(took)} ms`)
    assert.ok(took < GRACE_SECONDS * 1000 + MORE_MILLISECONDS, `the stop took ${took} ms`)
  })
  await Promise.all(held.map((one) => one.closed))
  const given = `SELECT 1 FROM probity_jobs.jobs WHERE task_identifier = 'verify_logs' AND locked_at IS NULL`
  const { rowCount } = await withClient(installation.superuser, (client) => client.query(given))
  assert.equal(rowCount, 1, 'the job is done again')
  server = await start()
  try {
    assert.equal((await call('GET', `/v1/audit/events/${event_id}`)).status, 200)
    assert.equal((await call('POST', '/v1/audit/verify', {})).body.valid, true)
  } finally {
    await server.stop()
  }
})
