import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newProofKey, Probity, ProbityError, type ProofKey, proofOf } from '@probity/sdk'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

const HERE = 'https://probity.example'
let server: TestServer
let key: ProofKey
before(async () => {
  server = await testServer({ public_url: HERE })
  key = await newProofKey()
})
after(() => server.stop())

const login = {
  ...{ credential_type: 'username_password', tenant: 'first', username: 'admin@first.example' },
  password: 'correct horse battery staple',
}
const code = ({ status, body }: Answer) => [status, body?.code]
const proof = (method: string, path: string, token?: string, by = key) => proofOf(by, method, HERE + path, token)

async function open(by = key) {
  const headers = { dpop: await proof('POST', '/v1/auth/login', undefined, by) }
  const opened = await server.call('POST', '/v1/auth/login', login, { token: null, headers })
  assert.equal(opened.status, 200, opened.text)
  return opened.body as { access_token: string; refresh_token: string; token_type: string }
}
const ask = (headers: Record<string, string>, path = '/v1/me') =>
  server.call('GET', path, undefined, { token: null, headers })
const asked = async (token: string, by = key, path = '/v1/me') =>
  ask({ authorization: `DPoP ${token}`, dpop: await proof('GET', path, token, by) }, path)

test('a session that was opened with a key is good with proofs of it, and for nobody who only has the token', async () => {
  const { access_token, token_type } = await open()
  assert.equal(token_type, 'DPoP')
  assert.equal((await asked(access_token)).status, 200)
  const thief = await newProofKey()
  const stolen = await ask({ authorization: `Bearer ${access_token}` })
  assert.deepEqual(code(stolen), [401, 'UNAUTHENTICATED'])
  assert.match(stolen.headers.get('www-authenticate') ?? '', /DPoP algs=/)
  assert.deepEqual(code(await ask({ authorization: `DPoP ${access_token}` })), [401, 'DPOP_PROOF_INVALID'])
  assert.deepEqual(code(await asked(access_token, thief)), [401, 'DPOP_PROOF_INVALID'])
  assert.deepEqual(code(await ask({ cookie: `__Host-probity-session=${access_token}` })), [401, 'UNAUTHENTICATED'])
})

test('a proof is good once, for one address and one token', async () => {
  const [{ access_token }, other] = [await open(), await open()]
  const dpop = await proof('GET', '/v1/me', access_token)
  const headers = { authorization: `DPoP ${access_token}`, dpop }
  assert.equal((await ask(headers)).status, 200)
  assert.deepEqual(code(await ask(headers)), [401, 'DPOP_PROOF_INVALID'], 'again')
  const elsewhere = { ...headers, dpop: await proof('GET', '/v1/me/sessions', access_token) }
  assert.deepEqual(code(await ask(elsewhere)), [401, 'DPOP_PROOF_INVALID'])
  const ofOther = { ...headers, dpop: await proof('GET', '/v1/me', other.access_token) }
  assert.deepEqual(code(await ask(ofOther)), [401, 'DPOP_PROOF_INVALID'])
})

test('who acts as another from such a session proves the key in that one too', async () => {
  const { access_token } = await open()
  const made = await server.call('POST', '/v1/users', { email: 'acted@first.example' })
  const { id } = made.body.user
  await server.sql(`UPDATE security_users SET status = 'active' WHERE id = $1`, [id])
  const path = `/v1/users/${id}/impersonate`
  const headers = { authorization: `DPoP ${access_token}`, dpop: await proof('POST', path, access_token) }
  const acting = await server.call('POST', path, { reason: 'they asked' }, { token: null, headers })
  assert.deepEqual([acting.status, acting.body.token_type], [200, 'DPoP'], acting.text)
  assert.equal((await ask({ authorization: `Bearer ${acting.body.access_token}` })).status, 401)
  assert.equal((await asked(acting.body.access_token)).status, 200)
})

test('a refresh token of such a session is of no use without the key, and goes on being good with it', async () => {
  const { refresh_token } = await open()
  const path = '/v1/auth/refresh'
  const refresh = async (by: ProofKey | null) => {
    const headers: Record<string, string> = by ? { dpop: await proof('POST', path, undefined, by) } : {}
    return server.call('POST', path, { refresh_token }, { token: null, headers })
  }
  assert.deepEqual(code(await refresh(null)), [401, 'UNAUTHENTICATED'])
  assert.deepEqual(code(await refresh(await newProofKey())), [401, 'UNAUTHENTICATED'])
  const next = await refresh(key)
  assert.deepEqual([next.status, next.body.token_type], [200, 'DPoP'], next.text)
  assert.equal((await asked(next.body.access_token)).status, 200)
})

test('a token that is not bound cannot be dressed up as one that is', async () => {
  const plain = await server.call('POST', '/v1/auth/login', login, { token: null })
  assert.equal(plain.body.token_type, 'Bearer')
  assert.deepEqual(code(await asked(plain.body.access_token)), [401, 'UNAUTHENTICATED'])
  assert.deepEqual(code(await asked(server.token)), [401, 'UNAUTHENTICATED'])
})

test('a log-in with a proof that does not fit opens nothing, and one with cookies as well says why', async () => {
  const options = async (path: string, more: Record<string, string> = {}) => ({
    token: null,
    headers: { dpop: await proof('POST', path), ...more },
  })
  const wrong = await server.call('POST', '/v1/auth/login', login, await options('/v1/auth/refresh'))
  assert.deepEqual(code(wrong), [401, 'DPOP_PROOF_INVALID'])
  assert.match(wrong.body.message, /htu/)
  const both = await options('/v1/auth/login', { 'x-probity-cookies': '1' })
  assert.deepEqual(code(await server.call('POST', '/v1/auth/login', login, both)), [400, 'BAD_REQUEST'])
})

test('the SDK proves its key in each call', async (context) => {
  const reached = await testServer()
  context.after(() => reached.stop())
  const { url } = reached
  const credentials = { ...login, credential_type: 'username_password' as const }
  const opened = await new Probity({ url, proofKey: key }).logIn(credentials)
  assert.ok(!opened.mfa_required && opened.token_type === 'DPoP')
  const { sessions } = await new Probity({ url, token: opened.access_token, proofKey: key }).sessions()
  assert.ok(sessions.some(({ is_current }) => is_current))
  const thief = new Probity({ url, token: opened.access_token })
  await assert.rejects(thief.sessions(), (error) => error instanceof ProbityError && error.code === 'UNAUTHENTICATED')
})
