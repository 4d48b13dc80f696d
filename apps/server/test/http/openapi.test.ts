import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as contract from '@probity/contract'
import { Validator } from '@seriousme/openapi-schema-validator'
import { z } from 'zod'
import { type DnsServer, dnsServer } from '../support/dns.ts'
import { type MailServer, mailServer } from '../support/mail.ts'
import { type OpenIdServer, openIdServer } from '../support/openid.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'
import { accessCases } from './access-cases.ts'
import type { Case } from './cases.ts'
import { identityCases } from './identity-cases.ts'
import { policyCases } from './policy-cases.ts'

interface Operation {
  security: object[]
  responses: Record<string, { content?: Record<string, object> }>
}

let server: TestServer
let mails: MailServer
let provider: OpenIdServer
let dns: DnsServer
let description: { openapi: string; paths: Record<string, Record<string, Operation>> }
before(async () => {
  mails = await mailServer()
  dns = await dnsServer()
  server = await testServer({
    ...{ smtp_url: mails.url, identity_providers_inside: 'true', dns_servers: dns.address },
  })
  provider = await openIdServer(server.url)
  description = (await server.call('GET', '/openapi.json')).body
})
after(async () => {
  await server.stop()
  await mails.stop()
  await provider.stop()
  await dns.stop()
})

const event = { event_type: 'a.b', user_id: 'ada', action: 'do', outcome: 'Success' }
const health = z.object({ status: z.literal('ok'), version: z.string() })
const rotated = z.object({ epoch: z.number(), rewrapped: z.number(), destroyed: z.boolean() })

function cases(): Case[] {
  const known: Record<string, string> = {}
  const call = (method: string, path: string, body?: unknown, options = {}) => server.call(method, path, body, options)
  const remember = async (name: string, from: (body: Answer['body']) => string, answer: Promise<Answer>) => {
    const got = await answer
    known[name] = from(got.body)
    return got
  }
  return [
    { operation: 'GET /livez', schema: health, call: () => call('GET', '/livez') },
    { operation: 'GET /readyz', schema: health, call: () => call('GET', '/readyz') },
    { operation: 'GET /metrics', schema: null, call: () => call('GET', '/metrics') },
    {
      operation: 'POST /v1/audit/events',
      schema: contract.written,
      call: () => remember('event', (body) => body.results[0].event_id, call('POST', '/v1/audit/events', event)),
    },
    {
      operation: 'POST /v1/audit/ingest',
      schema: contract.ingested,
      call: () =>
        call('POST', '/v1/audit/ingest', JSON.stringify(event), {
          headers: { 'content-type': 'application/x-ndjson' },
        }),
    },
    {
      operation: 'GET /v1/audit/events',
      schema: contract.eventPage,
      call: () => call('GET', '/v1/audit/events?limit=1'),
    },
    {
      operation: 'POST /v1/audit/search',
      schema: contract.eventPage,
      call: () => call('POST', '/v1/audit/search', { limit: 1 }),
    },
    {
      operation: 'GET /v1/audit/events/{id}',
      schema: contract.auditEvent,
      call: () => call('GET', `/v1/audit/events/${known.event}`),
    },
    {
      operation: 'GET /v1/audit/events/{id}/receipt',
      schema: null,
      call: () => call('GET', `/v1/audit/events/${known.event}/receipt`),
    },
    { operation: 'GET /v1/audit/tail', schema: null, call: () => firstOfStream('/v1/audit/tail?from=0') },
    { operation: 'GET /v1/audit/checkpoint', schema: null, call: () => call('GET', '/v1/audit/checkpoint') },
    { operation: 'GET /v1/audit/tile/{path}', schema: null, call: tile },
    {
      operation: 'GET /v1/audit/consistency',
      schema: contract.consistency,
      call: () => call('GET', '/v1/audit/consistency?from=1'),
    },
    { operation: 'POST /v1/audit/key/turn', schema: contract.logKey, call: () => call('POST', '/v1/audit/key/turn') },
    { operation: 'GET /v1/audit/key', schema: contract.logKey, call: () => call('GET', '/v1/audit/key') },
    {
      operation: 'POST /v1/audit/verify',
      schema: contract.rangeVerified,
      call: () => call('POST', '/v1/audit/verify', {}),
    },
    {
      operation: 'GET /v1/audit/verifications',
      schema: contract.verificationPage,
      call: () => call('GET', '/v1/audit/verifications?limit=1'),
    },
    {
      operation: 'POST /v1/audit/histogram',
      schema: contract.histogram,
      call: () => call('POST', '/v1/audit/histogram', { buckets: 2 }),
    },
    { operation: 'GET /v1/operations', schema: contract.operationsState, call: () => call('GET', '/v1/operations') },
    {
      operation: 'POST /v1/audit/accept-rollback',
      schema: contract.rollbackAccepted,
      async call() {
        const { origin } = (await call('GET', '/v1/audit/key')).body
        await server.keystoreSql(
          `INSERT INTO witnessed_heads (origin, size, root, seen_at) VALUES ($1, 1000, decode(repeat('00', 32), 'hex'), now())
           ON CONFLICT (origin) DO UPDATE SET size = 1000`,
          [origin],
        )
        return call('POST', '/v1/audit/accept-rollback', { tenant_id: server.tenantId, reason: 'a test' })
      },
    },
    { operation: 'GET /v1/audit/export', schema: null, call: () => call('GET', '/v1/audit/export') },
    {
      operation: 'POST /v1/audit/export',
      schema: null,
      call: () => call('POST', '/v1/audit/export', { text: 'user' }),
    },
    {
      operation: 'POST /v1/tokens',
      schema: contract.createdToken,
      call: () =>
        remember('token', (body) => body.id, call('POST', '/v1/tokens', { name: 'n', scopes: ['audit:read'] })),
    },
    { operation: 'GET /v1/tokens', schema: contract.tokenPage, call: () => call('GET', '/v1/tokens') },
    {
      operation: 'DELETE /v1/tokens/{id}',
      schema: contract.apiToken,
      call: () => call('DELETE', `/v1/tokens/${known.token}`),
    },
    {
      operation: 'POST /v1/tenants',
      schema: contract.createdTenant,
      call: async () => {
        const answer = await remember(
          'tenant',
          (body) => body.tenant.id,
          call('POST', '/v1/tenants', { name: 'second' }),
        )
        known.setup = answer.body.setup_url.split('#')[1]
        return answer
      },
    },
    {
      operation: 'POST /v1/tenants/{id}/setup-link',
      schema: contract.createdTenant,
      call: () =>
        remember(
          'setup',
          (body) => body.setup_url.split('#')[1],
          call('POST', `/v1/tenants/${known.tenant}/setup-link`),
        ),
    },
    {
      operation: 'POST /v1/setup',
      schema: contract.setupDone,
      call: () =>
        call(
          'POST',
          '/v1/setup',
          { setup_token: known.setup, email: 'a@b.example', password: 'correct horse battery' },
          { token: null },
        ),
    },
    { operation: 'GET /v1/tenants', schema: contract.tenantPage, call: () => call('GET', '/v1/tenants') },
    {
      operation: 'GET /v1/tenants/{id}',
      schema: contract.tenant,
      call: () => call('GET', `/v1/tenants/${known.tenant}`),
    },
    {
      operation: 'POST /v1/tenants/{id}/suspend',
      schema: contract.tenant,
      call: () => call('POST', `/v1/tenants/${known.tenant}/suspend`),
    },
    {
      operation: 'POST /v1/tenants/{id}/reactivate',
      schema: contract.tenant,
      call: () => call('POST', `/v1/tenants/${known.tenant}/reactivate`),
    },
    ...accessCases(server, mails, known),
    ...policyCases(server, mails, known),
    ...identityCases(server, mails, provider),
    {
      operation: 'POST /v1/keys/turn-anchor',
      schema: z.object({ keys: z.array(z.string()) }),
      call: () => call('POST', '/v1/keys/turn-anchor'),
    },
    { operation: 'POST /v1/keys/rotate', schema: rotated, call: () => call('POST', '/v1/keys/rotate') },
    {
      operation: 'DELETE /v1/privacy/data-subjects/{id}',
      schema: contract.erased,
      call: () => call('DELETE', '/v1/privacy/data-subjects/ada', {}),
    },
    {
      operation: 'GET /v1/privacy/erasures',
      schema: contract.erasurePage,
      call: () => call('GET', '/v1/privacy/erasures?limit=1'),
    },
  ]
}

/** A stream has no end to wait for: its head and first bytes are the answer. */
async function firstOfStream(path: string): Promise<Answer> {
  const stop = new AbortController()
  const answer = await fetch(server.url + path, {
    headers: { authorization: `Bearer ${server.token}` },
    signal: stop.signal,
  })
  const reader = answer.body?.getReader()
  const { value } = (await reader?.read()) ?? {}
  stop.abort()
  return { status: answer.status, headers: answer.headers, text: new TextDecoder().decode(value), body: null }
}

/** The partial tile of level 0 at the log's present size. */
async function tile(): Promise<Answer> {
  const checkpoint = await server.call('GET', '/v1/audit/checkpoint')
  return server.call('GET', `/v1/audit/tile/0/000.p/${checkpoint.text.split('\n')[1]}`)
}

test('/openapi.json is a valid OpenAPI 3.1 description', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(description))
  assert.ok(valid, JSON.stringify(errors))
  assert.match(description.openapi, /^3\.1\./)
})

test('every documented answer is met by a real one that parses with the contract’s schema', async () => {
  const documented = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses }]) =>
      Object.entries(responses)
        .filter(([status]) => status !== 'default')
        .map(([status, { content }]) => ({
          operation: `${method.toUpperCase()} ${path}`,
          status: Number(status),
          types: Object.keys(content ?? {}),
        })),
    ),
  )
  const met: string[] = []
  for (const { operation, schema, call } of cases()) {
    const wanted = documented.find((one) => one.operation === operation)
    assert.ok(wanted, `${operation} is not documented`)
    const answer = await call()
    assert.equal(answer.status, wanted.status, `${operation}: ${answer.text.slice(0, 500)}`)
    const type = answer.headers.get('content-type')?.split(';')[0]
    assert.deepEqual([operation, type], [operation, wanted.types[0]])
    if (schema) z.parse(schema, answer.body, { error: () => `${operation}: ${answer.text}` })
    met.push(operation)
  }
  assert.deepEqual(
    documented.map(({ operation }) => operation).filter((operation) => !met.includes(operation)),
    [],
    'documented and never met',
  )
})

test('every refusal is a problem answer with code, request id, time and details', async () => {
  const refusals = [
    await server.call('GET', '/v1/nothing'),
    await server.call('GET', '/v1/tokens', undefined, { token: null }),
    await server.call('POST', '/v1/tokens', { name: '' }),
    await server.call('POST', '/v1/tokens', '{'),
    await server.call('GET', '/v1/audit/events/00000000-0000-4000-8000-000000000000'),
  ]
  for (const { status, headers, body } of refusals) {
    assert.equal(headers.get('content-type')?.split(';')[0], 'application/problem+json')
    const problem = contract.problem.parse(body)
    assert.equal(problem.status, status)
    assert.equal(problem.request_id, headers.get('x-request-id'))
    assert.ok(problem.code in contract.STATUS)
    assert.equal(contract.STATUS[problem.code as contract.ErrorCode], status)
  }
})

test('the operations name their scopes, and only health, set-up and log-in need none', () => {
  const open = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.values(methods).flatMap(({ security }) => (security.length === 0 ? [path] : [])),
  )
  assert.deepEqual(open.sort(), [
    '/.well-known/authzen-configuration',
    '/livez',
    '/metrics',
    '/oidc/{tenant}/{path}',
    '/oidc/{tenant}/{path}',
    '/readyz',
    '/v1/auth/address',
    '/v1/auth/invitation',
    '/v1/auth/login',
    '/v1/auth/passkey',
    '/v1/auth/passkey/options',
    '/v1/auth/password/forgot',
    '/v1/auth/password/reset',
    '/v1/auth/realm',
    '/v1/auth/refresh',
    '/v1/auth/saml',
    '/v1/auth/saml/{tenant}/{id}',
    '/v1/auth/sso',
    '/v1/auth/sso/finish',
    '/v1/auth/sso/logout/{tenant}/{id}',
    '/v1/setup',
  ])
})
