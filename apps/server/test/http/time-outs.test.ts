import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../support/server.ts'
import { exchange } from './socket.ts'

let server: TestServer
before(async () => {
  server = await testServer({ request_timeout_seconds: '1' })
})
after(() => server.stop())

/** Sends a byte now and then until the connection ends. */
async function dribble(one: ReturnType<typeof exchange>, byte: string): Promise<void> {
  const timer = setInterval(() => one.send(byte), 100)
  await one.closed
  clearInterval(timer)
}

test('a client that dribbles a JSON body is told that it takes too long, and cut off', async () => {
  const one = exchange(server.url, 'POST /v1/audit/events', {
    authorization: `Bearer ${server.token}`,
    'content-type': 'application/json',
    'content-length': 10_000,
  })
  await dribble(one, ' ')
  assert.equal(await one.status, 408)
  assert.match(one.received(), /"code":"REQUEST_TIMEOUT"/)
})

test('a client that dribbles the body of a log-in is cut off likewise', async () => {
  const one = exchange(server.url, 'POST /v1/auth/login', {
    'content-type': 'application/json',
    'transfer-encoding': 'chunked',
  })
  await dribble(one, '1\r\n \r\n')
  assert.equal(await one.status, 408)
})

test('a client that goes on sending what was refused is cut off', async () => {
  const one = exchange(server.url, 'POST /v1/audit/ingest', {
    'content-type': 'application/x-ndjson',
    'transfer-encoding': 'chunked',
  })
  assert.equal(await one.status, 401)
  await dribble(one, '1\r\n \r\n')
})

test('a client that dribbles its headers is cut off', async () => {
  const one = exchange(server.url, 'GET /livez', { 'x-long': 'a' }, false)
  await dribble(one, 'a')
  assert.equal(await one.status, 408)
})

test('a stream may take its time', async () => {
  const one = exchange(server.url, 'POST /v1/audit/ingest', {
    authorization: `Bearer ${server.token}`,
    'content-type': 'application/x-ndjson',
    'transfer-encoding': 'chunked',
  })
  const line = '{"event_type":"a.b"}\n'
  const begun = Date.now()
  await until('the time of a body is over', () => {
    one.send(`${line.length.toString(16)}\r\n${line}\r\n`)
    return Date.now() - begun > 1500
  })
  one.send('0\r\n\r\n')
  assert.equal(await one.status, 200)
  one.end()
})
