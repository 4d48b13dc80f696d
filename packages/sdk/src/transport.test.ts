import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { ProbityError } from './error.ts'
import { pauseBefore } from './retry.ts'
import { Transport } from './transport.ts'

type Answering = (request: IncomingMessage, response: ServerResponse) => void

let url: string
let answers: Answering[]
let seen: { method: string | undefined; key: string | undefined; body: string }[]
const server = createServer(async (request, response) => {
  let body = ''
  for await (const piece of request) body += piece
  seen.push({ method: request.method, key: request.headers['idempotency-key'] as string | undefined, body })
  answers.shift()?.(request, response)
})
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  answers = []
  seen = []
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const good: Answering = (_, response) => response.end('{"id":"made"}')
const lost: Answering = (request) => request.socket.destroy()
const silent: Answering = () => undefined
const refusing =
  (status: number, code: string, headers: Record<string, string> = { 'retry-after': '0' }): Answering =>
  (_, response) =>
    response
      .writeHead(status, headers)
      .end(JSON.stringify({ code, status, message: code, details: {}, request_id: 'r' }))
const transport = (more: object = {}) => new Transport({ url, ...more })

test('what makes something is sent again with the same key and body, whatever was lost on the way', async () => {
  answers = [lost, refusing(503, 'UNAVAILABLE'), good]
  assert.deepEqual(await transport().create('/v1/roles', { name: 'reader' }), { id: 'made' })
  assert.equal(seen.length, 3)
  assert.equal(new Set(seen.map(({ key, body }) => `${key} ${body}`)).size, 1)
  assert.match(seen[0]?.key ?? '', /^[0-9a-f-]{36}$/)
  answers = [good]
  await transport().create('/v1/roles', {}, { idempotencyKey: 'mine' })
  assert.equal(seen.at(-1)?.key, 'mine')
})

test('what is read or put is sent again, what acts is not, but where the server says that it did nothing', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    answers = [refusing(502, 'INTERNAL'), lost, good]
    await transport().json(method, '/v1/x', method === 'GET' ? undefined : {})
  }
  for (const failing of [lost, refusing(503, 'UNAVAILABLE'), refusing(504, 'INTERNAL')]) {
    seen = []
    answers = [failing, good]
    await assert.rejects(transport().json('POST', '/v1/policies/1/versions/1/approve', {}))
    assert.equal(seen.length, 1)
  }
  answers = [refusing(429, 'RATE_LIMITED'), good]
  await transport().json('POST', '/v1/policies/1/versions/1/approve', {})
})

test('it is given up after as many times as it is told, and says why', async () => {
  answers = Array.from({ length: 9 }, () => refusing(503, 'UNAVAILABLE'))
  await assert.rejects(
    transport({ retries: 3 }).json('GET', '/v1/x'),
    (error) => error instanceof ProbityError && error.code === 'UNAVAILABLE' && error.requestId === 'r',
  )
  assert.equal(seen.length, 4)
  seen = []
  await assert.rejects(transport({ retries: 0 }).json('GET', '/v1/x'))
  assert.equal(seen.length, 1)
})

test('a refusal is told at once; so is one that would have to be waited for longer than a minute', async () => {
  for (const refused of [refusing(409, 'NAME_TAKEN'), refusing(429, 'RATE_LIMITED', { 'retry-after': '61' })]) {
    seen = []
    answers = [refused, good]
    await assert.rejects(transport().create('/v1/roles', {}), ProbityError)
    assert.equal(seen.length, 1)
  }
})

test('an answer that does not come is waited for so long, and the call sent again', async () => {
  answers = [silent, good]
  assert.deepEqual(await transport({ timeoutMilliseconds: 300 }).json('GET', '/v1/x'), { id: 'made' })
  answers = [silent]
  await assert.rejects(transport({ timeoutMilliseconds: 300, retries: 0 }).json('GET', '/v1/x'), {
    name: 'TimeoutError',
  })
})

test('who gives a call up is not kept by the waiting for the next', async () => {
  answers = [refusing(503, 'UNAVAILABLE', { 'retry-after': '60' }), good]
  const reason = new Error('enough')
  const giving = new AbortController()
  const called = transport().json('GET', '/v1/x', undefined, { signal: giving.signal })
  const rejected = assert.rejects(called, reason)
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
  giving.abort(reason)
  await rejected
  assert.equal(seen.length, 1)
})

test('what answers in the place of the server is told as that', async () => {
  answers = [(_, response) => response.writeHead(404).end('<html>'), (_, response) => response.writeHead(400).end('{}')]
  for (const status of [404, 400])
    await assert.rejects(
      transport().json('GET', '/v1/x'),
      (error) =>
        error instanceof ProbityError && error.status === status && error.message.includes('is its address right'),
    )
})

test('Retry-After is seconds or a date', () => {
  assert.equal(pauseBefore('17'), 17)
  assert.equal(pauseBefore(new Date(Date.now() + 10_000).toUTCString()), 10)
  assert.equal(pauseBefore(new Date(0).toUTCString()), 0)
  for (const none of [null, 'soon', '-1', '1.5']) assert.equal(pauseBefore(none), null, String(none))
})
