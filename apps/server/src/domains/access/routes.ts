import {
  accessFiltered,
  accessFound,
  accessMoment,
  askedUuid,
  authorize,
  authorizeBatch,
  authorized,
  authorizedBatch,
  changeRole,
  createGrant,
  createRole,
  decisionRecording,
  effectiveAccess,
  filterAccess,
  grant,
  grantPage,
  grantQuery,
  role,
  rolePage,
  roleQuery,
  searchAccess,
  uuid,
} from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import { authZenRoutes } from './authzen-routes.ts'
import { elevationRoutes } from './elevation-routes.ts'
import { entityRoutes } from './entity-routes.ts'
import { exclusionRoutes } from './exclusion-routes.ts'
import { gatewayRoutes } from './gateway-routes.ts'
import { reviewRoutes } from './review-routes.ts'
import type { Access } from './service.ts'

const one = z.strictObject({ id: uuid })

/** Roles, who has them, and what they let somebody do. */
export function accessRoutes(access: Access, publicUrl: () => string): Route[] {
  const { roles, grants, moments, decisions, effective } = access
  return [
    ...entityRoutes(access),
    ...authZenRoutes(access, publicUrl),
    ...gatewayRoutes(access),
    ...exclusionRoutes(access),
    ...elevationRoutes(access),
    ...reviewRoutes(access),
    route({
      method: 'GET',
      path: '/v1/roles',
      summary: 'List roles',
      permit: 'role:read',
      query: roleQuery,
      answers: { 200: rolePage },
      handle: ({ principal, query }) => roles.list(principal.tenantId, query),
    }),
    route({
      method: 'POST',
      path: '/v1/roles',
      summary: 'Make a role',
      permit: 'role:write',
      changes: true,
      creates: true,
      body: createRole,
      answers: { 201: role },
      async handle({ principal, body, reply }) {
        const made = await roles.create(principal, body)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'GET',
      path: '/v1/roles/:id',
      summary: 'Read a role',
      permit: 'role:read',
      params: one,
      answers: { 200: role },
      handle: ({ principal, params }) => roles.get(principal.tenantId, params.id),
    }),
    route({
      method: 'PATCH',
      path: '/v1/roles/:id',
      summary: 'Change a role; it counts from the next decision on',
      permit: 'role:write',
      changes: true,
      params: one,
      body: changeRole,
      answers: { 200: role },
      handle: ({ principal, params, body }) => roles.change(principal, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/v1/roles/:id',
      summary: 'Take a role away that nobody has',
      permit: 'role:write',
      changes: true,
      params: one,
      answers: { 200: z.null() },
      async handle({ principal, params }) {
        await roles.remove(principal, params.id)
        return null
      },
    }),
    route({
      method: 'GET',
      path: '/v1/grants',
      summary: 'List who has which role',
      permit: 'grant:read',
      query: grantQuery,
      answers: { 200: grantPage },
      handle: ({ principal, query }) => grants.list(principal.tenantId, query),
    }),
    route({
      method: 'POST',
      path: '/v1/grants',
      summary: 'Give a role to somebody or to a group, on everything, a type or one resource',
      permit: 'own',
      changes: true,
      creates: true,
      body: createGrant,
      answers: { 201: grant },
      async handle({ principal, body, reply }) {
        const made = await grants.create(principal, body)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/grants/:id',
      summary: 'Take a role back; it counts no more from the next decision on',
      permit: 'own',
      changes: true,
      params: one,
      answers: { 200: z.null() },
      async handle({ principal, params }) {
        await grants.remove(principal, params.id)
        return null
      },
    }),
    route({
      method: 'GET',
      path: '/v1/access/recording',
      summary: 'See how decisions are recorded',
      permit: 'decision_recording:read',
      answers: { 200: decisionRecording },
      handle: ({ principal }) => roles.recording(principal.tenantId),
    }),
    route({
      method: 'PUT',
      path: '/v1/access/recording',
      summary: 'Say of which actions only a share of what is allowed is recorded',
      permit: 'decision_recording:write',
      changes: true,
      body: decisionRecording,
      answers: { 200: decisionRecording },
      handle: ({ principal, body }) => roles.changeRecording(principal, body),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/authorize',
      summary: 'Decide whether you, or somebody else, may do something',
      description:
        'To ask for somebody else takes the scope `access:decide`. What is known of the resource and the circumstances goes along as `resource_attributes` and `context`; the answer is recorded, and `explain` adds how it came about.',
      permit: 'own',
      body: authorize,
      answers: { 200: authorized },
      handle: ({ principal, body }) => decisions.authorize(principal, body),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/authorize/batch',
      summary: 'Decide many questions about one person at once: which of these may they see',
      permit: 'own',
      body: authorizeBatch,
      answers: { 200: authorizedBatch },
      handle: ({ principal, body }) => decisions.authorizeAll(principal, body),
    }),
    route({
      method: 'POST',
      path: '/v1/access/moments',
      summary: 'Make what stands for now: a decision may be asked for that is at least as new',
      description:
        'A question with this moment as `at_least` knows whatever was committed before it, or is refused with `MOMENT_UNKNOWN`.',
      permit: 'own',
      changes: true,
      creates: true,
      answers: { 201: accessMoment },
      async handle({ principal, reply }) {
        const made = await moments.now(principal.tenantId)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'POST',
      path: '/v1/auth/filter',
      summary: 'Get the condition under which you, or somebody else, may do something with resources of a type',
      description:
        'An application makes a WHERE of the condition. Where `exact` is false it asks for each row that passes.',
      permit: 'own',
      body: filterAccess,
      answers: { 200: accessFiltered },
      handle: ({ principal, body }) => decisions.filter(principal, body),
    }),
    route({
      method: 'GET',
      path: '/v1/users/:id/access',
      summary: 'See what somebody may do: by which roles and grants, which policies are of them, and since when each',
      permit: 'grant:read',
      params: z.strictObject({ id: askedUuid }),
      answers: { 200: effectiveAccess },
      handle: ({ principal, params }) => effective.of(principal.tenantId, params.id),
    }),
    route({
      method: 'GET',
      path: '/v1/me/access',
      summary: 'See what you may do: by which roles and grants, which policies are of you, and since when each',
      permit: 'own',
      answers: { 200: effectiveAccess },
      handle: ({ principal }) => effective.ofOneself(principal),
    }),
    route({
      method: 'POST',
      path: '/v1/access/search',
      summary:
        'Find who may do something: by which roles and grants, what policies permit and forbid of it, and since when each',
      permit: 'grant:read',
      body: searchAccess,
      answers: { 200: accessFound },
      handle: ({ principal, body }) => effective.search(principal.tenantId, body),
    }),
  ]
}
