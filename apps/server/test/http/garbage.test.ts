import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type TestServer, testServer } from '../support/server.ts'
import { type Garbage, garbage, operationsOf, readable, send } from './garbage.ts'

const MARKER = 'zq7marker'
/** What only the inside knows: stacks, SQL, names of files, of the framework and of the database. */
const INTERNAL =
  /\bat \S+ \(|node_modules|node:|\.[cm]?[jt]s:\d|\bSELECT .+ FROM\b|\bINSERT INTO\b|violates|constraint|invalid (input|byte)|pg_|FST_ERR|TypeError|RangeError|Cannot read|is not (a function|iterable)|INTERNAL/

let server: TestServer
let own: { tenantId: string; token: string }
let neighbour: { tenantId: string; token: string }
const known: string[] = []

before(async () => {
  server = await testServer()
  own = await server.secondTenant('own')
  neighbour = await server.secondTenant('neighbour')
  const options = { token: neighbour.token }
  const event = { event_type: MARKER, user_id: MARKER, actor_type: 'service', resource: MARKER }
  const written = await server.call('POST', '/v1/audit/events', event, options)
  const person = { event_type: 'a.b', user_id: `${MARKER}@person.example`, event_data: { note: MARKER } }
  await server.call('POST', '/v1/audit/events', person, options)
  const token = await server.call('POST', '/v1/tokens', { name: MARKER, scopes: ['audit:read'] }, options)
  known.push(neighbour.tenantId, written.body.results[0].event_id, token.body.id, MARKER, '0/000.p/1', '1', 'audit')
  for (const user_id of ['ada', 'bob'])
    await server.call('POST', '/v1/audit/events', { event_type: 'a.b', user_id }, { token: own.token })
})
after(() => server.stop())

/** Operations that take seconds by their nature. */
const LEFT_OUT = /keys\/rotate$|key\/turn$/

/** What is asked of these is an entry of the caller's own log, where the marker would be no neighbour's data. */
const RECORDED = /^\/access\/v1\/gateway\//

async function throwGarbage(token: string, seed: number, milliseconds: number): Promise<Record<string, number>> {
  const described = operationsOf((await server.call('GET', '/openapi.json')).body.paths)
  const operations = described.filter(({ path }) => !LEFT_OUT.test(path))
  const seen: Record<string, number> = {}
  const one = async (given: Garbage) => {
    const isRecorded = RECORDED.test(given.path)
    const request = isRecorded ? { ...given, path: given.path.replaceAll(MARKER, 'marker') } : given
    const { status, bytes } = await send(server.url, token, request)
    const kind = `${request.method} ${status}`
    seen[kind] = (seen[kind] ?? 0) + 1
    const text = readable(bytes)
    const told = `${request.method} ${request.path}: ${status} ${text.slice(0, 500)}`
    assert.ok(status >= 200 && status < 500, told)
    const echo = request.path + (request.body?.toString('latin1') ?? '')
    assert.ok(echo.includes(MARKER) || !text.includes(MARKER), `the neighbour’s data: ${told}`)
    if (status >= 400) assert.doesNotMatch(text, INTERNAL, told)
  }
  await fc.assert(
    fc.asyncProperty(fc.array(garbage(operations, known), { maxLength: 12, size: 'max' }), async (requests) => {
      await Promise.all(requests.map(one))
    }),
    { seed, numRuns: 100_000, interruptAfterTimeLimit: milliseconds },
  )
  return seen
}

test('garbage to any route meets no fault, no neighbour’s data and no word of the inside', async () => {
  const kinds = ['GET 200', 'GET 400', 'POST 200', 'POST 400', 'DELETE 400', 'DELETE 404']
  const met = new Set<string>()
  // A slow machine throws less in the time: it goes on until each kind of answer was met.
  for (let round = 0; round < 8 && !kinds.every((kind) => met.has(kind)); round++)
    for (const kind of Object.keys(await throwGarbage(own.token, 20261124 + round, 12_000))) met.add(kind)
  const missed = kinds.filter((kind) => !met.has(kind))
  assert.deepEqual(missed, [])
})

test('garbage of an operator meets no fault and no word of the inside either', async () => {
  const seen = await throwGarbage(server.token, 4, 6_000)
  assert.ok((seen['GET 200'] ?? 0) > 0, JSON.stringify(seen))
})

test('the neighbour itself meets its marker in lists and exports, where these tests look for it', async () => {
  for (const path of ['/v1/audit/events', '/v1/tokens', '/v1/audit/export']) {
    const { bytes } = await send(server.url, neighbour.token, { method: 'GET', path, headers: {}, body: null })
    assert.ok(readable(bytes).includes(MARKER), path)
  }
})
