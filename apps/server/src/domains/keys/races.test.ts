import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TEST_ROOT_KEY, type TestInstallation, testDatabase, testInstallation } from '../../../test/support/server.ts'
import { systemClock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { withClient } from '../../platform/database/provision.ts'
import { fileRoot, Keys } from './index.ts'
import type { RootKey } from './root.ts'

// What two nodes on one keystore do to each other.

let installation: TestInstallation
let database: Database
let tenantId: string
before(async () => {
  installation = await testInstallation()
  database = await testDatabase(installation)
  const first = await node()
  await first.checkRoot()
  tenantId = randomUUID()
  await withClient(installation.superuser, (client) =>
    client.query('INSERT INTO tenants (id, name, created_at, updated_at) VALUES ($1, $2, now(), now())', [
      tenantId,
      tenantId,
    ]),
  )
  await first.tenants.create(tenantId, `probity.local/${tenantId}`)
})
after(async () => {
  await database.close()
  await installation.release()
})

const root = () => fileRoot(TEST_ROOT_KEY, join(installation.data, 'root.epochs'))

async function node(): Promise<Keys> {
  return new Keys(database, await root(), systemClock())
}

async function subjectOf(keys: Keys, id: string, aliases: string[] = []): Promise<string> {
  const [key] = await keys.subjects.resolve(tenantId, [{ id, aliases, addresses: [] }])
  assert.ok(key)
  return key.subject
}

test('a person met on a node that does not know of a rotation stays the same person', async () => {
  const [one, other] = [await node(), await node()]
  await subjectOf(other, 'warms its cache')
  const subject = await subjectOf(one, 'ada')
  await one.rotate([tenantId])
  assert.equal(await subjectOf(other, 'ada'), subject)
  await one.rotate([tenantId])
  assert.deepEqual(await (await node()).subjects.find(tenantId, 'ada'), [subject])
})

test('rotations beside two nodes that meet people all the time end, and each name leads to one person', async () => {
  const nodes = [await node(), await node()]
  const names = Array.from({ length: 12 }, (_, i) => `rotating-${i}`)
  let rotating = true
  const meeting = nodes.map(async (keys) => {
    for (let round = 0; rotating; round++)
      await Promise.all(names.map((name, i) => subjectOf(keys, name, [`alias-${(round + i) % 20}-of-${i}`])))
  })
  try {
    for (let turn = 0; turn < 3; turn++) await nodes[turn % 2]?.rotate([tenantId])
  } finally {
    rotating = false
    await Promise.all(meeting)
  }
  const last = await node()
  await last.rotate([tenantId])
  for (const name of names) assert.equal((await last.subjects.find(tenantId, name)).length, 1, name)
})

test('nothing leads to an erased person, whatever was added while they were erased', async () => {
  const [one, other] = [await node(), await node()]
  for (let round = 0; round < 8; round++) {
    const id = `leaving-${round}`
    const subject = await subjectOf(one, id)
    const aliases = Array.from({ length: 20 }, (_, i) => `alias-${i}-of-${id}`)
    await Promise.all([one.erase(tenantId, [subject]), ...aliases.map((alias) => subjectOf(other, id, [alias]))])
    for (const value of [id, ...aliases])
      assert.ok(!(await one.subjects.find(tenantId, value)).includes(subject), `${value} leads to who is erased`)
  }
  await one.rotate([tenantId])
})

test('a key that was being read while its person was erased is not kept', async () => {
  const subject = await subjectOf(await node(), 'read while erased')
  const { unwrap, ...rest } = await root()
  const isRead = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  // The key's row is read then, and is opened under the tenant's key as soon as the root key answers.
  const waiting: typeof unwrap = async (...wrapped) => {
    isRead.resolve()
    await goOn.promise
    return unwrap(...wrapped)
  }
  let turn: typeof unwrap = waiting
  const slow: RootKey = { ...rest, unwrap: (...wrapped) => turn(...wrapped) }
  const keys = new Keys(database, slow, systemClock())
  const reading = keys.subjects.keysOf(tenantId, [subject])
  await isRead.promise
  turn = unwrap
  await keys.erase(tenantId, [subject])
  goOn.resolve()
  await reading
  assert.deepEqual(await keys.subjects.keysOf(tenantId, [subject]), new Map())
})
