import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TEST_ROOT_KEY, type TestServer, testDatabase, testServer } from '../../../test/support/server.ts'
import { systemClock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type DataKey, fileRoot, Keys, open, seal } from './index.ts'

let server: TestServer
let database: Database
let keys: Keys
before(async () => {
  server = await testServer()
  const { installation } = server
  database = await testDatabase(installation)
  keys = await node()
})
after(async () => {
  await database.close()
  await server.stop()
})

/** Another node on the same keystore. */
async function node(): Promise<Keys> {
  return new Keys(database, await fileRoot(TEST_ROOT_KEY, join(server.installation.data, 'root.epochs')), systemClock())
}

async function person(id: string = randomUUID(), tenantId = server.tenantId): Promise<DataKey> {
  const [key] = await keys.subjects.resolve(tenantId, [{ id, aliases: [], addresses: [] }])
  assert.ok(key)
  return key
}

const place = { table: 't', column: 'c', row: 'r' }
const text = Buffer.from('a value')

test('an envelope opens in its place alone: not in another row, column, table or tenant, nor under another key', async () => {
  const key = await person()
  const sealed = seal(server.tenantId, [key], place, text)
  assert.deepEqual(open(server.tenantId, [key], place, sealed), text)
  for (const other of [{ row: 'x' }, { column: 'x' }, { table: 'x' }])
    assert.throws(() => open(server.tenantId, [key], { ...place, ...other }, sealed))
  assert.throws(() => open(randomUUID(), [key], place, sealed))
  const stranger = await person()
  assert.throws(() => open(server.tenantId, [stranger], place, sealed))
})

test('an envelope with any byte changed does not open', async () => {
  const key = await person()
  const sealed = seal(server.tenantId, [key], place, text)
  for (let i = 0; i < sealed.length; i++) {
    const changed = Buffer.from(sealed)
    changed[i] = (changed[i] ?? 0) ^ 1
    assert.throws(() => open(server.tenantId, [key], place, changed), `byte ${i}`)
  }
  assert.throws(() => open(server.tenantId, [key], place, sealed.subarray(0, -1)))
})

test('what is sealed twice is never the same bytes', async () => {
  const key = await person()
  assert.notDeepEqual(seal(server.tenantId, [key], place, text), seal(server.tenantId, [key], place, text))
})

test('a part of two people needs both keys, and is gone with either', async () => {
  const both = [await person(), await person()].sort((one, two) => (one.subject < two.subject ? -1 : 1))
  const sealed = seal(server.tenantId, both, place, text)
  assert.deepEqual(open(server.tenantId, both, place, sealed), text)
  for (const one of both) assert.throws(() => open(server.tenantId, [one], place, sealed))
})

test('a name leads to the same person whatever its case, and in another tenant to another person', async () => {
  const other = await server.secondTenant('other')
  const here = await person('Ada@Example.org')
  assert.equal((await person(' ada@example.ORG ')).subject, here.subject)
  const there = await person('ada@example.org', other.tenantId)
  assert.notEqual(there.subject, here.subject)
  assert.deepEqual(await keys.subjects.find(other.tenantId, 'ada@example.org'), [there.subject])
})

test('of two nodes that meet a person at once both use the same key', async () => {
  const id = randomUUID()
  const nodes = await Promise.all([node(), node(), node(), node()])
  const found = await Promise.all(
    nodes.map((one) => one.subjects.resolve(server.tenantId, [{ id, aliases: [], addresses: [] }])),
  )
  assert.equal(new Set(found.map(([key]) => key?.id)).size, 1)
})

test('erasing leaves no key in keystore or cache, and the same name is a new person', async () => {
  const id = randomUUID()
  const key = await person(id)
  const destroyed = await keys.erase(server.tenantId, [key.subject])
  assert.deepEqual(destroyed, [key.id])
  assert.equal((await keys.subjects.keysOf(server.tenantId, [key.subject])).size, 0)
  assert.deepEqual(await keys.subjects.find(server.tenantId, id), [])
  const rows = await server.keystoreSql<{ n: string }>('SELECT count(1) AS n FROM data_keys WHERE subject = $1', [
    key.subject,
  ])
  assert.equal(Number(rows[0]?.n), 0)
  assert.notEqual((await person(id)).subject, key.subject)
})

test('an erasure that was interrupted between tombstone and keys is finished later', async () => {
  const key = await person()
  const at = new Date()
  await server.sql('INSERT INTO subject_tombstones (tenant_id, subject, erased_at, proof) VALUES ($1, $2, $3, $4)', [
    server.tenantId,
    key.subject,
    at,
    await keys.tombstones.prove(server.tenantId, key.subject, at),
  ])
  assert.equal(await keys.finishErasures(server.tenantId), 1)
  assert.equal((await keys.subjects.keysOf(server.tenantId, [key.subject])).size, 0)
  assert.equal(await keys.finishErasures(server.tenantId), 0)
})

test('a tombstone that the server did not make destroys nothing', async () => {
  const [key, other] = [await person(), await person()]
  const at = new Date()
  const proofs = ['', await keys.tombstones.prove(server.tenantId, other.subject, at)]
  for (const proof of proofs) {
    await server.sql('DELETE FROM subject_tombstones WHERE subject = $1', [key.subject])
    await server.sql('INSERT INTO subject_tombstones (tenant_id, subject, erased_at, proof) VALUES ($1, $2, $3, $4)', [
      server.tenantId,
      key.subject,
      at,
      proof,
    ])
    assert.equal(await keys.finishErasures(server.tenantId), 0)
    assert.equal((await keys.subjects.keysOf(server.tenantId, [key.subject])).size, 1)
  }
})

test('no key and no sealed value stands in clear in the keystore', async () => {
  const key = await person('clear@example.org')
  for (const table of ['data_keys', 'subject_tokens', 'tenant_keys', 'signing_keys']) {
    const rows = await server.keystoreSql<{ row: string }>(`SELECT t::text AS row FROM ${table} t`)
    for (const { row } of rows) {
      assert.ok(!row.includes(key.key.toString('hex')), table)
      assert.ok(!row.includes(Buffer.from('clear@example.org').toString('hex')), table)
    }
  }
})
