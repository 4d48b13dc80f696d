import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type DnsServer, dnsServer, records } from '../support/dns.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let dns: DnsServer
let server: TestServer
let bravo: { tenantId: string; token: string }
before(async () => {
  dns = await dnsServer()
  server = await testServer({ dns_servers: dns.address })
  bravo = await server.secondTenant('bravo')
})
after(async () => {
  await server.stop()
  await dns.stop()
})

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const find = async (email: string) => (await call('POST', '/v1/auth/realm', { email }, null)).body
const NOBODY = { tenant: null, connection: null }

test('an address leads to tenant and provider once DNS shows that the domain is the tenant’s, and not before', async () => {
  const settings = { issuer: 'https://idp.example', client_id: 'probity' }
  const idp = await call('POST', '/v1/connections', { kind: 'oidc', name: 'idp', settings })
  const claimed = await call('POST', '/v1/domains', { domain: 'acme.example', connection_id: idp.body.id })
  assert.deepEqual(
    [claimed.status, claimed.body.record_name, claimed.body.verified_at],
    [200, '_probity.acme.example', null],
  )
  assert.deepEqual(await find('ada@acme.example'), NOBODY)
  const early = await call('POST', '/v1/domains/acme.example/verify')
  assert.deepEqual(code(early), [409, 'DOMAIN_NOT_VERIFIED'])
  assert.equal(early.body.details.record_value, claimed.body.record_value)
  records.set('_probity.acme.example', ['v=spf1 -all', 'probity-verification=another'])
  assert.deepEqual(code(await call('POST', '/v1/domains/acme.example/verify')), [409, 'DOMAIN_NOT_VERIFIED'])
  records.set('_probity.acme.example', ['v=spf1 -all', claimed.body.record_value])
  const verified = await call('POST', '/v1/domains/acme.example/verify')
  assert.equal(verified.status, 200, verified.text)
  for (const email of ['ada@acme.example', 'nobody@ACME.example', 'a.b@acme.example'])
    assert.deepEqual(await find(email), { tenant: server.tenantId, connection: 'idp' }, email)
  for (const email of ['ada@sub.acme.example', 'ada@acme.example.evil.example', 'ada@notacme.example'])
    assert.deepEqual(await find(email), NOBODY, email)
  await call('PATCH', `/v1/connections/${idp.body.id}`, { is_enabled: false })
  assert.deepEqual(await find('ada@acme.example'), { tenant: server.tenantId, connection: null })
})

test('a domain is one tenant’s: another’s claim of it counts for nothing, even with its own record in DNS', async () => {
  const ours = await call('POST', '/v1/domains', { domain: 'one.example' })
  const theirs = await call('POST', '/v1/domains', { domain: 'one.example' }, bravo.token)
  assert.notEqual(ours.body.record_value, theirs.body.record_value)
  records.set('_probity.one.example', [ours.body.record_value])
  assert.deepEqual(code(await call('POST', '/v1/domains/one.example/verify', {}, bravo.token)), [
    409,
    'DOMAIN_NOT_VERIFIED',
  ])
  assert.equal((await call('POST', '/v1/domains/one.example/verify')).status, 200)
  records.set('_probity.one.example', [ours.body.record_value, theirs.body.record_value])
  assert.deepEqual(code(await call('POST', '/v1/domains/one.example/verify', {}, bravo.token)), [409, 'NAME_TAKEN'])
  assert.deepEqual((await find('x@one.example')).tenant, server.tenantId)
  assert.equal((await call('POST', '/v1/domains/one.example/verify')).status, 200, 'again, by its owner')
  assert.equal((await call('DELETE', '/v1/domains/one.example')).status, 200)
  assert.deepEqual(await find('x@one.example'), NOBODY)
  assert.equal((await call('POST', '/v1/domains/one.example/verify', {}, bravo.token)).status, 200)
  const listed = await call('GET', '/v1/domains')
  assert.equal(
    listed.body.domains.some(({ domain }: { domain: string }) => domain === 'one.example'),
    false,
  )
})

test('domains in other scripts are found by their name in DNS; what is none is refused', async () => {
  const claimed = await call('POST', '/v1/domains', { domain: 'xn--mller-kva.example' })
  records.set('_probity.xn--mller-kva.example', [claimed.body.record_value])
  assert.equal((await call('POST', '/v1/domains/xn--mller-kva.example/verify')).status, 200)
  assert.deepEqual((await find('x@xn--mller-kva.example')).tenant, server.tenantId)
  for (const domain of [
    'example',
    'Example.org',
    '-x.example',
    'a..example',
    'x.example/',
    '127.0.0.1',
    `${'x'.repeat(64)}.example`,
  ])
    assert.deepEqual(code(await call('POST', '/v1/domains', { domain })), [400, 'VALIDATION_FAILED'], domain)
  assert.deepEqual(code(await call('POST', '/v1/domains/none.example/verify')), [404, 'NOT_FOUND'])
})

test('two tenants that show a domain at once: one has it', async () => {
  const [ours, theirs] = [
    await call('POST', '/v1/domains', { domain: 'both.example' }),
    await call('POST', '/v1/domains', { domain: 'both.example' }, bravo.token),
  ]
  records.set('_probity.both.example', [ours.body.record_value, theirs.body.record_value])
  const tokens = [server.token, bravo.token, server.token, bravo.token]
  const answers = await Promise.all(tokens.map((token) => call('POST', '/v1/domains/both.example/verify', {}, token)))
  const [first] = answers.filter(({ status }) => status === 200)
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 409, 409], first?.text)
})
