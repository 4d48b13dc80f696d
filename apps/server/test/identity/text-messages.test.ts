import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type Answer, type TestServer, testServer, until } from '../support/server.ts'

interface Received {
  to: string
  text: string
}
const SECRET = 'what the gateway knows too'
const NUMBER = '+41791234567'
const received: Received[] = []
let isAway = false
let gateway: Server
let server: TestServer
before(async () => {
  gateway = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const [, seconds = '', given] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers['x-probity-signature'])) ?? []
    const expected = createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex')
    if (given === expected && !isAway) received.push(JSON.parse(body))
    response.writeHead(isAway ? 503 : given === expected ? 202 : 403).end()
    isAway = false
  })
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
  server = await testServer({
    sms_url: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/send`,
    sms_secret: SECRET,
  })
  await call('PATCH', '/v1/sign-in-rules', { allows_sent_codes: true })
})
after(async () => {
  await server.stop()
  gateway.close()
})

const LOGIN = {
  ...{ credential_type: 'username_password', tenant: 'first' },
  ...{ username: 'admin@first.example', password: 'correct horse battery staple' },
}
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const logIn = (more: object = {}) => call('POST', '/v1/auth/login', { ...LOGIN, ...more }, null)
const code = ({ status, body }: Answer) => [status, body?.code]
async function next(): Promise<string> {
  await until('a message has come', async () => received.length > 0)
  const message = received.shift()
  assert.equal(message?.to, NUMBER)
  return /^\d{8}/.exec(message?.text ?? '')?.[0] ?? ''
}
async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request) text += piece
  return text
}

test('codes by text message are a second factor: set up with a number, sent at log-in, good once', async () => {
  const { access_token } = (await logIn()).body
  const setup = (body: object) => call('POST', '/v1/auth/mfa/setup', { method: 'sms', ...body }, access_token)
  assert.deepEqual(code(await setup({})), [400, 'VALIDATION_FAILED'])
  assert.deepEqual(code(await setup({ phone_number: '0791234567' })), [400, 'VALIDATION_FAILED'])
  isAway = true
  const { factor_id } = (await setup({ phone_number: NUMBER })).body
  const first = await next() // the gateway was away at first
  assert.deepEqual(code(await setup({ phone_number: '+15550100' })), [429, 'RATE_LIMITED'], 'no number after number')
  const confirmed = await call('POST', '/v1/auth/mfa/confirm', { factor_id, code: first }, access_token)
  assert.equal(confirmed.status, 200, confirmed.text)
  await server.sql(`UPDATE sent_codes SET sent_at = sent_at - interval '1 minute'`)
  const asked = await logIn({ send_code: 'sms' })
  assert.deepEqual([asked.body.methods, asked.body.code_sent], [['sms', 'backup_code'], true])
  const sent = await next()
  assert.deepEqual(code(await logIn({ mfa_code: sent === '00000000' ? '00000001' : '00000000' })), [
    401,
    'MFA_CODE_INVALID',
  ])
  assert.equal((await logIn({ mfa_code: sent })).status, 200)
  assert.deepEqual(code(await logIn({ mfa_code: sent })), [401, 'MFA_CODE_INVALID'])
  assert.equal((await logIn({ send_code: 'email' })).body.code_sent, false)
})

test('neither number nor code stands in the database or in the log', async () => {
  const hex = Buffer.from(NUMBER).toString('hex')
  const [row] = await server.sql(`SELECT string_agg(f::text, '') AS all FROM second_factors f`)
  assert.equal(String(row?.all).includes(NUMBER) || String(row?.all).includes(hex), false)
  const { text } = await call('GET', '/v1/audit/events?limit=100')
  assert.equal(text.includes(NUMBER.slice(1)), false)
})

test('where no gateway is set there is no such factor', async () => {
  const own = await testServer()
  try {
    await own.call('PATCH', '/v1/sign-in-rules', { allows_sent_codes: true })
    const { access_token } = (await own.call('POST', '/v1/auth/login', LOGIN, { token: null })).body
    const refused = await own.call(
      'POST',
      '/v1/auth/mfa/setup',
      { method: 'sms', phone_number: NUMBER },
      { token: access_token },
    )
    assert.deepEqual(code(refused), [404, 'NOT_FOUND'])
    assert.match(refused.body.message, /no text message is sent from here/)
  } finally {
    await own.stop()
  }
})
