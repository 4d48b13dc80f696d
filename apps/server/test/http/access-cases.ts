import * as contract from '@probity/contract'
import { z } from 'zod'
import type { TestServer } from '../support/server.ts'
import type { Case } from './cases.ts'

/** Roles, grants and decisions, in an order in which each succeeds. */
export function accessCases(server: TestServer, known: Record<string, string>): Case[] {
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
      const answer = await server.call(operation.split(' ')[0] ?? '', path(), body?.())
      if (name !== undefined) known[name] = answer.body.id
      return answer
    },
  })
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
    one('GET /v1/users/{id}/access', contract.effectiveAccess, () => `/v1/users/${server.userId}/access`),
    one(
      'POST /v1/access/search',
      contract.accessFound,
      () => '/v1/access/search',
      () => ({ resource: 'invoice/17', action: 'pay' }),
    ),
    one('DELETE /v1/grants/{id}', z.null(), () => `/v1/grants/${known.grant}`),
    one('DELETE /v1/roles/{id}', z.null(), () => `/v1/roles/${known.role}`),
  ]
}

const PAY = { resource: 'invoice', action: 'pay', conditions: [{ type: 'owner' }] }
