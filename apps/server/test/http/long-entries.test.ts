import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { parseVerifierKey } from '@probity/core'
import { nodeCrypto, verifyExport } from '@probity/verifier/node'
import { type TestServer, testServer } from '../support/server.ts'

// A bundle of these has 9 MB that no codec shrinks, and a part of one in 50 another 90 kB: what reads many bundles
// reads these a few at a time, and must come to the same as with short ones.
const ENTRIES = 700
const ACTORS = ['even', 'odd']

let server: TestServer
before(async () => {
  server = await testServer()
  const lines = Array.from({ length: ENTRIES }, (_, i) => {
    const blob = randomBytes(i % 50 === 0 ? 70_000 : 36_000).toString('base64')
    return JSON.stringify({ event_type: 'file.read', user_id: ACTORS[i % 2], event_data: { place: i, blob } })
  })
  const headers = { 'content-type': 'application/x-ndjson' }
  const sent = await server.call('POST', '/v1/audit/ingest', lines.join('\n'), { headers })
  assert.equal(sent.body.accepted, ENTRIES, sent.text)
})
after(() => server.stop())

test('every page of a search over long entries together holds each that matches, once', async () => {
  const found: number[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { user_id: 'odd', limit: 100, ...(cursor === undefined ? {} : { cursor }) }
    const page = await server.call('POST', '/v1/audit/search', query)
    assert.equal(page.status, 200, page.text.slice(0, 300))
    found.push(...page.body.events.map(({ event_data }: { event_data: { place: number } }) => event_data.place))
    cursor = page.body.next_cursor ?? null
  }
  const places = Array.from({ length: ENTRIES }, (_, i) => ENTRIES - 1 - i)
  assert.deepEqual(
    found,
    places.filter((place) => place % 2 === 1),
  )
})

test('a log of long entries is verified as a whole', async () => {
  const verified = await server.call('POST', '/v1/audit/verify', {})
  assert.equal(verified.body.valid, true, verified.text)
})

for (const [kind, query, entries] of [
  ['range', 'start=100&end=650', 550],
  ['selection', 'event_type=file.read', ENTRIES],
] as const)
  test(`a ${kind} of long entries is exported, and verifies offline`, async () => {
    const { body } = await server.call('GET', '/v1/audit/key', undefined)
    const trusted = (body.keys as string[]).map((key) => parseVerifierKey(nodeCrypto.sha256, key))
    const headers = { authorization: `Bearer ${server.token}` }
    const answer = await fetch(`${server.url}/v1/audit/export?${query}`, { headers })
    const file = new Uint8Array(await answer.arrayBuffer())
    const result = await verifyExport({ open: () => Readable.from([file]) }, trusted)
    assert(result.verified, JSON.stringify(result).slice(0, 300))
    assert.equal(result.entries, entries)
  })
