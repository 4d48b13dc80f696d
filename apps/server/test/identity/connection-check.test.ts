import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { after, before, test } from 'node:test'
import { federation } from '../support/federation.ts'
import { CLIENT, HERE, type OpenIdServer, openIdServer } from '../support/openid.ts'
import { signingKey } from '../support/saml.ts'
import { type TestServer, testServer } from '../support/server.ts'

let provider: OpenIdServer
let server: TestServer
const servers: Server[] = []
before(async () => {
  provider = await openIdServer()
  server = await testServer({ public_url: HERE, identity_providers_inside: 'true' })
})
after(async () => {
  for (const one of servers) one.close()
  await server.stop()
  await provider.stop()
})

const { connection, signIn } = federation(() => ({ server, provider }))
const openId = (issuer: string) => connection({ settings: { issuer, client_id: CLIENT.id }, default_scopes: [] })
const check = async ({ id }: { id: string }) => {
  const answer = await server.call('POST', `/v1/connections/${id}/check`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
async function listening(made: Server, scheme = 'http'): Promise<string> {
  servers.push(made)
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  return `${scheme}://127.0.0.1:${(made.address() as AddressInfo).port}`
}
async function closed(): Promise<string> {
  const made = createServer()
  const address = await listening(made)
  await new Promise((resolve) => made.close(resolve))
  return address
}
const answering = (listener: RequestListener) => listening(createServer(listener))

test('a provider that answers has no problem, and is proven by who logs in, until it is changed', async () => {
  const checked = await openId(provider.issuer)
  const fresh = { is_reachable: true, problem: null, last_login_at: null, is_proven: false }
  assert.deepEqual(await check(checked), fresh)
  provider.people.set('ada', { sub: 'ada', email: 'ada@elsewhere.example', name: 'Ada' })
  assert.equal((await signIn(checked.name, 'ada')).status, 200)
  const proven = await check(checked)
  assert.deepEqual([proven.is_proven, Number.isNaN(Date.parse(proven.last_login_at))], [true, false])
  await server.call('PATCH', `/v1/connections/${checked.id}`, { default_scopes: ['audit:read'] })
  assert.deepEqual(await check(checked), { ...proven, is_proven: false })
  await server.call('PATCH', `/v1/connections/${checked.id}`, { is_enabled: false })
  assert.match((await check(checked)).problem, /not enabled/)
})

test('what is wrong with a provider is said so that its administrator can mend it', async () => {
  const { certificate, privateKey: key } = await signingKey()
  const elsewhere = await answering((_, response) => response.writeHead(404).end())
  const words = await answering((_, response) =>
    response.setHeader('content-type', 'application/json').end('{"issuer": "https://'),
  )
  const another = await answering((_, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ issuer: 'https://idp.example' })),
  )
  const untrusted = await listening(createTlsServer({ cert: certificate, key }), 'https')
  for (const [issuer, problem] of [
    ['http://127.0.0.1:9', /port/],
    [await closed(), /nothing listens/],
    ['https://login.invalid', /name/],
    [elsewhere, /openid-configuration/],
    [words, /cannot be read/],
    [another, /calls itself "https:\/\/idp.example"/],
    [untrusted, /certificate is not taken/],
  ] as const) {
    const { is_reachable, problem: told } = await check(await openId(issuer))
    assert.equal(is_reachable, false)
    assert.match(told, problem, issuer)
  }
})

test('a SAML provider, to which browsers alone go, is told of when its certificates have ended', async () => {
  const [old, good] = [await signingKey(undefined, new Date(Date.now() - 60_000)), await signingKey()]
  const saml = (certificates: string[]) =>
    connection({
      kind: 'saml',
      secret: undefined,
      settings: { entity_id: 'urn:idp', sso_url: 'https://idp.example/sso', certificates },
    })
  assert.match((await check(await saml([old.certificate]))).problem, /expired/)
  assert.equal((await check(await saml([old.certificate, good.certificate]))).problem, null)
})

test('a problem is read again at each check, not remembered', async () => {
  let isUp = false
  const issuer = await answering((_, response) => {
    if (!isUp) return response.writeHead(503).end()
    const endpoints = { authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t`, jwks_uri: `${issuer}/k` }
    return response.setHeader('content-type', 'application/json').end(JSON.stringify({ issuer, ...endpoints }))
  })
  const checked = await openId(issuer)
  assert.equal((await check(checked)).is_reachable, false)
  isUp = true
  assert.equal((await check(checked)).is_reachable, true)
  isUp = false
  assert.equal((await check(checked)).is_reachable, false)
})
