import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withClient } from '../../src/platform/database/provision.ts'
import { caller, type TestInstallation, testInstallation, until } from '../support/server.ts'
import { Load, setUp } from './load.ts'
import { type ServerProcess, startOn } from './process.ts'

const KILLS = 3

let installation: TestInstallation
let folder: string
let server: ServerProcess
before(async () => {
  installation = await testInstallation()
  folder = await mkdtemp(join(tmpdir(), 'probity-between-'))
  server = await startOn(installation, folder)
})
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
  await installation.release()
})

test(`killed ${KILLS} times between the keystore's commit and the log's: the person keeps the pseudonym, nothing is lost or doubled`, async () => {
  const load = new Load(await setUp(server))
  const call = (method: string, path: string, body?: unknown) =>
    caller(server.url)(method, path, body, { token: load.token })
  for (let kill = 0; kill < KILLS; kill++) {
    await load.send(server)
    const event = { event_type: 'between', event_id: randomUUID(), user_id: `somebody ${kill}`, outcome: 'Success' }
    const [subject] = await killBetween(load, () => call('POST', '/v1/audit/events', event))
    server = await startOn(installation, folder)

    assert.equal((await call('GET', `/v1/audit/events/${event.event_id}`)).status, 404, 'it never came to the log')
    await load.sendAgain(server)
    const [sent] = (await call('POST', '/v1/audit/events', event)).body.results
    assert.equal(sent.status, 'accepted')
    assert.deepEqual((await call('POST', '/v1/audit/events', event)).body.results, [{ ...sent, status: 'duplicate' }])
    const read = (await call('GET', `/v1/audit/events/${event.event_id}?personal=true`)).body
    assert.deepEqual(read.sealed[0].subjects, [subject])
    assert.equal(read.sealed[0].state, 'opened')
    const found = (await call('POST', '/v1/audit/search', { user_id: event.user_id })).body.events
    assert.deepEqual(
      found.map((one: { id: string }) => one.id),
      [event.event_id],
    )
    await load.check(server)
  }
})

/**
 * Holds the lease's table, so that no flush can commit, writes events, and kills the server as soon as the keystore has
 * the key of the new person. Answers the pseudonyms that came to the keystore.
 */
async function killBetween(load: Load, write: () => Promise<unknown>): Promise<string[]> {
  return withClient(installation.superuser, async (client) => {
    const before = await subjects()
    await client.query('BEGIN')
    await client.query('LOCK TABLE audit_sequencers IN ACCESS EXCLUSIVE MODE')
    const answered: string[] = []
    const note = (what: Promise<unknown>) =>
      what.then(
        () => answered.push('acknowledged'),
        () => undefined,
      )
    const writing = note(write())
    await until('the key is durable', async () => (await subjects()).length > before.length)
    const made = (await subjects()).filter((one) => !before.includes(one))
    // Others under way: of people with a key and without.
    const others = Array.from({ length: 8 }, () => note(load.send(server)))
    await until('others wait too', async () => (await subjects()).length > before.length + 2)
    await server.kill()
    await Promise.all([writing, ...others])
    await client.query('ROLLBACK')
    assert.deepEqual(answered, [], 'nothing is acknowledged that is not in the log')
    return made
  })
}

async function subjects(): Promise<string[]> {
  return withClient(installation.keystoreSuperuser, async (client) => {
    const { rows } = await client.query<{ subject: string }>('SELECT subject FROM data_keys ORDER BY created_at')
    return rows.map((row) => row.subject)
  })
}
