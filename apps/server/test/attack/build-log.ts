import assert from 'node:assert/strict'
import { type TestServer, testServer, until } from '../support/server.ts'

/** Three tenants' logs on one server, standing still. */
export interface Logs {
  server: TestServer
  /** Tenant whose log is attacked: two full bundles and at least three fragments. */
  tenantId: string
  size: number
  /** First indexes of its fragments. */
  fragments: number[]
  /** A head that it had before its last fragments were written. */
  oldHead: { size: number; root: Buffer; checkpoint: string }
  /** Another tenant with two full bundles. */
  other: { tenantId: string; token: string }
  small: { tenantId: string; token: string }
}

const OUTCOMES = ['Success', 'Failure', 'Warning', 'Information']

export function someEvent(i: number, tenant: string) {
  return {
    ...(i % 5 === 0 ? { event_id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}` } : {}),
    event_type: i % 3 === 0 ? 'login' : 'file.read',
    user_id: `person-${i % 23}@${tenant}.example`,
    session_id: `s-${i % 7}`,
    resource: `file/${i % 11}`,
    action: 'read',
    outcome: OUTCOMES[i % 4],
    risk_score: i % 100,
    ...(i % 2 === 0 ? { ip_address: `192.0.2.${i % 250}`, user_agent: `agent ${i}` } : {}),
    event_data: { number: i },
  }
}

export async function buildLogs(): Promise<Logs> {
  const server = await testServer()
  const other = await server.secondTenant('other')
  const small = await server.secondTenant('small')
  const write = async (token: string, tenant: string, from: number, count: number) => {
    const events = Array.from({ length: count }, (_, i) => someEvent(from + i, tenant))
    const { status, body } = await server.call('POST', '/v1/audit/events', events, { token })
    assert.equal(status, 200)
    assert.equal(body.accepted, count)
  }
  await write(other.token, 'other', 0, 600)
  await write(small.token, 'small', 0, 5)
  for (const [from, count] of [
    [0, 280],
    [280, 200],
    [480, 130],
    [610, 40],
  ] as const)
    await write(server.token, 'first', from, count)
  await settled(server)
  const [oldHead] = await server.sql<Logs['oldHead']>(
    'SELECT size::int, root, checkpoint FROM audit_logs WHERE tenant_id = $1',
    [server.tenantId],
  )
  for (let i = 650; i < 700; i += 25) await write(server.token, 'first', i, 25)
  assert.ok(oldHead)
  for (const token of [server.token, other.token, small.token]) {
    const { body } = await server.call('POST', '/v1/audit/verify', {}, { token })
    assert.equal(body.valid, true, JSON.stringify(body.invalid_entries))
  }
  await settled(server)
  await until('every head is anchored', async () => {
    const behind = 'SELECT 1 FROM audit_logs l JOIN audit_anchors a USING (tenant_id) WHERE a.size < l.size'
    return (await server.sql(behind)).length === 0
  })
  const [head] = await server.sql<{ size: number }>('SELECT size::int FROM audit_logs WHERE tenant_id = $1', [
    server.tenantId,
  ])
  const rows = await server.sql<{ first_seq: number }>(
    'SELECT first_seq::int FROM audit_bundles WHERE tenant_id = $1 AND first_seq >= 512 ORDER BY first_seq',
    [server.tenantId],
  )
  const fragments = rows.map((row) => row.first_seq)
  assert.ok(fragments.length >= 3, 'the open bundle lies in fragments')
  return { server, tenantId: server.tenantId, size: head?.size ?? 0, fragments, oldHead, other, small }
}

/** Waits until nothing waits for the sequencer. */
export async function settled(server: TestServer): Promise<void> {
  await until('the inbox is drained', async () => (await server.sql('SELECT 1 FROM audit_inbox LIMIT 1')).length === 0)
}
