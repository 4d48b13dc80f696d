import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { formatToken } from '@probity/core'
import { type TestServer, testServer } from '../support/server.ts'
import { exchange } from './socket.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

const unknownToken = (tenantId: string) => formatToken({ kind: 'at', tenantId, secret: randomBytes(32) })

/** Says that a body comes and sends none of it: only who needs no body can answer. */
async function withoutBody(start: string, token: string | null, length: number): Promise<number> {
  const one = exchange(server.url, start, {
    'content-type': 'application/json',
    'content-length': length,
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  })
  try {
    return await one.status
  } finally {
    one.end()
  }
}

test('who may not call is refused before a byte of the body is read', async () => {
  const write = 'POST /v1/audit/events'
  assert.equal(await withoutBody(write, null, 1_000_000), 401)
  assert.equal(await withoutBody(write, unknownToken(server.tenantId), 1_000_000), 401)
  const made = await server.call('POST', '/v1/tokens', { name: 'reader', scopes: ['audit:read'] })
  assert.equal(await withoutBody(write, made.body.token, 1_000_000), 403)
  const slow = await testServer({ rate_limit_per_second: '1' })
  try {
    const { token, url } = slow
    const all = Array.from({ length: 6 }, () =>
      exchange(url, write, {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': 9,
      }),
    )
    assert.equal(await Promise.any(all.map((one) => one.status)), 429)
    for (const one of all) one.end()
  } finally {
    await slow.stop()
  }
})

test('a stream of who may not call is refused before it is read', async () => {
  const headers = { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' }
  const one = exchange(server.url, 'POST /v1/audit/ingest', headers)
  assert.equal(await one.status, 401)
  one.end()
})

test('what nobody could mean is refused before it is read: a set-up of 16 KiB, a log-in longer than SAML answers', async () => {
  for (const [path, bytes] of [
    ['/v1/setup', 20_000],
    ['/v1/auth/refresh', 20_000],
    ['/v1/auth/login', 320_000],
  ] as const) {
    assert.equal(await withoutBody(`POST ${path}`, null, bytes), 413, path)
    const answer = await server.call('POST', path, { tenant: 'x'.repeat(bytes) }, { token: null })
    assert.equal(answer.status, 413, path)
    assert.equal(answer.body.code, 'BODY_TOO_LARGE')
  }
})

test('wrong tokens from one address are told to wait; a token that was right before goes on', async () => {
  const strict = await testServer({ public_rate_limit_per_second: '1' })
  try {
    const ask = (token: string) => strict.call('GET', '/v1/audit/events', undefined, { token })
    assert.equal((await ask(strict.token)).status, 200)
    const statuses = new Set<number>()
    for (let i = 0; i < 12; i++) statuses.add((await ask(unknownToken(strict.tenantId))).status)
    assert.deepEqual([...statuses], [401, 429])
    assert.equal((await ask(strict.token)).status, 200)
  } finally {
    await strict.stop()
  }
})
