import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { parseVerifierKey } from '@probity/core'
import { nodeCrypto, verifyCertificate } from '@probity/verifier/node'
import { type TestServer, testServer, until } from '../../../test/support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

/** Several people who go by one name; answers their pseudonyms. */
async function meet(alias: string): Promise<string[]> {
  const subjects = Array.from({ length: 4 }, () => ({ id: randomUUID(), aliases: [alias] }))
  const event = { event_type: 'met', user_id: 'somebody', subjects }
  assert.equal((await server.call('POST', '/v1/audit/events', event)).status, 200)
  return (await erase(alias, false)).body.details.subjects
}

const erase = (name: string, all = true) => server.call('DELETE', `/v1/privacy/data-subjects/${name}`, { all })

/** As a crash before the last step leaves requests: carried out, and not certified. Dates have microseconds. */
async function interrupt(erasureId: string, date: string): Promise<string[]> {
  const text = `UPDATE data_erasure_requests
                SET status = 'InProgress', completion_date = NULL, proof_of_erasure = NULL, request_date = $2
                WHERE request_date = (SELECT request_date FROM data_erasure_requests WHERE id = $1) RETURNING subject_id AS subject`
  const rows = await server.sql<{ subject: string }>(text, [erasureId, date])
  return rows.map((row) => row.subject)
}

/** Lets the sweep end what is open; answers the certificate of each person. */
async function swept(subjects: readonly string[]): Promise<string[]> {
  await server.sql(`SELECT probity_jobs.add_job('sweep')`)
  const text = `SELECT proof_of_erasure AS proof FROM data_erasure_requests
                WHERE subject_id = ANY ($1) AND status = 'Completed' ORDER BY array_position($1, subject_id)`
  const proofs = async () => (await server.sql<{ proof: string }>(text, [subjects])).map((row) => row.proof)
  await until('all are certified', async () => (await proofs()).length === subjects.length, 20_000)
  return proofs()
}

/** Whom a certificate names, after it was verified offline. */
async function certified(proof: string | undefined): Promise<{ subjects: string[]; keys_destroyed: string[] }> {
  const { keys } = (await server.call('GET', '/v1/audit/key')).body
  const trusted = keys.map((key: string) => parseVerifierKey(nodeCrypto.sha256, key))
  const result = verifyCertificate(proof ?? '', trusted)
  assert(result.verified && result.kind === 'certificate' && result.erased, JSON.stringify(result))
  return result.erased
}

async function keysOf(subjects: readonly string[]): Promise<string[]> {
  const text = 'SELECT key_id AS id FROM data_keys WHERE subject = ANY ($1) ORDER BY key_id'
  return (await server.keystoreSql<{ id: string }>(text, [subjects])).map((row) => row.id)
}

async function assertEntries(subjects: readonly string[], count: number): Promise<void> {
  const { events } = (await server.call('GET', '/v1/audit/events?event_type=subject.erased')).body
  const naming = events.filter((one: { event_data: { subjects: string[] } }) =>
    one.event_data.subjects.some((subject) => subjects.includes(subject)),
  )
  assert.equal(naming.length, count)
  assert.equal((await server.call('POST', '/v1/audit/verify', {})).body.valid, true)
}

test('an erasure of several people that a crash left undone is one: its entry and its certificate name them all', async () => {
  const subjects = await meet('left undone')
  const keys = await keysOf(subjects)
  assert.equal(keys.length, subjects.length)
  await server.sql(
    `INSERT INTO data_erasure_requests (tenant_id, id, subject_id, request_date, erasure_method, legal_basis, status)
     SELECT $1, gen_random_uuid(), subject, now() - interval '1 hour', 'CryptographicErasure', 'asked', 'InProgress'
     FROM unnest($2::uuid[]) AS subject`,
    [server.tenantId, subjects],
  )
  const [proof, ...others] = await swept(subjects)
  for (const other of others) assert.equal(other, proof)
  const erased = await certified(proof)
  assert.deepEqual([...erased.subjects].sort(), [...subjects].sort())
  assert.deepEqual(erased.keys_destroyed, keys)
  assert.deepEqual(await keysOf(subjects), [])
  await assertEntries(subjects, 1)
})

test('an erasure of several people that a crash left uncertified gets the certificate of its entry', async () => {
  const subjects = await meet('left uncertified')
  const done = await erase('left uncertified')
  assert.equal(done.status, 200, done.text)
  await interrupt(done.body.erasure_id, '2026-01-01T00:00:00.000000Z')
  for (const proof of await swept(subjects)) {
    const erased = await certified(proof)
    assert.deepEqual(erased.subjects, done.body.subjects)
    assert.deepEqual(erased.keys_destroyed, done.body.keys_destroyed)
  }
  await assertEntries(subjects, 1)
})

test('two erasures asked within a millisecond stay two', async () => {
  const names = ['one at once', 'other at once']
  const subjects: string[] = []
  for (const [i, name] of names.entries()) {
    await server.call('POST', '/v1/audit/events', { event_type: 'met', user_id: name })
    const done = await erase(name)
    assert.equal(done.status, 200, done.text)
    subjects.push(...(await interrupt(done.body.erasure_id, `2026-01-01T00:00:00.00000${i}Z`)))
  }
  for (const [i, proof] of (await swept(subjects)).entries())
    assert.deepEqual((await certified(proof)).subjects, [subjects[i]])
  await assertEntries(subjects, 2)
})
