import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TEST_ROOT_KEY, type TestInstallation, testDatabase, testInstallation } from '../../../test/support/server.ts'
import { systemClock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { withClient } from '../../platform/database/provision.ts'
import { fileRoot, Keys, open, RootKeyError, seal } from './index.ts'
import type { RootKey } from './root.ts'

let installation: TestInstallation
let database: Database
let folder = 0
before(async () => {
  installation = await testInstallation()
  database = await testDatabase(installation)
})
after(async () => {
  await database.close()
  await installation.release()
})

/** A keystore of its own state: empty tables and a fresh epochs file. */
async function freshKeystore(): Promise<{ file: string; start(root?: (root: RootKey) => RootKey): Promise<Keys> }> {
  await withClient(installation.keystoreSuperuser, (client) =>
    client.query('TRUNCATE root_epochs, tenant_keys, data_keys, subject_tokens, signing_keys CASCADE'),
  )
  const file = join(installation.data, `epochs-${folder++}`)
  return {
    file,
    async start(wrap = (root) => root) {
      const keys = new Keys(database, wrap(await fileRoot(TEST_ROOT_KEY, file)), systemClock())
      await keys.checkRoot()
      return keys
    },
  }
}

const place = { table: 't', column: 'c', row: 'r' }
async function tenantWithPerson(keys: Keys, id = 'ada') {
  const tenantId = randomUUID()
  await keys.tenants.create(tenantId, `probity.local/${tenantId}`)
  const [key] = await keys.subjects.resolve(tenantId, [{ id, aliases: [], addresses: ['192.0.2.1'] }])
  assert.ok(key)
  return { tenantId, subject: key.subject, sealed: seal(tenantId, [key], place, Buffer.from('secret')) }
}

async function assertReadable(
  keys: Keys,
  { tenantId, subject, sealed }: Awaited<ReturnType<typeof tenantWithPerson>>,
): Promise<void> {
  const key = (await keys.subjects.keysOf(tenantId, [subject])).get(subject)
  assert.ok(key)
  assert.equal(open(tenantId, [key], place, sealed).toString(), 'secret')
  assert.deepEqual(await keys.subjects.find(tenantId, 'ada'), [subject])
}

const epochs = () =>
  withClient(installation.keystoreSuperuser, async (client) => {
    const { rows } = await client.query<{ root: number; tenant: number }>(
      'SELECT root_epoch AS root, epoch AS tenant FROM tenant_keys',
    )
    return rows
  })

test('rotation re-wraps every key, destroys the old epoch in the file and the keystore, and everything still opens', async () => {
  const { file, start } = await freshKeystore()
  const keys = await start()
  const people = [await tenantWithPerson(keys), await tenantWithPerson(keys)]
  const old = await readFile(file, 'utf8')
  const { epoch } = await keys.rotate(people.map(({ tenantId }) => tenantId))
  assert.equal(epoch, 2)
  assert.deepEqual(Object.keys(JSON.parse(await readFile(file, 'utf8'))), ['2'])
  assert.ok(!(await readFile(file, 'utf8')).includes((JSON.parse(old) as Record<string, string>)['1'] ?? '-'))
  assert.deepEqual(await epochs(), [
    { root: 2, tenant: 2 },
    { root: 2, tenant: 2 },
  ])
  for (const person of people) {
    await assertReadable(keys, person)
    await assertReadable(await start(), person)
  }
})

test('a rotation that is killed at any step goes on at the next call and loses nothing', async () => {
  for (let killed = 1; killed <= 6; killed++) {
    const { start } = await freshKeystore()
    const keys = await start()
    const people = [await tenantWithPerson(keys), await tenantWithPerson(keys)]
    const tenants = people.map(({ tenantId }) => tenantId)
    let steps = 0
    const rotation = keys.rotate(tenants, () => {
      if (++steps === killed) throw new Error('killed')
    })
    await rotation.catch((error: Error) => assert.equal(error.message, 'killed'))
    const next = await start()
    for (const person of people) await assertReadable(next, person)
    const signed = await next.tenants.signNote(tenants[0] ?? '', 'a\nb\n')
    assert.ok(signed)
    await next.rotate(tenants)
    for (const person of people) await assertReadable(await start(), person)
    assert.equal((await epochs()).length, 2)
  }
})

test('a kill right after an epoch is destroyed leaves an installation that starts', async () => {
  const { start } = await freshKeystore()
  const keys = await start((root) => ({
    ...root,

    async destroy(epoch) {
      await root.destroy(epoch)
      throw new Error('killed')
    },
  }))
  const person = await tenantWithPerson(keys)
  await assert.rejects(keys.rotate([person.tenantId]), /killed/)
  await assertReadable(await start(), person)
})

test('the epoch of a tenant that appeared during a rotation is not destroyed', async () => {
  const { start } = await freshKeystore()
  const keys = await start()
  const known = await tenantWithPerson(keys)
  const unseen = await tenantWithPerson(keys)
  await keys.rotate([known.tenantId]).catch(() => undefined)
  await assertReadable(await start(), unseen)
})

test('a wrong root key is refused before anything is written', async () => {
  const { file, start } = await freshKeystore()
  await start()
  const stored = await readFile(file, 'utf8')
  const wrong = new Keys(database, await fileRoot(Buffer.alloc(32, 9), file), systemClock())
  await assert.rejects(wrong.checkRoot(), RootKeyError)
  assert.equal(await readFile(file, 'utf8'), stored)
})

test('a lost epochs file is said by name and not made anew', async () => {
  const { file, start } = await freshKeystore()
  await tenantWithPerson(await start())
  await rm(file)
  await assert.rejects(start(), /epochs/)
  await assert.rejects(readFile(file), /ENOENT/)
})

test('an epochs file that is not one is said by name', async () => {
  const { file, start } = await freshKeystore()
  await writeFile(file, '{"1":')
  await assert.rejects(start(), /epochs/)
})
