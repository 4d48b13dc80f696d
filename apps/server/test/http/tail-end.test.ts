import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../support/server.ts'

const PASSWORD = 'correct horse battery staple'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

/** An open tail: what it told, and whether it has ended. */
async function open(token: string, at = server) {
  const stop = new AbortController()
  const seen = { text: '', ended: false, stop: () => stop.abort() }
  const answer = await fetch(`${at.url}/v1/audit/tail`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  })
  assert.equal(answer.status, 200)
  const read = async () => {
    for await (const chunk of answer.body ?? []) seen.text += Buffer.from(chunk).toString()
  }
  read()
    .catch(() => undefined)
    .finally(() => {
      seen.ended = true
    })
  return seen
}

const write = (event_type: string, at = server) => at.call('POST', '/v1/audit/events', { event_type })

async function logIn(at = server) {
  const { body } = await at.call(
    'POST',
    '/v1/auth/login',
    { credential_type: 'username_password', tenant: 'first', username: 'admin@first.example', password: PASSWORD },
    { token: null },
  )
  return body as { access_token: string; session_id: string }
}

async function apiToken() {
  return (await server.call('POST', '/v1/tokens', { name: 'tail', scopes: ['audit:read'] })).body
}

test('an open tail ends when its token is revoked, and tells nothing that came after', async () => {
  const { token, id } = await apiToken()
  const tail = await open(token)
  await write('before.revocation')
  await until('the tail tells', () => tail.text.includes('before.revocation'))
  await server.call('DELETE', `/v1/tokens/${id}`)
  await write('after.revocation')
  await until('the tail ends', () => tail.ended)
  assert.ok(!tail.text.includes('after.revocation'))
})

test('an open tail ends when its session is revoked', async () => {
  const { access_token, session_id } = await logIn()
  const tail = await open(access_token)
  await server.call('DELETE', `/v1/sessions/${session_id}`)
  await write('after.the.session')
  await until('the tail ends', () => tail.ended)
  assert.ok(!tail.text.includes('after.the.session'))
})

test('an open tail ends when its token expires', async () => {
  const { token, id } = await apiToken()
  const tail = await open(token)
  await server.sql(`UPDATE api_tokens SET expires_at = now() WHERE id = $1`, [id])
  await until('the tail ends', () => tail.ended)
})

test('an open tail does not keep an idle session alive, and ends with it', async () => {
  const short = await testServer({ session_idle_seconds: '1' })
  try {
    const tail = await open((await logIn(short)).access_token, short)
    await until('the tail ends', () => tail.ended, 20_000)
  } finally {
    await short.stop()
  }
})

test('an open tail goes on while its token is good, also beyond the time that a body may take', async () => {
  const brief = await testServer({ request_timeout_seconds: '1' })
  try {
    const tail = await open(brief.token, brief)
    const begun = Date.now()
    for (let i = 0; Date.now() - begun < 1500; i++) {
      await write(`still.open.${i}.`, brief)
      await until('the tail tells', () => tail.text.includes(`still.open.${i}.`))
    }
    assert.ok(!tail.ended)
    tail.stop()
  } finally {
    await brief.stop()
  }
})
