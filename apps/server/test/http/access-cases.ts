import * as contract from '@probity/contract'
import { z } from 'zod'
import type { MailServer } from '../support/mail.ts'
import { administratorSession, person } from '../support/people.ts'
import type { TestServer } from '../support/server.ts'
import type { Case } from './cases.ts'

/** What nobody does by a token. */
const IN_PERSON =
  /^(POST|GET) \/v1\/(elevations\/roles|elevations(\/\{id\}\/\w+)?|access\/reviews\/\{id\}\/items\/\{item\}\/decide)$/

/** Roles, grants and decisions, in an order in which each succeeds. */
export function accessCases(server: TestServer, mails: MailServer, known: Record<string, string>): Case[] {
  let opened: Promise<string> | undefined
  const session = () => {
    opened ??= administratorSession(server)
    return opened
  }
  const one = (
    operation: string,
    schema: z.ZodType,
    path: () => string,
    body?: () => unknown,
    name?: string,
  ): Case => ({
    operation,
    schema,
    async call() {
      const [method = ''] = operation.split(' ')
      const options = IN_PERSON.test(operation) ? { token: await session() } : {}
      const answer = await server.call(method, path(), body?.(), options)
      if (name !== undefined) known[name] = answer.body.id
      return answer
    },
  })
  /** Role that somebody asks for, who is there to ask. */
  const askedFor = async (name: string) => {
    const { token } = await person(server, { mails })
    const role = (await server.call('POST', '/v1/roles', { name })).body
    const body = { role_id: role.id, duration_seconds: 300, reason: 'by night' }
    return (await server.call('POST', '/v1/elevations', body, { token })).body.id
  }
  const asked = { resource: 'invoice/17', action: 'pay', explain: true }
  return [
    one(
      'POST /v1/roles',
      contract.role,
      () => '/v1/roles',
      () => ({ name: 'payer', permissions: [PAY] }),
      'role',
    ),
    one('GET /v1/roles', contract.rolePage, () => '/v1/roles'),
    one('GET /v1/roles/{id}', contract.role, () => `/v1/roles/${known.role}`),
    one(
      'PATCH /v1/roles/{id}',
      contract.role,
      () => `/v1/roles/${known.role}`,
      () => ({ description: 'Pays' }),
    ),
    ...gatewayCases(server),
    one(
      'POST /v1/auth/authorize',
      contract.authorized,
      () => '/v1/auth/authorize',
      () => asked,
    ),
    one(
      'POST /v1/auth/authorize/batch',
      contract.authorizedBatch,
      () => '/v1/auth/authorize/batch',
      () => ({ action: 'pay', questions: [{ resource: 'invoice/17' }] }),
    ),
    one(
      'PUT /v1/access/recording',
      contract.decisionRecording,
      () => '/v1/access/recording',
      () => ({ sampled_actions: ['read'], recorded_share: 0.5 }),
    ),
    one('GET /v1/access/recording', contract.decisionRecording, () => '/v1/access/recording'),
    one('POST /v1/access/moments', contract.accessMoment, () => '/v1/access/moments'),
    one(
      'POST /v1/auth/filter',
      contract.accessFiltered,
      () => '/v1/auth/filter',
      () => ({ action: 'pay', resource_type: 'invoice' }),
    ),
    {
      operation: 'POST /v1/grants',
      schema: contract.grant,
      async call() {
        const group = await server.call('POST', '/v1/groups', { name: 'Payers' })
        const answer = await server.call('POST', '/v1/grants', { role_id: known.role, group_id: group.body.id })
        known.grant = answer.body.id
        return answer
      },
    },
    one('GET /v1/grants', contract.grantPage, () => `/v1/grants?role_id=${known.role}`),
    one('GET /v1/me/access', contract.effectiveAccess, () => '/v1/me/access'),
    one('GET /v1/users/{id}/access', contract.effectiveAccess, () => `/v1/users/${server.userId}/access`),
    one(
      'POST /v1/access/search',
      contract.accessFound,
      () => '/v1/access/search',
      () => ({ resource: 'invoice/17', action: 'pay' }),
    ),
    {
      operation: 'POST /v1/role-exclusions',
      schema: contract.roleExclusion,
      async call() {
        const other = await server.call('POST', '/v1/roles', { name: 'approver' })
        const pair = { role_id: known.role, other_role_id: other.body.id }
        const answer = await server.call('POST', '/v1/role-exclusions', { kind: 'dynamic', ...pair })
        known.exclusion = answer.body.id
        return answer
      },
    },
    one('GET /v1/role-exclusions', contract.exclusionPage, () => '/v1/role-exclusions'),
    one('DELETE /v1/role-exclusions/{id}', z.null(), () => `/v1/role-exclusions/${known.exclusion}`),
    one(
      'POST /v1/elevations',
      contract.elevation,
      () => '/v1/elevations',
      () => ({ role_id: known.role, duration_seconds: 300, reason: 'on call' }),
      'elevation',
    ),
    one('GET /v1/elevations', contract.elevationPage, () => '/v1/elevations?state=pending'),
    one('GET /v1/elevations/roles', contract.elevationRoles, () => '/v1/elevations/roles'),
    one('GET /v1/elevations/{id}', contract.elevation, () => `/v1/elevations/${known.elevation}`),
    one('POST /v1/elevations/{id}/withdraw', contract.elevation, () => `/v1/elevations/${known.elevation}/withdraw`),
    ...(['approve', 'deny'] as const).map((verb) => ({
      operation: `POST /v1/elevations/{id}/${verb}`,
      schema: contract.elevation,
      async call() {
        const path = `/v1/elevations/${await askedFor(`${verb}-case`)}/${verb}`
        return server.call('POST', path, undefined, { token: await session() })
      },
    })),
    one(
      'POST /v1/access/reviews',
      contract.accessReview,
      () => '/v1/access/reviews',
      () => ({ name: 'yearly', due_at: '2099-01-01T00:00:00Z', role_id: known.role }),
      'review',
    ),
    one('GET /v1/access/reviews', contract.reviewPage, () => '/v1/access/reviews'),
    one('GET /v1/access/reviews/{id}', contract.accessReview, () => `/v1/access/reviews/${known.review}`),
    one('GET /v1/access/reviews/{id}/items', contract.reviewItemPage, () => `/v1/access/reviews/${known.review}/items`),
    one(
      'POST /v1/access/reviews/{id}/items/{item}/decide',
      contract.reviewItem,
      () => `/v1/access/reviews/${known.review}/items/${known.grant}/decide`,
      () => ({ decision: 'keep', reason: 'pays every month' }),
    ),
    one(
      'POST /v1/access/reviews/{id}/cancel',
      contract.accessReview,
      () => `/v1/access/reviews/${known.review}/cancel`,
    ),
    one('DELETE /v1/grants/{id}', z.null(), () => `/v1/grants/${known.grant}`),
    one('DELETE /v1/roles/{id}', z.null(), () => `/v1/roles/${known.role}`),
  ]
}

const PAY = { resource: 'invoice', action: 'pay', conditions: [{ type: 'owner' }] }

/** As an application that may do anything behind a gateway. */
function gatewayCases(server: TestServer): Case[] {
  const headers = { 'x-original-method': 'GET', 'x-original-uri': '/' }
  const asked = ['GET /access/v1/gateway', ...METHODS.map((method) => `${method} /access/v1/gateway/{path}`)]
  return asked.map((operation) => ({
    operation,
    schema: z.null(),
    async call() {
      const { id } = (await server.call('POST', '/v1/service-accounts', { name: `caller of ${operation}` })).body
      const given = { name: 'caller', scopes: ['access:decide'], service_account_id: id }
      const { token } = (await server.call('POST', '/v1/tokens', given)).body
      const permissions = [{ resource: 'http_route', action: '*' }]
      const { body } = await server.call('POST', '/v1/roles', { name: `passes by ${operation}`, permissions })
      await server.call('POST', '/v1/grants', { role_id: body.id, user_id: id })
      const [method = '', path = ''] = operation.split(' ')
      return server.call(method, path.replace('{path}', 'any'), undefined, { token, headers })
    },
  }))
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
