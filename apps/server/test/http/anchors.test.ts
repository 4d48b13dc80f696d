import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ANCHOR_TENANT, openCheckpoint, parseLeaf, parseVerifierKey } from '@probity/core'
import { nodeCrypto, verifyExport, verifyReceipt } from '@probity/verifier/node'
import { openBody } from '../../src/domains/audit/bundle-body.ts'
import { type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer({ anchor_interval_ms: '50' })
})
after(() => server.stop())

const event = { event_type: 'document.read', user_id: 'pedro', action: 'read', outcome: 'Success' }

async function anchoredReceipt(token: string): Promise<{ receipt: string; id: string }> {
  const written = await server.call('POST', '/v1/audit/events', event, { token })
  const id = written.body.results[0].event_id as string
  let receipt = ''
  await until('the head is anchored', async () => {
    receipt = (await server.call('GET', `/v1/audit/events/${id}/receipt`, undefined, { token })).text
    return receipt.split('\n— ').length === 3
  })
  return { receipt, id }
}

async function trust(token: string, anchors = true) {
  const { keys, anchor_keys } = (await server.call('GET', '/v1/audit/key', undefined, { token })).body
  return [...keys, ...(anchors ? anchor_keys : [])].map((key: string) => parseVerifierKey(nodeCrypto.sha256, key))
}

test('a receipt is integrated at once and anchored soon after: offline, by the key of the anchor log', async () => {
  const { receipt } = await anchoredReceipt(server.token)
  const result = verifyReceipt(receipt, await trust(server.token))
  assert(result.verified, JSON.stringify(result))
  assert.equal(result.anchored?.origin, `probity.local/${ANCHOR_TENANT}`)
  assert(Math.abs(Date.parse(result.anchored.at) - Date.now()) < 60_000)
  const withoutAnchors = verifyReceipt(receipt, await trust(server.token, false))
  assert(withoutAnchors.verified && withoutAnchors.anchored === null)
})

test('a byte changed anywhere in the anchor of a receipt is found', async () => {
  const { receipt } = await anchoredReceipt(server.token)
  const keys = await trust(server.token)
  const lines = receipt.trimEnd().split('\n')
  const last = lines.at(-1) ?? ''
  const [, name, base64 = ''] = last.split(' ')
  const bytes = Buffer.from(base64, 'base64')
  for (let at = 4; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    const text = [...lines.slice(0, -1), `— ${name} ${changed.toString('base64')}`, ''].join('\n')
    assert.equal(verifyReceipt(text, keys).verified, false, `byte ${at}`)
  }
})

test("a neighbour's anchor proves nothing for this log, and shows nothing of the neighbour", async () => {
  const other = await server.secondTenant('neighbour')
  const mine = (await anchoredReceipt(server.token)).receipt
  const theirs = (await anchoredReceipt(other.token)).receipt
  const keys = await trust(server.token)
  const swapped = `${mine.trimEnd().split('\n').slice(0, -1).join('\n')}\n${theirs.trimEnd().split('\n').at(-1)}\n`
  const result = verifyReceipt(swapped, keys)
  assert(!result.verified && result.code === 'ANCHOR_INVALID', JSON.stringify(result))
  const told = Buffer.from((mine.trimEnd().split('\n').at(-1) ?? '').split(' ')[2] ?? '', 'base64').toString('latin1')
  assert(!told.includes(other.tenantId) && !told.includes('neighbour'))
})

test('an anchored checkpoint and an export up to it carry the anchor', async () => {
  await anchoredReceipt(server.token)
  const keys = await trust(server.token)
  const checkpoint = (await server.call('GET', '/v1/audit/checkpoint?anchored=true')).text
  const { size } = openCheckpoint(checkpoint, keys, nodeCrypto)
  const answer = await fetch(`${server.url}/v1/audit/export?end=${size}`, {
    headers: { authorization: `Bearer ${server.token}` },
  })
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const source = { open: async function* () { yield bytes } } // biome-ignore format: one line says it
  const result = await verifyExport(source, keys)
  assert(result.verified && result.anchored !== null, JSON.stringify(result))
})

test('nobody is in the installation, whose log only anchors', async () => {
  const { tenants } = (await server.call('GET', '/v1/tenants')).body
  assert(tenants.every((tenant: { id: string }) => tenant.id !== ANCHOR_TENANT))
  assert.equal((await server.call('GET', `/v1/tenants/${ANCHOR_TENANT}`)).status, 404)
  const rows = await server.sql<{ body: Buffer; entries: number }>(
    'SELECT body, entries FROM audit_bundles WHERE tenant_id = $1',
    [ANCHOR_TENANT],
  )
  const types = rows.flatMap((row) => openBody(row).map((leaf) => parseLeaf(leaf).event_type))
  assert.deepEqual([...new Set(types)], ['log.anchored'])
})

test('a head that does not move is not anchored again', async () => {
  await anchoredReceipt(server.token)
  const size = async () =>
    (await server.sql<{ size: string }>('SELECT size FROM audit_logs WHERE tenant_id = $1', [ANCHOR_TENANT]))[0]?.size
  let last = await size()
  let same = 0
  await until('the anchor log rests over ten looks', async () => {
    const now = await size()
    same = now === last ? same + 1 : 0
    last = now
    return same > 10
  })
})

test("after the anchor log's key has turned, receipts are anchored under the old key and the new one", async () => {
  const before = (await server.call('GET', '/v1/audit/key')).body.anchor_keys as string[]
  const turned = await server.call('POST', '/v1/keys/turn-anchor')
  assert.equal(turned.status, 200, turned.text)
  assert.deepEqual(turned.body.keys.slice(1), before)
  const { receipt } = await anchoredReceipt(server.token)
  const log = (await server.call('GET', '/v1/audit/key')).body.keys as string[]
  for (const anchorKey of turned.body.keys) {
    const keys = [...log, anchorKey].map((key: string) => parseVerifierKey(nodeCrypto.sha256, key))
    const result = verifyReceipt(receipt, keys)
    assert(result.verified && result.anchored !== null, anchorKey)
  }
})
