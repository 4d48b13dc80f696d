import * as contract from '@probity/contract'
import type { z } from 'zod'
import type { MailServer } from '../support/mail.ts'
import { type Person, person } from '../support/people.ts'
import type { TestServer } from '../support/server.ts'
import type { Case } from './cases.ts'

/** A policy through its life, entities and AuthZEN, in an order in which each succeeds. */
export function policyCases(server: TestServer, mails: MailServer, known: Record<string, string>): Case[] {
  const one = (operation: string, schema: z.ZodType, body?: object, path?: () => string): Case => ({
    operation,
    schema,
    async call() {
      const [method = '', pattern = ''] = operation.split(' ')
      const at = path?.() ?? pattern.replace('{id}', known.policy ?? '').replace('{version}', '1')
      return server.call(method, at, body)
    },
  })
  const version = 'POST /v1/policies/{id}/versions/{version}'
  let second: Person | null = null
  const bySecond = (what: string, number: string): Case => ({
    operation: `${version}/${what}`,
    schema: contract.policyVersion,
    async call() {
      const path = `/v1/policies/${known.policy}/versions/${number}`
      await server.call('POST', `${path}/submit`, { accept_warnings: true })
      return server.call('POST', `${path}/${what}`, undefined, { token: second?.token ?? null })
    },
  })
  const alice = { type: 'user', id: 'alice' }
  const file = { type: 'file', id: '1' }
  const read = { name: 'read' }
  return [
    {
      operation: 'POST /v1/policies',
      schema: contract.policy,
      async call() {
        second = await person(server, { scopes: ['tenant:admin'], mails })
        const answer = await server.call('POST', '/v1/policies', POLICY)
        known.policy = answer.body.id
        return answer
      },
    },
    one('GET /v1/policies', contract.policyPage),
    one('POST /v1/policies/check', contract.policyTested, { policy_type: 'Access', policy_rules: POLICY.policy_rules }),
    one('POST /v1/policies/format', contract.policyFormatted, POLICY.policy_rules),
    one('GET /v1/policies/{id}', contract.policy),
    one('PATCH /v1/policies/{id}', contract.policy, { description: 'Reads' }),
    one('POST /v1/policies/{id}/rollback', contract.policy, { to_version: 1 }),
    one('GET /v1/policies/{id}/versions', contract.policyVersions),
    one('GET /v1/policies/{id}/versions/{version}', contract.policyVersion),
    one(`${version}/test`, contract.policyTested),
    one(`${version}/analyse`, contract.policyAnalysis),
    one(`${version}/replay`, contract.policyReplay, { days: 1 }),
    one(`${version}/shadow`, contract.policyVersion, { days: 1 }),
    one('GET /v1/policies/{id}/versions/{version}/differences', contract.policyShadow),
    one(`${version}/submit`, contract.policyVersion, { accept_warnings: true }),
    bySecond('reject', '2'),
    bySecond('approve', '3'),
    one('PUT /v1/access/entities', contract.entitiesChanged, { entities: [alice, file] }),
    one('GET /v1/access/entities', contract.entityPage),
    one('POST /access/v1/evaluation', contract.authZenDecision, { subject: alice, action: read, resource: file }),
    one('POST /access/v1/evaluations', contract.authZenDecisions, {
      ...{ subject: alice, resource: file },
      evaluations: [{ action: read }],
    }),
    one('POST /access/v1/search/subject', contract.authZenEntities, {
      ...{ subject: { type: 'user' }, action: read, resource: file },
    }),
    one('POST /access/v1/search/resource', contract.authZenEntities, {
      ...{ subject: alice, action: read, resource: { type: 'file' } },
    }),
    one('POST /access/v1/search/action', contract.authZenActions, { subject: alice, resource: file }),
    one('GET /.well-known/authzen-configuration', contract.authZenConfiguration),
    one('POST /v1/access/entities/remove', contract.entitiesChanged, { entities: [alice] }),
  ]
}

const POLICY = {
  ...{ policy_name: 'readers', policy_type: 'Access' },
  policy_rules: { cedar: 'permit (principal == user::"alice", action == Action::"read", resource is file);' },
  tests: [
    {
      ...{ name: 'alice reads', principal: { type: 'user', id: 'alice' }, action: 'read' },
      ...{ resource: { type: 'file', id: '1' }, expect: 'allow' },
    },
  ],
}
