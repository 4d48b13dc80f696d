import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { parseVerifierKey, uuidFromDigest } from '@probity/core'
import { nodeCrypto, verifyExport, verifyReceipt } from '@probity/verifier/node'
import { ownEventId } from '../../src/domains/audit/event-id.ts'
import { type TestServer, testServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const send = (body: unknown, headers = {}) => server.call('POST', '/v1/audit/events', body, { headers })
const event = (fields: object = {}) => ({
  event_type: 'test.happened',
  user_id: 'ada',
  action: 'do',
  outcome: 'Success',
  ...fields,
})
const ndjson = { 'content-type': 'application/x-ndjson' }
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

test('an event is acknowledged with its index and found by that id', async () => {
  const sent = await send(event({ resource: 'thing/1', risk_score: 7, metadata: { a: 1 }, event_data: { b: [2] } }))
  assert.equal(sent.status, 200)
  const [result] = sent.body.results
  assert.equal(result.status, 'accepted')
  const read = await server.call('GET', `/v1/audit/events/${result.event_id}`)
  assert.equal(read.status, 200)
  assert.equal(read.body.index, result.index)
  assert.equal(read.body.resource, 'thing/1')
  assert.equal(read.body.risk_score, 7)
  assert.deepEqual(read.body.metadata, { a: 1 })
  assert.deepEqual(read.body.event_data, { b: [2] })
  assert.match(read.body.cryptographic_hash, /^[0-9a-f]{64}$/)
})

test('the same event_id with the same content is a duplicate, with other content it is refused with 409', async () => {
  const first = await send(event({ event_id: id(1), ip_address: '192.0.2.1' }))
  const again = await send(event({ event_id: id(1), ip_address: '192.0.2.1' }))
  const other = await send(event({ event_id: id(1), ip_address: '192.0.2.2' }))
  assert.equal(first.body.results[0].status, 'accepted')
  assert.deepEqual(again.body.results[0], { ...first.body.results[0], status: 'duplicate' })
  assert.equal(other.status, 409)
  assert.equal(other.body.code, 'EVENT_ID_CONFLICT')
})

test('an id that the server made leads to its event alone: given back it is refused, and the export still verifies', async () => {
  const first = (await send(event({ action: 'made' }))).body.results[0]
  for (const fields of [{ action: 'made' }, { action: 'another' }]) {
    const again = await send(event({ event_id: first.event_id, ...fields }))
    assert.deepEqual([again.status, again.body.code], [409, 'EVENT_ID_CONFLICT'], again.text)
  }
  assert.equal((await server.call('GET', `/v1/audit/events/${first.event_id}`)).body.action, 'made')
  const { keys } = (await server.call('GET', '/v1/audit/key')).body
  const trusted = keys.map((key: string) => parseVerifierKey(nodeCrypto.sha256, key))
  const exported = await fetch(`${server.url}/v1/audit/export`, {
    headers: { authorization: `Bearer ${server.token}` },
  })
  const file = new Uint8Array(await exported.arrayBuffer())
  const result = await verifyExport({ open: () => Readable.from([file]) }, trusted)
  assert.equal(result.verified, true, JSON.stringify(result))
  const late = ownEventId(Date.now() * 1000, randomBytes(8))
  assert.equal((await send(event({ event_id: late }))).body.results[0].status, 'accepted', 'of that form, and nobody’s')
})

test('an id that is no UUID becomes the same UUIDv8 each time, another in another tenant, and none that can be guessed', async () => {
  const named = event({ event_id: 'order-of-ada@example.org', user_id: 'ada@example.org' })
  const first = (await send(named)).body.results[0]
  assert.match(first.event_id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual((await send(named)).body.results[0], { ...first, status: 'duplicate' })
  const other = await server.secondTenant('ids')
  const there = await server.call('POST', '/v1/audit/events', named, { token: other.token })
  assert.notEqual(there.body.results[0].event_id, first.event_id)
  for (const text of [
    'order-of-ada@example.org',
    'probity/order-of-ada@example.org',
    'probity\0order-of-ada@example.org',
  ])
    assert.notEqual(uuidFromDigest(createHash('sha256').update(text).digest()), first.event_id)
})

test('in one call a repeat of an id is a duplicate of the first and a changed one is refused', async () => {
  const sent = await send([
    event({ event_id: id(2) }),
    event({ event_id: id(2) }),
    event({ event_id: id(2), action: 'undo' }),
  ])
  assert.deepEqual(
    sent.body.results.map((result: { status: string }) => result.status),
    ['accepted', 'duplicate', 'refused'],
  )
  assert.equal(sent.body.results[1].index, sent.body.results[0].index)
})

test('personal fields are sealed: shown only with personal=true, and that reading is an entry', async () => {
  const sent = await send(
    event({ user_id: 'grace', ip_address: '198.51.100.9', resource: 'user/grace', personal: { name: 'Grace H' } }),
  )
  const path = `/v1/audit/events/${sent.body.results[0].event_id}`
  const closed = await server.call('GET', path)
  assert.doesNotMatch(closed.text, /grace|198\.51\.100\.9/i)
  assert.equal(closed.body.sealed[0].state, 'sealed')
  const opened = await server.call('GET', `${path}?personal=true`)
  assert.equal(opened.body.ip_address, '198.51.100.9')
  assert.equal(opened.body.resource, 'user/grace')
  await until('the reading is recorded', async () => {
    const found = await server.call('GET', '/v1/audit/events?event_type=audit.personal_read')
    return found.body.events.some((read: { event_data: { entries: number[] } }) =>
      read.event_data.entries.includes(sent.body.results[0].index),
    )
  })
})

test('search by a name or an address needs audit:read_personal and finds the person under the pseudonym', async () => {
  const sent = await send(event({ user_id: 'Hedy@Example.com', ip_address: '203.0.113.44' }))
  const { index } = sent.body.results[0]
  const byName = await server.call('GET', '/v1/audit/events?user_id=hedy@example.com')
  const byAddress = await server.call('GET', '/v1/audit/events?ip_address=203.0.113.44')
  assert.ok(byName.body.events.some((found: { index: number }) => found.index === index))
  assert.ok(byAddress.body.events.some((found: { index: number }) => found.index === index))
  const weak = await server.call('POST', '/v1/tokens', { name: 'reader', scopes: ['audit:read'] })
  const blind = await server.call('GET', '/v1/audit/events?user_id=hedy@example.com', undefined, {
    token: weak.body.token,
  })
  assert.deepEqual(blind.body.events, [])
  const refused = await server.call('GET', '/v1/audit/events?ip_address=203.0.113.44', undefined, {
    token: weak.body.token,
  })
  assert.equal(refused.status, 403)
})

test('a list goes by cursor through every entry once, newest first', async () => {
  await send(Array.from({ length: 120 }, (_, i) => event({ event_type: 'paged', event_data: { i } })))
  const seen: number[] = []
  for (let cursor = ''; ; ) {
    const page = await server.call('GET', `/v1/audit/events?event_type=paged&limit=50${cursor}`)
    seen.push(...page.body.events.map((found: { event_data: { i: number } }) => found.event_data.i))
    if (!page.body.has_more) break
    cursor = `&cursor=${page.body.next_cursor}`
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 120 }, (_, i) => 119 - i),
  )
})

test('text is found in what no column holds', async () => {
  await send(event({ event_data: { note: 'the Quokka escaped' } }))
  const found = await server.call('GET', '/v1/audit/events?text=quokka')
  assert.equal(found.body.events[0].event_data.note, 'the Quokka escaped')
})

for (const [name, encode] of [
  ['plain', (text: string) => Buffer.from(text)],
  ['gzip', (text: string) => gzipSync(text)],
  ['zstd', (text: string) => zstdCompressSync(text)],
] as const) {
  test(`an NDJSON stream is taken (${name}); bad lines are told by number and good ones kept`, async () => {
    const lines = [
      event({ event_type: `stream.${name}` }),
      '{broken',
      event({ event_type: `stream.${name}` }),
      { outcome: 'Success' },
    ]
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
    const headers = { ...ndjson, ...(name === 'plain' ? {} : { 'content-encoding': name }) }
    const answer = await server.call('POST', '/v1/audit/ingest', encode(text), { headers })
    assert.equal(answer.status, 200)
    assert.equal(answer.body.accepted, 2)
    assert.deepEqual(
      answer.body.refusals.map((refusal: { line: number }) => refusal.line),
      [2, 4],
    )
  })
}

test('a stream that is not what its Content-Encoding says is a 400, not a 500', async () => {
  const answer = await server.call('POST', '/v1/audit/ingest', Buffer.from('not gzip'), {
    headers: { ...ndjson, 'content-encoding': 'gzip' },
  })
  assert.equal(answer.status, 400)
})

test('a stream of many chunks stands in the log in its order, and its bad lines are told by number', async () => {
  const lines = Array.from({ length: 3000 }, (_, i) =>
    i % 1000 === 500
      ? '{broken'
      : JSON.stringify(
          event({ event_type: 'ordered', user_id: `p${i % 50}`, event_data: { i, pad: 'x'.repeat(200) } }),
        ),
  )
  const answer = await server.call('POST', '/v1/audit/ingest', lines.join('\n'), { headers: ndjson })
  assert.deepEqual([answer.body.accepted, answer.body.refused, answer.body.lines], [2997, 3, 3000])
  assert.deepEqual(
    answer.body.refusals.map((refusal: { line: number }) => refusal.line),
    [501, 1501, 2501],
  )
  const seen: number[] = []
  for (let cursor = ''; ; ) {
    const page = await server.call('GET', `/v1/audit/events?event_type=ordered&limit=200${cursor}`)
    seen.push(...page.body.events.map((found: { event_data: { i: number } }) => found.event_data.i))
    if (!page.body.has_more) break
    cursor = `&cursor=${page.body.next_cursor}`
  }
  assert.deepEqual(
    seen.toReversed(),
    lines.flatMap((line, i) => (line === '{broken' ? [] : i)),
  )
})

test('a stream stands in the log in its order and none of it twice, also where ids of it are known and while others write', async () => {
  const neighbour = await server.secondTenant('meanwhile')
  const ordered = (i: number) =>
    event({ event_id: id(50_000 + i), event_type: 'in order', event_data: { i, pad: 'x'.repeat(200) } })
  const known = [0, 700, 701, 1999].map(ordered)
  assert.equal((await send(known)).body.accepted, known.length)
  const lines = [...Array.from({ length: 2000 }, (_, i) => ordered(i)), ordered(1500)]
  let writing = true
  const meanwhile = (async () => {
    while (writing) await server.call('POST', '/v1/audit/events', event(), { token: neighbour.token })
  })()
  const stream = (from: number) =>
    server.call(
      'POST',
      '/v1/audit/ingest',
      lines
        .slice(from)
        .map((line) => JSON.stringify(line))
        .join('\n'),
      {
        headers: ndjson,
      },
    )
  const [whole, again] = await Promise.all([stream(0), stream(1000)])
  writing = false
  await meanwhile
  assert.equal(whole.body.accepted + again.body.accepted, 2000 - known.length)
  assert.equal(whole.body.duplicate + again.body.duplicate, known.length + 1 + 1001)
  const seen: number[] = []
  for (let cursor = ''; ; ) {
    const page = await server.call('GET', `/v1/audit/events?event_type=in%20order&limit=200${cursor}`)
    seen.push(...page.body.events.map((found: { event_data: { i: number } }) => found.event_data.i))
    if (!page.body.has_more) break
    cursor = `&cursor=${page.body.next_cursor}`
  }
  assert.deepEqual(
    seen.toSorted((a, b) => a - b),
    Array.from({ length: 2000 }, (_, i) => i),
  )
  const first = seen.filter((i) => i < 1000 && ![0, 700, 701].includes(i)).toReversed()
  assert.deepEqual(
    first,
    first.toSorted((a, b) => a - b),
  )
})

test('a stream of events as small as they can be is taken whole while others write', async () => {
  const neighbour = await server.secondTenant('beside')
  let writing = true
  const meanwhile = (async () => {
    while (writing) await server.call('POST', '/v1/audit/events', event(), { token: neighbour.token })
  })()
  const lines = Array.from({ length: 21_000 }, () => '{"event_type":"x"}').join('\n')
  const { status, body } = await server.call('POST', '/v1/audit/ingest', lines, { headers: ndjson })
  writing = false
  await meanwhile
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.accepted, 21_000)
})

test('a line that is not UTF-8 is refused and its neighbours are kept', async () => {
  const good = Buffer.from(`${JSON.stringify(event({ event_type: 'utf8' }))}\n`)
  const bad = Buffer.from([...Buffer.from('{"event_type":"'), 0xff, ...Buffer.from('"}\n')])
  const { body } = await server.call('POST', '/v1/audit/ingest', Buffer.concat([good, bad, good]), { headers: ndjson })
  assert.deepEqual([body.accepted, body.refusals.map((refusal: { line: number }) => refusal.line)], [2, [2]])
})

test('a large array is answered in its order: accepted, duplicate and refused side by side', async () => {
  const sent = Array.from({ length: 600 }, (_, i) =>
    event({ event_id: id(10_000 + (i % 500)), event_data: { i: i % 500 } }),
  )
  sent[7] = { ...event(), outcome: 'Perhaps' }
  const { body } = await send(sent)
  assert.deepEqual([body.accepted, body.duplicate, body.refused], [499 + 1, 99, 1])
  assert.equal(body.results[7].pointer, '/outcome')
  assert.equal(body.results[507].status, 'accepted')
  assert.equal(body.results[508].index, body.results[8].index)
})

test('a receipt verifies offline with the key alone, and not with another key', async () => {
  const sent = await send(event())
  const receipt = await server.call('GET', `/v1/audit/events/${sent.body.results[0].event_id}/receipt`)
  const { keys } = (await server.call('GET', '/v1/audit/key')).body
  const trusted = keys.map((key: string) => parseVerifierKey(nodeCrypto.sha256, key))
  assert.equal(verifyReceipt(receipt.text, trusted).verified, true)
  const second = await server.secondTenant('receipt-stranger')
  const foreign = (await server.call('GET', '/v1/audit/key', undefined, { token: second.token })).body.keys
  assert.equal(
    verifyReceipt(
      receipt.text,
      foreign.map((key: string) => parseVerifierKey(nodeCrypto.sha256, key)),
    ).verified,
    false,
  )
})

test('the tail gives new entries and goes on after Last-Event-ID', async () => {
  const start = (await send(event({ event_type: 'tailed' }))).body.results[0].index
  const abort = new AbortController()
  const answer = await fetch(`${server.url}/v1/audit/tail`, {
    headers: { authorization: `Bearer ${server.token}`, 'last-event-id': String(start - 1) },
    signal: abort.signal,
  })
  const sent = await send(event({ event_type: 'tailed' }))
  let text = ''
  for await (const piece of answer.body ?? []) {
    text += Buffer.from(piece).toString()
    if (text.includes(`id: ${sent.body.results[0].index}\n`)) break
  }
  abort.abort()
  assert.ok(text.includes(`id: ${start}\n`))
})

test('the server verifies its own log and signs what it found', async () => {
  const answer = await server.call('POST', '/v1/audit/verify', {})
  assert.equal(answer.body.valid, true, answer.text)
  assert.match(answer.body.verification_signature, /^probity-verification\/1\n.*\n\n— /s)
  const [row] = await server.sql('SELECT integrity_valid FROM audit_verifications WHERE id = $1', [answer.body.id])
  assert.deepEqual(row, { integrity_valid: true })
})

test('data too large for a leaf is kept whole: read by whoever reads the log, proven, exported and verified', async () => {
  const event_data = { blob: 'x'.repeat(70_000), mail: 'ada@example.org', nested: { deep: ['é', 1.5, null] } }
  const eventId = randomUUID()
  const large = event({ event_id: eventId, user_id: 'ada@example.org', event_data })
  const sent = await send(large)
  assert.equal(sent.body.results[0]?.status, 'accepted', sent.text)
  assert.equal((await send(large)).body.results[0].status, 'duplicate')
  const path = `/v1/audit/events/${eventId}`
  const open = await server.call('GET', `${path}?personal=true`)
  assert.deepEqual(open.body.event_data, event_data)
  const closed = (await server.call('GET', path)).body
  assert.equal(closed.event_data.blob, event_data.blob)
  assert.equal(closed.event_data.mail, undefined, 'what is personal stays sealed')
  assert.deepEqual(
    closed.sealed.map((part: { state: string }) => part.state),
    ['opened', 'sealed'],
  )
  const keys = (await server.call('GET', '/v1/audit/key')).body.keys as string[]
  const trusted = keys.map((key) => parseVerifierKey(nodeCrypto.sha256, key))
  assert.equal(verifyReceipt((await server.call('GET', `${path}/receipt`)).text, trusted).verified, true)
  const file = new Uint8Array(
    await (
      await fetch(`${server.url}/v1/audit/export?start=${closed.index}&end=${closed.index + 1}`, {
        headers: { authorization: `Bearer ${server.token}` },
      })
    ).arrayBuffer(),
  )
  const exported = await verifyExport({ open: () => Readable.from([file]) }, trusted)
  assert(exported.verified && exported.sealed_opened === 1, JSON.stringify(exported))
  assert(!Buffer.from(file).includes('ada@example.org'))
})

test('a column longer than it can be is refused by name', async () => {
  const answer = await send(event({ resource: 'x'.repeat(70_000) }))
  assert.equal(answer.status, 422)
  assert.equal(answer.body.details.pointer, '/resource', answer.text)
})
