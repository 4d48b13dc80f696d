import * as contract from '@probity/contract'
import { z } from 'zod'
import { Browser } from '../support/browser.ts'
import { records } from '../support/dns.ts'
import { ENTITY, formOf, signingKey } from '../support/saml.ts'
import type { TestServer } from '../support/server.ts'
import type { Case } from './cases.ts'

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0'

/** Groups, accounts of applications and SCIM, in an order in which each succeeds. */
export function provisioningCases(server: TestServer, known: Record<string, string>): Case[] {
  const call = (method: string, path: string, body?: unknown) => server.call(method, path, body)
  const one = (
    operation: string,
    schema: z.ZodType | null,
    path: () => string,
    body?: () => unknown,
    name?: string,
  ): Case => ({
    operation,
    schema,
    async call() {
      const answer = await call(operation.split(' ')[0] ?? '', path(), body?.())
      if (name !== undefined) known[name] = answer.body.id ?? answer.body.user?.id
      return answer
    },
  })
  return [
    one(
      'POST /v1/groups',
      contract.group,
      () => '/v1/groups',
      () => ({ name: 'Auditors', scopes: ['audit:read'] }),
      'group',
    ),
    one('GET /v1/groups', contract.groupPage, () => '/v1/groups'),
    one(
      'PATCH /v1/groups/{id}',
      contract.group,
      () => `/v1/groups/${known.group}`,
      () => ({ name: 'Readers' }),
    ),
    {
      operation: 'POST /v1/groups/{id}/members',
      schema: z.null(),
      async call() {
        const invited = await call('POST', '/v1/users', { email: 'member@first.example' })
        known.member = invited.body.user.id
        return call('POST', `/v1/groups/${known.group}/members`, { user_id: known.member })
      },
    },
    one('GET /v1/groups/{id}/members', contract.groupMembers, () => `/v1/groups/${known.group}/members`),
    one(
      'DELETE /v1/groups/{id}/members/{user_id}',
      z.null(),
      () => `/v1/groups/${known.group}/members/${known.member}`,
    ),
    {
      operation: 'POST /v1/users/{id}/impersonate',
      schema: contract.impersonated,
      async call() {
        await server.sql(`UPDATE security_users SET status = 'active' WHERE id = $1`, [known.member])
        const token = known.access ?? null
        return server.call('POST', `/v1/users/${known.member}/impersonate`, { reason: 'ticket 7' }, { token })
      },
    },
    one('DELETE /v1/groups/{id}', z.null(), () => `/v1/groups/${known.group}`),
    one('DELETE /v1/users/{id}', contract.userRemoved, () => `/v1/users/${known.member}`),
    ...realmCases(server),
    one(
      'POST /v1/service-accounts',
      contract.serviceAccount,
      () => '/v1/service-accounts',
      () => ({ name: 'directory' }),
      'service',
    ),
    one('GET /v1/service-accounts', contract.serviceAccountList, () => '/v1/service-accounts'),
    one(
      'PATCH /v1/service-accounts/{id}',
      contract.serviceAccount,
      () => `/v1/service-accounts/${known.service}`,
      () => ({ name: 'HR' }),
    ),
    ...scimCases(server, known),
    ...samlCases(server, known),
    ...applicationCases(server, known),
  ]
}

function realmCases(server: TestServer): Case[] {
  const call = (method: string, path: string, body?: unknown) => server.call(method, path, body)
  return [
    {
      operation: 'POST /v1/domains',
      schema: contract.realm,
      call: () => call('POST', '/v1/domains', { domain: 'first.example' }),
    },
    {
      operation: 'POST /v1/domains/{domain}/verify',
      schema: contract.realm,
      async call() {
        const { record_name, record_value } = (await call('GET', '/v1/domains')).body.domains[0]
        records.set(record_name, [record_value])
        return call('POST', '/v1/domains/first.example/verify')
      },
    },
    { operation: 'GET /v1/domains', schema: contract.realmList, call: () => call('GET', '/v1/domains') },
    {
      operation: 'POST /v1/auth/realm',
      schema: contract.foundRealm,
      call: () => server.call('POST', '/v1/auth/realm', { email: 'x@first.example' }, { token: null }),
    },
    {
      operation: 'DELETE /v1/domains/{domain}',
      schema: z.null(),
      call: () => call('DELETE', '/v1/domains/first.example'),
    },
  ]
}

/** By the token of a client, as a directory does. */
function scimCases(server: TestServer, known: Record<string, string>): Case[] {
  const call = (method: string, path: string, body?: unknown) =>
    server.call(method, `/scim/v2${path}`, body, {
      token: known.scim ?? null,
      headers: { 'content-type': 'application/scim+json' },
    })
  const one = (method: string, path: string, schema: z.ZodType | null, body?: () => unknown, name?: string): Case => ({
    operation: `${method} /scim/v2${path.replace(/:\w+$/, '{id}')}`,
    schema,
    async call() {
      known.scim ??= await clientToken(server, known.service ?? '')
      const answer = await call(
        method,
        path.replace(/\/:(\w+)$/, (_, kind: string) => `/${known[kind] ?? kind}`),
        body?.(),
      )
      if (name !== undefined) known[name] = answer.body.id
      return answer
    },
  })
  const search = () => ({ schemas: [`${MESSAGES}:SearchRequest`], count: 1 })
  const patch = (path: string) => () => ({
    schemas: [`${MESSAGES}:PatchOp`],
    Operations: [{ op: 'replace', path, value: 'changed' }],
  })
  const person = { schemas: [USER], userName: 'directory@first.example' }
  const group = { schemas: [GROUP], displayName: 'Directory' }
  return [
    one('GET', '/ServiceProviderConfig', contract.scimResource),
    one('GET', '/ResourceTypes', contract.scimList),
    one('GET', '/ResourceTypes/:User', contract.scimResource),
    one('GET', '/Schemas', contract.scimList),
    { ...one('GET', `/Schemas/${USER}`, contract.scimResource), operation: 'GET /scim/v2/Schemas/{id}' },
    one('POST', '/Users', contract.scimResource, () => person, 'person'),
    one('GET', '/Users', contract.scimList),
    one('POST', '/Users/.search', contract.scimList, search),
    one('GET', '/Users/:person', contract.scimResource),
    one('PUT', '/Users/:person', contract.scimResource, () => ({ ...person, title: 'x' })),
    one('PATCH', '/Users/:person', contract.scimResource, patch('title')),
    one('POST', '/Groups', contract.scimResource, () => group, 'directoryGroup'),
    one('GET', '/Groups', contract.scimList),
    one('POST', '/Groups/.search', contract.scimList, search),
    one('GET', '/Groups/:directoryGroup', contract.scimResource),
    one('PUT', '/Groups/:directoryGroup', contract.scimResource, () => ({ ...group, externalId: 'x' })),
    one('PATCH', '/Groups/:directoryGroup', contract.scimResource, patch('displayName')),
    one('DELETE', '/Groups/:directoryGroup', null),
    one('DELETE', '/Users/:person', null),
    one('POST', '/Bulk', contract.scimResource, () => ({
      schemas: [`${MESSAGES}:BulkRequest`],
      Operations: [{ method: 'DELETE', path: '/Users/none' }],
    })),
  ]
}

function samlCases(server: TestServer, known: Record<string, string>): Case[] {
  return [
    {
      operation: 'GET /v1/auth/saml/{tenant}/{id}',
      schema: null,
      async call() {
        const key = await signingKey()
        const settings = { entity_id: ENTITY, sso_url: 'https://idp.example/sso', certificates: [key.certificate] }
        const made = await server.call('POST', '/v1/connections', { kind: 'saml', name: 'saml', settings })
        known.saml = made.body.id
        return server.call('GET', `/v1/auth/saml/${server.tenantId}/${known.saml}`, undefined, { token: null })
      },
    },
    {
      operation: 'POST /v1/auth/saml',
      schema: null,
      async call() {
        await server.call('DELETE', `/v1/connections/${known.saml}`)
        const headers = { 'content-type': 'application/x-www-form-urlencoded' }
        return server.call('POST', '/v1/auth/saml', formOf('<a/>'), { token: null, headers })
      },
    },
  ]
}

function applicationCases(server: TestServer, known: Record<string, string>): Case[] {
  const call = (method: string, path: string, body?: unknown) => server.call(method, path, body)
  const mine = (method: string, path: string, body?: unknown) =>
    server.call(method, path, body, { token: known.access ?? null, headers: { cookie: browser.cookie } })
  const browser = new Browser(server)
  const back = 'https://app.example/callback'
  const begin = (challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM') =>
    browser.follow(
      `${server.url}/oidc/${server.tenantId}/auth?${new URLSearchParams({
        ...{ client_id: known.application ?? '', redirect_uri: back, response_type: 'code', scope: 'openid' },
        ...{ code_challenge: challenge, code_challenge_method: 'S256' },
      })}`,
    )
  return [
    {
      operation: 'POST /v1/applications',
      schema: contract.createdApplication,
      async call() {
        const made = await call('POST', '/v1/applications', { name: 'app', kind: 'web', redirect_uris: [back] })
        known.application = made.body.id
        known.secret = made.body.client_secret
        return made
      },
    },
    {
      operation: 'GET /v1/applications',
      schema: contract.applicationList,
      call: () => call('GET', '/v1/applications'),
    },
    {
      operation: 'PATCH /v1/applications/{id}',
      schema: contract.createdApplication,
      call: () => call('PATCH', `/v1/applications/${known.application}`, { name: 'an app' }),
    },
    { operation: 'GET /v1/provider-keys', schema: contract.providerKeys, call: () => call('GET', '/v1/provider-keys') },
    {
      operation: 'POST /v1/provider-keys/turn',
      schema: contract.providerKeys,
      call: () => call('POST', '/v1/provider-keys/turn'),
    },
    {
      operation: 'GET /v1/auth/consent',
      schema: contract.consentAsked,
      async call() {
        await begin()
        return mine('GET', '/v1/auth/consent')
      },
    },
    {
      operation: 'POST /v1/auth/consent',
      schema: contract.consentAnswered,
      call: () => mine('POST', '/v1/auth/consent', { grant: true }),
    },
    {
      operation: 'GET /v1/me/applications',
      schema: contract.grantedApplications,
      call: () => mine('GET', '/v1/me/applications'),
    },
    {
      operation: 'DELETE /v1/me/applications/{id}',
      schema: z.null(),
      call: () => mine('DELETE', `/v1/me/applications/${known.application}`),
    },
    {
      operation: 'GET /oidc/{tenant}/{path}',
      schema: null,
      call: () =>
        server.call('GET', `/oidc/${server.tenantId}/.well-known/openid-configuration`, undefined, { token: null }),
    },
    {
      operation: 'POST /oidc/{tenant}/{path}',
      schema: null,
      call() {
        const authorization = `Basic ${Buffer.from(`${known.application}:${known.secret}`).toString('base64')}`
        const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
        return server.call('POST', `/oidc/${server.tenantId}/token/introspection`, 'token=none', {
          token: null,
          headers,
        })
      },
    },
    {
      operation: 'DELETE /v1/applications/{id}',
      schema: z.null(),
      call: () => call('DELETE', `/v1/applications/${known.application}`),
    },
  ]
}

async function clientToken(server: TestServer, id: string): Promise<string> {
  const body = { name: 'scim', scopes: ['identity:provision'], service_account_id: id }
  return (await server.call('POST', '/v1/tokens', body)).body.token
}
