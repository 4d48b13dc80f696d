import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TEST_ROOT_KEY, type TestServer, testServer } from '../../../test/support/server.ts'
import { openField, unwrapKey } from '../keys/ciphers.ts'
import { type DataKey, fieldKey } from '../keys/data-key.ts'
import { fileRoot } from '../keys/index.ts'
import type { RootKey } from '../keys/root.ts'
import { DEFAULT_CLASS } from '../keys/rules.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

interface Wrapped {
  epoch: number
  root_epoch: number
  wrapped: Buffer
}
interface Saved {
  tenantKeys: Wrapped[]
  dataKey: { key_id: string; subject: string; epoch: number; wrapped: Buffer }
  part: { seq: string; envelope: Buffer }
  eventId: string
}

/** What an old backup, a dead row or the write-ahead log still holds: everything of a person as it was stored. */
async function save(name: string, secret: string): Promise<Saved> {
  const event = { event_type: 'a.b', user_id: name, action: 'do', outcome: 'Success', personal: { note: secret } }
  const { index, event_id } = (await server.call('POST', '/v1/audit/events', event)).body.results[0]
  const [part] = await server.sql<{ seq: string; envelope: Buffer; subject: string }>(
    'SELECT seq, envelope, subjects[1] AS subject FROM audit_sealed_parts WHERE tenant_id = $1 AND seq = $2',
    [server.tenantId, index],
  )
  assert(part)
  const [dataKey] = await server.keystoreSql<Saved['dataKey']>(
    'SELECT key_id, subject, epoch, wrapped FROM data_keys WHERE tenant_id = $1 AND subject = $2',
    [server.tenantId, part.subject],
  )
  assert(dataKey)
  return { tenantKeys: await tenantKeys(), dataKey, part, eventId: event_id }
}

function tenantKeys(): Promise<Wrapped[]> {
  const text = 'SELECT epoch, root_epoch, wrapped FROM tenant_keys WHERE tenant_id = $1'
  return server.keystoreSql<Wrapped>(text, [server.tenantId])
}

/** Every way that the keys which exist now lead to the saved part: the texts that come out of it. */
async function attempt(root: RootKey, saved: Saved): Promise<string[]> {
  const texts: string[] = []
  for (const tenantKey of [...saved.tenantKeys, ...(await tenantKeys())]) {
    for (const epoch of root.epochs()) {
      try {
        const key = await root.unwrap(epoch, tenantKey.wrapped)
        const { key_id: id, subject, epoch: keyEpoch, wrapped } = saved.dataKey
        texts.push(openWith({ id, subject, epoch: keyEpoch, key: unwrapKey(key, wrapped), fields: new Map() }, saved))
      } catch {
        // this way leads nowhere
      }
    }
  }
  return texts
}

function openWith(key: DataKey, saved: Saved): string {
  const place = { table: 'audit_sealed_parts', column: 'envelope' }
  const row = `${saved.eventId}/0`
  const context = { tenant: server.tenantId, ...place, row, subject: key.subject, class: DEFAULT_CLASS }
  return openField(fieldKey(key, place), context, saved.part.envelope).toString('latin1')
}

test('after erasure and rotation no key that is left opens what was saved before: not the rows, not the log', async () => {
  const secrets = Array.from({ length: 5 }, () => randomBytes(12).toString('hex'))
  const saved: Saved[] = []
  for (const [i, secret] of secrets.entries()) saved.push(await save(`erased-${i}`, secret))
  const root = () => fileRoot(TEST_ROOT_KEY, join(server.installation.data, 'root.epochs'))
  for (const [i, one] of saved.entries()) {
    const texts = await attempt(await root(), one)
    assert(texts.length > 0 && texts.every((text) => text.includes(secrets[i] ?? '')), 'the attack works before')
  }
  for (const i of secrets.keys()) await server.call('DELETE', `/v1/privacy/data-subjects/erased-${i}`, {})
  assert.equal((await server.call('POST', '/v1/keys/rotate', {})).body.destroyed, true)
  for (const one of saved) assert.deepEqual(await attempt(await root(), one), [])
  assert.equal((await server.call('POST', '/v1/audit/verify', {})).body.valid, true)
})
