import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../support/server.ts'
import { settled } from './build-log.ts'
import { forgetStates, keepCopy, putBackOne } from './tamper.ts'

interface Tenant {
  tenantId: string
  token: string
}

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const write = ({ token }: Tenant, at = server) => at.call('POST', '/v1/audit/events', { event_type: 'x' }, { token })
const verify = async ({ token }: Tenant, at = server) => (await at.call('POST', '/v1/audit/verify', {}, { token })).body
const accept = (tenantId: string) =>
  server.call('POST', '/v1/audit/accept-rollback', { tenant_id: tenantId, reason: 'the disk was lost' })

async function keep(): Promise<void> {
  await settled(server)
  await server.sql('DROP SCHEMA IF EXISTS kept CASCADE')
  await keepCopy(server)
}

/** Puts the log back as it was kept, after it had grown and was found to hold: what it lost is known. */
async function growAndGoBack(tenant: Tenant): Promise<number> {
  const lost = (await write(tenant)).body.results[0].index
  assert.equal((await verify(tenant)).valid, true)
  await settled(server)
  await putBackOne(server, tenant.tenantId)
  await forgetStates(server)
  await until('another is served', async () => (await write(server)).status === 200)
  assert.equal((await write(tenant)).status, 503)
  return lost
}

/** The log goes on: it is written, holds, and says what is lost. */
async function goesOn(tenant: Tenant, found: { lost_from: number; lost_until: number }): Promise<void> {
  await until('the log is written again', async () => (await write(tenant)).status === 200, 20_000)
  assert.deepEqual((await verify(tenant)).invalid_entries, [], 'after it was accepted')
  const { lost_until } = found
  await until('it is longer than it was', async () => (await write(tenant)).body.results[0].index > lost_until)
  assert.deepEqual((await verify(tenant)).invalid_entries, [], 'when it is longer than what was lost')
  const { body } = await server.call('GET', '/v1/audit/events?event_type=log.rollback_accepted', undefined, tenant)
  const [{ event_data }] = body.events
  assert.deepEqual([event_data.lost_from, event_data.lost_until], [found.lost_from, found.lost_until])
  assert.equal((await accept(tenant.tenantId)).status, 404, 'there is nothing more to accept')
}

test('a log that went back is not written until an operator stands by it; then it holds, whatever was verified before', async () => {
  const tenant = await server.secondTenant('back')
  await keep()
  const lost = await growAndGoBack(tenant)
  assert.equal((await verify(tenant)).invalid_entries[0].code, 'TRUNCATED')
  const { status, body, text } = await accept(tenant.tenantId)
  assert.equal(status, 200, text)
  assert.ok(body.lost_from <= lost && body.lost_until > lost)
  await goesOn(tenant, body)
})

test('a log that went back to before its first entry is accepted as any other', async () => {
  await keep()
  const tenant = await server.secondTenant('nothing')
  await growAndGoBack(tenant)
  assert.equal((await verify(tenant)).invalid_entries[0].code, 'LOG_MISSING')
  const { status, body, text } = await accept(tenant.tenantId)
  assert.equal(status, 200, text)
  assert.equal(body.lost_from, 0)
  await goesOn(tenant, body)
})

test('there is nothing to accept of a tenant that there is not, nor of a log that did not go back', async () => {
  assert.equal((await accept(randomUUID())).status, 404)
  assert.equal((await accept(server.tenantId)).status, 404)
})

test('what was verified is known at once, before it is anchored, whoever takes the record of it away', async () => {
  const slow = await testServer({ anchor_interval_ms: '60000' })
  try {
    await settled(slow)
    await keepCopy(slow)
    assert.equal((await write(slow, slow)).status, 200)
    assert.equal((await verify(slow, slow)).valid, true)
    await settled(slow)
    await putBackOne(slow, slow.tenantId)
    await slow.sql('DELETE FROM audit_verifications')
    assert.equal((await verify(slow, slow)).invalid_entries[0].code, 'TRUNCATED')
  } finally {
    await slow.stop()
  }
})
