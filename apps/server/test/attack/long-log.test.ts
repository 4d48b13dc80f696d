import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer } from '../support/server.ts'
import { changeLeaf } from './tamper.ts'

// Long enough that other threads look at it.
const EVENTS = 33_000
const PLACE = 20_000

let server: TestServer
before(async () => {
  server = await testServer()
  const lines = Array.from({ length: EVENTS }, (_, i) => JSON.stringify({ event_type: 'long', resource: `file/${i}` }))
  const sent = await fetch(`${server.url}/v1/audit/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  })
  assert.equal(((await sent.json()) as { accepted: number }).accepted, EVENTS)
})
after(() => server.stop())

test('a long log verifies, and an entry that is changed in the middle of it is named', async () => {
  const verify = async () => (await server.call('POST', '/v1/audit/verify', {})).body
  const { valid, chain_length } = await verify()
  assert.ok(valid && chain_length > EVENTS, 'untouched')
  await changeLeaf(server, server.tenantId, PLACE, (leaf) => ({ ...leaf, resource: 'file/none' }))
  const { invalid_entries } = await verify()
  assert.equal(invalid_entries[0].index, PLACE)
  assert.equal(invalid_entries[0].code, 'LEAF_CHANGED')
})
