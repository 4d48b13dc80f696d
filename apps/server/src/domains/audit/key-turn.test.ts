import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openNote, parseVerifierKey } from '@probity/core'
import { nodeCrypto, verifyReceipt } from '@probity/verifier/node'
import { TEST_ROOT_KEY, type TestServer, testDatabase, testServer, until } from '../../../test/support/server.ts'
import { systemClock } from '../../platform/clock.ts'
import { fileRoot, Keys } from '../keys/index.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const DAY = 86_400_000_000
const event = { event_type: 'document.read', user_id: 'ada', action: 'read', outcome: 'Success' }
const keyOf = (text: string) => parseVerifierKey(nodeCrypto.sha256, text)

async function receiptOf(id: string): Promise<string> {
  return (await server.call('GET', `/v1/audit/events/${id}/receipt`)).text
}

async function newEvent(): Promise<string> {
  return (await server.call('POST', '/v1/audit/events', event)).body.results[0].event_id
}

/** The newest entry that says that the key turned. */
async function turnEntry() {
  let found: { id: string; event_data: { from: string; to: string } } | undefined
  await until('the turn is an entry', async () => {
    const page = await server.call('POST', '/v1/audit/search', { event_type: 'log.key_turned', limit: 1 })
    found = page.body.events[0]
    return found !== undefined
  })
  assert(found)
  return found
}

test('who trusts the old key learns of the new one from an entry that both sign', async () => {
  const [old] = (await server.call('GET', '/v1/audit/key')).body.keys as string[]
  const before = await receiptOf(await newEvent())
  const turned = await server.call('POST', '/v1/audit/key/turn')
  assert.equal(turned.status, 200, turned.text)
  const [next, ...others] = turned.body.keys as string[]
  assert(old && next && next !== old)
  assert.deepEqual(others, [old])
  const entry = await turnEntry()
  assert.deepEqual([entry.event_data.from, entry.event_data.to], [old, next])
  const id = await newEvent()
  for (const trusted of [old, next]) {
    assert.equal(verifyReceipt(await receiptOf(entry.id), [keyOf(trusted)]).verified, true)
    assert.equal(verifyReceipt(await receiptOf(id), [keyOf(trusted)]).verified, true)
  }
  assert.equal(verifyReceipt(before, [keyOf(old)]).verified, true, 'what was signed before stays verified')
  assert.equal(verifyReceipt(before, [keyOf(next)]).verified, false, 'the new key never signed it')
  assert.equal((await server.call('POST', '/v1/audit/verify', {})).body.valid, true)
})

/** Keys of another process on the same keystore. */
async function withKeys(clock: { now(): number }, work: (keys: Keys) => Promise<void>): Promise<void> {
  const database = await testDatabase(server.installation)
  const root = await fileRoot(TEST_ROOT_KEY, join(server.installation.data, 'root.epochs'))
  try {
    await work(new Keys(database, root, clock))
  } finally {
    await database.close()
  }
}

test('after the overlap the new key signs alone', async () => {
  const clock = systemClock()
  let ahead = 0
  await withKeys({ now: () => clock.now() + ahead }, async ({ tenants }) => {
    const turn = await tenants.turnSigningKey(server.tenantId)
    assert(turn)
    const { from, to } = turn
    const signers = async () => {
      const note = await tenants.signNote(server.tenantId, 'text\n')
      return openNote(note, (await tenants.verifierKeys(server.tenantId)).map(keyOf), nodeCrypto).keys
    }
    const names = [keyOf(to), keyOf(from)]
    assert.deepEqual((await signers()).slice(0, 2), names)
    ahead = 29 * DAY
    assert.deepEqual((await signers()).slice(0, 2), names)
    ahead = 31 * DAY
    assert.deepEqual(await signers(), [keyOf(to)])
  })
})

test('a turn that a crash kept from being recorded is recorded by the sweep, once', async () => {
  await withKeys(systemClock(), async ({ tenants }) => {
    const turn = await tenants.turnSigningKey(server.tenantId)
    assert(turn)
    const recorded = () => server.call('GET', `/v1/audit/events/${turn.keyId}`)
    assert.equal((await recorded()).status, 404)
    for (let time = 0; time < 2; time++) {
      await server.sql(`SELECT probity_jobs.add_job('sweep')`)
      await until('the sweep is done', async () => {
        return (await server.sql('SELECT 1 FROM probity_jobs.jobs')).length === 0
      })
    }
    await until('it is an entry', async () => (await recorded()).status === 200)
    const { body } = await server.call('GET', '/v1/audit/events?event_type=log.key_turned')
    assert.equal(body.events.length, 3, 'one for each turn in this file')
  })
})

test('of calls at once each is answered, and each turn that came of them is one entry', async () => {
  const keys = async () => (await server.call('GET', '/v1/audit/key')).body.keys as string[]
  const turns = async () =>
    (await server.call('POST', '/v1/audit/search', { event_type: 'log.key_turned' })).body.events.map(
      (one: { event_data: { to: string } }) => one.event_data.to,
    ) as string[]
  await server.call('POST', '/v1/audit/key/turn') // this server may not know yet what others turned above
  const before = await keys()
  const answers = await Promise.all([1, 2, 3, 4].map(() => server.call('POST', '/v1/audit/key/turn')))
  for (const { status, text } of answers) assert.equal(status, 200, text)
  const added = (await keys()).filter((key) => !before.includes(key))
  assert.ok(added.length >= 1 && added.length <= answers.length)
  let recorded: string[] = []
  await until('every turn is an entry', async () => {
    recorded = (await turns()).filter((key) => added.includes(key))
    return recorded.length >= added.length
  })
  assert.deepEqual(recorded.toSorted(), added.toSorted())
})
