import {
  changePolicy,
  checkPolicy,
  createPolicy,
  formatPolicy,
  policy,
  policyAnalysis,
  policyFormatted,
  policyPage,
  policyQuery,
  policyReplay,
  policyShadow,
  policyTested,
  policyVersion,
  policyVersions,
  replayPolicy,
  rollBackPolicy,
  shadowPolicy,
  submitPolicy,
  uuid,
} from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Policies } from './service.ts'

const one = z.strictObject({ id: uuid })
const ofVersion = z.strictObject({ id: uuid, version: z.coerce.number().int().min(1).max(2_147_483_647) })
const VERSION = '/v1/policies/:id/versions/:version'
/** What an operation on a version is called with. */
const step = { method: 'POST', params: ofVersion } as const

/** Policies and their life. */
export function policyRoutes(policies: Policies): Route[] {
  const { life } = policies
  return [
    route({
      method: 'GET',
      path: '/v1/policies',
      summary: 'List policies with their newest versions',
      permit: 'policy:read',
      query: policyQuery,
      answers: { 200: policyPage },
      handle: ({ principal, query }) => policies.list(principal.tenantId, query),
    }),
    route({
      method: 'POST',
      path: '/v1/policies',
      summary: 'Write a policy; its first version is a draft',
      permit: 'policy:write',
      changes: true,
      creates: true,
      body: createPolicy,
      answers: { 201: policy },
      async handle({ principal, body, reply }) {
        const made = await policies.create(principal, body)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'POST',
      path: '/v1/policies/check',
      summary: 'Try rules and tests without writing them',
      permit: 'policy:write',
      body: checkPolicy,
      answers: { 200: policyTested },
      handle: async ({ body }) => policies.check(body),
    }),
    route({
      method: 'POST',
      path: '/v1/policies/format',
      summary: 'Write policies as Cedar’s formatter does, with their comments',
      permit: 'policy:write',
      body: formatPolicy,
      answers: { 200: policyFormatted },
      handle: async ({ body }) => ({ cedar: await policies.format(body.cedar) }),
    }),
    route({
      method: 'GET',
      path: '/v1/policies/:id',
      summary: 'Read a policy with its newest version',
      permit: 'policy:read',
      params: one,
      answers: { 200: policy },
      handle: ({ principal, params }) => policies.get(principal.tenantId, params.id),
    }),
    route({
      method: 'PATCH',
      path: '/v1/policies/:id',
      summary: 'Write another version, a draft; those before it stay as they are',
      permit: 'policy:write',
      changes: true,
      params: one,
      body: changePolicy,
      answers: { 200: policy },
      handle: ({ principal, params, body }) => policies.change(principal, params.id, body),
    }),
    route({
      method: 'POST',
      path: '/v1/policies/:id/rollback',
      summary: 'Write a version that says again what an earlier one said',
      permit: 'policy:write',
      changes: true,
      params: one,
      body: rollBackPolicy,
      answers: { 200: policy },
      handle: ({ principal, params, body }) => policies.rollBack(principal, params.id, body.to_version),
    }),
    route({
      method: 'GET',
      path: '/v1/policies/:id/versions',
      summary: 'List the versions of a policy, the newest first',
      permit: 'policy:read',
      params: one,
      answers: { 200: policyVersions },
      handle: async ({ principal, params }) => ({ versions: await policies.versions(principal.tenantId, params.id) }),
    }),
    route({
      method: 'GET',
      path: VERSION,
      summary: 'Read a version of a policy',
      permit: 'policy:read',
      params: ofVersion,
      answers: { 200: policyVersion },
      handle: ({ principal, params }) => policies.version(principal.tenantId, params.id, params.version),
    }),
    route({
      ...step,
      path: `${VERSION}/test`,
      permit: 'policy:read',
      summary: 'Run the tests of a version',
      answers: { 200: policyTested },
      handle: ({ principal, params }) => policies.test(principal.tenantId, params.id, params.version),
    }),
    route({
      ...step,
      path: `${VERSION}/analyse`,
      permit: 'policy:read',
      summary: 'See what the author of a version may not have meant',
      answers: { 200: policyAnalysis },
      handle: ({ principal, params }) => policies.trials.analyse(principal.tenantId, params.id, params.version),
    }),
    route({
      ...step,
      path: `${VERSION}/replay`,
      permit: 'policy:read',
      summary: 'See what a version would have decided otherwise in the last days',
      body: replayPolicy,
      answers: { 200: policyReplay },
      handle: ({ principal, params, body }) =>
        policies.trials.replay(principal.tenantId, params.id, params.version, body.days),
    }),
    route({
      ...step,
      path: `${VERSION}/shadow`,
      permit: 'policy:write',
      summary: 'Have a version asked beside what counts for some days, or no more',
      changes: true,
      body: shadowPolicy,
      answers: { 200: policyVersion },
      handle: ({ principal, params, body }) => life.shadow(principal, params.id, params.version, body.days),
    }),
    route({
      method: 'GET',
      path: `${VERSION}/differences`,
      summary: 'See what a version that does not decide would have decided otherwise',
      permit: 'policy:read',
      params: ofVersion,
      answers: { 200: policyShadow },
      handle: ({ principal, params }) => policies.trials.differences(principal.tenantId, params.id, params.version),
    }),
    route({
      ...step,
      path: `${VERSION}/submit`,
      permit: 'policy:write',
      summary: 'Ask for the approval of a version; its tests pass, and warnings are accepted',
      changes: true,
      body: submitPolicy,
      answers: { 200: policyVersion },
      handle: ({ principal, params, body }) => life.submit(principal, params.id, params.version, body.accept_warnings),
    }),
    route({
      ...step,
      path: `${VERSION}/approve`,
      permit: 'policy:approve',
      summary: 'Let a version count that somebody else wrote',
      description: 'Takes a person who has logged in, and who neither wrote nor submitted it.',
      changes: true,
      answers: { 200: policyVersion },
      handle: ({ principal, params }) => life.approve(principal, params.id, params.version),
    }),
    route({
      ...step,
      path: `${VERSION}/reject`,
      permit: 'policy:approve',
      summary: 'Send a version back that somebody else wrote',
      changes: true,
      answers: { 200: policyVersion },
      handle: ({ principal, params }) => life.reject(principal, params.id, params.version),
    }),
  ]
}
